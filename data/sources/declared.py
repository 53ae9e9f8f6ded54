"""Sources that accept pushes: those of a folder of source files, and those loaded before."""

import json
from functools import lru_cache
from pathlib import Path

from data.contents import Stamp
from data.errors import DataError
from data.home import Home
from data.sources.definition import Source, read_source
from data.store import read_store


@lru_cache(maxsize=256)
def _read(stamp: Stamp, path: Path) -> Source:
    """A source file, cached until it changes."""
    return read_source(path)


def declared(home: Home, folder: Path, name: str, *, wait: float = 10.0) -> Source | None:
    """The source of this name: `<folder>/<name>.yaml`, else as it was last loaded; None if there is neither.

    Raises DataError if its file is wrong, Unavailable if the store is not to be had for `wait` seconds.
    """
    path = folder / f"{name}.yaml"
    if path.is_file():
        source = _read(Stamp.of(path), path)
        if source.source != name:
            raise DataError(
                "source.name",
                "{path}: source: is {source}; a source that is pushed to is called as its file",
                path=path,
                source=source.source,
            )
        return source
    if not home.store.is_file():
        return None
    with read_store(home, wait) as store:
        rows = store.execute("SELECT definition FROM sources WHERE source = ?", [name]).fetchall()
    if not rows:
        return None
    source = Source(**json.loads(rows[0][0]))
    source._path = Path(f"{name} as last loaded")
    return source

"""The folder of editions: file names, the pointer to the current edition, pins and locks."""

import difflib
import fcntl
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data.errors import DataError
from data.home import Home
from data.messages import Message

POINTER = "CURRENT"
PINNED = "PINNED"
ROLLED_BACK = "ROLLED_BACK"
"""Marker file: an older edition was selected; only a manual publish continues from there."""
ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}")
LOCK_SECONDS = 10.0


def path_of(home: Home, id: str) -> Path:
    return home.editions / f"edition-{id}.duckdb"


def findings_of(edition: Path) -> Path:
    """The file of the results of an edition's reconciliations, next to that of the edition."""
    return edition.with_suffix(".checks.json")


def ids(home: Home) -> list[str]:
    """The ids of the published editions, oldest first."""
    names = (file.stem.removeprefix("edition-") for file in home.editions.glob("edition-*.duckdb"))
    return sorted(name for name in names if ID.fullmatch(name))


def pointed(home: Home) -> str | None:
    """The id in the pointer file; None if it is missing or invalid."""
    try:
        id = (home.editions / POINTER).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return id if ID.fullmatch(id) else None


def point(home: Home, id: str) -> None:
    """Make an edition current by an atomic rename, synced to disk on return."""
    replace_file(home.editions / POINTER, id + "\n")


def rolled_back(home: Home) -> bool:
    """Whether an older edition was made current and nothing was published manually since."""
    return (home.editions / ROLLED_BACK).exists()


def pinned(home: Home) -> set[str]:
    """The ids in the file PINNED, one per line: editions that are never deleted."""
    try:
        return set((home.editions / PINNED).read_text("utf-8").split())
    except FileNotFoundError:
        return set()


def pin(home: Home, id: str) -> None:
    """Protect an edition from deletion. Raises DataError if it does not exist."""
    with pins(home):
        pinned_id = pinned(home)
        if id in pinned_id:
            return
        require(home, id)
        replace_file(home.editions / PINNED, "".join(f"{name}\n" for name in sorted({*pinned_id, id})))


@contextmanager
def pins(home: Home) -> Iterator[None]:
    """Lock for pinning and for deleting unpinned editions. Held briefly, unlike `publish_lock`."""
    folder = os.open(home.editions, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


@contextmanager
def publish_lock(home: Home) -> Iterator[None]:
    """Lock for publishing and rollback, released when its process ends. Raises DataError after 10 s."""
    deadline = time.monotonic() + LOCK_SECONDS
    with (home.editions / ".lock").open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise DataError(
                        "edition.publishing",
                        "{folder} is being published to by another process: try again later",
                        folder=home.editions,
                    ) from None
                time.sleep(0.05)
        yield


def require(home: Home, id: str) -> None:
    """Raises DataError, with the nearest id as a hint, if no edition has this id."""
    published = ids(home)
    if id not in published:
        near = difflib.get_close_matches(id, published, n=1, cutoff=0.6)
        if near:
            hint = Message("edition.near", 'did you mean "{near_id}"?', near_id=near[0])
        elif published:
            hint = Message("edition.newest", "the newest is {id}", id=published[-1])
        else:
            hint = Message("edition.none_yet", "none is published")
        raise DataError("edition.unknown", 'there is no edition "{id}": {hint}', id=id, hint=hint)


def replace_file(path: Path, text: str) -> None:
    """Replace a file atomically, synced to disk on return."""
    fresh = path.with_name(f".{path.name}-{os.getpid()}")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)
    sync(path.parent)


def sync(path: Path) -> None:
    """fsync a file or a folder."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Precompressed static files, made once at the best level by a separate process and stored in the home.

    python -m cockpit.server.compression

A copy is named by the hash of what it is of, so a new version of a file never meets an old copy; it is compared with
the file when it is read, so a damaged one is never sent. A file whose copy is not made yet is compressed at a quick
level when it is first requested.
"""

import gzip
import hashlib
import logging
import os
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import brotli

from cockpit import settings
from cockpit.server.background import Program, end_with_parent, module
from data.home import PRIVATE

log = logging.getLogger(__name__)

RETRY_SECONDS = (60.0, 3600.0)
REST_SECONDS = 1.0
WORTH = 0.95
"""A copy is used if it is at most this share of the file's size: fonts and pictures are compressed already."""


@dataclass(frozen=True)
class Coding:
    """An HTTP content coding: fast compression, best compression, decompression."""

    name: str
    quick: Callable[[bytes], bytes]
    best: Callable[[bytes], bytes]
    undo: Callable[[bytes], bytes]


CODINGS = {
    "br": Coding(
        "br", lambda raw: brotli.compress(raw, quality=5), lambda raw: brotli.compress(raw, lgwin=24), brotli.decompress
    ),
    "gzip": Coding(
        "gzip", lambda raw: gzip.compress(raw, 5, mtime=0), lambda raw: gzip.compress(raw, 9, mtime=0), gzip.decompress
    ),
}
"""Supported codings, smallest output first."""


def digest(raw: bytes) -> str:
    """Hash of a file, for the names of its copies and its ETag."""
    return hashlib.sha256(raw).hexdigest()[:32]


class Copies:
    """The copies in a folder, which is created with the first copy."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def of(self, raw: bytes, coding: str) -> bytes | None:
        """The compressed file, from its copy or made now; None if compression does not pay."""
        undo = CODINGS[coding].undo
        with suppress(OSError, zlib.error, EOFError, brotli.error):
            packed = self._path(digest(raw), coding).read_bytes()
            if not packed:
                return None
            if undo(packed) == raw:
                return packed
        return _worth(raw, CODINGS[coding].quick(raw))

    def has(self, digests: Iterable[str]) -> bool:
        """Whether all copies of these digests exist."""
        return all(self._path(known, coding).exists() for known in digests for coding in CODINGS)

    def make(self, raws: Iterable[bytes]) -> None:
        """Make missing copies and remove obsolete ones. Raises OSError."""
        self.folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        wanted = set()
        for raw in raws:
            file_hash = digest(raw)
            for coding in CODINGS:
                path = self._path(file_hash, coding)
                wanted.add(path.name)
                if not path.exists():
                    _write(path, _worth(raw, CODINGS[coding].best(raw)) or b"")
        for path in self.folder.iterdir():
            if path.name not in wanted:
                path.unlink(missing_ok=True)

    def _path(self, known: str, coding: str) -> Path:
        return self.folder / f"{known}.{coding}"


def _worth(raw: bytes, packed: bytes) -> bytes | None:
    return packed if len(packed) <= WORTH * len(raw) else None


def _write(path: Path, content: bytes) -> None:
    """Write atomically."""
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def program(made: Callable[[], bool]) -> Program:
    """Program that makes the copies unless `made()`; one process per home."""
    folder = settings.current().data.scratch

    def wanted() -> bool:
        if made():
            return False
        folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        return True

    return Program(
        "compressor", module("cockpit.server.compression"), wanted, retry=RETRY_SECONDS, rest=REST_SECONDS, nice=19,
        lock=folder / "static.lock",
    )  # fmt: skip


def main() -> None:
    from cockpit.server import static_files

    logging.basicConfig(level=logging.WARNING, format="compressor: %(message)s")
    end_with_parent()
    try:
        static_files.copies().make(file.read() for file in static_files.index().values())
    except OSError as error:
        log.error("the static files cannot be compressed ahead: %s", error)
        sys.exit(1)


if __name__ == "__main__":
    main()

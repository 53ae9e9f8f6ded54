"""BLAKE3 of a file's content, cached while the file is unchanged."""

import mmap
from pathlib import Path
from typing import NamedTuple, Self

import blake3
import duckdb

WINDOW = 256 << 20
"""Bytes that are mapped at a time, so that a large file does not show as memory in use."""


class Stamp(NamedTuple):
    """Identity of a file's content by path, size, time and inode, as make and rsync use."""

    path: str
    size: int
    changed_ns: int
    inode: int

    @classmethod
    def of(cls, path: Path) -> Self:
        stat = path.stat()
        return cls(str(path.resolve()), stat.st_size, stat.st_mtime_ns, stat.st_ino)


def content_hash(path: Path) -> str:
    """BLAKE3 of a file, on all cores."""
    hasher = blake3.blake3(max_threads=blake3.blake3.AUTO)
    with path.open("rb") as file:
        size = path.stat().st_size
        for start in range(0, size, WINDOW):
            with mmap.mmap(file.fileno(), min(WINDOW, size - start), access=mmap.ACCESS_READ, offset=start) as window:
                hasher.update(window)
    return hasher.hexdigest()


def remembered(store: duckdb.DuckDBPyConnection, stamp: Stamp) -> str | None:
    """The content's hash if the file was loaded before and was not touched since."""
    row = store.execute(
        "SELECT content_hash FROM files WHERE path = ? AND size = ? AND changed_ns = ? AND inode = ?", list(stamp)
    ).fetchall()
    return row[0][0] if row else None


def remember(store: duckdb.DuckDBPyConnection, stamp: Stamp, content: str) -> None:
    store.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)", [*stamp, content])

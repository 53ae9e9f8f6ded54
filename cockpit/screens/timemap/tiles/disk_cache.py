"""Tiles on disk, at most so many bytes: those used least recently are removed."""

import contextlib
import os
import tempfile
import threading
import time
from pathlib import Path

SWEEP_SHARE = 0.9
"""What remains of the limit after a sweep."""
USED_SECONDS = 3600.0
"""A tile's time of use is not written more often."""


class DiskCache:
    """Files of a folder by name. Failures of the disk make it slower, never wrong: a tile is then fetched again."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self.folder, self.most_bytes = folder, most_bytes
        self._lock = threading.Lock()
        self._bytes: int | None = None

    def read(self, name: str) -> tuple[bytes, float] | None:
        """Content and age in seconds; None if it is not there."""
        path = self.folder / name
        try:
            content, stat, now = path.read_bytes(), path.stat(), time.time()
            if now - stat.st_atime > USED_SECONDS:
                os.utime(path, (now, stat.st_mtime))
        except OSError:
            return None
        return content, now - stat.st_mtime

    def write(self, name: str, content: bytes) -> None:
        """Keep a file, whole or not at all."""
        with contextlib.suppress(OSError), self._lock:
            path = self.folder / name
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor, draft = tempfile.mkstemp(dir=path.parent)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(content)
                Path(draft).replace(path)
            except OSError:
                Path(draft).unlink(missing_ok=True)
                raise
            self._bytes = self._total() if self._bytes is None else self._bytes + len(content)
            if self._bytes > self.most_bytes:
                self._sweep()

    def _files(self) -> list[tuple[float, int, Path]]:
        """Time of use, size and path."""
        files = []
        for path in self.folder.rglob("*"):
            with contextlib.suppress(OSError):
                stat = path.stat()
                if path.is_file():
                    files.append((max(stat.st_atime, stat.st_mtime), stat.st_size, path))
        return files

    def _total(self) -> int:
        return sum(size for _used, size, _path in self._files())

    def _sweep(self) -> None:
        files = sorted(self._files())
        total = sum(size for _used, size, _path in files)
        for _used, size, path in files:
            if total <= self.most_bytes * SWEEP_SHARE:
                break
            path.unlink(missing_ok=True)
            total -= size
        self._bytes = total

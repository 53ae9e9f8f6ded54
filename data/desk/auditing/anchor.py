"""The file outside the desk that each head of the audit is appended to, one line each.

A file that is full, or whose last line is of an earlier year, is put aside under a number: `NAME.0001.jsonl`. The next
one begins with a line that names the last head before it, so that a missing file is noticed.
"""

import errno
import fcntl
import json
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

log = logging.getLogger(__name__)

LARGEST = 16_000_000
"""Bytes of a file, some 80,000 heads."""
TAIL = 8_192
"""Bytes at the end of a file that hold its last line."""
NO_LINKS = (errno.EPERM, errno.EACCES, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)


@dataclass(frozen=True)
class Anchor:
    """`file` is written to; rotated files lie in the same folder."""

    file: Path

    def files(self) -> list[Path]:
        """All files that exist, the oldest first."""
        return [*self._aside(), *([self.file] if self.file.exists() else [])]

    def is_empty(self) -> bool:
        """Whether no head has been written."""
        return not any(file.stat().st_size for file in self.files())

    def check(self) -> None:
        """Append a line. Raises OSError."""
        self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(self._open())

    def append(self, line: str, continued: Callable[[int, str], str]) -> None:
        """Append a line. continued: the first line of a new file, for the id and hash of the last head before it.

        Processes take turns: none writes into a file that another has just put aside. Raises OSError.
        """
        while True:
            handle = self._open()
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                if not self._is_current(handle) or (_is_full(handle) and self._put_aside(handle, continued)):
                    continue
                os.write(handle, f"{line}\n".encode())
                return
            finally:
                os.close(handle)

    def _open(self) -> int:
        return os.open(self.file, os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o600)

    def _is_current(self, handle: int) -> bool:
        try:
            return os.path.samestat(os.fstat(handle), self.file.stat())
        except FileNotFoundError:
            return False

    def _aside(self) -> list[Path]:
        rotated = self.file.parent.glob(f"{self.file.stem}.[0-9][0-9][0-9][0-9]{self.file.suffix}")
        return sorted(path for path in rotated if path.is_file())

    def _put_aside(self, handle: int, continued: Callable[[int, str], str]) -> bool:
        """Rotate: number the full file and begin a new one. False if the disk does not allow it."""
        last = _last_head(handle)
        if last is None:
            return False  # no line of ours: `verify` says so, and nothing is moved
        aside = self._aside()
        draft = self.file.with_name(f".{self.file.name}.new")
        try:
            if not (aside and aside[-1].samefile(self.file)):  # else a process was killed between the two steps
                number = int(aside[-1].suffixes[-2][1:]) + 1 if aside else 1
                os.link(self.file, self.file.with_name(f"{self.file.stem}.{number:04}{self.file.suffix}"))
            draft.unlink(missing_ok=True)
            new = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            try:
                os.write(new, f"{continued(*last)}\n".encode())
                os.fsync(new)
            finally:
                os.close(new)
            os.replace(draft, self.file)
        except OSError as error:
            if error.errno not in NO_LINKS:
                raise
            log.warning("the audit's anchor %s is full and cannot be put aside: %s", self.file, error.strerror)
            return False
        return True


def _is_full(handle: int) -> bool:
    stat = os.fstat(handle)
    last_year = datetime.fromtimestamp(stat.st_mtime, UTC).year < datetime.now(UTC).year
    return stat.st_size >= LARGEST or (bool(stat.st_size) and last_year)


def _last_head(handle: int) -> tuple[int, str] | None:
    size = os.fstat(handle).st_size
    for line in reversed(os.pread(handle, TAIL, max(0, size - TAIL)).splitlines()):
        try:
            entry = json.loads(line)
            return int(entry.get("head") or entry.get("restored") or entry["continues"]), str(entry["hash"])
        except (ValueError, KeyError, AttributeError, TypeError):
            continue
    return None

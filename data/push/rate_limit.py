"""Token-bucket rate limiter, shared by the processes of a home."""

import fcntl
import time
from pathlib import Path

from data.errors import Unavailable
from data.system_errors import of_os


def take(folder: Path, name: str, rate: float, room: float, *, now: float | None = None) -> float:
    """Take a token from the bucket `name`. Returns 0.0, or the seconds until a token is available.

    rate: tokens per second. room: capacity; a new bucket is full. Raises Unavailable if the folder is not writable.
    """
    now = time.time() if now is None else now
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (folder / f"bucket-{name}").open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            level, at = _read(file.read(), room, now)
            level = min(room, level + max(now - at, 0.0) * rate)
            wait = 0.0 if level >= 1 else (1 - level) / rate
            file.truncate(0)
            file.write(f"{level - (not wait)} {now}")
    except OSError as error:
        raise Unavailable(
            "folder.unwritable", "{folder} cannot be written to: {why}", folder=folder, why=of_os(error)
        ) from error
    return wait


def _read(text: str, room: float, now: float) -> tuple[float, float]:
    try:
        level, at = map(float, text.split())
    except ValueError:  # new, or cut off by a crash
        return room, now
    return level, at

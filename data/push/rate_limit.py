"""How often somebody may come: a token bucket a name, shared by the processes of a home."""

import fcntl
import time
from pathlib import Path

from data.errors import Unavailable
from data.system_errors import of_os


def take(folder: Path, name: str, rate: float, room: float, *, now: float | None = None) -> float:
    """Takes one from the bucket `name`. 0.0 if there was one, else the seconds until there is.

    rate: how many come in a second. room: how many it holds; a new bucket is full.
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

"""Homes that several modules or workers need: made once a run and copied."""

import fcntl
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Concatenate, ParamSpec

How = ParamSpec("How")


class Homes:
    """Homes below a folder that all workers of a run share."""

    def __init__(self, folder: Path, copies: Callable[[str], Path]) -> None:
        """folder: of the originals. copies: makes an empty folder for a copy, given a name."""
        self._folder, self._copies = folder, copies
        folder.mkdir(exist_ok=True)

    def copy(self, make: Callable[Concatenate[Path, How], object], *args: How.args, **kwargs: How.kwargs) -> Path:
        """A copy of the home that `make` makes at the path it is given, of these further arguments.

        `make` is a function of a module and its arguments are plain values: they are what an original is known by.
        """
        known = [*map(repr, args), *(f"{name}={value!r}" for name, value in sorted(kwargs.items()))]
        original = self._folder / "-".join([make.__module__, make.__qualname__, *known])
        with original.with_name(f"{original.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not original.exists():
                draft = original.with_name(f"{original.name}.draft")
                shutil.rmtree(draft, ignore_errors=True)
                make(draft, *args, **kwargs)
                draft.rename(original)
        return Path(shutil.copytree(original, self._copies(make.__name__) / "var"))

"""Bars: how a number splits, and the steps that lead from one number to another. Each bar is a link to its rows."""

from collections.abc import Sequence
from dataclasses import dataclass

from cockpit.components.base import define

_bars = define("bars")
_waterfall = define("waterfall")


@dataclass(frozen=True)
class Bar:
    """One bar: its number, and the number in words."""

    name: str
    value: float
    text: str
    href: str = ""
    state: str = "none"
    note: str = ""


def bars(items: Sequence[Bar], *, key: str, full: float = 0) -> None:
    """Draw bars from zero, in the order given. Negative values count as 0.

    full: the value whose bar is as long as its track, such as 100 of a percentage; 0: the largest value.
    """
    _bars(key=key, data={"bars": tuple(items), "full": full})


def waterfall(steps: Sequence[Bar], *, start: Bar, end: Bar, key: str) -> None:
    """Draw the way from `start` to `end`: every step begins where the one before it ended.

    A step's value is signed; its state is "green" for the better, "red" for the worse, else "none".
    """
    _waterfall(key=key, data={"start": start, "steps": steps, "end": end})

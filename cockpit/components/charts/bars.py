"""Bars: the split of a number, or the steps from one number to another. Each is a link."""

from collections.abc import Sequence
from dataclasses import dataclass

from cockpit.components.base import define
from cockpit.i18n import _, ngettext

_bars = define("bars")
_waterfall = define("waterfall")


@dataclass(frozen=True)
class Bar:
    """One bar: its number, and the number in words.

    href: the rows of the number. pick: what choosing the bar does; without it the whole bar leads to its rows.
    """

    name: str
    value: float
    text: str
    href: str = ""
    state: str = "none"
    note: str = ""
    pick: str = ""
    chosen: bool = False


def bars(items: Sequence[Bar], *, key: str, full: float = 0, most: int = 0) -> None:
    """Draw bars from zero, in the order given. Negative values count as 0.

    full: the value whose bar is as long as its track, such as 100 of a percentage; 0: the largest value.
    most: how many are shown at first; the others unfold. 0: all.
    """
    left = len(items) - most if most else 0
    words = {
        "more": ngettext("{n} more", "{n} more", left) if left > 0 else "",
        "rows": _("Rows"),
        "pick": _("Filter by {name}", name="{name}"),
        "drop": _("Remove {filter}", filter="{name}"),
    }
    _bars(key=key, data={"bars": tuple(items), "full": full, "most": most or len(items), "words": words})


def waterfall(steps: Sequence[Bar], *, start: Bar, end: Bar, key: str) -> None:
    """Draw the way from `start` to `end`: every step begins where the one before it ended.

    A step's value is signed; its state is "green" for the better, "red" for the worse, else "none".
    """
    _waterfall(key=key, data={"start": start, "steps": steps, "end": end})

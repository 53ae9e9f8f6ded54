"""What to look at first: a few lines, each a label, a few links, and one link that leads on."""

from collections.abc import Sequence
from dataclasses import dataclass

from cockpit.components.base import define, plain
from cockpit.i18n import ngettext


@dataclass(frozen=True)
class Item:
    """One thing to look at: what stands out, the rest of the words, and where it leads."""

    strong: str
    text: str = ""
    href: str = ""


@dataclass(frozen=True)
class Line:
    """Items beyond the first `shown` fold away behind a count. `on` leads to all of them."""

    mark: str
    label: str
    items: Sequence[Item] = ()
    state: str = "none"
    on: str = ""
    href: str = ""
    shown: int = 3


_today = define("today")


def today(lines: Sequence[Line], *, label: str, key: str = "today") -> None:
    """Draw the lines under a label."""
    told = [{**plain(line), "more": _more(line)} for line in lines]
    _today(key=key, data={"label": label, "lines": told})


def _more(line: Line) -> str:
    left = len(line.items) - line.shown
    return ngettext("{n} more", "{n} more", left) if left > 0 else ""

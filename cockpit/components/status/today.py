"""What needs attention: a few lines, each with a label, links, and one link to more."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from cockpit.components.base import define
from cockpit.i18n import _, language, ngettext


@dataclass(frozen=True)
class Held:
    """Who holds a problem, in words; the address of their screen and a telephone number, empty if there are none.

    order: where an order about it is begun.
    """

    text: str
    href: str = ""
    phone: str = ""
    order: str = ""


@dataclass(frozen=True)
class Item:
    """One item to look at: the emphasized text, the rest of it, and its link.

    rows, why: addresses of the rows behind it and of what moved it; empty if there are none.
    held: who holds it; None where that is not said.
    group: the heading that folded items share; `brief` is their text under it.
    """

    strong: str
    text: str = ""
    href: str = ""
    group: str = ""
    brief: str = ""
    rows: str = ""
    why: str = ""
    held: Held | None = None


@dataclass(frozen=True)
class Line:
    """Items beyond the first `shown` fold away behind a count. `on` leads to all of them.

    left: the count, where the folded items stand for more than themselves.
    """

    mark: str
    label: str
    items: Sequence[Item] = ()
    state: str = "none"
    on: str = ""
    href: str = ""
    shown: int = 3
    left: int = 0


@dataclass(frozen=True)
class Head:
    """The worst problem: who or what it is about, the sentence, where it leads, who holds it, what moved it."""

    strong: str
    text: str
    href: str = ""
    held: Held | None = None
    moved: str = ""
    links: Sequence[tuple[str, str]] = ()


_today = define("today")


def today(lines: Sequence[Line], *, label: str, head: Head | None = None, key: str = "today") -> None:
    """Draw the headline, if there is one, and the lines under it. label: what all of it is, for those who hear it."""
    words = {"holder": _("Held by"), "rows": _("Rows"), "why": _("Why"), "order": _("Begin an order")}
    _today(key=key, data={"label": label, "head": head, "lines": _counted(tuple(lines), language()), "words": words})


@dataclass(frozen=True)
class _CountedLine(Line):
    """more: how many items are folded away, in words."""

    more: str = ""


@lru_cache(maxsize=512)
def _counted(lines: tuple[Line, ...], spoken: str) -> tuple[_CountedLine, ...]:
    """The lines in the language `spoken`, which is the one spoken now."""
    return tuple(_CountedLine(**vars(line), more=_more(line)) for line in lines)


def _more(line: Line) -> str:
    left = line.left or len(line.items) - line.shown
    return ngettext("{n} more", "{n} more", left) if left > 0 else ""

"""A village's to-do: its open cases by the clock that runs out next, with the counts above."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from cockpit.components.base import define
from cockpit.components.charts.timeline import Stage, words

_todo = define("todo")


@dataclass(frozen=True)
class Count:
    """One number of the line above the cards. chosen: the cards are those it counts."""

    text: str
    n: str
    state: str = "none"
    href: str = ""
    chosen: bool = False


@dataclass(frozen=True)
class Card:
    """One open case. clock: what is due or overdue, in words; facts: further short lines; stages: its course.

    ways: what one does about it on a phone, text and address: call the unit, find the place.
    """

    title: str
    href: str = ""
    source: str = ""
    state: str = "none"
    clock: str = ""
    facts: Sequence[str] = ()
    stages: Sequence[Stage] = field(default=())
    ways: Sequence[tuple[str, str]] = field(default=())


@dataclass(frozen=True)
class Rest:
    """How many cases have no card here, in words, and the link to all."""

    text: str
    on: str
    href: str


def todo(
    cards: Sequence[Card], *, counts: Sequence[Count] = (), empty: str = "", rest: Rest | None = None, key: str = "todo"
) -> None:
    """Draw the counts and the cards in the order given; `empty` is shown without cards, `rest` below them."""
    data = {"cards": tuple(cards), "counts": tuple(counts), "empty": empty, "rest": rest, "words": words()}
    _todo(key=key, data=data)

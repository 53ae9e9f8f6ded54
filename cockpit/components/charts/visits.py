"""The calendar of a site's visits: one line per day, one mark per visit."""

from collections.abc import Sequence
from dataclasses import dataclass

from cockpit.components.base import define, plain

_visits = define("visits")


@dataclass(frozen=True)
class Mark:
    """One visit. at: minutes of the day; text: when and how it went, read aloud and shown on hover."""

    at: int
    state: str
    text: str


@dataclass(frozen=True)
class Line:
    """One day. summary: numbers of visits and of failed ones, in words; state: of the day."""

    day: str
    summary: str
    state: str
    marks: Sequence[Mark]


def visits(lines: Sequence[Line], *, key: str = "visits") -> None:
    """Draw the days in the order given."""
    _visits(key=key, data={"lines": plain(list(lines))})

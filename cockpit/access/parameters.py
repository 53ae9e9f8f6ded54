"""Valid parameters of an address, by page. Pages and files refuse others in the same way.

Area, metric, topic, edition, period and the like are read against the edition (`cockpit.view`).
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from cockpit.filters import NAMES
from cockpit.i18n import _
from data.desk.auditing.audit import EVENTS
from data.desk.items.lists import VIEWS

ANY = "*"
"""Every page."""
NUMBER = re.compile(r"[1-9][0-9]{0,8}")
CHOICES: Mapping[tuple[str, str], tuple[str, ...]] = {
    (ANY, "wall"): ("1", "0"),
    ("cockpit", "sheet"): ("publicity",),
    ("cockpit", "mine"): ("1",),
    ("rows", "mine"): ("1",),
    ("alerts", "show"): ("over",),
    ("compare", "over"): ("months",),
    ("sites", "show"): ("vetoed", "near"),
    ("site", "show"): ("all",),
    ("inbox", "show"): VIEWS,
    ("audit", "event"): EVENTS,
}
"""Values of a parameter."""
NUMBERS = {(ANY, "page"), ("alerts", "alert"), ("assessments", "id"), ("data", "batch")}
"""Parameters that are a number from 1 on."""
DAYS = {("audit", "since"), ("audit", "until")}
"""Parameters that are a day."""
NARROWING = ("area", "metric", "topic", "edition", "from", "to", "vs", *NAMES)
"""Parameters that decide which numbers are shown: a slip in such a name would show others without a word."""
NEAR = 0.85
"""Similarity from which a name counts as a misspelling of another, 0 to 1."""


@dataclass(frozen=True)
class Fault:
    """A parameter that cannot be taken: what was given, and what it can be."""

    name: str
    value: str
    hint: str


def fault(page: str, given: Mapping[str, str]) -> Fault | None:
    """The first parameter of a page's address that is not what it can be; an empty one is none."""
    for name, value in given.items():
        if hint := _hint(page, name, value) if value else "":
            return Fault(name, value, hint)
    return None


def _hint(page: str, name: str, value: str) -> str:
    """A hint on valid values of a parameter; empty if the value is valid."""
    known = CHOICES.get((page, name)) or CHOICES.get((ANY, name))
    if known and value not in known:
        return _("It can be: {known}.", known=", ".join(known))
    if {(page, name), (ANY, name)} & NUMBERS and not NUMBER.fullmatch(value):
        return _("It is a whole number from 1 on.")
    if (page, name) in DAYS and not _is_day(value):
        return _("It is a day such as 2026-11-22.")
    if name == "as_of":
        return _("The screens show an edition: name it by the parameter edition.")
    if near := _meant(name):
        return _("There is no such parameter. Did you mean {name}?", name=near)
    return ""


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _meant(name: str) -> str:
    """The narrowing parameter that a name is a slip of. A plural is a name of its own."""
    if name in NARROWING or name.removesuffix("s") in NARROWING:
        return ""
    return next(iter(difflib.get_close_matches(name[:40], NARROWING, 1, NEAR)), "")

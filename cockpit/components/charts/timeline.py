"""The timeline of a case: its stages, their clocks, and the next one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cockpit.components.base import define
from cockpit.i18n import _

_timeline = define("timeline")
State = Literal["done", "late", "now", "overdue", "todo"]


@dataclass(frozen=True)
class Stage:
    """One stage. state: done in time, done late, now running, running late (overdue), or still to come.

    when: its time in words; limit: its deadline in words; spent: the time it took; note: anything else worth a line.
    """

    name: str
    when: str = ""
    state: State = "todo"
    note: str = ""
    limit: str = ""
    spent: str = ""


def timeline(stages: Sequence[Stage], *, key: str = "timeline") -> None:
    """Draw the stages in order: in one line at a desk, one below the other on a phone."""
    _timeline(key=key, data={"stages": tuple(stages), "words": words()})


def words() -> dict[str, str]:
    """The label of each state of a stage."""
    return {
        "done": _("Done"),
        "late": _("Done late"),
        "now": _("In hand"),
        "overdue": _("Overdue"),
        "todo": _("To come"),
    }

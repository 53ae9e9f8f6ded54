"""Schedule of the tasks: periods by kind, spread evenly over time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

from data.probe.register import TESTED, Register, Thing

VISIT = timedelta(minutes=70)
"""At least twenty visits a day, restarts included."""
PERIODS: Mapping[str, timedelta] = {
    "visit": VISIT,
    "home": timedelta(days=1),
    "column": timedelta(days=1),
    "messages": timedelta(days=1),
    "function": timedelta(days=1),
    "guide": timedelta(days=7),
    "links": timedelta(days=7),
    "search": timedelta(days=7),
}
MIDNIGHT = datetime(2000, 1, 1)
"""Origin of the schedule."""
AGAIN = timedelta(minutes=15)
"""Retry interval of a task without a result."""


@dataclass(frozen=True)
class Task:
    """A recurring task."""

    job: str
    thing: Thing

    @property
    def id(self) -> str:
        return f"{self.job}:{self.thing.id}"

    @property
    def period(self) -> timedelta:
        return PERIODS[self.job]


def tasks(register: Register) -> Iterator[Task]:
    """All tasks of a register, visits first."""
    things = register.things.values()
    yield from (Task("visit", thing) for thing in things if thing.kind == "site")
    for thing in things:
        if thing.kind == "site":
            yield Task("home", thing)
            yield Task("links", thing)
            if thing.extra.search:
                yield Task("search", thing)
            if thing.extra.messages:
                yield Task("messages", thing)
        elif thing.kind == "column":
            yield Task("column", thing)
        elif thing.kind == "service_item":
            yield Task("guide", thing)
        elif thing.kind in TESTED:
            yield Task("function", thing)


def first_due(task: Task, done: Mapping[str, datetime], now: datetime) -> datetime:
    """When a task is due after a start: a period after it was done last, or at its own moment where that is past.

    The moment is the task's own in each span of time, whenever we ask: starts in short order do not put it off.
    """
    last = done.get(task.id)
    if last is not None and last > now:  # the clock was set back since
        last = now
    if last is not None and now < last + task.period:
        return last + task.period
    span = min(task.period, VISIT if last is not None or task.job == "visit" else timedelta(days=1))
    return now + (MIDNIGHT + span * phase(task.id) - now) % span


def next_due(task: Task, due: datetime, now: datetime) -> datetime:
    """One period after it was due, to keep the spread; at least nine tenths of a period from now."""
    return max(due + task.period, now + task.period * 0.9)


def phase(text: str) -> float:
    """A stable number in [0, 1) from a text."""
    return int.from_bytes(blake2b(text.encode(), digest_size=6).digest()) / 2**48

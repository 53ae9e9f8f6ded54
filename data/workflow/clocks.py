"""Clocks of items: natural or working time, that rests and goes on. All times are local to the district and naive."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from data.values.calendar import DAY_END, Calendar
from data.workflow.check import entered
from data.workflow.model import Clock, Limit

ZERO = timedelta(0)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Timing:
    """Arithmetic of one kind of time. working: only working days count, each with 24 hours."""

    working: bool
    calendar: Calendar

    def between(self, start: datetime, end: datetime) -> timedelta:
        """The time from start to end; zero if the end is not after the start."""
        if end <= start:
            return ZERO
        return timedelta(minutes=self.calendar.working_minutes(start, end)) if self.working else end - start

    def after(self, start: datetime, span: timedelta) -> datetime:
        """The instant when `span` has passed since `start`. DataError where the calendar ends before it."""
        if not self.working or span <= ZERO:
            return start + max(span, ZERO)
        midnight = datetime.combine(start.date() + DAY, time())
        today = midnight - start if self.calendar.is_workday(start.date()) else ZERO
        if span <= today:
            return start + span
        days, rest = divmod(span - today, DAY)
        if not rest:
            days, rest = days - 1, DAY
        day = self.calendar.workday_after(start.date(), days + 1)
        return datetime.combine(day, time()) + rest

    def end_of_days(self, start: datetime, days: int) -> datetime:
        """The end of the last of `days` days; the day after the start is the first."""
        if self.working:
            return self.calendar.deadline(start, days)
        return datetime.combine(start.date() + days * DAY, time()) + DAY_END


@dataclass(frozen=True)
class Running:
    """A clock of an item. status: off, running or paused.

    used: time that has passed until `since`, when it began to run or to rest last. total: its whole limit.
    deadline: when it runs out; while it rests, when it would have.
    """

    id: str
    status: str = "off"
    started_at: datetime | None = None
    since: datetime | None = None
    used: timedelta = ZERO
    total: timedelta = ZERO
    deadline: datetime | None = None
    stopped_at: datetime | None = None

    @property
    def active(self) -> bool:
        return self.status != "off"


def advance(
    clock: Clock, running: Running, state: str, at: datetime, fields: dict[str, Any], timing: Timing
) -> Running:
    """The clock after an item entered another state at an instant. fields: the newest value of each field."""
    status = entered(clock, state, running.status)
    if status == running.status:
        return running
    if running.status == "off":
        deadline = limit_end(clock.limit, at, fields, timing)
        return Running(running.id, status, at, at, ZERO, timing.between(at, deadline), deadline)
    passed = timing.between(running.since or at, at) if running.status == "running" else ZERO
    used = running.used + passed
    if status == "off":
        return replace(running, status=status, since=at, used=used, stopped_at=at)
    if status == "paused":
        return replace(running, status=status, since=at, used=used)
    left = running.total - used
    deadline = timing.after(at, left) if left > ZERO else running.deadline or at
    return replace(running, status=status, since=at, deadline=deadline)


def with_field(clock: Clock, running: Running, at: datetime, fields: dict[str, Any], timing: Timing) -> Running:
    """The clock after the field that limits it has got a new value, such as by an extension."""
    if not running.active or clock.limit.field is None or running.since is None:
        return running
    deadline = limit_end(clock.limit, at, fields, timing)
    if deadline == running.deadline:
        return running
    rest = timing.between(running.since, deadline)
    return replace(running, deadline=deadline, total=running.used + rest)


def limit_end(limit: Limit, at: datetime, fields: dict[str, Any], timing: Timing) -> datetime:
    """When a limit that begins at an instant runs out."""
    if limit.hours is not None:
        return timing.after(at, timedelta(hours=limit.hours))
    if limit.days is not None:
        return timing.end_of_days(at, limit.days)
    if limit.field is not None:
        return datetime.combine(date.fromisoformat(str(fields[limit.field])), time()) + DAY_END
    return limit_end(limit.of[str(fields[limit.by or ""])], at, fields, timing)


def passed(running: Running, at: datetime, timing: Timing) -> timedelta:
    """The time that has passed on a clock; never negative."""
    if running.status != "running" or running.since is None:
        return running.used
    return running.used + timing.between(running.since, at)


def reaches(running: Running, span: timedelta, timing: Timing) -> datetime | None:
    """When a running clock has passed a span; None while it rests or is off."""
    if running.status != "running" or running.since is None:
        return None
    return timing.after(running.since, max(span - running.used, ZERO))

"""Half-open periods of days, and how they are cut and compared."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from data.messages import Name
from metrics.errors import MetricsError

UNITS = ("day", "week", "month")
DAY = timedelta(days=1)
MAX_BUCKETS = 4000


@dataclass(frozen=True)
class Period:
    """The days from `start` up to, not including, `end`.

    until: a time of the last day. What happened or became known from then on does not count; None counts whole days.
    """

    start: date
    end: date
    until: datetime | None = None

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise MetricsError(
                "period.empty",
                "the period {start} to {end} is empty: its end is not part of it, name a later day",
                start=self.start,
                end=self.end,
            )

    @property
    def last(self) -> date:
        """The last day, as people and file names give it."""
        return self.end - DAY

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    def cut(self, unit: str) -> tuple["Period", ...]:
        """The days, weeks (from Monday) or months of this period, its ends cut to it."""
        if unit not in UNITS:
            raise MetricsError("unit.unknown", '"{unit}" is not a unit of time: use {known}', unit=unit, known=UNITS)
        parts, start = [], self.start
        while start < self.end:
            end = min(_next(start, unit), self.end)
            parts.append(Period(start, end, self.until if end == self.end else None))
            start = end
            if len(parts) > MAX_BUCKETS:
                raise MetricsError(
                    "period.too_many",
                    "more than {n} {unit}s between {start} and {end}: ask for a shorter period",
                    n=MAX_BUCKETS,
                    unit=Name("unit", unit),
                    start=self.start,
                    end=self.end,
                )
        return tuple(parts)


def shift(day: date, months: int) -> date:
    """The same day of the month `months` later, or that month's last day."""
    first = month_start(day)
    index = first.year * 12 + first.month - 1 + months
    first = date(index // 12, index % 12 + 1, 1)
    return min(first + timedelta(days=day.day - 1), _next(first, "month") - DAY)


def month_start(day: date) -> date:
    return day.replace(day=1)


def last_day(as_of: datetime) -> date:
    """The last day of which something can be known at `as_of`."""
    return (as_of - timedelta(microseconds=1)).date()


def this_month(as_of: datetime) -> Period:
    """The month so far."""
    day = last_day(as_of)
    return Period(month_start(day), day + DAY)


def _next(start: date, unit: str) -> date:
    if unit == "day":
        return start + DAY
    if unit == "week":
        return start + timedelta(days=7 - start.weekday())
    return (start.replace(day=28) + timedelta(days=4)).replace(day=1)

"""Comparison periods: the same part of the previous unit, or of the previous year.

A period that is still running is compared up to the same time of day: month to 28 November 08:00 with 1 to 28 October
08:00, as it was known then. A period that is over is compared with a whole one.
"""

from datetime import date, datetime, time, timedelta
from typing import Literal

from metrics.period import DAY, Period, last_day, shift

Comparison = Literal["previous", "last_year"]
Unit = Literal["days", "week", "month", "quarter", "year", "months"]
MONTHS: dict[Unit, int] = {"month": 1, "quarter": 3, "year": 12}
WEEK = 7


def is_running(period: Period, as_of: datetime) -> bool:
    """Whether the period has begun and is not over at `as_of`."""
    return period.start <= last_day(as_of) and as_of < datetime.combine(period.end, time.min)


def so_far(period: Period, as_of: datetime) -> Period:
    """The part of a running period up to `as_of`; any other period as it is."""
    if not is_running(period, as_of):
        return period
    return Period(period.start, last_day(as_of) + DAY, as_of)


def unit_of(period: Period, as_of: datetime) -> Unit:
    """The calendar unit that the period is, or is the beginning of; else whole months, or a number of days.

    The first days of a month are a month while they are running, even where they also begin a week, quarter or year.
    """
    running = is_running(period, as_of)
    weekly = period.start.weekday() == 0 and period.days <= WEEK
    if not running and (period.days == 1 or (weekly and period.days == WEEK)):
        return "week" if period.days == WEEK else "days"
    if period.start.day == 1:
        for unit, months in MONTHS.items():
            if (period.start.month - 1) % months == 0 and period.end <= shift(period.start, months):
                return unit
        return "months"
    return "week" if weekly and period.days > 1 else "days"


def is_complete(period: Period, as_of: datetime) -> bool:
    """Whether the period is over and is a whole unit, not its beginning."""
    unit = unit_of(period, as_of)
    if is_running(period, as_of):
        return False
    return period.days == WEEK if unit == "week" else unit in MONTHS and period.end == shift(period.start, MONTHS[unit])


def against(period: Period, comparison: Comparison, as_of: datetime) -> Period:
    """The period to compare with, cut at the same time of day where `period` is running at `as_of`.

    A day that the other month does not have ends with that month: 1 to 30 March 08:00 against all of February.
    """
    unit = "year" if comparison == "last_year" else unit_of(period, as_of)
    if unit in ("days", "week"):
        days = WEEK if unit == "week" else so_far(period, as_of).days
        return _moved(period, as_of, -timedelta(days=days))
    return _moved(period, as_of, -(MONTHS.get(unit) or _months(period)))


def _months(period: Period) -> int:
    """How many months the period touches."""
    last = period.end - DAY
    return (last.year - period.start.year) * 12 + last.month - period.start.month + 1


def _moved(period: Period, as_of: datetime, by: timedelta | int) -> Period:
    """The period moved by days (timedelta) or months (int)."""

    def move(day: date) -> date:
        return shift(day, by) if isinstance(by, int) else day + by

    start = move(period.start)
    if not is_running(period, as_of):
        whole_months = isinstance(by, int) and period.start.day == 1 and period.end.day == 1
        end = move(period.end) if whole_months else move(period.end - DAY) + DAY
        return Period(start, max(end, start + DAY))
    today = last_day(as_of)
    day = move(today)
    until = datetime.combine(day, time.min) + (as_of - datetime.combine(today, time.min))
    exists = not isinstance(by, int) or day.day == today.day
    finished = until >= datetime.combine(day + DAY, time.min)
    return Period(start, day + DAY, until if exists and not finished else None)

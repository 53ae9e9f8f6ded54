"""First and last day of an edition's data."""

from bisect import bisect_left
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache

from data.editions.edition import AnyEdition, Edition
from data.editions.scoped import ScopedEdition
from data.schema import FACTS
from metrics.areas import Area
from metrics.engine.sums import latest
from metrics.period import DAY, Period, last_day, month_start, shift, this_month
from metrics.scope import area_in_scope

YOUNG = timedelta(days=30)
"""What is shown by default while the month is younger than a working day."""


def has_data(
    edition: AnyEdition, period: Period, fact: str | None = None, as_of: datetime | None = None, *, stock: bool = False
) -> bool:
    """Whether anything can be known of a period at `as_of`, by default the edition's own time.

    It has begun and, where a fact is named, reaches into the days on which that fact has data. A stock lasts
    beyond the last of them.
    """
    known_until = last_day(as_of or edition.as_of)
    if period.start > known_until:
        return False
    days = _days(edition.unscoped, fact) if fact else None
    if days is None:
        return True
    first, last = days
    return first < period.end and first <= known_until and (stock or period.start <= last)


def extent(edition: AnyEdition) -> tuple[date, date] | None:
    """The first and the last day on which any fact has data; None where there are no facts."""
    known = [days for fact in FACTS if (days := _days(edition.unscoped, fact))]
    return (min(first for first, _ in known), max(last for _, last in known)) if known else None


def is_empty(edition: AnyEdition, period: Period) -> bool:
    """Whether the period is outside of the data, before the first fact or after the last."""
    days = extent(edition)
    outside = days is not None and (period.end <= days[0] or days[1] < period.start)
    return outside or not has_data(edition, period)


@lru_cache(maxsize=256)
def occurs(edition: ScopedEdition, code: int, where: tuple[tuple[str, str], ...]) -> bool:
    """Whether any fact of an area, of any time, fits filters by column. True without filters.

    Raises OutOfScope for an area that the edition does not reach.
    """
    if not where:
        return True
    place = area_in_scope(edition, code)
    area = "area" if place.live else "area_then"
    for fact in FACTS.values():
        if any(name not in fact.splits for name, _ in where):
            continue
        fits = "".join(f" AND coalesce({fact.splits[name]}, '') = ${i}" for i, (name, _) in enumerate(where, 1))
        sql = f"SELECT 1 FROM {fact.name} WHERE {area} >= {place.code} AND {area} < {place.end}{fits} LIMIT 1"
        if edition.unscoped.cursor().execute(sql, [value for _, value in where]).fetchone():
            return True
    return False


def has_delivered(edition: ScopedEdition, fact: str, places: Iterable[Area]) -> list[bool]:
    """For each area, whether it has any fact, of any time: its zero is a count then, and not a silence."""
    codes = _areas_of(edition.unscoped, fact)
    return [bisect_left(codes, place.code) < bisect_left(codes, place.end) for place in places]


@lru_cache(maxsize=32)
def _areas_of(edition: Edition, fact: str) -> tuple[int, ...]:
    """The codes that facts have, in order."""
    rows = edition.cursor().execute(f"SELECT DISTINCT area FROM {fact} WHERE area IS NOT NULL ORDER BY 1").fetchall()
    return tuple(code for (code,) in rows)


def default_period(edition: AnyEdition) -> Period:
    """This month so far; the last 30 days before its first whole working day, as too little has happened to judge by.

    Where that has no data, the newest month that has any.
    """
    month, days = this_month(edition.as_of), extent(edition)
    period = month if _has_working_day(edition.unscoped, month) else Period(month.end - YOUNG, month.end)
    if days is None or not is_empty(edition, period):
        return period
    first = month_start(days[1])
    return Period(first, shift(first, 1))


@lru_cache(maxsize=64)
def _has_working_day(edition: Edition, month: Period) -> bool:
    """Whether a working day of the month is over; a day outside of the calendar counts as one."""
    before, last = month.start - DAY, edition.as_of.date() - DAY
    sql = f"SELECT workdays_between(DATE '{before}', DATE '{last}') IS DISTINCT FROM 0"
    row = edition.cursor().execute(sql).fetchone()
    return last > before and row is not None and bool(row[0])


@lru_cache(maxsize=64)
def _days(edition: Edition, fact: str) -> tuple[date, date] | None:
    """The first and the last day on which a fact has data; None for one without a time or without any row."""
    time = FACTS[fact].time
    newest = latest(edition, fact)
    if time is None or newest is None:
        return None
    row = edition.cursor().execute(f"SELECT min({time}) FROM {fact}").fetchone()
    if not row or row[0] is None:
        return None
    return row[0].date(), min(newest.date(), last_day(edition.as_of))

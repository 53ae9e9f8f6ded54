"""From when until when an edition has data."""

from datetime import date, datetime
from functools import lru_cache

from data.editions import Edition
from data.schema import FACTS
from metrics.period import Period, last_day
from metrics.sums import latest


def has_data(
    edition: Edition, period: Period, fact: str | None = None, as_of: datetime | None = None, *, stock: bool = False
) -> bool:
    """Whether anything can be known of a period at `as_of`, by default the edition's own time.

    It has begun and, where a fact is named, reaches into the days of which that fact tells anything. A stock lasts
    beyond the last of them.
    """
    known_until = last_day(as_of or edition.as_of)
    if period.start > known_until:
        return False
    days = _days(edition.whole, fact) if fact else None
    if days is None:
        return True
    first, last = days
    return first < period.end and first <= known_until and (stock or period.start <= last)


def newest_day(edition: Edition) -> date | None:
    """The last day on which anything happened or became known; None where nothing ever did."""
    newest = [days[1] for fact in FACTS if (days := _days(edition.whole, fact))]
    return max(newest, default=None)


@lru_cache(maxsize=64)
def _days(edition: Edition, fact: str) -> tuple[date, date] | None:
    """The first and the last day of which a fact tells anything; None for one without a time or without any row."""
    time = FACTS[fact].time
    newest = latest(edition, fact)
    if time is None or newest is None:
        return None
    row = edition.cursor().execute(f"SELECT min({time}) FROM {fact}").fetchone()
    if not row or row[0] is None:
        return None
    return row[0].date(), min(newest.date(), last_day(edition.as_of))

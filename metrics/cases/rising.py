"""Topics and places whose count rose most against their usual: the last days against as many of the weeks before."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from math import sqrt
from statistics import fmean

from metrics.answer import answer
from metrics.areas import area as area_of
from metrics.areas import below
from metrics.engine.frames import each, period_of
from metrics.engine.parallel import run_parallel
from metrics.engine.plan import exists_at, filters, metric_of
from metrics.period import DAY, Period, last_day
from metrics.query import Query

DAYS, WEEKS = 7, 8
"""The days that are looked at, and as many weeks before them that are the usual."""
LEAST = 5
"""A group with fewer of the last days is none to speak of."""
SPREADS = 2.0
"""So many spreads above its usual a group must be; of a count that comes by chance the spread is the mean's root."""


@dataclass(frozen=True)
class Rise:
    """A group whose count rose. by: a column, or the level of the areas below. usual: of as many days."""

    by: str
    group: str
    count: int
    usual: float

    @property
    def excess(self) -> float:
        return self.count - self.usual

    @property
    def times(self) -> float | None:
        """How many times the usual it is; None of what was never there."""
        return self.count / self.usual if self.usual else None


def window(query: Query) -> Period:
    """The last DAYS days of the query's period that are over, or as many as the edition knows of it."""
    stop = min(query.period.end, last_day(query.edition.as_of) + DAY)
    if stop > last_day(query.edition.as_of) and query.edition.as_of.hour:
        stop -= DAY  # a day that is still running is lower than any
    return Period(stop - timedelta(days=DAYS), stop)


def rising(query: Query, columns: tuple[str, ...], most: int) -> tuple[Rise, ...]:
    """The groups of the query's metric by these columns and by the areas below that rose most, the most first.

    The metric must add up. A group without a value in the column is no topic.
    """
    metric = metric_of(query.catalog, query.metric)
    lower = below(query.edition, area_of(query.edition, query.area))
    known = filters(query.catalog, metric)
    splits = [name for name in columns if name in known]
    splits += [lower] if lower and exists_at(metric, lower) else []
    found = [rise for rises in run_parallel([partial(_of, query, by) for by in splits]) for rise in rises]
    return tuple(sorted(found, key=lambda rise: (-rise.excess / sqrt(rise.usual + 1), rise.by, rise.group))[:most])


def _of(query: Query, by: str) -> list[Rise]:
    now = window(query)
    back = (timedelta(days=DAYS * week) for week in range(WEEKS + 1))
    weeks = [Period(now.start - days, now.end - days) for days in back]
    counts: dict[str, dict[Period, int]] = {}
    for row in each(answer(query.of(query.metric, by=by), periods=weeks)):
        if row.group and row.group != str(query.area) and row.value == row.value:
            counts.setdefault(row.group, {})[period_of(row)] = int(row.value)
    rises = [
        Rise(by, group, of_week.get(now, 0), fmean(of_week.get(week, 0) for week in weeks[1:]))
        for group, of_week in counts.items()
    ]
    return [rise for rise in rises if rise.count >= LEAST and rise.excess >= SPREADS * sqrt(max(rise.usual, 1))]

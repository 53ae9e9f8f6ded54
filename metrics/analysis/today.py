"""What needs attention today, besides the reds: the oldest open cases, and what moved most."""

from dataclasses import dataclass

import pandas as pd

from metrics.analysis.reds import rows_of_period
from metrics.analysis.why import Explanation, why
from metrics.answer import SMALL, WITHOUT_VALUE, answer
from metrics.areas import area as area_of
from metrics.engine.frames import each
from metrics.engine.plan import exists_at, metric_of
from metrics.errors import MetricsError
from metrics.query import Query
from metrics.rows import rows

OLDEST = 3


@dataclass(frozen=True)
class Mover:
    """The metric that changed most, weighed by its usual size, and why, up to the leading split."""

    metric: str
    change: float
    explanation: Explanation


def oldest_open(query: Query) -> pd.DataFrame:
    """The rows of the cases that have been open longest at the end of the period, OLDEST at most."""
    return rows(query.of(query.catalog.id_of("oldest_open")), limit=OLDEST)


def mover(query: Query, own: pd.DataFrame | None = None) -> Mover | None:
    """The metric that got worse by most, relative to its value before; if none got worse, the one that moved most.

    Of the query's metrics. own: an answer that holds them over both periods, where there is one already.
    """
    place = area_of(query.edition, query.area)
    metrics = [m for m in (metric_of(query.catalog, name) for name in query.metrics) if exists_at(m, place.level)]
    frame = answer(query.of(*(m.id for m in metrics)), periods=(query.against, query.period)) if own is None else own
    frame = frame[~frame["quality"].isin([*WITHOUT_VALUE, SMALL])]
    now, then = (
        {row.metric: row.value for row in each(rows_of_period(frame, p))} for p in (query.period, query.against)
    )
    moved = []
    for metric in metrics:
        before = then.get(metric.id)
        if metric.rollup not in ("sum", "ratio of sums") or metric.id not in now or not before:
            continue
        change = now[metric.id] - before
        worse = (change < 0) == (metric.direction == "up") and metric.direction != "none" and change != 0
        # a rate moves in points of 100, a count relative to itself
        size = abs(change) / 100 if metric.is_percent else abs(change / before)
        moved.append((worse, size, metric.id, change))
    if not moved:
        return None
    _, _, name, change = max(moved)
    try:
        return Mover(name, float(change), why(query.of(name), query.against, leading_only=True))
    except MetricsError:
        return None

"""What needs attention today, beside what is red: the oldest open cases, and what moved most."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from data.editions.edition import Edition
from metrics.analysis.reds import over
from metrics.analysis.why import Explanation, why
from metrics.areas import area as area_of
from metrics.catalog import Catalog, Metric, current
from metrics.engine.frames import each
from metrics.engine.question import exists_at, metric_of
from metrics.errors import MetricsError
from metrics.period import Period
from metrics.query import SMALL, WITHOUT_VALUE, query
from metrics.rows import rows

OLDEST = 3


@dataclass(frozen=True)
class Mover:
    """The metric that changed most, weighed by its usual size, and why."""

    metric: str
    change: float
    explanation: Explanation


@dataclass(frozen=True)
class Today:
    """oldest: the rows of the oldest open cases."""

    oldest: pd.DataFrame = field(repr=False)
    mover: Mover | None


def today(
    edition: Edition,
    area: int,
    period: Period,
    *,
    metrics: Sequence[str],
    compare: Period,
    own: pd.DataFrame | None = None,
    oldest: pd.DataFrame | None = None,
    catalog: Catalog | None = None,
) -> Today:
    """What an official of `area` should look at first, over `metrics`, the period against `compare`.

    own: an answer of `query` that holds the metrics over both periods, where it was asked before.
    oldest: the rows of `oldest_open`.
    """
    catalog = catalog or current()
    place = area_of(edition, area)
    here = [m.id for m in (metric_of(catalog, name) for name in metrics) if exists_at(m, place.level)]
    if own is None:
        own = query(edition, here, area, period, periods=(compare, period), catalog=catalog)
    return Today(
        oldest_open(edition, area, period, catalog=catalog) if oldest is None else oldest,
        _mover(edition, own, area, period, compare, [catalog.metrics[name] for name in here], catalog),
    )


def oldest_open(edition: Edition, area: int, period: Period, *, catalog: Catalog | None = None) -> pd.DataFrame:
    """The rows of the cases that have been open longest at the end of the period, OLDEST at most."""
    return rows(edition, "oldest_open_days", area, period, limit=OLDEST, catalog=catalog)


def _mover(
    edition: Edition,
    told: pd.DataFrame,
    area: int,
    period: Period,
    compare: Period,
    metrics: list[Metric],
    catalog: Catalog,
) -> Mover | None:
    """The metric that got worse by most, relative to its value before; if none got worse, the one that moved most."""
    told = told[~told["quality"].isin([*WITHOUT_VALUE, SMALL])]
    now, then = ({row.metric: row.value for row in each(over(told, span))} for span in (period, compare))
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
        return Mover(name, float(change), why(edition, name, area, period, compare, catalog=catalog))
    except MetricsError:
        return None

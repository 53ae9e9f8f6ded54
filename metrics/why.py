"""Why a metric changed: this period against another, split into the parts that moved it.

A count splits into the change of each part. A rate R = N / D splits by the midpoint form of the mix and rate
effects: with weights w = d / D and part rates r, R1 - R0 = sum of (w1 - w0) * (mean r - mean R) + (r1 - r0) * mean w,
which is exact, because sum of (w1 - w0) is zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from data.editions import Edition
from metrics.areas import area as area_of
from metrics.areas import below
from metrics.catalog import Catalog, Metric, current
from metrics.errors import MetricsError
from metrics.period import Period
from metrics.query import query
from metrics.question import exists_at, metric_of


@dataclass(frozen=True)
class Move:
    """What one part did. `effect` = mix + rate, in the metric's unit (percentage points for a rate)."""

    group: str
    before: float | None
    after: float | None
    mix: float
    rate: float

    @property
    def effect(self) -> float:
        return self.mix + self.rate


@dataclass(frozen=True)
class Explanation:
    """The change of a metric and its split by each breakdown; the effects of each split add up to `change`."""

    metric: str
    area: int
    period: Period
    against: Period
    before: float | None
    after: float | None
    splits: dict[str, tuple[Move, ...]]

    @property
    def change(self) -> float | None:
        return None if self.before is None or self.after is None else self.after - self.before


def why(
    edition: Edition,
    metric: str,
    area: int,
    period: Period,
    against: Period,
    *,
    as_of: datetime | None = None,
    where: Mapping[str, str] | None = None,
    catalog: Catalog | None = None,
) -> Explanation:
    """Splits the change of a metric between two periods by the areas right below and by category, greatest move first.

    A metric that cannot be split (a median, an oldest age, a composite score) gives its change without splits.
    """
    catalog = catalog or current()
    asked = metric_of(catalog, metric)
    if period == against:
        raise MetricsError(f"{metric}: a period cannot be compared with itself, name another one")

    def told(by: str | None = None) -> pd.DataFrame:
        both = (against, period)
        return query(edition, [metric], area, period, by=by, as_of=as_of, where=where, periods=both, catalog=catalog)

    before, after = (_number(value) for value in told()["value"])
    splits = {by: _moves(asked, told(by), period) for by in _breakdowns(edition, catalog, asked, area, where)}
    return Explanation(metric, area, period, against, before, after, splits)


def _breakdowns(
    edition: Edition, catalog: Catalog, metric: Metric, area: int, where: Mapping[str, str] | None
) -> list[str]:
    if metric.rollup not in ("sum", "ratio of sums"):
        return []
    place = area_of(edition, area)
    lower = below(place.level)
    areas = [lower] if lower in ("district", "town", "village") and exists_at(metric, lower) else []
    columns = [] if catalog.domain(metric).view else ["category", "source"]
    return areas + [name for name in columns if name not in (where or {})]


def _moves(metric: Metric, frame: pd.DataFrame, period: Period) -> tuple[Move, ...]:
    """frame: an answer of `query` over two periods; rows of `period` are the later ones."""
    later = frame["period"] == period.start
    later &= frame["end"] == period.end
    told = frame[~later].merge(frame[later], on="group", how="outer", suffixes=("_0", "_1"))
    if metric.rollup == "sum":
        moves = [
            Move(row.group, _number(row.value_0), _number(row.value_1), 0.0, (row.value_1 or 0) - (row.value_0 or 0))
            for row in told.itertuples()
        ]
    else:
        moves = _rate_moves(metric, told)
    return tuple(sorted((m for m in moves if m.effect or m.after is not None), key=lambda m: -abs(m.effect)))


def _rate_moves(metric: Metric, told: pd.DataFrame) -> list[Move]:
    scale = metric.scale
    n0, d0 = told["numerator_0"].fillna(0), told["denominator_0"].fillna(0)
    n1, d1 = told["numerator_1"].fillna(0), told["denominator_1"].fillna(0)
    if not d0.sum() or not d1.sum():
        return []
    w0, w1 = d0 / d0.sum(), d1 / d1.sum()
    # a part that is new or gone has one rate only: then all it did is mix
    r0 = (n0 / d0).where(d0 > 0, (n1 / d1).where(d1 > 0))
    r1 = (n1 / d1).where(d1 > 0, r0)
    r0, r1 = r0.fillna(0), r1.fillna(0)
    middle = (n0.sum() / d0.sum() + n1.sum() / d1.sum()) / 2
    # the same sum in a form that also counts a part with a numerator and no denominator
    effect = (n1 / d1.sum() - n0 / d0.sum() - (w1 - w0) * middle) * scale
    rate = (r1 - r0) * (w0 + w1) / 2 * scale
    mix = effect - rate
    return [
        Move(row.group, _number(row.value_0), _number(row.value_1), float(mix[row.Index]), float(rate[row.Index]))
        for row in told.itertuples()
    ]


def _number(value: float | None) -> float | None:
    return None if value is None or value != value else float(value)

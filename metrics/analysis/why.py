"""Why a metric changed: this period against another, split into the parts that moved it.

A count splits into the change of each part. A rate R = N / D splits by the midpoint form of the mix and rate
effects: with weights w = d / D and part rates r, R1 - R0 = sum of (w1 - w0) * (mean r - mean R) + (r1 - r0) * mean w,
which is exact, because sum of (w1 - w0) is zero.
"""

from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace

import pandas as pd

from metrics.answer import answer
from metrics.areas import area as area_of
from metrics.areas import below
from metrics.catalog import Metric
from metrics.engine.frames import each, period_of
from metrics.engine.parallel import run_parallel
from metrics.engine.plan import exists_at, filters, metric_of
from metrics.errors import MetricsError
from metrics.period import Period
from metrics.query import Query

SPLITS = ("department", "category", "source")
"""The columns that a change is split by, where the metric has them."""


@dataclass(frozen=True)
class Move:
    """The contribution of one part. `effect` = mix + rate, in the metric's unit (percentage points for a rate)."""

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

    @property
    def leading(self) -> str | None:
        """The first split that has more than one part: the one that a sentence names movers of."""
        return next((by for by, moves in self.splits.items() if len(moves) > 1), None)

    def movers(self) -> tuple[Move, ...]:
        """The parts of the leading split that moved the metric most, one up and one down, the larger first."""
        moves = self.splits[self.leading] if self.leading else ()
        up, down = (next((m for m in moves if m.effect * sign > 0), None) for sign in (1, -1))
        return tuple(sorted((m for m in (up, down) if m), key=lambda m: -abs(m.effect)))


def why(query: Query, against: Period, *, leading_only: bool = False) -> Explanation:
    """Splits the change of the query's metric from `against` to its period by areas below, unit, category, source.

    Greatest move first. leading_only: no split after the leading one, which is all that a sentence needs.
    A metric that cannot be split (a median, an oldest age, a composite score) gives its change without splits.
    """
    metric = metric_of(query.catalog, query.metric)
    if query.period == against:
        raise MetricsError(
            "period.itself", "{metric}: a period cannot be compared with itself, name another one", metric=metric.label
        )

    def both(by: str | None = None) -> pd.DataFrame:
        return answer(query.of(metric.id, by=by), periods=(against, query.period))

    breakdowns = _breakdowns(query, metric)
    if leading_only:
        total, splits = both(), {}
        for by in breakdowns:
            splits[by] = _moves(metric, both(by), query.period)
            if len(splits[by]) > 1:
                break
    else:
        total, *parts = run_parallel([both, *(partial(both, by) for by in breakdowns)])
        splits = {by: _moves(metric, frame, query.period) for by, frame in zip(breakdowns, parts, strict=True)}
    before, after = (_number(value) for value in total["value"])
    return Explanation(metric.id, query.area, query.period, against, before, after, splits)


def _breakdowns(query: Query, metric: Metric) -> list[str]:
    if metric.rollup not in ("sum", "ratio of sums"):
        return []
    lower = below(query.edition, area_of(query.edition, query.area))
    areas = [lower] if lower and exists_at(metric, lower) else []
    known, filtered = filters(query.catalog, metric), dict(query.where)
    return areas + [name for name in SPLITS if name in known and name not in filtered]


def _moves(metric: Metric, frame: pd.DataFrame, period: Period) -> tuple[Move, ...]:
    """frame: an answer over two periods; rows of `period` are the later ones."""
    sides: tuple[dict[str, SimpleNamespace], dict[str, SimpleNamespace]] = ({}, {})
    for row in each(frame):
        sides[period_of(row) == period][row.group] = row
    before, after = sides
    groups = list(dict.fromkeys((*before, *after)))
    values = [(group, _value(before.get(group)), _value(after.get(group))) for group in groups]
    if metric.rollup == "sum":
        moves = [Move(group, was, now, 0.0, (now or 0) - (was or 0)) for group, was, now in values]
    else:
        effects = _rate_effects([_counts(before.get(g)) for g in groups], [_counts(after.get(g)) for g in groups])
        scale = metric.scale
        moves = [
            Move(group, was, now, mix * scale, rate * scale)
            for (group, was, now), (mix, rate) in zip(values, effects, strict=bool(effects))
        ]
    return tuple(sorted((m for m in moves if m.effect or m.after is not None), key=lambda m: -abs(m.effect)))


def _counts(row: SimpleNamespace | None) -> tuple[float, float]:
    """Numerator and denominator, 0 where there is none."""
    return ((_number(row.numerator) or 0), (_number(row.denominator) or 0)) if row else (0, 0)


def _rate_effects(before: list[tuple[float, float]], after: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Mix and rate effect of each part, from numerator and denominator then and now; none if a side counts nothing."""
    (n0, d0), (n1, d1) = (tuple(map(sum, zip(*side, strict=True))) or (0, 0) for side in (before, after))
    if not d0 or not d1:
        return []
    middle = (n0 / d0 + n1 / d1) / 2
    effects = []
    for (a0, b0), (a1, b1) in zip(before, after, strict=True):
        # a part that is new or gone has one rate only: then all it did is mix
        r0 = a0 / b0 if b0 else a1 / b1 if b1 else 0
        r1 = a1 / b1 if b1 else r0
        w0, w1 = b0 / d0, b1 / d1
        # the same sum in a form that also counts a part with a numerator and no denominator
        effect = a1 / d1 - a0 / d0 - (w1 - w0) * middle
        rate = (r1 - r0) * (w0 + w1) / 2
        effects.append((effect - rate, rate))
    return effects


def _value(row: SimpleNamespace | None) -> float | None:
    return _number(row.value) if row else None


def _number(value: float | None) -> float | None:
    return None if value is None or value != value else float(value)

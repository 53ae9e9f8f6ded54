"""The values and states of areas over time: one metric, by area and by day, week or month."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from data.areas.levels import LEVELS
from data.messages import Name
from metrics import areas
from metrics.answer import SMALL, WITHOUT_VALUE, answer
from metrics.availability.extent import extent
from metrics.catalog import Metric
from metrics.engine.plan import exists_at
from metrics.errors import MetricsError
from metrics.period import DAY, Period, last_day
from metrics.query import Query
from metrics.thresholds import Baseline, verdict_on

KEYS = ("absent", "small", "none", "green", "amber", "red")
"""What can be said of a value: no data, too small a sample, no state, or a state. The index is what is stored."""
MOST_BUCKETS = {"week": 53, "month": 120}
"""Of each unit, counted back from the last one; a week or more, since an area has too few cases in a day."""
ABSOLUTE = ("value", "per_10k_people")
"""Limits that compare a value with itself alone; others need a baseline for each bucket, and give no state here."""


@dataclass(frozen=True)
class AreaSeries:
    """values, keys: a row for each bucket, a column for each code; NaN without a value. keys: indexes of KEYS."""

    metric: Metric
    level: str
    unit: str
    buckets: tuple[Period, ...]
    codes: tuple[int, ...]
    values: npt.NDArray[np.float32]
    keys: npt.NDArray[np.uint8]

    @property
    def has_states(self) -> bool:
        return bool((self.keys > KEYS.index("none")).any())


def series(query: Query, unit: str, level: str | None = None) -> AreaSeries:
    """The query's only metric in the areas of a level, the one right below its area by default.

    Raises MetricsError for a level or unit without values, OutOfScope for an area that the user may not see.
    """
    metric = query.catalog.metrics[query.metric]
    level = level or next(iter(areas.lower_levels(query.edition, areas.area(query.edition, query.area))), None)
    if unit not in MOST_BUCKETS:
        raise MetricsError(
            "layer.unit", '"{unit}" is no unit of a layer: use {known}', unit=unit, known=(*MOST_BUCKETS,)
        )
    if level is None or level not in LEVELS or not exists_at(metric, level):
        raise MetricsError(
            "layer.level", "{metric} has no values by {level}", metric=metric.label, level=Name("level", level or "–")
        )
    buckets = buckets_of(query, unit)
    codes = tuple(place.code for place in areas.of_level(query.edition, areas.area(query.edition, query.area), level))
    values = np.full((len(buckets), len(codes)), np.nan, np.float32)
    keys = np.zeros((len(buckets), len(codes)), np.uint8)
    row_of, column_of = {b.start: i for i, b in enumerate(buckets)}, {str(code): i for i, code in enumerate(codes)}
    by_level = query.of(metric.id, by=level)
    frame = answer(by_level, periods=buckets)
    # as plain lists: row by row pandas costs more than the query
    columns = (frame[name].to_numpy().tolist() for name in ("group", "period", "value", "quality"))
    for group, start, value, quality in zip(*columns, strict=True):
        column = column_of.get(group)
        if column is not None and quality not in WITHOUT_VALUE:
            at = row_of[start], column
            values[at], keys[at] = value, KEYS.index(_key(by_level, metric, group, value, quality))
    return AreaSeries(metric, level, unit, buckets, codes, values, keys)


def buckets_of(query: Query, unit: str) -> tuple[Period, ...]:
    """The whole weeks or months of the data, the last ones of MOST_BUCKETS."""
    days = extent(query.edition)
    today = last_day(query.known_at)
    first = min(days[0], today) if days else today
    start = first.replace(day=1) if unit == "month" else first - first.weekday() * DAY
    buckets = Period(start, today + DAY).cut(unit)
    return buckets[-MOST_BUCKETS[unit] :]


def _key(query: Query, metric: Metric, group: str, value: float, quality: str) -> str:
    if quality == SMALL:
        return "small"
    if metric.thresholds is None or metric.thresholds.against not in ABSOLUTE:
        return "none"
    return verdict_on(query, metric, group, value, quality, Baseline({}, {}, {})).state


def five_steps(values: Sequence[float]) -> list[float]:
    """The lower bounds of at most five groups of about as many different values, from the least to the most."""
    ordered = sorted(set(values))
    size = max(1, -(-len(ordered) // 5))
    return [ordered[start] for start in range(0, len(ordered), size)]

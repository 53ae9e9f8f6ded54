"""What needs attention today: what turned red since yesterday, what is oldest, and what moved most."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from data.editions import Edition
from metrics.areas import area as area_of
from metrics.areas import below
from metrics.catalog import Catalog, Metric, current
from metrics.errors import MetricsError
from metrics.period import DAY, Period, last_day
from metrics.query import NO_DATA, SMALL, query
from metrics.question import AREAS, exists_at, metric_of
from metrics.rows import rows
from metrics.thresholds import RED, baseline, states
from metrics.why import Explanation, why

OLDEST = 3


@dataclass(frozen=True)
class Red:
    """A metric that is red in an area. `before` is its value a day earlier; `new` if it was not red then."""

    metric: str
    area: int
    value: float
    before: float | None
    new: bool


@dataclass(frozen=True)
class Mover:
    """The metric that changed most, weighed by its usual size, and why."""

    metric: str
    change: float
    explanation: Explanation


@dataclass(frozen=True)
class Today:
    """reds: every red right below the area, new ones first. oldest: the rows of the oldest open cases."""

    reds: list[Red]
    oldest: pd.DataFrame = field(repr=False)
    mover: Mover | None

    @property
    def new_reds(self) -> list[Red]:
        return [red for red in self.reds if red.new]


def today(
    edition: Edition,
    area: int,
    period: Period,
    *,
    metrics: Sequence[str],
    compare: Period,
    catalog: Catalog | None = None,
) -> Today:
    """What an official of `area` should look at first, over `metrics`, the period against `compare`."""
    catalog = catalog or current()
    place = area_of(edition, area)
    asked = [metric_of(catalog, name) for name in metrics]
    return Today(
        _reds(edition, area, period, asked, below(place.level), catalog),
        rows(edition, "oldest_open_days", area, period, limit=OLDEST, catalog=catalog),
        _mover(edition, area, period, compare, [m for m in asked if exists_at(m, place.level)], catalog),
    )


def _reds(
    edition: Edition, area: int, period: Period, metrics: list[Metric], by: str | None, catalog: Catalog
) -> list[Red]:
    """Reds of the areas right below; their state a day earlier is that of the same period ending a day earlier."""
    names = [m.id for m in metrics if by in AREAS and exists_at(m, by) and m.thresholds]
    end = min(period.end, last_day(edition.as_of) + DAY)
    if not names or end - period.start <= DAY:
        return []
    now, then = Period(period.start, end), Period(period.start, end - DAY)
    told = query(edition, names, area, now, by=by, periods=(now, then), catalog=catalog)
    frames = [told[told["end"] == each.end].copy() for each in (now, then)]
    # one baseline for both: a day moves a mean of thirty by little, and half of the cost is saved
    base = baseline(edition, frames[0], now, by=by, catalog=catalog)
    for frame, each in zip(frames, (now, then), strict=True):
        frame["state"] = states(edition, frame, each, by=by, base=base, catalog=catalog)
    before = frames[1].set_index(["metric", "group"])
    reds = [
        Red(
            row.metric,
            int(row.group),
            row.value,
            None if pd.isna(value := before["value"].get((row.metric, row.group))) else value,
            before["state"].get((row.metric, row.group)) != RED,
        )
        for row in frames[0].itertuples()
        if row.state == RED
    ]
    return sorted(reds, key=lambda red: (not red.new, names.index(red.metric), red.area))


def _mover(
    edition: Edition, area: int, period: Period, compare: Period, metrics: list[Metric], catalog: Catalog
) -> Mover | None:
    """The metric that got worse by most, relative to its value before; if none got worse, the one that moved most."""
    told = query(edition, [m.id for m in metrics], area, period, periods=(compare, period), catalog=catalog)
    told = told[~told["quality"].isin([NO_DATA, SMALL])]
    moved = []
    for metric in metrics:
        values = told[told["metric"] == metric.id].set_index("period")["value"]
        if metric.rollup not in ("sum", "ratio of sums") or len(values) < 2 or not values.iloc[0]:
            continue
        change = values[period.start] - values[compare.start]
        worse = (change < 0) == (metric.direction == "up") and metric.direction != "none" and change != 0
        # a rate moves in points of 100, a count relative to itself
        size = abs(change) / 100 if metric.is_percent else abs(change / values[compare.start])
        moved.append((worse, size, metric.id, change))
    if not moved:
        return None
    _, _, name, change = max(moved)
    try:
        return Mover(name, float(change), why(edition, name, area, period, compare, catalog=catalog))
    except MetricsError:
        return None

"""What needs attention today: what turned red since yesterday, what is oldest, and what moved most."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace

import pandas as pd

from data.editions import Edition
from metrics.areas import area as area_of
from metrics.areas import below
from metrics.catalog import Catalog, Metric, current
from metrics.errors import MetricsError
from metrics.frames import each
from metrics.period import DAY, Period, last_day
from metrics.query import NO_DATA, SMALL, query
from metrics.question import AREAS, exists_at, metric_of
from metrics.rows import rows
from metrics.thresholds import RED, Baseline, baseline, states
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


def yesterday(edition: Edition, period: Period) -> Period | None:
    """The period as it stood a day before: the same, ending a day earlier. None where it has but one day."""
    end = min(period.end, last_day(edition.as_of) + DAY) - DAY
    return Period(period.start, end) if end > period.start else None


def today(
    edition: Edition,
    area: int,
    period: Period,
    *,
    metrics: Sequence[str],
    compare: Period,
    own: pd.DataFrame | None = None,
    lower: pd.DataFrame | None = None,
    base: Baseline | None = None,
    oldest: pd.DataFrame | None = None,
    catalog: Catalog | None = None,
) -> Today:
    """What an official of `area` should look at first, over `metrics`, the period against `compare`.

    own: an answer of `query` that holds the metrics over both periods, where it was asked before.
    lower: one by the level right below, over the period and `yesterday` of it; base: its `baseline`. oldest: the rows
    of `oldest_open`.
    """
    catalog = catalog or current()
    place = area_of(edition, area)
    here = [m.id for m in (metric_of(catalog, name) for name in metrics) if exists_at(m, place.level)]
    if own is None:
        own = query(edition, here, area, period, periods=(compare, period), catalog=catalog)
    return Today(
        reds(edition, area, period, metrics=metrics, lower=lower, base=base, catalog=catalog),
        oldest_open(edition, area, period, catalog=catalog) if oldest is None else oldest,
        _mover(edition, own, area, period, compare, [catalog.metrics[name] for name in here], catalog),
    )


def oldest_open(edition: Edition, area: int, period: Period, *, catalog: Catalog | None = None) -> pd.DataFrame:
    """The rows of the cases that have been open longest at the end of the period, OLDEST at most."""
    return rows(edition, "oldest_open_days", area, period, limit=OLDEST, catalog=catalog)


def reds(
    edition: Edition,
    area: int,
    period: Period,
    *,
    metrics: Sequence[str],
    lower: pd.DataFrame | None = None,
    base: Baseline | None = None,
    catalog: Catalog | None = None,
) -> list[Red]:
    """Every red right below `area`, new ones first; `lower` and `base` as `today` takes them."""
    catalog = catalog or current()
    by, before = below(area_of(edition, area).level), yesterday(edition, period)
    asked = [metric_of(catalog, name) for name in metrics]
    there = [m.id for m in asked if by in AREAS and exists_at(m, by) and m.thresholds]
    if not there or not before:
        return []
    if lower is None:
        lower = query(edition, there, area, period, by=by, periods=(period, before), catalog=catalog)
    return _reds(edition, lower, there, period, before, by, base, catalog)


def _reds(
    edition: Edition,
    told: pd.DataFrame,
    names: list[str],
    period: Period,
    earlier: Period,
    by: str,
    base: Baseline | None,
    catalog: Catalog,
) -> list[Red]:
    """Reds of the areas right below, with their state a day earlier."""
    told = told[told["metric"].isin(names)]
    now, then = over(told, period), over(told, earlier)
    # one baseline for both: a day moves a mean of thirty by little, and half of the cost is saved
    base = base or baseline(edition, now, period, by=by, catalog=catalog)

    def judged(frame: pd.DataFrame, span: Period) -> Iterator[tuple[SimpleNamespace, str]]:
        return zip(each(frame), states(edition, frame, span, by=by, base=base, catalog=catalog), strict=True)

    before = {(row.metric, row.group): (row.value, state) for row, state in judged(then, earlier)}
    found = []
    for row, state in judged(now, period):
        if state == RED:
            value, was = before.get((row.metric, row.group), (None, None))
            known = value is not None and value == value
            found.append(Red(row.metric, int(row.group), row.value, value if known else None, was != RED))
    return sorted(found, key=lambda red: (not red.new, names.index(red.metric), red.area))


def over(told: pd.DataFrame, period: Period) -> pd.DataFrame:
    """The rows of an answer of several periods that are of this one."""
    until = told["until"].isna() if period.until is None else told["until"] == period.until
    return told[(told["period"] == period.start) & (told["end"] == period.end) & until]


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
    told = told[~told["quality"].isin([NO_DATA, SMALL])]
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

"""Whether a number is green, amber or red, and against what it was held."""

from dataclasses import dataclass
from datetime import timedelta
from statistics import fmean, stdev

import pandas as pd

from data.editions import Edition
from metrics.areas import area as area_of
from metrics.catalog import Catalog, Metric, current
from metrics.frames import each
from metrics.period import DAY, Period, last_day
from metrics.query import NO_DATA, NO_SOURCE, SMALL, query

GREEN, AMBER, RED, NONE = "green", "amber", "red", "none"
PEOPLE = 10_000
WEEKS = 8


@dataclass(frozen=True)
class Baseline:
    """What relative thresholds compare with, by metric and group: a mean, and a spread where one is used."""

    mean: dict[tuple[str, str], float]
    spread: dict[tuple[str, str], float]
    latest: dict[tuple[str, str], float]


def states(
    edition: Edition,
    frame: pd.DataFrame,
    period: Period,
    *,
    by: str | None = None,
    base: Baseline | None = None,
    catalog: Catalog | None = None,
) -> list[str]:
    """The state of every row of `frame`, an answer of `query` over `period` and `by`: green, amber, red or none.

    base: what relative thresholds compare with, where it was asked before (`baseline`).

    A row without data, below its minimum sample, or of a metric without thresholds has no state.
    """
    catalog = catalog or current()
    base = base or baseline(edition, frame, period, by=by, catalog=catalog)
    return [
        _state(edition, catalog.metrics[row.metric], int(row.area), str(row.group), row.value, row.quality, base)
        for row in each(frame)
    ]


def judge(metric: Metric, compared: float | None) -> str:
    """The state of a number that is already compared with its baseline."""
    if metric.thresholds is None or compared is None:
        return NONE
    if metric.thresholds.red.holds(compared):
        return RED
    if metric.thresholds.green is None or metric.thresholds.green.holds(compared):
        return GREEN
    return AMBER


def _state(edition: Edition, metric: Metric, area: int, group: str, value: float, quality: str, base: Baseline) -> str:
    if metric.thresholds is None or quality in (NO_DATA, NO_SOURCE, SMALL):
        return NONE
    key = (metric.id, group)
    match metric.thresholds.against:
        case "mean_30_days":
            mean = base.mean.get(key)
            if not mean:
                return NONE if value else GREEN
            return judge(metric, value / mean)
        case "weekday_8_weeks":
            mean, spread, latest = base.mean.get(key), base.spread.get(key), base.latest.get(key)
            if mean is None or not spread or latest is None:
                return NONE
            return judge(metric, (latest - mean) / spread)
        case "per_10k_people":
            return judge(metric, _per_10k(edition, int(group) if group.isdigit() else area, value))
        case _:
            return judge(metric, value)


def _per_10k(edition: Edition, code: int, value: float) -> float | None:
    """Above village level a count is held against 10,000 inhabitants; unknown population, no state."""
    place = area_of(edition, code)
    if place.level == "village":
        return value
    return value / place.population * PEOPLE if place.population else None


def baseline(
    edition: Edition, frame: pd.DataFrame, period: Period, *, by: str | None = None, catalog: Catalog | None = None
) -> Baseline:
    """What the relative thresholds of the metrics in `frame` compare with at the end of `period`."""
    catalog = catalog or current()
    base = Baseline({}, {}, {})
    if frame.empty or by in ("day", "week", "month"):
        return base
    metrics = [catalog.metrics[name] for name in dict.fromkeys(frame["metric"])]
    code = int(frame["area"].iloc[0])
    stop = min(period.end, last_day(edition.as_of) + DAY)
    against = {
        name: [m.id for m in metrics if m.thresholds and m.thresholds.against == name]
        for name in ("mean_30_days", "weekday_8_weeks")
    }
    if names := against["mean_30_days"]:
        days = [Period(stop - (i + 1) * DAY, stop - i * DAY) for i in range(1, 31)]
        told = query(edition, names, code, period, by=by, periods=days, catalog=catalog)
        base.mean.update({key: fmean(values) for key, values in _values(told).items()})
    if names := against["weekday_8_weeks"]:
        # the last whole day: a day still running is lower than any
        last = stop - DAY if stop < last_day(edition.as_of) + DAY else stop - 2 * DAY
        days = [Period(last - timedelta(weeks=i), last - timedelta(weeks=i) + DAY) for i in range(WEEKS + 1)]
        told = query(edition, names, code, period, by=by, periods=days, catalog=catalog)
        base.latest.update({key: value for key, (value,) in _values(told[told["period"] == last]).items()})
        earlier = _values(told[told["period"] != last])
        base.mean.update({key: fmean(values) for key, values in earlier.items()})
        base.spread.update({key: stdev(values) for key, values in earlier.items() if len(values) > 1})
    return base


def _values(told: pd.DataFrame) -> dict[tuple[str, str], list[float]]:
    """The values that are known, by metric and group."""
    found: dict[tuple[str, str], list[float]] = {}
    for row in each(told):
        if row.value == row.value:
            found.setdefault((row.metric, row.group), []).append(row.value)
    return found

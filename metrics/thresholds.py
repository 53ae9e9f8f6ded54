"""Whether a number is green, amber or red, and against what it was held."""

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from statistics import fmean, stdev

import pandas as pd

from data.areas.levels import LOWEST
from data.editions.edition import Edition
from metrics.areas import area as area_of
from metrics.catalog import Catalog, Metric, current
from metrics.engine.frames import each
from metrics.period import DAY, Period, last_day
from metrics.query import SMALL, WITHOUT_VALUE, query

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
    failing = _failing(edition, frame, period, by, catalog)
    found = []
    for row in each(frame):
        metric, key = catalog.metrics[row.metric], (row.metric, str(row.group))
        state = _state(edition, metric, int(row.area), key[1], row.value, row.quality, base)
        found.append(RED if state != NONE and key in failing else state)
    return found


def _failing(
    edition: Edition, frame: pd.DataFrame, period: Period, by: str | None, catalog: Catalog
) -> set[tuple[str, str]]:
    """Metric and group of the rows that are red whatever their value, since another metric is not green there."""
    failing = set()
    for name in dict.fromkeys(frame["metric"]):
        limits = catalog.metrics[name].thresholds
        if limits is None or limits.also is None:
            continue
        other = catalog.metrics[limits.also]
        told = frame[frame["metric"] == other.id]
        if told.empty:
            told = query(edition, [other.id], int(frame["area"].iloc[0]), period, by=by, catalog=catalog)
        groups = (str(row.group) for row in each(told) if row.value == row.value and judge(other, row.value) != GREEN)
        failing |= {(name, group) for group in groups}
    return failing


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
    if metric.thresholds is None or quality in (*WITHOUT_VALUE, SMALL):
        return NONE
    key = (metric.id, group)
    match metric.thresholds.against:
        case "mean_30_days":
            mean = base.mean.get(key)
            if not mean:
                return NONE if value else GREEN
            return _of_count(metric, value, judge(metric, value / mean))
        case "weekday_8_weeks":
            mean, spread, latest = base.mean.get(key), base.spread.get(key), base.latest.get(key)
            if mean is None or not spread or latest is None:
                return NONE
            return _of_count(metric, latest, judge(metric, (latest - mean) / spread))
        case "per_10k_people":
            per_10k = _per_10k(edition, int(group) if group.isdigit() else area, value)
            return _of_count(metric, value, judge(metric, per_10k))
        case _:
            return _of_count(metric, value, judge(metric, value))


def _of_count(metric: Metric, count: float, state: str) -> str:
    """The state of a count: below the metric's least one it is amber at worst."""
    return AMBER if state == RED and metric.thresholds and count < metric.thresholds.min_count else state


def _per_10k(edition: Edition, code: int, value: float) -> float | None:
    """Above village level a count is held against 10,000 inhabitants; unknown population, no state."""
    place = area_of(edition, code)
    if place.level == LOWEST.id:
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
        days = tuple(Period(stop - (i + 1) * DAY, stop - i * DAY) for i in range(1, 31))
        told = _of_days(edition, tuple(names), code, days, by, catalog)
        base.mean.update({key: fmean(values) for key, values in _values(told).items()})
    if names := against["weekday_8_weeks"]:
        # the last whole day: a day still running is lower than any
        last = stop - DAY if stop < last_day(edition.as_of) + DAY else stop - 2 * DAY
        days = tuple(Period(last - timedelta(weeks=i), last - timedelta(weeks=i) + DAY) for i in range(WEEKS + 1))
        told = _of_days(edition, tuple(names), code, days, by, catalog)
        base.latest.update({key: value for key, (value,) in _values(told[told["period"] == last]).items()})
        earlier = _values(told[told["period"] != last])
        base.mean.update({key: fmean(values) for key, values in earlier.items()})
        base.spread.update({key: stdev(values) for key, values in earlier.items() if len(values) > 1})
    return base


@lru_cache(maxsize=256)
def _of_days(
    edition: Edition, names: tuple[str, ...], code: int, days: tuple[Period, ...], by: str | None, catalog: Catalog
) -> pd.DataFrame:
    """The answer for past days, which tiles, rankings and the list of reds compare with alike."""
    return query(edition, names, code, days[0], by=by, periods=days, catalog=catalog)


def _values(told: pd.DataFrame) -> dict[tuple[str, str], list[float]]:
    """The values that are known, by metric and group."""
    found: dict[tuple[str, str], list[float]] = {}
    for row in each(told):
        if row.value == row.value:
            found.setdefault((row.metric, row.group), []).append(row.value)
    return found

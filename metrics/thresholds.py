"""State of a number (green, amber, red) and the limit that decides it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from statistics import fmean, stdev
from typing import NamedTuple

import pandas as pd

from data.areas.levels import LOWEST
from data.editions.edition import AnyEdition
from metrics.answer import SMALL, WITHOUT_VALUE, answer
from metrics.areas import area as area_of
from metrics.catalog import Metric
from metrics.engine.frames import each
from metrics.limits import limited
from metrics.period import DAY, UNITS, Period, last_day
from metrics.query import Query

GREEN, AMBER, RED, NONE = "green", "amber", "red", "none"
PEOPLE = 10_000
OF_MEAN, LEAST_DAYS = 30, 14
"""Days of a mean, and how many of them are enough for one."""
WEEKS = 8


@dataclass(frozen=True)
class Baseline:
    """The reference of relative thresholds by metric and group: a mean, and a spread where one is used."""

    mean: dict[tuple[str, str], float]
    spread: dict[tuple[str, str], float]
    latest: dict[tuple[str, str], float]


class Verdict(NamedTuple):
    """The state of a number: green, amber, red or none.

    compared: what was held against the limits, if anything. excess: of a count that is compared with its own mean, how
    much it is above that mean.
    """

    state: str
    compared: float | None = None
    excess: float | None = None


def states(query: Query, frame: pd.DataFrame, base: Baseline | None = None) -> list[str]:
    """The state of every row of `frame`; see `verdicts`."""
    return [verdict.state for verdict in verdicts(query, frame, base)]


def verdicts(query: Query, frame: pd.DataFrame, base: Baseline | None = None) -> list[Verdict]:
    """The verdict on every row of `frame`, an answer to the query for its one period.

    base: what relative thresholds compare with, where it is known already (`baseline`).

    A row without data, below its minimum sample, or of a metric without thresholds has no state.
    """
    base = base or baseline(query, frame)
    failing = _failing(query, frame)
    result = []
    for row in each(frame):
        key = (row.metric, str(row.group))
        verdict = verdict_on(query, query.catalog.metrics[row.metric], key[1], row.value, row.quality, base)
        result.append(verdict._replace(state=RED) if verdict.state != NONE and key in failing else verdict)
    return result


def _failing(query: Query, frame: pd.DataFrame) -> set[tuple[str, str]]:
    """Metric and group of the rows that are red whatever their value, since another metric is not green there."""
    failing = set()
    for name in dict.fromkeys(frame["metric"]):
        limits = query.catalog.metrics[name].thresholds
        if limits is None or limits.also is None:
            continue
        other = query.catalog.metrics[limits.also]
        rows = frame[frame["metric"] == other.id]
        if rows.empty:
            rows = answer(_unfiltered(query, other.id))
        groups = (
            str(row.group)
            for row in each(rows)
            if row.value == row.value and threshold_state(limited(query, other, str(row.group)), row.value) != GREEN
        )
        failing |= {(name, group) for group in groups}
    return failing


def _unfiltered(query: Query, *metrics: str) -> Query:
    """Limits are meant for all facts of an area: they are compared with numbers that no filter narrows."""
    return replace(query, metrics=metrics, where=(), comparison=None)


def threshold_state(metric: Metric, compared: float | None) -> str:
    """The state of a number that is already compared with its baseline."""
    if metric.thresholds is None or compared is None:
        return NONE
    if metric.thresholds.red.holds(compared):
        return RED
    if metric.thresholds.green is None or metric.thresholds.green.holds(compared):
        return GREEN
    return AMBER


def verdict_on(query: Query, metric: Metric, group: str, value: float, quality: str, base: Baseline) -> Verdict:
    """The verdict on one value of a metric, of the area or one of its groups. `also` of its limits is not looked at."""
    metric = limited(query, metric, group)
    if metric.thresholds is None or quality in (*WITHOUT_VALUE, SMALL):
        return Verdict(NONE)
    key = (metric.id, group)
    match metric.thresholds.against:
        case "mean_30_days":
            mean = base.mean.get(key)
            if not mean:
                return Verdict(NONE if value else GREEN)
            return _of_count(metric, value, value / mean)._replace(excess=value - mean)
        case "weekday_8_weeks":
            mean, spread, latest = base.mean.get(key), base.spread.get(key), base.latest.get(key)
            if mean is None or not spread or latest is None:
                return Verdict(NONE)
            return _of_count(metric, latest, (latest - mean) / spread)._replace(excess=latest - mean)
        case "per_10k_people":
            code = int(group) if group.isdigit() else query.area
            return _of_count(metric, value, _per_10k(query.edition, code, value))
        case _:
            return _of_count(metric, value, value)


def _of_count(metric: Metric, count: float, compared: float | None) -> Verdict:
    """The verdict on a count: below the metric's least one it is amber at worst."""
    state = threshold_state(metric, compared)
    small = metric.thresholds is not None and count < metric.thresholds.min_count
    return Verdict(AMBER if state == RED and small else state, compared)


def _per_10k(edition: AnyEdition, code: int, value: float) -> float | None:
    """Above village level a count is held against 10,000 inhabitants; unknown population, no state."""
    place = area_of(edition, code)
    if place.level == LOWEST.id:
        return value
    return value / place.population * PEOPLE if place.population else None


def baseline(query: Query, frame: pd.DataFrame) -> Baseline:
    """What the relative thresholds of the metrics in `frame` compare with at the end of the query's period."""
    base = Baseline({}, {}, {})
    if frame.empty or query.by in UNITS:
        return base
    metrics = [query.catalog.metrics[name] for name in dict.fromkeys(frame["metric"])]
    today = last_day(query.edition.as_of)
    stop = min(query.period.end, today + DAY)
    against = {
        name: [m.id for m in metrics if m.thresholds and m.thresholds.against == name]
        for name in ("mean_30_days", "weekday_8_weeks")
    }
    if names := against["mean_30_days"]:
        of_days = _of_days(_unfiltered(query, *names), _days_before(stop))
        base.mean.update({key: fmean(values) for key, values in _values(of_days).items()})
    if names := against["weekday_8_weeks"]:
        # the last whole day: a day still running is lower than any
        last = stop - DAY if stop < today + DAY else stop - 2 * DAY
        days = tuple(Period(last - timedelta(weeks=i), last - timedelta(weeks=i) + DAY) for i in range(WEEKS + 1))
        of_days = _of_days(_unfiltered(query, *names), days)
        base.latest.update({key: value for key, (value,) in _values(of_days[of_days["period"] == last]).items()})
        earlier = _values(of_days[of_days["period"] != last])
        base.mean.update({key: fmean(values) for key, values in earlier.items()})
        base.spread.update({key: stdev(values) for key, values in earlier.items() if len(values) > 1})
    return base


def earlier_means(query: Query, names: Sequence[str], back: int) -> dict[tuple[str, str], float]:
    """The means that `mean_30_days` compares with `back` days before, by metric and group; from the same days' values.

    They reach back no further than those of the query's own day. None where fewer than LEAST_DAYS are left.
    """
    if not names or back > OF_MEAN - LEAST_DAYS:
        return {}
    stop = min(query.period.end, last_day(query.edition.as_of) + DAY)
    frame = _of_days(_unfiltered(query, *names), _days_before(stop))
    return {key: fmean(values) for key, values in _values(frame[frame["end"] < stop - back * DAY]).items()}


def _days_before(stop: date) -> tuple[Period, ...]:
    return tuple(Period(stop - (i + 1) * DAY, stop - i * DAY) for i in range(1, OF_MEAN + 1))


def _of_days(query: Query, days: tuple[Period, ...]) -> pd.DataFrame:
    """The answer for past days, which tiles, rankings and the list of reds compare with alike."""
    return _answered(replace(query, period=days[0]), days)


@lru_cache(maxsize=256)
def _answered(query: Query, days: tuple[Period, ...]) -> pd.DataFrame:
    return answer(query, periods=days)


def _values(frame: pd.DataFrame) -> dict[tuple[str, str], list[float]]:
    """The values that are known, by metric and group."""
    values: dict[tuple[str, str], list[float]] = {}
    for row in each(frame):
        if row.value == row.value:
            values.setdefault((row.metric, row.group), []).append(row.value)
    return values

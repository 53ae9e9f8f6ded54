"""What the cockpits ask the metrics: one question a panel, answered once.

An edition never changes, so an answer never goes stale: the caches are bounded, not timed. Whoever calls has
checked that the visitor may see the area.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import pandas as pd

from cockpit.single_flight import single_flight_cache
from data.editions.edition import Edition
from metrics import areas
from metrics.analysis import ageing as ages
from metrics.analysis import today as attention
from metrics.analysis import todo
from metrics.analysis.compare import against, is_running
from metrics.analysis.reds import Red, over, yesterday
from metrics.analysis.reds import reds as red_list
from metrics.areas import Area
from metrics.catalog import Catalog, Metric
from metrics.engine.frames import each, period_of
from metrics.engine.question import AREAS, exists_at
from metrics.freshness import freshness
from metrics.period import DAY, Period, last_day, month_start, shift
from metrics.query import SMALL, WITHOUT_VALUE, query
from metrics.rows import rows
from metrics.thresholds import Baseline, baseline, states

MONTHS = 13
"""A tile's line: this month and the twelve before, so that last year's month stands at its other end."""
BY_DAY, BY_WEEK = 62, 400
"""Periods up to so many days are drawn by day, by week; longer ones by month."""
ORDER = {"red": 0, "amber": 1, "green": 2, "none": 3}
Row = Any
"""One row of a frame of `query`, as of `metrics.engine.frames.each`."""


class Asked(NamedTuple):
    """What an answer depends on, the metric aside. A view holds more: its language and its other parameters.

    where: filters by column, as `metrics.query` takes them.
    """

    edition: Edition
    catalog: Catalog
    area: Area
    period: Period
    against: Period
    where: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Vital:
    """One metric of the area: now, in the period compared with, and in the last months, oldest first."""

    metric: Metric
    now: Row
    before: Row
    state: str
    trend: tuple[float | None, ...]

    @property
    def ever(self) -> bool:
        """Whether it has had a value in any of the periods asked."""
        return any(value is not None for value in (*self.trend, _number(self.now.value), _number(self.before.value)))


@dataclass(frozen=True)
class Part:
    """One group of a breakdown: an area, a category, a source, a unit."""

    group: str
    now: Row
    before: Row
    state: str

    @property
    def known(self) -> bool:
        return str(self.now.quality) not in WITHOUT_VALUE

    @property
    def small(self) -> bool:
        return str(self.now.quality) == SMALL

    @property
    def ranked(self) -> bool:
        return self.known and not self.small


class Series(NamedTuple):
    """Values by day, week or month."""

    buckets: tuple[Period, ...]
    values: tuple[float | None, ...]


class Line(NamedTuple):
    """A metric over time: in the period so far, and as long in the one before and a year ago."""

    now: Series
    previous: Series
    last_year: Series


@lru_cache(maxsize=256)
def vitals(asked: Asked, names: tuple[str, ...]) -> dict[str, Vital]:
    """The metrics of a row of tiles, by id; one that does not exist at the area's level is left out."""
    months, frame = _months(asked), _own(asked, names)
    found = {(row.metric, period_of(row)): row for row in each(frame)}
    begun = _begun(asked, frame, months)
    now = over(frame, asked.period)
    told = dict(zip(now["metric"], _states(asked, now), strict=True))
    return {
        metric.id: Vital(
            metric,
            found[metric.id, asked.period],
            found[metric.id, asked.against],
            told[metric.id],
            tuple(_number(found[metric.id, p].value) if p.start >= begun else None for p in months),
        )
        for metric in map(asked.catalog.metrics.__getitem__, dict.fromkeys(frame["metric"]))
    }


@lru_cache(maxsize=256)
def parts(asked: Asked, metric: Metric, by: str, among: tuple[str, ...] = ()) -> tuple[Part, ...]:
    """The groups of a breakdown, those in most need first: by state, then from the worst value on.

    among: metrics asked together of the areas below; one of them costs no question of its own.
    """
    if by == areas.below(asked.edition, asked.area) and metric.id in among:
        frame, base = _lower(asked, among)
        mine = (frame["group"] != str(asked.area.code)) | (frame["n"] > 0)
        frame = frame[(frame["metric"] == metric.id) & mine]
    else:
        frame, base = _query(asked, [metric.id], by=by, periods=[asked.period, asked.against]), None
    now = over(frame, asked.period)
    before = {row.group: row for row in each(over(frame, asked.against))}
    found = [
        Part(row.group, row, before.get(row.group), state)
        for row, state in zip(each(now), _states(asked, now, by, base), strict=True)
    ]
    worst_is_low = metric.direction == "up"
    return tuple(
        sorted(
            found,
            key=lambda part: (
                not part.known,
                part.small,
                ORDER[part.state],
                (part.now.value if worst_is_low else -part.now.value) if part.known else 0,
                part.group,
            ),
        )
    )


@lru_cache(maxsize=256)
def line(asked: Asked, metric: Metric) -> Line:
    """The metric by day, week or month, next to the same stretch of the period before and of the year before.

    The compared ones have a bucket for each of this period's, as far as they reach. The last is cut at the same time
    of day as this period's, if that one is still running.
    """
    as_of, days = asked.edition.as_of, asked.period.days
    unit = "day" if days <= BY_DAY else "week" if days <= BY_WEEK else "month"
    now = [bucket for bucket in asked.period.cut(unit) if bucket.start <= last_day(as_of)]
    others = (against(asked.period, "previous", as_of), against(asked.period, "last_year", as_of))
    lines = [now, *(_alongside(now, unit, asked.period, other) for other in others)]
    periods = list(dict.fromkeys(bucket for buckets in lines for bucket in buckets))
    if not periods:
        return Line(*[Series((), ())] * 3)
    frame = _query(asked, [metric.id], periods=periods)
    # the first hours of a day are often too few to say anything: a rate of one case would look like a fall
    values = {
        (span := period_of(row)): None if row.quality == SMALL and unfinished(span, as_of) else _number(row.value)
        for row in each(frame)
    }
    return Line(*(Series(tuple(buckets), tuple(values[bucket] for bucket in buckets)) for buckets in lines))


def unfinished(bucket: Period, as_of: datetime) -> bool:
    """Whether a bucket of a line is still running, or is cut at the time of day that the running one stands at."""
    return bucket.until is not None or is_running(bucket, as_of)


def _alongside(now: Sequence[Period], unit: str, period: Period, other: Period) -> list[Period]:
    """The buckets of the compared period: days and weeks as far from its start as those of this one, or its months."""
    if unit == "month":
        return list(other.cut(unit)[: len(now)])
    buckets = []
    for bucket in now:
        start = other.start + (bucket.start - period.start)
        end = min(start + timedelta(days=bucket.days), other.end)
        if start < end:
            buckets.append(Period(start, end, other.until if end == other.end else None))
    return buckets


@lru_cache(maxsize=256)
def ageing(asked: Asked, metric: Metric) -> pd.DataFrame:
    """What the metric holds by age: `metrics.analysis.ageing.ageing`."""
    where = dict(asked.where) or None
    return ages.ageing(asked.edition, metric.id, asked.area.code, asked.period, where=where, catalog=asked.catalog)


@lru_cache(maxsize=256)
def today(asked: Asked, names: tuple[str, ...], among: tuple[str, ...]) -> attention.Today:
    """What needs a look beside the reds: `metrics.analysis.today.today` over metrics that were asked `among` others."""
    return attention.today(
        asked.edition, asked.area.code, asked.period, metrics=names, compare=asked.against,
        own=_own(asked, among), oldest=oldest(asked), catalog=asked.catalog,
    )  # fmt: skip


@lru_cache(maxsize=64)
def oldest(asked: Asked) -> pd.DataFrame:
    """The cases that have been open longest: `metrics.analysis.today.oldest_open`."""
    return attention.oldest_open(asked.edition, asked.area.code, asked.period, catalog=asked.catalog)


@single_flight_cache(maxsize=64)
def reds(asked: Asked) -> list[Red]:
    """The list of what is red: `metrics.analysis.reds.reds`. Empty under a filter: no limit is meant for one."""
    return [] if asked.where else red_list(asked.edition, asked.area.code, asked.period, catalog=asked.catalog)


@lru_cache(maxsize=256)
def to_do(edition: Edition, area: Area) -> tuple[pd.DataFrame, dict[str, int]]:
    """The open cases by the next clock, the most pressing first, and how many there are of each urgency."""
    return todo.todo(edition, area.code), todo.counts(edition, area.code)


def open_cases(edition: Edition, area: Area) -> int:
    return sum(to_do(edition, area)[1].values())


@lru_cache(maxsize=64)
def closed_cases(asked: Asked, metric: Metric, limit: int) -> pd.DataFrame:
    """The cases that the metric counts as closed in the period, newest first: `metrics.rows.rows`."""
    return rows(
        asked.edition, metric.id, asked.area.code, asked.period,
        order="closed_at", descending=True, limit=limit, catalog=asked.catalog,
    )  # fmt: skip


@lru_cache(maxsize=64)
def source_names(edition: Edition) -> dict[str, dict[str, str]]:
    """The name of each source by language."""
    return {s.source: {"zh": s.name_zh or s.source, "en": s.name_en or s.source} for s in freshness(edition)}


def last_months(day: date) -> list[Period]:
    """The MONTHS whole months up to that of `day`, oldest first."""
    first = month_start(day)
    return [Period(shift(first, -i), shift(first, 1 - i)) for i in reversed(range(MONTHS))]


def _begun(asked: Asked, frame: pd.DataFrame, months: Sequence[Period]) -> date:
    """The first month in which the area has anything at all: before it, nothing is known, not zero."""
    counted = [name for name in asked.catalog.presence if name in set(frame["metric"])]
    if not counted:
        return months[0].start
    counts = frame[frame["metric"].isin(counted) & (frame["value"] > 0)]["period"]
    return min([period for period in counts if period >= months[0].start], default=months[-1].start)


@lru_cache(maxsize=64)
def _own(asked: Asked, names: tuple[str, ...]) -> pd.DataFrame:
    """Metrics of the area over its last months, the period and the one compared with: tiles and movers in one."""
    metrics = [name for name in names if exists_at(asked.catalog.metrics[name], asked.area.level)]
    periods = dict.fromkeys((*_months(asked), asked.period, asked.against))
    return _query(asked, metrics, periods=list(periods))


@lru_cache(maxsize=64)
def _lower(asked: Asked, names: tuple[str, ...]) -> tuple[pd.DataFrame, Baseline]:
    """Metrics of the areas below over the period, the one compared with and yesterday: map, ranking, reds in one."""
    by = areas.below(asked.edition, asked.area)
    metrics = [name for name in names if by and exists_at(asked.catalog.metrics[name], by)]
    periods = (asked.period, asked.against, yesterday(asked.edition, asked.period))
    frame = _query(asked, metrics, by=by, periods=[p for p in dict.fromkeys(periods) if p])
    now = over(frame, asked.period)
    return frame, baseline(asked.edition, now, asked.period, by=by, catalog=asked.catalog)


def _months(asked: Asked) -> list[Period]:
    """The last months, the running one as far as the period goes."""
    *earlier, last = last_months(asked.period.end - DAY)
    return [*earlier, Period(last.start, asked.period.end)]


def _query(asked: Asked, names: Sequence[str], periods: Sequence[Period], by: str | None = None) -> pd.DataFrame:
    return query(
        asked.edition, names, asked.area.code, asked.period, by=by, periods=periods, where=dict(asked.where) or None,
        catalog=asked.catalog,
    )  # fmt: skip


def _states(asked: Asked, frame: pd.DataFrame, by: str | None = None, base: Baseline | None = None) -> list[str]:
    """A bound held against an area's people or past says nothing of one category or unit in it: then no state."""
    limits = asked.catalog.metrics[frame["metric"].iloc[0]].thresholds if len(frame) else None
    if by not in (None, *AREAS) and limits and limits.against != "value":
        return ["none"] * len(frame)
    return states(asked.edition, frame, asked.period, by=by, base=base, catalog=asked.catalog)


def _number(value: float | None) -> float | None:
    return None if value is None or value != value else float(value)

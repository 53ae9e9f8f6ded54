"""What the cockpits ask the metrics: one query a panel, answered once.

An edition never changes, so an answer never goes stale: the caches are bounded, not timed. Each function says which of
the query's metrics it takes; the rest of a query is the same for all panels of a view (`View.ask`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import pandas as pd

from cockpit import filters
from cockpit.single_flight import single_flight_cache
from data.editions.scoped import ScopedEdition
from metrics import areas
from metrics.analysis import ageing as ages
from metrics.analysis import today as attention
from metrics.analysis.compare import against, is_running
from metrics.analysis.headline import Headline, Holder
from metrics.analysis.headline import headline as worst_problem
from metrics.analysis.headline import holders as who_holds
from metrics.analysis.reds import Red, rows_of_period, yesterday
from metrics.analysis.reds import reds as red_list
from metrics.answer import SMALL, UNRANKED, WITHOUT_VALUE, answer
from metrics.areas import Area
from metrics.availability.feeds import is_delivered
from metrics.availability.freshness import freshness
from metrics.cases import todo
from metrics.catalog import Metric
from metrics.engine.frames import each, period_of
from metrics.engine.plan import AREAS, exists_at
from metrics.limits import limits_category
from metrics.period import DAY, Period, last_day, month_start, shift
from metrics.query import Query
from metrics.rows import Selection, rows
from metrics.thresholds import Baseline, baseline, states

MONTHS = 13
"""A tile's line: this month and the twelve before, so that it begins with last year's month."""
BY_DAY, BY_WEEK = 62, 400
"""Periods up to so many days are drawn by day, by week; longer ones by month."""
ORDER = {"red": 0, "amber": 1, "green": 2, "none": 3}
Row = Any
"""One row of an answer, as of `metrics.engine.frames.each`."""


@dataclass(frozen=True)
class MetricSummary:
    """One metric of the area: now, in the period compared with, and in the last months, oldest first."""

    metric: Metric
    now: Row
    before: Row
    state: str
    trend: tuple[float | None, ...]
    delivered: bool = True

    @property
    def ever(self) -> bool:
        """Whether rows of its kind were ever delivered and it has a value in any of the queried periods."""
        values = (*self.trend, _number(self.now.value), _number(self.before.value))
        return self.delivered and any(value is not None for value in values)


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
        return self.known and str(self.now.quality) not in UNRANKED


class Series(NamedTuple):
    """Values by day, week or month."""

    buckets: tuple[Period, ...]
    values: tuple[float | None, ...]


class Line(NamedTuple):
    """A metric over time: in the period so far, and as long in the one before and a year ago."""

    now: Series
    previous: Series
    last_year: Series


@single_flight_cache(maxsize=256)
def summaries(query: Query) -> dict[str, MetricSummary]:
    """The query's metrics, a row of tiles, by id.

    One that does not exist at the area's level, or is not counted by the columns of the filters, is left out.
    """
    months, compared = _months(query), query.against
    if not _existing(query, _area(query).level):
        return {}
    frame = _own(query)
    rows = {(row.metric, period_of(row)): row for row in each(frame)}
    begun = _begun(query, frame, months)
    now = rows_of_period(frame, query.period)
    state = dict(zip(now["metric"], _states(query, now), strict=True))
    return {
        metric.id: MetricSummary(
            metric,
            rows[metric.id, query.period],
            rows[metric.id, compared],
            state[metric.id],
            tuple(_number(rows[metric.id, p].value) if p.start >= begun else None for p in months),
            is_delivered(query.edition, query.catalog, metric),
        )
        for metric in map(query.catalog.metrics.__getitem__, dict.fromkeys(frame["metric"]))
    }


@single_flight_cache(maxsize=256)
def parts(query: Query, among: tuple[str, ...] = (), *, compared: bool = True) -> tuple[Part, ...]:
    """The groups of the query's metric and breakdown, those in most need first: by state, then from the worst value on.

    among: metrics queried together for the areas below; each of them costs no query of its own.
    compared: False leaves out the period compared with, which costs as much again.
    """
    metric = query.catalog.metrics[query.metric]
    if metric.id in among and query.by == areas.below(query.edition, _area(query)):
        frame, base = _lower(query.of(*among, by=query.by))
        shown = (frame["group"] != str(query.area)) | (frame["n"] > 0)
        frame = frame[(frame["metric"] == metric.id) & shown]
    else:
        frame, base = answer(query, periods=(query.period, query.against) if compared else (query.period,)), None
    now = rows_of_period(frame, query.period)
    before = {row.group: row for row in each(rows_of_period(frame, query.against))}
    answered = [
        Part(row.group, row, before.get(row.group), state)
        for row, state in zip(each(now), _states(query, now, base), strict=True)
    ]
    worst_is_low = metric.direction == "up"
    return tuple(
        sorted(
            answered,
            key=lambda part: (
                not part.known,
                part.small,
                ORDER[part.state],
                (part.now.value if worst_is_low else -part.now.value) if part.known else 0,
                part.group,
            ),
        )
    )


@single_flight_cache(maxsize=256)
def line(query: Query) -> Line:
    """The query's metric by day, week or month, next to the same stretch of the period before and of the year before.

    The compared ones have a bucket for each of this period's, as far as they reach. The last is cut at the same time
    of day as this period's, if that one is still running.
    """
    as_of, unit, now = query.edition.as_of, _unit(query.period), buckets(query)
    others = (against(query.period, "previous", as_of), against(query.period, "last_year", as_of))
    lines = [now, *(_alongside(now, unit, query.period, other) for other in others)]
    periods = list(dict.fromkeys(bucket for buckets in lines for bucket in buckets))
    if not periods:
        return Line(*[Series((), ())] * 3)
    frame = answer(query, periods=periods)
    # the first hours of a day are often too few to say anything: a rate of one case would look like a fall
    values = {
        (span := period_of(row)): None if row.quality == SMALL and unfinished(span, as_of) else _number(row.value)
        for row in each(frame)
    }
    return Line(*(Series(tuple(buckets), tuple(values[bucket] for bucket in buckets)) for buckets in lines))


def buckets(query: Query) -> list[Period]:
    """The days, weeks or months of the query's period, as far as something can be known of them."""
    cut = query.period.cut(_unit(query.period))
    return [bucket for bucket in cut if bucket.start <= last_day(query.edition.as_of)]


def _unit(period: Period) -> str:
    return "day" if period.days <= BY_DAY else "week" if period.days <= BY_WEEK else "month"


def unfinished(bucket: Period, as_of: datetime) -> bool:
    """Whether a bucket of a line is still running, or is cut at the time of day of the running one."""
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


@single_flight_cache(maxsize=256)
def ageing(query: Query) -> pd.DataFrame:
    """The stock of the query's metric by age: `metrics.analysis.ageing.ageing`."""
    return ages.ageing(query)


@single_flight_cache(maxsize=256)
def mover(query: Query, among: tuple[str, ...]) -> attention.Mover | None:
    """What moved most: `metrics.analysis.today.mover` over the metrics `among`."""
    return attention.mover(query, _own(query.of(*among))) if query.metrics else None


@single_flight_cache(maxsize=64)
def oldest(query: Query) -> pd.DataFrame:
    """The cases that have been open longest: `metrics.analysis.today.oldest_open`. The query names no metric."""
    metric = query.catalog.metrics[query.catalog.id_of("oldest_open")]
    return pd.DataFrame() if filters.lacking(query.catalog, metric, query.where) else attention.oldest_open(query)


@single_flight_cache(maxsize=64)
def reds(query: Query) -> list[Red]:
    """The list of what is red: `metrics.analysis.reds.reds`.

    Under a filter it is empty, as limits are meant for all facts of an area; of a unit's own cockpit it is the unit's.
    """
    if not query.where:
        return red_list(query)
    unit = filters.unit_of(query.where)
    return [red for red in red_list(query.filtered(())) if red.of_unit(unit)] if unit else []


@single_flight_cache(maxsize=64)
def headline(query: Query) -> Headline | None:
    """The worst of what is red, if it touches enough: `metrics.analysis.headline.headline`."""
    return worst_problem(query.filtered(()), reds(query))


def holders(query: Query, problems: tuple[Red, ...]) -> tuple[Holder | None, ...]:
    """Who holds each of what is red: `metrics.analysis.headline.holders`."""
    return who_holds(query.filtered(()), problems)


@single_flight_cache(maxsize=256)
def to_do(query: Query) -> tuple[pd.DataFrame, dict[str, int]]:
    """The open cases by the next clock, the most pressing first, and how many there are of each urgency.

    Of the query's area under its filters, and of the domain of its metric if it has one; the rest is not looked at.
    """
    cases = (query.catalog.domain(query.catalog.metrics[query.metric]).where or "") if query.metrics else ""
    return (
        todo.todo(query.edition, query.area, where=query.where, cases=cases),
        todo.counts(query.edition, query.area, query.where, cases),
    )


def open_cases(query: Query) -> int:
    return sum(to_do(query)[1].values())


@single_flight_cache(maxsize=64)
def closed_cases(query: Query, limit: int) -> pd.DataFrame:
    """The cases that the query's metric counts as closed in the period, newest first: `metrics.rows.rows`."""
    return rows(query, Selection(order="closed_at", descending=True), limit=limit)


@single_flight_cache(maxsize=64)
def source_names(edition: ScopedEdition) -> dict[str, dict[str, str]]:
    """The name of each source by language."""
    return {s.source: {"zh": s.name_zh or s.source, "en": s.name_en or s.source} for s in freshness(edition)}


def last_months(day: date) -> list[Period]:
    """The MONTHS whole months up to that of `day`, oldest first."""
    first = month_start(day)
    return [Period(shift(first, -i), shift(first, 1 - i)) for i in reversed(range(MONTHS))]


def _begun(query: Query, frame: pd.DataFrame, months: Sequence[Period]) -> date:
    """The first month in which the area has anything at all: before it, nothing is known, not zero."""
    counted = [name for name in query.catalog.presence if name in set(frame["metric"])]
    if not counted:
        return months[0].start
    counts = frame[frame["metric"].isin(counted) & (frame["value"] > 0)]["period"]
    return min([period for period in counts if period >= months[0].start], default=months[-1].start)


@single_flight_cache(maxsize=64)
def _own(query: Query) -> pd.DataFrame:
    """Metrics of the area over its last months, the period and the one compared with: tiles and movers in one."""
    metrics = _existing(query, _area(query).level)
    periods = dict.fromkeys((*_months(query), query.period, query.against))
    return answer(query.of(*metrics), periods=list(periods))


@single_flight_cache(maxsize=64)
def _lower(query: Query) -> tuple[pd.DataFrame, Baseline]:
    """Metrics of the areas below over the period, the one compared with and yesterday: map, ranking, reds in one."""
    query = query.of(*_existing(query, query.by or ""), by=query.by)
    periods = (query.period, query.against, yesterday(query.edition, query.period))
    frame = answer(query, periods=[p for p in dict.fromkeys(periods) if p])
    return frame, baseline(query, rows_of_period(frame, query.period))


def _existing(query: Query, level: str) -> list[str]:
    """The metrics of the query that exist at a level and support the columns of its filters."""
    metrics = (query.catalog.metrics[name] for name in query.metrics)
    return [m.id for m in metrics if exists_at(m, level) and not filters.lacking(query.catalog, m, query.where)]


def _area(query: Query) -> Area:
    return areas.area(query.edition, query.area)


def _months(query: Query) -> list[Period]:
    """The last months, the running one as far as the period goes."""
    *earlier, last = last_months(query.period.end - DAY)
    return [*earlier, Period(last.start, query.period.end)]


def _states(query: Query, frame: pd.DataFrame, base: Baseline | None = None) -> list[str]:
    """Limits are meant for all facts of an area. One for the value itself holds of a group of them too, such as a unit;
    one for its people or past does not, and none applies under other filters but that of a category with its own.
    """
    split = query.by not in (None, *AREAS)
    if not query.where and not split:
        return states(query, frame, base)
    by_unit = not query.where or (not query.by and bool(filters.unit_of(query.where)))
    rows = [
        (query.catalog.metrics[name], str(group)) for name, group in zip(frame["metric"], frame["group"], strict=True)
    ]
    fits = [
        bool(own.thresholds and own.thresholds.against == "value" and not (query.where and own.thresholds.also))
        and (by_unit or (not split and limits_category(query, own, group)))
        for own, group in rows
    ]
    # what relative limits compare with is not needed
    by_row = states(query, frame, base or Baseline({}, {}, {})) if any(fits) else ["none"] * len(frame)
    return [state if fit else "none" for state, fit in zip(by_row, fits, strict=True)]


def _number(value: float | None) -> float | None:
    return None if value is None or value != value else float(value)

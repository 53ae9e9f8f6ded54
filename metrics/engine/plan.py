"""A query, checked against scope, catalog and area tree before any SQL is made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from itertools import product

from data.areas.levels import LEVELS, is_above
from data.editions.edition import Edition
from data.messages import Name, names
from data.schema import FACTS
from metrics.areas import BELOW, Area, below, levels, lower_levels
from metrics.catalog import Catalog, Metric
from metrics.engine.groups import Groups, of_level, right_below
from metrics.errors import MetricsError, did_you_mean
from metrics.period import UNITS, Period
from metrics.query import Query
from metrics.scope import area_in_scope

AREAS = (BELOW, *LEVELS)
"""Breakdowns by area: into those right below, or those of a level."""
COLUMNS = {split: column for fact in FACTS.values() for split, column in fact.splits.items()}
"""Breakdowns by a column of the fact, and the column."""
BREAKDOWNS = (*AREAS, *UNITS, *COLUMNS)


@dataclass(frozen=True)
class Bucket:
    """A period to answer for, and the label its rows carry in `group` ("" unless broken down by time).

    of: the period of the query that it is, or is a part of.
    """

    period: Period
    label: str
    of: Period


@dataclass(frozen=True)
class Plan:
    """Everything that decides an answer. Only `make_plan` makes one of a query.

    edition: all of it: the area was checked against the query's scope.
    """

    edition: Edition
    catalog: Catalog
    metrics: tuple[Metric, ...]
    area: Area
    by: str | None
    buckets: tuple[Bucket, ...]
    as_of: datetime
    where: tuple[tuple[str, str], ...]
    groups: Groups | None = None
    """The areas it is broken down into, if by area."""
    sources: tuple[str, ...] | None = None
    """The sources whose facts are counted; None counts all."""
    along: str | None = None
    """A column whose values are told apart within each group, which is then named by `within_group`."""

    @property
    def is_current(self) -> bool:
        """Whether the query is as of the edition's own time, for which roll-ups exist."""
        return self.as_of == self.edition.as_of

    @property
    def column(self) -> str | None:
        """The column of the fact it is broken down by, if any."""
        return COLUMNS.get(self.by or "")

    def instant(self, index: int = 0) -> datetime:
        """When a bucket's state is taken: at its end, or at the as-of time if that comes first."""
        return min(datetime.combine(self.buckets[index].period.end, time.min), self.known_at(index))

    def known_at(self, index: int) -> datetime:
        """The time up to which facts count for a bucket: the as-of time, or the time of day that cuts its period."""
        return min(self.buckets[index].period.until or self.as_of, self.as_of)

    def within(self, name: str = "area") -> str:
        """SQL: inside the scope. A merged area is queried by the original codes of its facts."""
        name = name if self.area.live else f"{name}_then"
        return f"{name} >= {self.area.code} AND {name} < {self.area.end}"


APART = "\x1f"
"""Separates the parts of the name of a group that has values told apart."""


def within_group(group: object, word: str) -> str:
    """The name of the facts of a group that have a value of the column `along`."""
    return f"{group}{APART}{word}"


def make_plan(query: Query, periods: Sequence[Period] = ()) -> Plan:
    """The plan of a query over `periods`, its own by default.

    Raises OutOfScope for an area that the query's edition does not reach, and MetricsError that says what does not fit
    and what would.
    """
    edition, catalog, by = query.edition.unscoped, query.catalog.base, query.by
    area = area_in_scope(query.edition, query.area)
    metrics = tuple(metric_of(catalog, name) for name in query.metrics)
    if not metrics:
        raise MetricsError("metric.none", "no metric was asked for")
    if by is not None and by not in BREAKDOWNS:
        raise MetricsError(
            "by.unknown", '"{by}" is not a breakdown: use {known}.{near}', by=by, known=BREAKDOWNS,
            near=did_you_mean(by, BREAKDOWNS),
        )  # fmt: skip
    for name, _ in query.where:
        if name not in COLUMNS:
            raise MetricsError(
                "filter.unknown_near", '"{name}" is not a filter: use {known}.{near}', name=name, known=tuple(COLUMNS),
                near=did_you_mean(name, COLUMNS),
            )  # fmt: skip
    by = (below(edition, area) or by) if by == BELOW else by
    _check_level(edition, metrics, area, by)
    for metric in metrics if by in COLUMNS or query.where else ():
        _check_columns(query, metric, by)
    groups = right_below(edition, area) if by == BELOW else of_level(edition, area, by) if by in LEVELS else None
    buckets = _buckets(periods or query.periods, by)
    return Plan(edition, catalog, metrics, area, by, buckets, query.known_at, query.where, groups)


def metric_of(catalog: Catalog, name: str) -> Metric:
    """The metric of an id; MetricsError with the nearest one if there is none."""
    try:
        return catalog.metrics[name]
    except KeyError:
        raise MetricsError(
            "metric.unknown", 'there is no metric "{name}".{near}', name=name, near=did_you_mean(name, catalog.metrics)
        ) from None


def filters(catalog: Catalog, metric: Metric) -> tuple[str, ...]:
    """The columns that a metric can be broken down and filtered by: those of its fact.

    The view of an SQL file has none, and neither has a quotient, whose divisor is that of the whole area; a score has
    those that all its rates have, and a concentration all but the one that it compares the values of.
    """
    if metric.quotient:
        return ()
    allowed = [catalog.domain(catalog.metrics[name]).splits for name in metric.components or (metric.id,)]
    compared = metric.concentration.by if metric.concentration else None
    return tuple(name for name in COLUMNS if name != compared and all(name in names for names in allowed))


def splits(catalog: Catalog, metric: Metric) -> tuple[str, ...]:
    """Every breakdown that a metric has: the levels it exists at, units of time, and the columns of its fact."""
    return (*(by for by in AREAS if exists_at(metric, by)), *UNITS, *filters(catalog, metric))


def _check_columns(query: Query, metric: Metric, by: str | None) -> None:
    known = filters(query.catalog, metric)
    if by in COLUMNS and by not in known:
        absent = set(LEVELS) - set(levels(query.edition))
        offered = names("split", (name for name in splits(query.catalog, metric) if name not in absent))
        raise MetricsError(
            "metric.no_split", "{metric} cannot be broken down by {by}: use {splits}", metric=metric.label,
            by=Name("split", by), splits=offered,
        )  # fmt: skip
    for name, _ in query.where:
        if name not in known:
            if not known:
                raise MetricsError("metric.no_filters", "{metric} has no filters", metric=metric.label)
            raise MetricsError(
                "metric.no_filter", "{metric} cannot be filtered by {by}: use {splits}", metric=metric.label,
                by=Name("split", name), splits=names("split", known),
            )  # fmt: skip


def exists_at(metric: Metric, level: str) -> bool:
    """Whether a metric is defined at a level. BELOW: areas of several levels, of which towns are the lowest."""
    return level in metric.levels or (level == BELOW and set(LEVELS[:-1]) <= set(metric.levels))


def _check_level(edition: Edition, metrics: Sequence[Metric], place: Area, by: str | None) -> None:
    lower = lower_levels(edition, place) if by == BELOW else (by,) if by in LEVELS else (place.level,)
    if not lower or is_above(lower[0], place.level):
        raise MetricsError(
            "by.not_below",
            "{name} is a {level}: it cannot be broken down by {by}",
            name=place.name,
            level=Name("level", place.level),
            by=Name("split", str(by)),
        )
    for metric, level in product(metrics, lower):
        if not exists_at(metric, level):
            there = [name for name in levels(edition) if name in metric.levels] or metric.levels
            raise MetricsError(
                "metric.no_level", "{metric} does not exist at {level} level: it exists at {levels}",
                metric=metric.label, level=Name("level", level), levels=names("level", there),
            )  # fmt: skip


def _buckets(periods: Sequence[Period], by: str | None) -> tuple[Bucket, ...]:
    if by in UNITS:
        return tuple(Bucket(part, part.start.isoformat(), period) for period in periods for part in period.cut(by))
    return tuple(Bucket(period, "", period) for period in periods)

"""The limits that apply to a number: those of the catalog, or of an approved row for its area, category and day.

Of the rows of a metric that are valid on the last day of a period, the one of the smallest area that contains the
number's applies; of the same area the one of its category before the one of all; then the one that began last. A
number without such a row has the limits of the catalog. All of this is decided here and nowhere else.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from data.areas.levels import LEVELS, end_of
from data.editions.edition import AnyEdition, Edition
from data.editions.from_desk import Limit, read
from data.texts import Text
from metrics.areas import BELOW
from metrics.catalog import Catalog, Metric
from metrics.catalog.model import Bound, Thresholds, bound
from metrics.errors import MetricsError, did_you_mean
from metrics.period import DAY, UNITS, Period, last_day
from metrics.query import Query

CATEGORY = "category"


@dataclass(frozen=True)
class At:
    """What decides which row applies. day: the last one of the period."""

    area: int
    day: date
    category: str = ""


def limited(query: Query, metric: Metric, group: str = "") -> Metric:
    """The metric with the limits that apply to its number in the query, or in one of the query's groups."""
    if metric.thresholds is None or not read(query.edition.unscoped).limits:
        return metric
    row = _row(query.edition.unscoped, metric.id, _at(query, group))
    return _with_row(query.catalog.base, metric.id, row) if row else query.catalog.base.metrics[metric.id]


def limited_catalog(edition: AnyEdition, catalog: Catalog, area: int, period: Period, category: str = "") -> Catalog:
    """The catalog with the limits that apply to an area and period; the same object wherever the same rows apply."""
    if not (rows := read(edition.unscoped).limits):
        return catalog.base
    at = At(area, _last_day(edition, period), category)
    applied = (_row(edition.unscoped, name, at) for name in dict.fromkeys(row.metric for row in rows))
    return _catalog(catalog.base, tuple(row for row in applied if row))


def row_of(query: Query, metric: Metric) -> Limit | None:
    """The approved row that applies to the query's number; None if the catalog's limits do."""
    return _row(query.edition.unscoped, metric.id, _at(query, ""))


def limits_category(query: Query, metric: Metric, group: str = "") -> bool:
    """Whether a row of its own category decides the state of a number that only a category narrows.

    group: of the query's areas below, the one whose number it is.
    """
    if [name for name, _ in query.where] != [CATEGORY]:
        return False
    row = _row(query.edition.unscoped, metric.id, _at(query, group))
    return bool(row and row.category)


def check(catalog: Catalog, limit_of: str, green: str, red: str, category: str = "") -> None:
    """Raise MetricsError unless a metric can have these limits."""
    metric = catalog.metrics.get(limit_of)
    if metric is None:
        near = did_you_mean(limit_of, catalog.metrics)
        raise MetricsError("metric.unknown", 'there is no metric "{name}".{near}', name=limit_of, near=near)
    if metric.thresholds is None:
        raise MetricsError(
            "limit.none", "{metric} has no limits: give its definition thresholds first", metric=metric.label
        )
    if category and CATEGORY not in catalog.domain(metric).splits:
        raise MetricsError("limit.category", "{metric} is not split by category", metric=metric.label)
    low, high = (_bound(text) for text in (red, green or red))
    if metric.thresholds.green and not green:
        raise MetricsError("limit.green", "{metric} needs a green bound as well", metric=metric.label)
    if low.op[0] != metric.thresholds.red.op[0] or (green and metric.direction == "none"):
        raise MetricsError(
            "limit.direction", "the red bound of {metric} is written with {op}", metric=metric.label,
            op=metric.thresholds.red.op[0],
        )  # fmt: skip
    if green and (low.op[0] == high.op[0] or (low.limit > high.limit if low.op[0] == "<" else low.limit < high.limit)):
        raise MetricsError("limit.overlap", "green and red overlap: {green}, {red}", green=green, red=red)
    if metric.is_percent and "rest" in metric.parts and not all(0 <= one.limit <= 100 for one in (low, high)):
        raise MetricsError("limit.share", "{metric} is a share: its bounds lie between 0 and 100", metric=metric.label)


def check_category(edition: AnyEdition, catalog: Catalog, limit_of: str, category: str) -> None:
    """Raise MetricsError unless any fact that the metric is of has the category: a limit for it could never apply."""
    domain = catalog.domain(catalog.metrics[limit_of])
    rows = edition.unscoped.cursor().execute(
        f"SELECT DISTINCT {domain.splits[CATEGORY]} FROM {domain.fact} WHERE {domain.splits[CATEGORY]} IS NOT NULL"
    )
    known = [name for (name,) in rows.fetchall()]
    if category not in known:
        near = did_you_mean(category, known)
        raise MetricsError(
            "limit.no_category", 'nothing that {metric} counts has the category "{name}".{near}',
            metric=catalog.metrics[limit_of].label, name=category, near=near,
        )  # fmt: skip


def _bound(text: str) -> Bound:
    try:
        return Bound.model_validate(bound(text))
    except ValueError:
        raise MetricsError(
            "limit.bound", '"{text}" is not a bound: write an operator and a number, such as ">= 95"', text=text[:40]
        ) from None


def _at(query: Query, group: str) -> At:
    by_area = query.by == BELOW or query.by in LEVELS
    code = int(group) if by_area and group.isdigit() else query.area
    category = group if query.by == CATEGORY else dict(query.where).get(CATEGORY, "")
    period = query.period
    if query.by in UNITS and group:
        first = date.fromisoformat(group)
        period = next((part for part in period.cut(query.by) if part.start == first), period)
    return At(code, _last_day(query.edition, period), category)


def _last_day(edition: AnyEdition, period: Period) -> date:
    return min(period.end - DAY, last_day(edition.as_of))


@lru_cache(maxsize=8192)
def _row(edition: Edition, metric: str, at: At) -> Limit | None:
    return choose(read(edition).limits, metric, at)


def choose(rows: Iterable[Limit], metric: str, at: At) -> Limit | None:
    """The row that applies by the rule of this module."""
    valid = [
        row
        for row in rows
        if row.metric == metric
        and row.area <= at.area < end_of(row.area)
        and row.category in ("", at.category)
        and row.valid_from <= at.day
        and (row.valid_to is None or at.day < row.valid_to)
    ]
    return max(valid, key=_precedence, default=None)


@dataclass(frozen=True)
class Overlap:
    """A limit that has days in common with another of the same metric, area and category.

    first, end: those days, half open; end: None for no end. yields: whether the other one applies on them.
    """

    row: Limit
    first: date
    end: date | None
    yields: bool


def overlaps(rows: Iterable[Limit], limit: Limit) -> list[Overlap]:
    """The rows that a limit has days in common with, the earliest of these days first."""
    same = (limit.metric, limit.area, limit.category)
    found = [
        Overlap(row, first, end, _precedence(row) < _precedence(limit))
        for row in rows
        if row.id != limit.id and (row.metric, row.area, row.category) == same
        for first in [max(row.valid_from, limit.valid_from)]
        for end in [min(filter(None, (row.valid_to, limit.valid_to)), default=None)]
        if end is None or first < end
    ]
    return sorted(found, key=lambda overlap: overlap.first)


def _precedence(row: Limit) -> tuple[int, bool, date, int]:
    return row.area - end_of(row.area), row.category != "", row.valid_from, row.id


@lru_cache(maxsize=1024)
def _with_row(catalog: Catalog, name: str, row: Limit) -> Metric:
    metric = catalog.metrics[name]
    assert metric.thresholds is not None
    bounds = {"green": _bound(row.green) if row.green else None, "red": _bound(row.red)}
    source = {"mark": "A", "source": Text(zh=row.source, en=row.source)}
    thresholds: Thresholds = metric.thresholds.model_copy(update=bounds | source)
    return metric.model_copy(update={"thresholds": thresholds})


@lru_cache(maxsize=64)
def _catalog(catalog: Catalog, rows: tuple[Limit, ...]) -> Catalog:
    if not rows:
        return catalog
    known = [row for row in rows if row.metric in catalog.metrics and catalog.metrics[row.metric].thresholds]
    return catalog.with_metrics({row.metric: _with_row(catalog, row.metric, row) for row in known})

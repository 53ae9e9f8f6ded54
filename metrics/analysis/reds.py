"""The list of what is red: the area itself, its sites, the areas right below and the responsible units.

Screens, walls, reports and the API all show this list. It covers every metric with a threshold, so that what is red
somewhere is in it; and the sites that pass but are near a veto.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, Literal

import numpy as np
import pandas as pd

from data.areas.levels import end_of
from data.editions.edition import AnyEdition
from data.editions.scoped import EVERYTHING, ScopedEdition
from metrics.analysis.severity import LEAST_AFFECTED, SITE_WEIGHT, affected, in_cases, severity, times_beyond
from metrics.answer import answer
from metrics.areas import area, below
from metrics.catalog import Catalog, Metric
from metrics.engine.frames import each
from metrics.engine.plan import exists_at, filters
from metrics.engine.views import COMPARED_DAYS
from metrics.limits import limited
from metrics.period import DAY, Period, last_day
from metrics.query import Query
from metrics.scope import area_in_scope
from metrics.sites import Limit, near_veto, nearness, sites, until_veto
from metrics.thresholds import RED, Baseline, baseline, earlier_means, states, verdicts

LOOK_BACK = COMPARED_DAYS[1:]
"""Days back that are checked for how long something has been red."""
SUM_UP_SITES = ("site_score", "site_share")
"""Roles of metrics that sum up the verdicts of sites, which are listed one by one."""
Kind = Literal["own", "site", "near", "below", "unit"]


@dataclass(frozen=True)
class Red:
    """A metric beyond its limit. `before` is its value a day earlier; `new` if it was not red then.

    kind: own: `area` itself; below: the area right below whose code `area` is; unit: a responsible unit of `area`, by
    `name`; site: a site of `area` that fails by the veto rules, by `name`, `source` and `key`, with its `unit` and the
    `rules` that it broke; near: a site that passes but is near the veto of the one of `rules`, with what is `left`
    until then in the unit of the rule.
    compared: what was held against the limit: the value itself, or its ratio to a mean, and so on. affected: how many
    cases, sites, … are wrong. days: for how many days it has been red at least. severity: orders the list.
    """

    metric: str
    area: int
    value: float
    before: float | None
    new: bool
    kind: Kind = "below"
    name: str = ""
    source: str = ""
    key: str = ""
    unit: str = ""
    rules: tuple[str, ...] = ()
    left: int | None = None
    compared: float | None = None
    affected: int = 1
    days: int = 0
    severity: float = 0.0

    @property
    def makes_headline(self) -> bool:
        """Whether it is beyond its limit and affects enough cases to rank above the others."""
        return self.kind == "site" or (self.kind != "near" and self.affected >= LEAST_AFFECTED)

    @property
    def of_site(self) -> bool:
        """Whether it is a site, which has a page of its own."""
        return self.kind in ("site", "near")

    def of_unit(self, unit: str) -> bool:
        """Whether it is a responsible unit's, or a site that the unit runs."""
        return (self.name if self.kind == "unit" else self.unit if self.of_site else None) == unit


def with_thresholds(catalog: Catalog) -> tuple[str, ...]:
    """The ids of the metrics with thresholds, in the order of the catalog."""
    return tuple(metric.id for metric in catalog.metrics.values() if metric.thresholds)


def yesterday(edition: AnyEdition, period: Period) -> Period | None:
    """The period as it stood a day before: the same, ending a day earlier. None where it has but one day."""
    end = min(period.end, last_day(edition.as_of) + DAY) - DAY
    return Period(period.start, end) if end > period.start else None


def reds(query: Query) -> list[Red]:
    """Everything red of an area in a period: the most severe that touches enough cases, what is red of the area itself,
    then the others, each from the most severe on.

    Of the query's metrics, or of all with thresholds if it names none. Worked out once an edition, for screens, walls,
    topics and the API alike. OutOfScope for an area not granted.
    """
    area_in_scope(query.edition, query.area)
    edition, catalog = query.edition.unscoped.scoped(EVERYTHING), query.catalog
    names = with_thresholds(catalog)
    found = _all_reds(Query(edition, catalog, names, query.area, query.period))
    return list(_listed(catalog, query.area, found, query.metrics or names))


@dataclass(frozen=True, eq=False)
class _Found:
    """What is red of an area, repeats included. failing: the areas of the sites that fail."""

    reds: tuple[Red, ...]
    failing: tuple[int, ...]


@lru_cache(maxsize=256)
def _all_reds(query: Query) -> _Found:
    catalog, names = query.catalog, query.metrics
    place = area(query.edition, query.area)
    lower = below(query.edition, place)
    result: list[Red] = []
    sought: tuple[tuple[Kind, str | None, list[str]], ...] = (
        ("own", None, _at(catalog, names, place.level)),
        ("below", lower, _at(catalog, names, lower)),
        ("unit", "department", _of_units(catalog, names, place.level)),
    )
    for kind, by, there in sought:
        if there and (by or kind == "own"):
            result += beyond_limits(query.of(*there, by=by), kind)
    failing: list[int] = []
    score = catalog.with_role("site_score")
    if score and score.id in names and exists_at(score, place.level):
        named, failing = failing_sites(query.edition, score.id, place.code, query.period)
        result += [*named, *sites_near_veto(query.edition, score.id, place.code, query.period)]
    return _Found(tuple(result), tuple(failing))


@lru_cache(maxsize=256)
def _listed(catalog: Catalog, code: int, found: _Found, names: tuple[str, ...]) -> tuple[Red, ...]:
    """The list of the reds of these metrics, as if no others had been looked for."""
    score = catalog.with_role("site_score")
    failing = found.failing if score and score.id in names else ()
    of_sites = {name for name in names if catalog.metrics[name].role in SUM_UP_SITES}
    distinct = _deduplicated([red for red in found.reds if red.metric in names], code, failing, of_sites)
    return tuple(_ordered(catalog, _as_grave_as_explained(catalog, distinct)))


def _as_grave_as_explained(catalog: Catalog, items: list[Red]) -> list[Red]:
    """The list with each count at least as grave as what is the same problem, but names it less well: a ratio made of
    the count, such as the days to clear a backlog; and the count of the whole area, where half of it is in one below.
    """

    def is_made_of(ratio: Red, count: Red) -> bool:
        over, whole = catalog.metrics[ratio.metric], catalog.metrics[count.metric]
        same = (ratio.kind, ratio.area, ratio.name) == (count.kind, count.area, count.name)
        return same and (over.domain, over.numerator) == (whole.domain, whole.value) and not over.is_percent

    def is_mostly(own: Red, red: Red) -> bool:
        there = (own.kind, red.kind, own.metric) == ("own", "below", red.metric)
        return there and 2 * red.affected >= own.affected

    for names_better in (is_made_of, is_mostly):
        counts = [catalog.metrics[red.metric].value is not None for red in items]
        items = [
            replace(red, severity=max([red.severity, *(o.severity for o in items if count and names_better(o, red))]))
            for red, count in zip(items, counts, strict=True)
        ]
    return items


def _deduplicated(candidates: list[Red], code: int, failing: Sequence[int], of_sites: Collection[str]) -> list[Red]:
    """Without repeats: the own level of an area that is red itself, and the verdicts of sites that are listed by name.

    failing: the areas that these sites belong to; of_sites: the metrics that sum up their verdicts.
    """
    own = {red.metric for red in candidates if red.kind == "own"}

    def repeated(red: Red) -> bool:
        if red.kind != "below":
            return False
        if red.area == code:
            return red.metric in own or (red.metric in of_sites and code in failing)
        return red.metric in of_sites and any(red.area <= code < end_of(red.area) for code in failing)

    return [red for red in candidates if not repeated(red)]


def _ordered(catalog: Catalog, items: list[Red]) -> list[Red]:
    order = {name: at for at, name in enumerate(catalog.metrics)}

    def place(red: Red) -> tuple[object, ...]:
        return (red.kind != "own", -red.severity, not red.new, order[red.metric], red.area, red.name)

    def names_worse(red: Red) -> bool:
        """Of two as grave: a count is named by the area below that has most of it, anything else by the area itself."""
        return red.kind != ("below" if catalog.metrics[red.metric].value else "own")

    candidates = (red for red in items if red.makes_headline)
    head = min(candidates, key=lambda red: (-red.severity, order[red.metric], names_worse(red)), default=None)
    return sorted(items, key=lambda red: (red is not head, *place(red)))


def _at(catalog: Catalog, names: Sequence[str], level: str | None) -> list[str]:
    return [
        name for name in names if level and exists_at(catalog.metrics[name], level) and catalog.metrics[name].thresholds
    ]


def _of_units(catalog: Catalog, names: Sequence[str], level: str) -> list[str]:
    """Metrics split by unit whose limit is meant for the value: one for an area's people says nothing of a unit."""

    def fits(metric: Metric) -> bool:
        limits = metric.thresholds
        return bool(limits and limits.against == "value" and "department" in filters(catalog, metric))

    return [name for name in _at(catalog, names, level) if fits(catalog.metrics[name])]


def beyond_limits(query: Query, kind: Kind) -> list[Red]:
    """The reds of the query's metrics: in its own area, in the areas of its breakdown, or of its units."""
    earlier = yesterday(query.edition, query.period)
    frame = answer(query, periods=[query.period, *([earlier] if earlier else [])])
    now = rows_of_period(frame, query.period)
    # one baseline for both: a day moves a mean of thirty by little, and half of the cost is saved
    base = Baseline({}, {}, {}) if kind == "unit" else baseline(query, now)
    before = {}
    if earlier:
        then = rows_of_period(frame, earlier)
        before = {
            (row.metric, row.group): (row.value, state)
            for row, state in zip(each(then), states(replace(query, period=earlier), then, base), strict=True)
        }
    red = [
        (row, verdict)
        for row, verdict in zip(each(now), verdicts(query, now, base), strict=True)
        if verdict.state == RED and (row.group or kind != "unit")
    ]
    days = _days(query, [row for row, _verdict in red], base)
    result = []
    for row, verdict in red:
        metric = limited(query, query.catalog.metrics[row.metric], str(row.group))
        value, was = before.get((row.metric, row.group), (None, None))
        known, new = value is not None and value == value, bool(earlier) and was != RED
        code, name = (int(row.group), "") if kind == "below" else (query.area, row.group if kind == "unit" else "")
        count, since = (
            affected(query.catalog, metric, row, verdict.excess),
            0 if new else max(1, days.get((row.metric, row.group), 0)),
        )
        grave = severity(times_beyond(metric, verdict.compared), in_cases(query.catalog, metric, count), since)
        result.append(
            Red(
                row.metric, code, row.value, value if known else None, new, kind, name, compared=verdict.compared,
                affected=count, days=since, severity=grave,
            )
        )  # fmt: skip
    return result


def _days(query: Query, red: list[SimpleNamespace], base: Baseline) -> dict[tuple[str, str], int]:
    """For how many of the days of LOOK_BACK each row has been red without a break.

    Of a flow only as far as the period reaches back. A limit on the newest day against others of its weekday says
    nothing of the days before.
    """

    names = [
        name
        for name in dict.fromkeys(row.metric for row in red)
        if not query.catalog.metrics[name].quantile and _against(query, name) != "weekday_8_weeks"
    ]
    stop = min(query.period.end, last_day(query.edition.as_of) + DAY)
    days_red: dict[tuple[str, str], int] = {}
    for count in LOOK_BACK if names else ():
        end = stop - count * DAY
        stock = [name for name in names if query.catalog.metrics[name].basis == "stock" or end > query.period.start]
        if not stock:
            break
        span = Period(min(query.period.start, end - DAY), end)
        past = replace(query.of(*stock, by=query.by), period=span)
        frame = answer(past)
        means = earlier_means(query, [name for name in query.metrics if _against(query, name) == "mean_30_days"], count)
        still = {
            (row.metric, row.group)
            for row, state in zip(each(frame), states(past, frame, replace(base, mean=means)), strict=True)
            if state == RED and (count == LOOK_BACK[0] or (row.metric, row.group) in days_red)
        }
        days_red |= dict.fromkeys(still, count)
        names = [name for name in names if any(metric == name for metric, _group in still)]
    return days_red


def _against(query: Query, name: str) -> str | None:
    """What the limits of a metric are compared with."""
    limits = query.catalog.metrics[name].thresholds
    return limits.against if limits else None


def failing_sites(edition: ScopedEdition, metric: str, code: int, period: Period) -> tuple[list[Red], list[int]]:
    """The sites that fail now, and their areas; none of a period that is over: verdicts are of the edition's day."""
    failing = [row for row in _verdicts(edition, code, period) if not row["passed"]]
    return [_failing(metric, code, row) for row in failing], [row["area"] for row in failing]


def sites_near_veto(edition: ScopedEdition, metric: str, code: int, period: Period) -> list[Red]:
    """The sites that pass now but are near a veto; none of a period that is over."""
    rows = _verdicts(edition, code, period)
    return [_near(metric, code, row, limit) for row in rows if (limit := near_veto(row))]


def _verdicts(edition: ScopedEdition, code: int, period: Period) -> list[dict[str, Any]]:
    over = period.end <= last_day(edition.as_of)
    return [] if over else [row for row in sites(edition, code) if row["score"] is not None]


def _failing(metric: str, code: int, row: Mapping[str, Any]) -> Red:
    grave = severity(1 + len(row["vetoes"]), SITE_WEIGHT, 0)
    return replace(_of_site(metric, code, row, "site"), rules=tuple(row["vetoes"]), severity=grave)


def _near(metric: str, code: int, row: Mapping[str, Any], limit: Limit) -> Red:
    grave = severity(nearness(row), SITE_WEIGHT, 0)
    return replace(
        _of_site(metric, code, row, "near"), rules=(limit.rule,), left=until_veto(row, limit), severity=grave
    )


def _of_site(metric: str, code: int, row: Mapping[str, Any], kind: Kind) -> Red:
    return Red(
        metric, code, row["score"], None, False, kind, str(row["name"]), row["source"], row["key"],
        unit=row["unit"] or "", affected=SITE_WEIGHT,
    )  # fmt: skip


def rows_of_period(frame: pd.DataFrame, period: Period) -> pd.DataFrame:
    """The rows of an answer of several periods that are of this one."""
    # in numpy: pandas takes a millisecond for each comparison of a column of dates
    moments = frame["until"].to_numpy("datetime64[us]")
    until = np.isnat(moments) if period.until is None else moments == np.datetime64(period.until, "us")
    same = (frame["period"].to_numpy() == period.start) & (frame["end"].to_numpy() == period.end) & until
    return frame.take(np.flatnonzero(same))

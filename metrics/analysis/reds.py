"""The list of what is red: the area itself, its sites, the areas right below and the responsible units.

Screens, walls, reports and the API all show this list. It covers every metric with a threshold, so that what is red
somewhere is in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import pandas as pd

from data.areas.levels import end_of
from data.editions.edition import AnyEdition
from data.editions.scoped import EVERYTHING, ScopedEdition
from metrics.answer import answer
from metrics.areas import area, below
from metrics.catalog import Catalog, Metric
from metrics.engine.frames import each
from metrics.engine.plan import exists_at, filters
from metrics.period import DAY, Period, last_day
from metrics.query import Query
from metrics.scope import asked_area
from metrics.sites import sites
from metrics.thresholds import RED, Baseline, baseline, states

SITE_METRIC = "site_health"
VERDICTS = ("site_health", "site_pass_rate")
"""Metrics that sum up the verdicts of sites, which are listed one by one."""
Kind = Literal["own", "site", "below", "unit"]
KINDS: tuple[Kind, ...] = ("own", "site", "below", "unit")


@dataclass(frozen=True)
class Red:
    """A metric beyond its limit. `before` is its value a day earlier; `new` if it was not red then.

    kind: own: `area` itself; below: the area right below whose code `area` is; unit: a responsible unit of `area`, by
    `name`; site: a site of `area` that fails by the veto rules, by `name`, `source` and `key`.
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


def judged(catalog: Catalog) -> tuple[str, ...]:
    """The ids of the metrics with thresholds, in the order of the catalog."""
    return tuple(metric.id for metric in catalog.metrics.values() if metric.thresholds)


def yesterday(edition: AnyEdition, period: Period) -> Period | None:
    """The period as it stood a day before: the same, ending a day earlier. None where it has but one day."""
    end = min(period.end, last_day(edition.as_of) + DAY) - DAY
    return Period(period.start, end) if end > period.start else None


def reds(query: Query) -> list[Red]:
    """Everything red of an area in a period, most severe first: itself, its sites, then new ones before old ones.

    Of the query's metrics, or of all with thresholds if it names none. Worked out once an edition, for screens, walls
    and the API alike. OutOfScope for an area not granted.
    """
    asked_area(query.edition, query.area)
    edition = query.edition.whole.seen_by(EVERYTHING)
    names = query.metrics or judged(query.catalog)
    return list(_listed(Query(edition, query.catalog, names, query.area, query.period)))


@lru_cache(maxsize=256)
def _listed(query: Query) -> tuple[Red, ...]:
    catalog, names = query.catalog, query.metrics
    place = area(query.edition, query.area)
    lower = below(query.edition, place)
    found: list[Red] = []
    sought: tuple[tuple[Kind, str | None, list[str]], ...] = (
        ("own", None, _at(catalog, names, place.level)),
        ("below", lower, _at(catalog, names, lower)),
        ("unit", "department", _of_units(catalog, names, place.level)),
    )
    for kind, by, there in sought:
        if there and (by or kind == "own"):
            found += _reds(query.of(*there, by=by), kind)
    failing: list[int] = []
    if SITE_METRIC in names and exists_at(catalog.metrics[SITE_METRIC], place.level):
        named, failing = _sites(query.edition, place.code, query.period)
        found += named
    return tuple(sorted(_once(found, place.code, failing), key=lambda red: _severity(catalog, red)))


def _once(found: list[Red], code: int, failing: Sequence[int]) -> list[Red]:
    """Without repeats: the own level of an area that is red itself, and the verdicts of sites that are listed by name.

    failing: the areas that these sites belong to.
    """
    own = {red.metric for red in found if red.kind == "own"}

    def repeated(red: Red) -> bool:
        if red.kind != "below":
            return False
        if red.area == code:
            return red.metric in own or (red.metric in VERDICTS and code in failing)
        return red.metric in VERDICTS and any(red.area <= code < end_of(red.area) for code in failing)

    return [red for red in found if not repeated(red)]


def _severity(catalog: Catalog, red: Red) -> tuple[object, ...]:
    """The area itself and vetoed sites first, then what is new, by metric, each from its worst value on."""
    first = KINDS.index(red.kind) if red.kind in ("own", "site") else len(KINDS)
    value = red.value if catalog.metrics[red.metric].direction == "up" else -red.value
    order = list(catalog.metrics).index(red.metric)
    return (first, not red.new, order, KINDS.index(red.kind), value, red.area, red.name)


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


def _reds(query: Query, kind: Kind) -> list[Red]:
    earlier = yesterday(query.edition, query.period)
    frame = answer(query, periods=[query.period, *([earlier] if earlier else [])])
    now = over(frame, query.period)
    # one baseline for both: a day moves a mean of thirty by little, and half of the cost is saved
    base = Baseline({}, {}, {}) if kind == "unit" else baseline(query, now)
    before = {}
    if earlier:
        then = over(frame, earlier)
        before = {
            (row.metric, row.group): (row.value, state)
            for row, state in zip(each(then), states(replace(query, period=earlier), then, base), strict=True)
        }
    found = []
    for row, state in zip(each(now), states(query, now, base), strict=True):
        if state != RED or (kind == "unit" and not row.group):
            continue
        value, was = before.get((row.metric, row.group), (None, None))
        known = value is not None and value == value
        code, name = (int(row.group), "") if kind == "below" else (query.area, row.group if kind == "unit" else "")
        found.append(
            Red(row.metric, code, row.value, value if known else None, bool(earlier) and was != RED, kind, name)
        )
    return found


def _sites(edition: ScopedEdition, code: int, period: Period) -> tuple[list[Red], list[int]]:
    """The sites that fail now, and their areas; of a period that is over nothing is said, since verdicts are of the
    edition's day.
    """
    if period.end <= last_day(edition.as_of):
        return [], []
    failing = [row for row in sites(edition, code) if row["score"] is not None and not row["passed"]]
    named = [
        Red(SITE_METRIC, code, row["score"], None, False, "site", str(row["name"]), row["source"], row["key"])
        for row in failing
    ]
    return named, [row["area"] for row in failing]


def over(frame: pd.DataFrame, period: Period) -> pd.DataFrame:
    """The rows of an answer of several periods that are of this one."""
    until = frame["until"].isna() if period.until is None else frame["until"] == period.until
    return frame[(frame["period"] == period.start) & (frame["end"] == period.end) & until]

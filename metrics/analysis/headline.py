"""The worst problem of an area: since when, which unit is responsible, and what moved it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from statistics import fmean

from metrics.analysis.reds import Red, reds
from metrics.analysis.severity import affected
from metrics.analysis.why import Explanation, why
from metrics.answer import answer
from metrics.areas import area
from metrics.cases.casefile import contacts, unit_of
from metrics.engine.frames import each
from metrics.engine.plan import exists_at, filters
from metrics.errors import MetricsError
from metrics.period import DAY, Period, last_day
from metrics.query import Query
from metrics.thresholds import RED, Baseline, verdict_on

LOOK_BACK = 60
"""Days that are searched for the one on which something turned red."""
OF_MEAN = 30
LEAST_SHARE = 0.25
"""Of what is wrong: a unit with less does not hold it."""


@dataclass(frozen=True)
class Holder:
    """The responsible unit of most of what is wrong. share: of it, 0 to 1; None where all of it is the unit's.

    phone: of its office, as delivered; empty where the directory has none.
    """

    unit: str
    share: float | None = None
    phone: str = ""


@dataclass(frozen=True)
class Headline:
    """since: the day on which it turned red, None where that is not known.

    moved: None where nothing can be compared.
    """

    red: Red
    since: date | None
    holder: Holder | None
    moved: Explanation | None


def headline(query: Query, among: Sequence[Red] | None = None) -> Headline | None:
    """The first of the list of reds, if it touches enough to be one. Takes what `metrics.analysis.reds.reds` takes.

    among: some of that list in place of all of it.
    """
    first = next(iter(reds(query) if among is None else among), None)
    if first is None or not first.makes_headline:
        return None
    own = _of(query, first)
    return Headline(first, None if first.kind == "site" else red_since(own), holder(query, first), _moved(own, first))


def _of(query: Query, red: Red) -> Query:
    """The query of what is red alone."""
    unit_filter = (("department", red.name),) if red.kind == "unit" else ()
    return replace(query.of(red.metric), area=red.area, where=unit_filter)


def _moved(query: Query, red: Red) -> Explanation | None:
    if red.kind == "site":
        return None
    try:
        return why(query, query.against)
    except MetricsError:
        return None


def holder(query: Query, red: Red) -> Holder | None:
    """The unit responsible for a red, with the telephone of the office.

    The unit itself, the site's unit, the unit that holds most of what is wrong, or the one that administers the area.
    """
    name = _holder(query, red)
    if name is None:
        unit = unit_of(query.edition, red.area) if red.kind in ("own", "below") else None
        return Holder(unit.name, None, unit.phone or "") if unit else None
    contact = contacts(query.edition, red.area, [name.unit]).get(name.unit)
    return replace(name, phone=contact.phone or "") if contact else name


def _holder(query: Query, red: Red) -> Holder | None:
    if red.kind in ("unit", "site"):
        unit = red.name if red.kind == "unit" else red.unit
        return Holder(unit) if unit else None
    metric = query.catalog.metrics[red.metric]
    if "department" not in filters(query.catalog, metric):
        return None
    rows = list(each(answer(replace(query.of(metric.id, by="department"), area=red.area))))
    wrong = {
        row.group: affected(query.catalog, metric, row)
        for row in rows
        if row.group and row.value == row.value and row.n
    }
    if not wrong:
        return None
    unit = max(wrong, key=lambda name: (wrong[name], name))
    share = wrong[unit] / sum(affected(query.catalog, metric, row) for row in rows if row.value == row.value and row.n)
    return Holder(unit, share) if share >= LEAST_SHARE else None


def red_since(query: Query) -> date | None:
    """The first of the days in a row, up to the newest, at whose end the query's metric of its area was red.

    Looks back LOOK_BACK days; of a flow only as far as the period reaches. None for a limit that holds the newest day
    against others of its weekday, and for one of a metric that does not exist at the area's level.
    """
    metric = query.catalog.metrics[query.metric]
    limits = metric.thresholds
    if limits is None or limits.against == "weekday_8_weeks" or metric.quantile:
        return None
    if not exists_at(metric, area(query.edition, query.area).level):
        return None
    stop = min(query.period.end, last_day(query.edition.as_of) + DAY)
    relative = limits.against == "mean_30_days"
    ends = [stop - i * DAY for i in range(LOOK_BACK + (OF_MEAN if relative else 0))]
    stock = metric.basis == "stock"
    start = query.period.start
    spans = [Period(end - DAY if stock else start, end) for end in ends if stock or end > start]
    frame = answer(replace(query, comparison=None), periods=spans)
    by_end = {row.end: row for row in each(frame)}
    rows = [by_end[span.end] for span in spans if span.end in by_end]
    values = [float(row.value) for row in rows]
    first = None
    for at, row in enumerate(rows[:LOOK_BACK]):
        base = Baseline({}, {}, {})
        if relative:
            earlier = [value for value in values[at + 1 : at + 1 + OF_MEAN] if value == value]
            base = Baseline({(metric.id, ""): fmean(earlier)} if earlier else {}, {}, {})
        if verdict_on(query, metric, "", row.value, row.quality, base).state != RED:
            break
        first = spans[at].end - DAY
    return first

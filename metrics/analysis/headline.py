"""The worst problem of an area: since when, which unit is responsible, and what moved it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from statistics import fmean
from types import SimpleNamespace

from metrics.analysis.reds import Red, reds
from metrics.analysis.severity import affected
from metrics.analysis.why import Explanation, why
from metrics.answer import answer
from metrics.areas import area
from metrics.cases.casefile import contacts_of, lead_units_of, units_of
from metrics.engine.frames import each
from metrics.engine.parallel import run_parallel
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

    phone: of its office, as delivered; empty where the directory has none. administers: named as the unit that
    administers or leads the area. among: over how many units it is spread where none has LEAST_SHARE of it and no unit
    administers the area; `unit` is then empty.
    """

    unit: str
    share: float | None = None
    phone: str = ""
    administers: bool = False
    among: int = 0


@dataclass(frozen=True)
class Headline:
    """since: the day on which it turned red, None where that is not known.

    moved: up to its leading split; None where nothing can be compared.
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
        return why(query, query.against, leading_only=True)
    except MetricsError:
        return None


def holder(query: Query, red: Red) -> Holder | None:
    """Who holds a red: see `holders`."""
    return holders(query, [red])[0]


def holders(query: Query, items: Sequence[Red]) -> tuple[Holder | None, ...]:
    """The unit responsible for each of these reds, with the telephone of its office; None if no unit is known.

    The unit itself, the site's unit, the unit that holds most of what is wrong, the one that administers the area, or
    of what is kept by no unit the one that leads it. One query of numbers an area and three of the directory, however
    many reds there are.
    """
    split = _by_unit(query, items)
    named = [_named(query, red, split.get((red.area, red.metric))) for red in items]
    pairs = list(zip(items, named, strict=True))
    offices = units_of(query.edition, [red.area for red, unit in pairs if _needs(red, unit)])
    without = [red.area for red, unit in pairs if unit is None and _needs(red, unit) and red.area not in offices]
    leads = lead_units_of(query.edition, without)
    directory = contacts_of(query.edition, [(red.area, unit.unit) for red, unit in pairs if unit and unit.unit])

    def reached(red: Red, unit: Holder | None) -> Holder | None:
        area_unit = offices.get(red.area) or (leads.get(red.area) if unit is None else None)
        if (office := area_unit) and _needs(red, unit):
            return Holder(office.name, None, office.phone or "", administers=True)
        contact = directory.get((red.area, unit.unit)) if unit else None
        return replace(unit, phone=contact.phone or "") if unit and contact else unit

    return tuple(reached(red, unit) for red, unit in pairs)


def _needs(red: Red, unit: Holder | None) -> bool:
    """Whether only the unit that administers the area can answer for it."""
    return red.kind in ("own", "below") and (unit is None or not unit.unit)


def _by_unit(query: Query, items: Sequence[Red]) -> dict[tuple[int, str], list[SimpleNamespace]]:
    """What is red of an area, split by responsible unit: the rows by area and metric."""
    metrics_of: dict[int, list[str]] = {}
    for red in items:
        if red.kind in ("own", "below") and "department" in filters(query.catalog, query.catalog.metrics[red.metric]):
            metrics_of.setdefault(red.area, []).append(red.metric)
    splits = [
        replace(query.of(*dict.fromkeys(names), by="department"), area=code, comparison=None)
        for code, names in metrics_of.items()
    ]
    rows: dict[tuple[int, str], list[SimpleNamespace]] = {}
    for code, frame in zip(metrics_of, run_parallel([partial(answer, split) for split in splits]), strict=True):
        for row in each(frame):
            if row.value == row.value and row.n:
                rows.setdefault((code, row.metric), []).append(row)
    return rows


def _named(query: Query, red: Red, rows: list[SimpleNamespace] | None) -> Holder | None:
    """The unit that is named by the red itself or by its rows of units."""
    if red.kind in ("unit", "site", "near"):
        unit = red.name if red.kind == "unit" else red.unit
        return Holder(unit) if unit else None
    if not rows:
        return None
    metric = query.catalog.metrics[red.metric]
    if metric.rollup == "max":
        worst = max(rows, key=lambda row: (row.value, row.group))
        return Holder(worst.group) if worst.group else None
    wrong = {row.group: affected(query.catalog, metric, row, least=0) for row in rows}
    of_units = {unit: count for unit, count in wrong.items() if unit and count}
    if not of_units:
        return None
    unit = max(of_units, key=lambda name: (of_units[name], name))
    share = of_units[unit] / sum(wrong.values())
    return Holder(unit, share) if share >= LEAST_SHARE else Holder("", among=len(of_units))


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

"""What an edition gives rise to under a set of rules: one signal for each area, unit, site or source."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from data.areas.levels import is_above
from data.editions.edition import Edition
from data.editions.scoped import EVERYTHING
from metrics.alerting.rules import Rule
from metrics.analysis.reds import SUM_UP_SITES, Kind, Red, beyond_limits, failing_sites, rows_of_period, yesterday
from metrics.analysis.severity import affected
from metrics.answer import SMALL, WITHOUT_VALUE, answer
from metrics.areas import area, levels, root
from metrics.availability.extent import default_period
from metrics.availability.freshness import freshness
from metrics.catalog import Catalog
from metrics.engine.frames import each
from metrics.query import Query
from metrics.sites import NEAR, nearness, sites


@dataclass(frozen=True)
class Subject:
    """The subject of an alert: an area, and optionally one unit, site or source in it.

    metric: empty of a source. name: of the unit, site or source. source, key: of the site.
    """

    area: int
    metric: str = ""
    name: str = ""
    source: str = ""
    key: str = ""


@dataclass(frozen=True)
class Signal:
    """A rule that is true of a subject now.

    value: of the metric, in its unit; of a source, the days since its last delivery. before: a day earlier.
    affected: cases, or whatever the metric counts. severity: as in the list of reds.
    """

    rule: str
    subject: Subject
    value: float | None = None
    before: float | None = None
    affected: int = 1
    severity: float = 0.0


def signals(edition: Edition, catalog: Catalog, rules: Mapping[str, Rule]) -> list[Signal]:
    """Everything that the rules are true of, in the period that screens show by default.

    Rules with the same condition share their queries: there is one for each level, whatever the number of areas.
    """
    everything = edition.scoped(EVERYTHING)
    top = root(everything)
    query = Query(everything, catalog, (), top.code, default_period(everything))
    results: list[Signal] = []
    for rule in rules.values():
        match rule.over:
            case "areas":
                for level in levels(everything):
                    if level in rule.levels and not is_above(level, top.level):
                        results += _of_metrics(rule, query, level, by=None if level == top.level else level)
            case "units":
                results += _of_metrics(rule, query, top.level, by="department")
            case "sites":
                results += _of_sites(rule, query)
            case "sources":
                results += _of_sources(rule, query)
            case "items":
                pass  # no edition has them: `data.desk.items.due`
    return [one for one in results if rules[one.rule].covers(one.subject.area, one.subject.name)]


def _of_metrics(rule: Rule, query: Query, level: str, by: str | None) -> Iterator[Signal]:
    names = [name for name in rule.watched(query.catalog, level) if not _sums_up_sites(query.catalog, name)]
    if not names:
        return
    at_level = query.of(*names, by=by)
    if rule.when == "red":
        kind: Kind = "own" if by is None else "unit" if by == "department" else "below"
        for red in beyond_limits(at_level, kind):
            if red.affected >= rule.at_least and red.days >= rule.days and _is_of(query, red.area, level):
                yield _of_red(rule, red)
        return
    yield from _of_values(rule, at_level, level)


def _is_of(query: Query, code: int, level: str) -> bool:
    """Whether it is an area of the level, and not the part of an area above that belongs to none below it."""
    return area(query.edition, code).level == level


def _sums_up_sites(catalog: Catalog, name: str) -> bool:
    """Sites that fail are signals of their own."""
    return catalog.metrics[name].role in SUM_UP_SITES


def _of_red(rule: Rule, red: Red) -> Signal:
    subject = Subject(red.area, red.metric, red.name, red.source, red.key)
    return Signal(rule.id, subject, red.value, red.before, red.affected, red.severity)


def _of_values(rule: Rule, query: Query, level: str) -> Iterator[Signal]:
    """Signals of a limit of the rule's own, for the value itself or for its change in percent since the day before."""
    assert rule.limit
    earlier = yesterday(query.edition, query.period)
    frame = answer(query, periods=[query.period, *([earlier] if earlier else [])])
    then = rows_of_period(frame, earlier) if earlier else frame.iloc[:0]
    before = {(row.metric, row.group): row.value for row in each(then) if row.value == row.value}
    for row in each(rows_of_period(frame, query.period)):
        if row.quality in (*WITHOUT_VALUE, SMALL) or (query.by and not row.group):
            continue
        was = before.get((row.metric, row.group))
        count = affected(query.catalog, query.catalog.metrics[row.metric], row)
        if count >= rule.at_least and _holds(rule, row.value, was):
            unit = query.by == "department"
            code = query.area if unit or not query.by else int(row.group)
            if _is_of(query, code, level):
                yield Signal(rule.id, Subject(code, row.metric, row.group if unit else ""), row.value, was, count)


def _holds(rule: Rule, value: float, before: float | None) -> bool:
    assert rule.limit
    if rule.when == "value":
        return rule.limit.holds(value)
    if not before:
        return False  # a change against nothing has no percentage
    change = 100 * (value - before) / abs(before)
    return rule.limit.holds(change if rule.when == "rise" else -change)


def _of_sites(rule: Rule, query: Query) -> Iterator[Signal]:
    score = query.catalog.with_role("site_score")
    if score is None:
        return
    if rule.when == "veto":
        reds, _areas = failing_sites(query.edition, score.id, query.area, query.period)
        places = {(row["source"], row["key"]): row["area"] for row in sites(query.edition, query.area)}
        for red in reds:
            subject = Subject(int(places[red.source, red.key]), score.id, red.name, red.source, red.key)
            yield Signal(rule.id, subject, red.value, affected=red.affected, severity=red.severity)
        return
    for row in sites(query.edition, query.area):
        if row["passed"] and nearness(row) >= NEAR:
            subject = Subject(int(row["area"]), score.id, str(row["name"]), row["source"], row["key"])
            yield Signal(rule.id, subject, row["score"])


def _of_sources(rule: Rule, query: Query) -> Iterator[Signal]:
    """Sources that are silent, once each, whatever number of facts they deliver."""
    days: dict[str, float | None] = {}
    for source in freshness(query.edition):
        if source.silent(query.edition.as_of):
            age = source.age(query.edition.as_of)
            days[source.source] = max(days.get(source.source) or 0.0, age.total_seconds() / 86_400) if age else None
    yield from (Signal(rule.id, Subject(query.area, name=name), value) for name, value in days.items())

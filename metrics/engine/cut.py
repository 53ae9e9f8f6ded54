"""Corrections of a roll-up for an earlier time of knowledge, such as in the middle of a day.

A roll-up holds whole days as known now. Of a period that is cut at a moment, it is right but for the facts that
happened, or became known, from then on. Those are few: they are read once an edition and moment, counted as known now
and as known then, and the difference is held in memory for all areas, measures and screens.
"""

import re
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time
from functools import lru_cache

import numpy as np

from data.editions.edition import Edition
from data.editions.rollups import Measure
from data.schema import FACTS, TIME, Fact, known, narrowed, words_of
from metrics.catalog import Catalog, Domain, Stock, Trailing
from metrics.catalog.kinds import counted_kinds
from metrics.engine.plan import COLUMNS, Plan, within_group
from metrics.engine.totals import Cells
from metrics.period import DAY, Period, last_day

_CHOICE = {"case", "when", "then", "else", "end", "and", "or", "not", "is", "null", "greatest", "least", "coalesce"}
"""Words of SQL that choose among times; an anchor of them alone is one of its columns."""
_WHEN = re.compile(r"\bWHEN\b.*?\bTHEN\b", re.IGNORECASE | re.DOTALL)
"""What decides a choice, whatever it looks at."""
NEVER = -(1 << 31)
"""The day of what is not counted."""
FEW = 4
"""Above this many flows all are read: the others are requested next."""
ROW = "_row"
"""The column of a relation with the number of the stored row."""
MOST_MOMENTS = 32
"""Cached changes of each fact: the most recently used."""
NOTHING = 1e-9
"""A sum of fractions that is smaller, in proportion, is zero."""


@dataclass(frozen=True, eq=False)
class Changes:
    """Corrections to a flow's roll-up, one per fact and side. days: since 1970. columns: words by dimension."""

    areas: np.ndarray
    days: np.ndarray
    values: np.ndarray
    columns: dict[str, np.ndarray]


def whole_days(plan: Plan) -> Plan | None:
    """The same plan for whole days as known now, the day of the cut included; None if it is not a cut one."""
    stop = last_day(plan.as_of) + DAY
    periods = [bucket.period for bucket in plan.buckets]
    if plan.as_of >= plan.edition.as_of or any(p.until != plan.as_of or p.start >= stop for p in periods):
        return None
    buckets = tuple(replace(b, period=Period(b.period.start, min(b.period.end, stop))) for b in plan.buckets)
    return replace(plan, as_of=plan.edition.as_of, buckets=buckets)


def apply_changes(cells: Cells, plan: Plan, whole_plan: Plan, domain: Domain, names: list[str], relation: str) -> Cells:
    """The cells of `whole` as known at the time of `plan`.

    relation: SQL of the facts as the roll-up counts them, with ROW.
    """
    # a line asks for one measure, of instants that no other query uses: not worth reading all columns for
    needed = {flow for name in names for flow, _, _ in _parts(domain, name, whole_plan.buckets[0].period)}
    flows = tuple(flow for flow in domain.flows if len(needed) > FEW or flow.name in needed)
    changes = _change_cache(plan.edition, plan.catalog, domain.id, relation).at(plan.as_of, flows)
    lasting = any(isinstance(domain.measures[name], (Stock, Trailing)) for name in names)
    result = {key: dict(cell) for key, cell in cells.items()}
    for i, bucket in enumerate(whole_plan.buckets):
        for name in names:
            for flow, sign, start in _parts(domain, name, bucket.period):
                for group, value in _by_group(changes[flow], plan, start, bucket.period).items():
                    cell = result.setdefault((group, i), dict.fromkeys(names, 0))
                    total = cell[name] + sign * value
                    cell[name] = total if abs(total) > NOTHING * abs(value) else 0
    return result if lasting else {key: cell for key, cell in result.items() if any(cell.values())}


def _parts(domain: Domain, name: str, period: Period) -> Iterator[tuple[str, int, int]]:
    """The flows that a measure is made of, what they count for, and from which day on, since 1970."""
    match domain.measures[name]:
        case Stock(adds=adds, less=less):
            yield from ((adds, 1, NEVER), (less, -1, NEVER))
        case Trailing(of=of, days=days):
            yield of, 1, _number(period.end - days * DAY)
        case _:
            yield name, 1, _number(period.start)


def _number(day: object) -> int:
    return int(np.datetime64(str(day), "D").astype("int64"))


def _by_group(changes: Changes, plan: Plan, start: int, period: Period) -> dict[object, float]:
    """The corrections of a flow within the area and filter of the plan, from a day up to the end of the period."""
    among = (changes.areas >= plan.area.code) & (changes.areas < plan.area.end)
    among &= (changes.days >= start) & (changes.days < _number(period.end))
    for name, word in plan.where:
        among &= changes.columns[COLUMNS[name]] == word
    values = changes.values[among]
    if not values.size:
        return {}
    groups: np.ndarray = np.full(values.size, "")
    if plan.groups:
        groups = plan.groups.of(changes.areas[among])
    elif plan.column:
        groups = changes.columns[plan.column][among]
    if plan.along:
        apart = zip(groups.tolist(), changes.columns[plan.along][among].tolist(), strict=True)
        groups = np.array([within_group(group, word) for group, word in apart])
    words, index = np.unique(groups, return_inverse=True)
    return dict(zip(words.tolist(), np.bincount(index, values).tolist(), strict=True))


def _anchors(flows: Iterable[Measure]) -> list[str]:
    return list(dict.fromkeys(flow.anchor for flow in flows))


def _counts(flows: Iterable[Measure]) -> list[tuple[str | None, str | None]]:
    """The conditions and values of the flows, without repeats: several count the same at different times."""
    return list(dict.fromkeys((flow.where, flow.value) for flow in flows))


def _sql(domain: Domain, flows: tuple[Measure, ...], moment: datetime, as_of: datetime, relation: str) -> str:
    """SQL of one row a changed fact as known now, and one as known then: groups, days of anchors, counts."""
    fact, then = _columns(domain, flows), _time(moment)
    names = ", ".join(column.name for column in fact.columns)
    stop = _time(min(datetime.combine(last_day(moment) + DAY, time.min), as_of))
    terms = "".join(f", ({sql}) AS {name}" for name, sql in domain.terms_of(_words(flows)).items())
    of_domain = f" WHERE {domain.where}" if domain.where else ""
    condition = f"{_of_kinds(domain, flows)}{_condition(flows, fact, then, stop)}"
    # the changed facts are found before what they hold is read: a column takes up to 8 ms a million facts
    found = f"SELECT {ROW} FROM (SELECT *{terms} FROM ({relation}){of_domain}) WHERE {condition}"
    changed = f"SELECT row_number() OVER () - 1 AS _fact, {names} FROM ({relation}) SEMI JOIN ({found}) USING ({ROW})"
    sides = (
        f"SELECT *, false AS _then, {stop} AS _stop FROM changed UNION ALL BY NAME "
        f"SELECT *, true AS _then, {then} AS _stop FROM ({known(fact, then, 'changed', '_fact')})"
    )
    days = [
        f"CASE WHEN ({anchor}) < _stop THEN ({anchor})::DATE - DATE '1970-01-01' ELSE {NEVER} END::INTEGER"
        for anchor in _anchors(flows)
    ]
    counts = [f"CASE WHEN {where or 'true'} THEN ({value or 1})::DOUBLE END" for where, value in _counts(flows)]
    groups = ["area", *(f"coalesce({name}, '')" for name in domain.dimensions)]
    picked = [f"{sql} AS _{i}" for i, sql in enumerate([*groups, *days, *(f"coalesce({sql}, 0)" for sql in counts)])]
    return (
        f"WITH changed AS MATERIALIZED ({changed}) "
        f"SELECT _fact, _then, {', '.join(picked)} FROM (SELECT *{terms} FROM ({sides}))"
    )


def _columns(domain: Domain, flows: tuple[Measure, ...]) -> Fact:
    """The domain's fact with the columns that flows rest on."""
    fact, words = FACTS[domain.fact], _words(flows)
    words |= {*words_of(*domain.terms_of(words).values()), *domain.dimensions, "area"}
    words |= {column.known_at for column in fact.columns if column.name in words and column.known_at}
    return narrowed(fact, words)


def _words(flows: Iterable[Measure]) -> set[str]:
    return words_of(*(text for flow in flows for text in (flow.anchor, flow.where or "", flow.value or "")))


def _of_kinds(domain: Domain, flows: tuple[Measure, ...]) -> str:
    """The beginning of a condition: facts of other kinds count in none of the flows, now or then."""
    if "kind" not in FACTS[domain.fact].by_name:
        return ""
    kinds = counted_kinds(tuple((flow.anchor, flow.where) for flow in flows), tuple(domain.terms.items()))
    texts = ", ".join("'" + kind.replace("'", "''") + "'" for kind in sorted(kinds or ()))
    return "" if kinds is None else f"kind IN ({texts or 'NULL'}) AND "


def _condition(flows: tuple[Measure, ...], fact: Fact, then: str, stop: str) -> str:
    """SQL of whether a fact can count differently: it has a time from `then` on, and one before `stop`."""
    times = [column.name for column in fact.columns if column.type == TIME]
    later, before = [f"{name} >= {then}" for name in times], [f"least({', '.join(times)}) < {stop}"]
    for anchor in _anchors(flows):
        # an anchor that chooses among the columns is one of these times; any other has a query of its own
        choice = _WHEN.sub(" ", anchor)
        words = words_of(choice)
        if re.sub(r"[\w\s(),]", "", choice) or re.search(r"\b\d", choice) or not words <= _CHOICE | {*times}:
            later.append(f"({anchor}) >= {then}")
            before.append(f"({anchor}) < {stop}")
    return f"({' OR '.join(later)}) AND ({' OR '.join(before)})"


def _time(at: datetime) -> str:
    return f"TIMESTAMP '{at.isoformat(sep=' ')}'"


class _ChangeCache:
    """The changes of an edition's facts by moment and flow, as far as they were requested."""

    def __init__(self, edition: Edition, domain: Domain, relation: str) -> None:
        self.edition, self.domain, self.relation = edition, domain, relation
        self.moments: OrderedDict[datetime, dict[Measure, Changes]] = OrderedDict()
        self.lock = threading.Lock()

    def at(self, moment: datetime, flows: tuple[Measure, ...]) -> dict[str, Changes]:
        """The flows by name. A flow that was read with others is not read again."""
        with self.lock:
            known = self.moments.get(moment, {})
            if missing := tuple(flow for flow in flows if flow not in known):
                sql = _sql(self.domain, missing, moment, self.edition.as_of, self.relation)
                changes = _read(self.edition, sql, missing, self.domain.dimensions)
                known = self.moments[moment] = {**known, **changes}
            self.moments.move_to_end(moment)
            while len(self.moments) > MOST_MOMENTS:
                self.moments.popitem(last=False)
            return {flow.name: known[flow] for flow in flows}


@lru_cache(maxsize=16)
def _change_cache(edition: Edition, catalog: Catalog, id: str, relation: str) -> _ChangeCache:
    return _ChangeCache(edition, next(domain for domain in catalog.domains if domain.id == id), relation)


def _read(edition: Edition, sql: str, flows: tuple[Measure, ...], names: tuple[str, ...]) -> dict[Measure, Changes]:
    """The changes by flow; names: of the dimensions. What counts on the same day either way is left out."""
    fact, then, area, *columns = (np.ma.getdata(c) for c in edition.cursor().execute(sql).fetchnumpy().values())
    size, side = int(fact.max(initial=-1)) + 1, then.astype("int8")

    def by_fact(column: np.ndarray) -> np.ndarray:
        """The facts as known now and as known then, by side."""
        filled = np.zeros((2, size), column.dtype)
        filled[side, fact] = column
        return filled

    anchors, counts = _anchors(flows), _counts(flows)
    days = dict(zip(anchors, map(by_fact, columns[len(names) :]), strict=False))
    values = dict(zip(counts, map(by_fact, columns[len(names) + len(anchors) :]), strict=True))
    areas, words = by_fact(area)[0], {n: by_fact(column)[0] for n, column in zip(names, columns, strict=False)}
    result = {}
    for flow in flows:
        day, value = days[flow.anchor], values[flow.where, flow.value]
        value = np.where(day == NEVER, 0, value)
        differs = (value[0] != value[1]) | ((day[0] != day[1]) & (value[0] != 0))
        which, sides = np.nonzero((differs & (value != 0)).T)
        # what is counted now is taken away, what was counted then is added
        signed = value[sides, which] * np.where(sides == 1, 1, -1)
        result[flow] = Changes(areas[which], day[sides, which], signed, {n: w[which] for n, w in words.items()})
    return result

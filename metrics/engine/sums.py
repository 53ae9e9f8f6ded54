"""Additive measures: from the roll-ups where they exist, else from the facts by the same SQL.

The roll-up by town is read in memory (`metrics.engine.totals`), the others by SQL.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import chain

import numpy as np

from data.areas.levels import ROLLED
from data.editions.edition import Edition
from data.editions.rollups import Measure, Rollup, daily
from data.schema import FACTS, known, narrowed, words_of
from metrics.catalog import Domain, Flow, Stock, Trailing
from metrics.catalog.model import rollup
from metrics.engine.cut import ROW, apply_changes, whole_days
from metrics.engine.pieces import read_pieces
from metrics.engine.plan import APART, COLUMNS, Plan
from metrics.engine.totals import Cells, sums_from_totals, totals
from metrics.period import DAY, last_day

FEW = 4
"""Of up to so many buckets the days are cut into pieces."""


def sums(plan: Plan, domain: Domain, names: list[str], *, rolled: bool = True) -> Cells:
    """The values of measures by group and bucket. `rolled=False` asks the facts even where a roll-up exists."""
    if not names:
        return {}
    whole_plan = whole_days(plan) if rolled else None
    if whole_plan and _table(whole_plan, domain, _flows(domain, names)):
        cells = sums(whole_plan, domain, names)
        return apply_changes(cells, plan, whole_plan, domain, names, _counted(plan.edition, domain))
    table = _table(plan, domain, _flows(domain, names)) if rolled else None
    running_totals = totals(plan.edition, table) if table else None
    if running_totals:
        return sums_from_totals(running_totals, plan, domain, names)
    if 1 < len(plan.buckets) <= FEW:
        apart = _stocks_apart(domain, names) if table else [names]
        return _merge([_in_pieces(plan, domain, group, table) for group in apart], names)
    sql = sums_sql(plan, domain, names, table)
    rows = plan.edition.cursor().execute(sql, parameters(plan)).fetchall()
    return {(row[0], row[1]): dict(zip(names, row[2:], strict=True)) for row in rows}


def _stocks_apart(domain: Domain, names: list[str]) -> list[list[str]]:
    """Stocks, which rest on all days of a roll-up, and the others, which need no more than the last ones."""
    stocks = [name for name in names if isinstance(domain.measures[name], Stock)]
    return [group for group in (stocks, [name for name in names if name not in stocks]) if group]


def _merge(answers: list[Cells], names: list[str]) -> Cells:
    """Answers for different measures as one; what one of them does not hold is zero."""
    if len(answers) == 1:
        return answers[0]
    merged: Cells = {}
    for cells in answers:
        for key, cell in cells.items():
            merged.setdefault(key, dict.fromkeys(names, 0)).update(cell)
    return merged


def _in_pieces(plan: Plan, domain: Domain, names: list[str], table: Rollup | None) -> Cells:
    """The answer for a few buckets, such as a period and the one compared with."""
    needed = _flows(domain, names)
    relation = _rolled(plan, needed, table) if table else _raw(plan, domain, names)
    spans = [(b.period.start, min(b.period.end, last_day(plan.as_of) + DAY)) for b in plan.buckets]
    trailing = {measure.days for name in names if isinstance(measure := domain.measures[name], Trailing)}
    days = {*chain(*spans), *(stop - days * DAY for _, stop in spans for days in trailing)}
    daily = f"SELECT * FROM ({relation}) WHERE {_days(plan, domain, names)}"
    pieces = read_pieces(plan.edition, daily, list(needed), days, parameters(plan))

    def total(name: str, first: date, stop: date) -> np.ndarray:
        match domain.measures[name]:
            case Stock(adds=adds, less=less):
                return np.asarray(pieces.total(adds, None, stop) - pieces.total(less, None, stop))
            case Trailing(of=of, days=days):
                return pieces.total(of, stop - days * DAY, stop)
            case _:
                return pieces.total(name, first, stop)

    lasting = _has_more_than_flows(domain, names)
    cells: Cells = {}
    for i, (first, stop) in enumerate(spans):
        values = np.stack([total(name, first, stop) for name in names], axis=1).tolist()
        for g in np.flatnonzero(pieces.any(None if lasting else first, stop)).tolist():
            cells[pieces.groups[g], i] = dict(zip(names, values[g], strict=True))
    return cells


def sums_sql(plan: Plan, domain: Domain, names: list[str], table: Rollup | None = None) -> str:
    """SQL of one row a group and bucket: g, i, and a column a measure; from the facts unless a table is given."""
    if table is None and len(plan.buckets) == 1:
        return _one_pass(plan, domain, names)
    needed = _flows(domain, names)
    relation = _rolled(plan, needed, table) if table else _raw(plan, domain, names)
    first, _ = _span(plan, domain, names)
    has_stock, days = _has_stock(domain, names), _days(plan, domain, names)
    if len(plan.buckets) == 1:
        # a flow over the very days that are read needs no filter of its own
        plain = not has_stock and first == plan.buckets[0].period.start
        columns = ", ".join(f"{_total(domain, name, _bounds(plan, 0), not plain)} AS {name}" for name in names)
        return f"SELECT g, 0 AS i, {columns} FROM ({relation}) WHERE {days} GROUP BY g"
    # days before all buckets count for stocks only, as one sum
    day = f"greatest(day, {_day(first - DAY)})" if has_stock else "day"
    by_day = ", ".join(f"sum({name}) AS {name}" for name in needed)
    columns = ", ".join(f"{_total(domain, name, ('b.first', 'b.stop'), True)} AS {name}" for name in names)
    near = "" if _has_more_than_flows(domain, names) else " AND d.day >= b.first"
    return (
        f"WITH d AS (SELECT g, {day} AS day, {by_day} FROM ({relation}) WHERE {days} GROUP BY ALL), "
        f"b AS ({_buckets_sql(plan)}) "
        f"SELECT g, i, {columns} FROM d JOIN b ON d.day < b.stop{near} GROUP BY g, i"
    )


def group_sql(plan: Plan) -> str:
    """SQL of the group a fact or roll-up row belongs to."""
    if plan.along:
        group = group_sql(replace(plan, along=None))
        return f"({group})::VARCHAR || chr({ord(APART)}) || coalesce({plan.along}, '')"
    if plan.groups:
        return plan.groups.sql("area" if plan.area.live else "area_then")
    return f"coalesce({plan.column}, '')" if plan.column else "''"


def facts_sql(plan: Plan, domain: Domain, only: str = "", also: str = "", *, used_in: str = "") -> str:
    """SQL of the facts in scope and filter as they were known at the plan's time, with the domain's terms.

    only: a condition on the columns as stored, which lets DuckDB skip whole stretches of the file.
    also: a further column to keep, such as rowid.
    used_in: the SQL that reads the columns, so that other columns and terms need not be planned, which takes longer
    than a small query; without it all are there.
    """
    filters = "".join(f" AND coalesce({COLUMNS[name]}, '') = ${i}" for i, (name, _) in enumerate(plan.where, 1))
    filters += f" AND ({only})" if only else ""
    if plan.sources is not None:
        filters += f" AND source IN ({', '.join(map(_text, plan.sources))})"
    filters += f" AND ({domain.where})" if domain.where else ""
    fact = FACTS[domain.fact]
    scope = f"(SELECT *{f', {also}' if also else ''} FROM {fact.name} WHERE {plan.within()}{filters})"
    used = words_of(used_in, group_sql(plan))
    terms = "".join(f", ({sql}) AS {name}" for name, sql in domain.terms_of(used if used_in else None).items())
    newest = latest(plan.edition, fact.name)
    if newest is None or newest < plan.as_of:
        return f"SELECT *{terms} FROM {scope}"
    if used_in:
        fact = narrowed(fact, used | words_of(terms))
    return f"SELECT *{terms} FROM ({known(fact, as_of_sql(plan), scope, also)})"


def latest(edition: Edition, fact: str) -> datetime | None:
    """The newest time that anything in a fact became known with, as publishing noted it; None without facts.

    A query as of a later time needs nothing hidden, which is the usual case and the faster one. An edition of a
    release that did not note it may hold anything.
    """
    noted = edition.meta.get(f"latest_{fact}", datetime.max.isoformat())
    return datetime.fromisoformat(noted) if noted else None


def _counted(edition: Edition, domain: Domain) -> str:
    """SQL of all facts as the roll-ups of the edition count them, each with the number of its row."""
    fact, newest, row = FACTS[domain.fact], latest(edition, domain.fact), f"rowid AS {ROW}"
    if newest is None or newest < edition.as_of:
        return f"SELECT *, {row} FROM {fact.name}"
    return known(fact, f"TIMESTAMP '{edition.as_of.isoformat(sep=' ')}'", also=row)


def as_of_sql(plan: Plan) -> str:
    return f"TIMESTAMP '{plan.as_of.isoformat(sep=' ')}'"


def parameters(plan: Plan) -> list[str]:
    """The values that `facts_sql` binds."""
    return [value for _, value in plan.where]


def _flows(domain: Domain, names: list[str]) -> dict[str, Measure]:
    """The flows that the named measures rest on, by name, in the catalog's order."""
    wanted = set()
    for name in names:
        measure = domain.measures[name]
        if isinstance(measure, Stock):
            wanted |= {measure.adds, measure.less}
        else:
            wanted.add(measure.of if isinstance(measure, Trailing) else name)
    return {m.name: m for m in domain.flows if m.name in wanted}


def _table(plan: Plan, domain: Domain, needed: dict[str, Measure]) -> Rollup | None:
    """The roll-up that answers, or None: other as-of time, merged-away area, no such dimension, changed definition."""
    columns = {column for column in (plan.column, plan.along, *(COLUMNS[name] for name, _ in plan.where)) if column}
    if plan.sources is not None or not plan.is_current or not plan.area.live or len(columns) > 1:
        return None
    finest = min(plan.area.end - plan.area.code, plan.groups.finest if plan.groups else ROLLED.span)
    finer = finest < ROLLED.span
    if columns and (not columns <= set(domain.dimensions) or finer):
        return None
    table = rollup(domain, next(iter(columns), None), by_town=not columns and not finer)
    known_measures = definitions(plan.edition).get(table.table, {})
    if any(known_measures.get(name) != table.definition(m) for name, m in needed.items()):
        return None
    return table


@lru_cache(maxsize=8)
def definitions(edition: Edition) -> dict[str, dict[str, str]]:
    """By roll-up table, the definitions of the measures that this edition's was built from."""
    by_measure: dict[str, dict[str, str]] = {}
    sql = "SELECT rollup, measure, definition FROM rollups"
    for table, measure, definition in edition.cursor().execute(sql).fetchall():
        by_measure.setdefault(table, {})[measure] = definition
    return by_measure


def _rolled(plan: Plan, needed: dict[str, Measure], table: Rollup) -> str:
    filters = "".join(f" AND coalesce({COLUMNS[name]}, '') = ${i}" for i, (name, _) in enumerate(plan.where, 1))
    return f"SELECT {group_sql(plan)} AS g, day, {', '.join(needed)} FROM {table.table} WHERE {plan.within()}{filters}"


def _raw(plan: Plan, domain: Domain, names: list[str]) -> str:
    needed = list(_flows(domain, names).values())
    used = " ".join(f"{flow.anchor} {flow.where or ''} {flow.value or ''}" for flow in needed)
    facts = facts_sql(plan, domain, _reached(plan, domain, names), used_in=used)
    return daily(facts, as_of_sql(plan), needed, [f"{group_sql(plan)} AS g"])


def _one_pass(plan: Plan, domain: Domain, names: list[str]) -> str:
    """SQL of one bucket from the facts, without their sums by day: half the cost, of a stock a quarter."""
    needed, (first, end) = _flows(domain, names), _span(plan, domain, names)
    start, stop = _bounds(plan, 0)
    since = "" if _has_stock(domain, names) else f"{{0}} >= {_day(first)} AND "
    read = f"{since}{{0}} < {_day(end)} AND {{0}} < {as_of_sql(plan)}"

    def total(flow: str, low: str, high: str) -> str:
        measure = needed[flow]
        within = [f"({measure.anchor}) < {as_of_sql(plan)}", f"({measure.anchor}) < {high}"]
        within += [f"({measure.anchor}) >= {low}"] if low else []
        within += [f"({measure.where})"] if measure.where else []
        over = f"sum({measure.value})" if measure.value else "count(*)"
        return f"coalesce({over} FILTER (WHERE {' AND '.join(within)}), 0)::{'DOUBLE' if measure.value else 'BIGINT'}"

    def column(name: str) -> str:
        match domain.measures[name]:
            case Stock(adds=adds, less=less):
                return f"{total(adds, '', stop)} - {total(less, '', stop)}"
            case Trailing(of=of, days=days):
                return total(of, f"{stop} - {days}", stop)
            case _:
                return total(name, start, stop)

    columns = ", ".join(f"{column(name)} AS {name}" for name in names)
    # a group is there if any fact is of these days, whatever it counts for
    counted = " OR ".join(dict.fromkeys(f"({read.format(f'({m.anchor})')})" for m in needed.values()))
    facts = facts_sql(plan, domain, _reached(plan, domain, names), used_in=f"{columns} {counted}")
    return f"SELECT {group_sql(plan)} AS g, 0 AS i, {columns} FROM ({facts}) WHERE {counted} GROUP BY g"


def _reached(plan: Plan, domain: Domain, names: list[str]) -> str:
    """SQL condition on the columns as stored: the facts that the flows can count on the days that are read."""
    anchors = {measure.anchor for measure in _flows(domain, names).values()}
    if _has_stock(domain, names) or not anchors <= FACTS[domain.fact].by_name.keys():
        return ""
    first, end = _span(plan, domain, names)
    spans = (f"{anchor} >= {_day(first)} AND {anchor} < {_day(end)}" for anchor in sorted(anchors))
    return " OR ".join(f"({span})" for span in spans)


def _has_stock(domain: Domain, names: list[str]) -> bool:
    return any(isinstance(domain.measures[name], Stock) for name in names)


def _has_more_than_flows(domain: Domain, names: list[str]) -> bool:
    return not all(isinstance(domain.measures[name], Flow) for name in names)


def _days(plan: Plan, domain: Domain, names: list[str]) -> str:
    """SQL condition: the days that are read; of what is held, all that came before."""
    first, end = _span(plan, domain, names)
    return f"day < {_day(end)}" + ("" if _has_stock(domain, names) else f" AND day >= {_day(first)}")


def _total(domain: Domain, name: str, bounds: tuple[str, str], filtered: bool) -> str:
    """SQL of a measure's total over the days of a bucket; `filtered` if the rows hold earlier days too."""
    first, stop = bounds
    match domain.measures[name]:
        case Stock(adds=adds, less=less):
            return f"coalesce(sum({adds} - {less}), 0)"
        case Trailing(of=of, days=days):
            return f"coalesce(sum({of}) FILTER (day >= {stop} - {days} AND day < {stop}), 0)"
        case _:
            over = f" FILTER (day >= {first} AND day < {stop})" if filtered else ""
            return f"coalesce(sum({name}){over}, 0)"


def _buckets_sql(plan: Plan) -> str:
    """SQL of one row a bucket: i, first, stop. Two literals for all, since a hundred cost more to bind than to join."""
    starts = ", ".join(bucket.period.start.isoformat() for bucket in plan.buckets)
    stops = ", ".join(min(b.period.end, last_day(plan.as_of) + DAY).isoformat() for b in plan.buckets)
    return (
        f"SELECT unnest(range({len(plan.buckets)})) AS i, "
        f"unnest('[{starts}]'::DATE[]) AS first, unnest('[{stops}]'::DATE[]) AS stop"
    )


def _bounds(plan: Plan, index: int) -> tuple[str, str]:
    """SQL of the first day and the day behind the last of a bucket, cut at what can be known."""
    period = plan.buckets[index].period
    return _day(period.start), _day(min(period.end, last_day(plan.as_of) + DAY))


def _span(plan: Plan, domain: Domain, names: list[str]) -> tuple[date, date]:
    """The days that separate the buckets; earlier days only add to stocks."""
    stop = min(min(bucket.period.end for bucket in plan.buckets), last_day(plan.as_of) + DAY)
    # a bucket that lies ahead begins behind all that is known: what it holds came before that
    firsts = [stop, *(bucket.period.start for bucket in plan.buckets)]
    for name in names:
        measure = domain.measures[name]
        if isinstance(measure, Trailing):
            firsts.append(stop - timedelta(days=measure.days))
    if all(isinstance(domain.measures[name], Stock) for name in names):
        firsts = [stop]
    return min(firsts), max(bucket.period.end for bucket in plan.buckets)


def _text(value: str) -> str:
    """`value` as an SQL string."""
    return "'" + value.replace("'", "''") + "'"


def _day(day: date) -> str:
    return f"DATE '{day.isoformat()}'"

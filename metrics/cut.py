"""Measures of a period that is cut in the middle of a day, as known at that time.

Roll-ups hold whole days as known now, so the facts are read: once an edition and period, for all measures and every
area, category, source and unit. The screens of all areas compare with the same period and share the answer.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import lru_cache

from data.editions import Edition
from data.rollups import TOWN, Measure
from data.schema import SPANS
from metrics.areas import root
from metrics.catalog import Domain, Stock, Trailing
from metrics.period import DAY, last_day
from metrics.question import AREAS, COLUMNS, Question
from metrics.totals import Cells

Row = tuple[int, str, dict[str, float]]
"""Area, value of the column (empty without one), and the measures by name."""


def cut_sums(
    q: Question, domain: Domain, names: list[str], facts_sql: Callable[[Question, Domain], str]
) -> Cells | None:
    """The values of measures by group, as `metrics.sums.sums` gives them; None for a question that this cannot answer.

    facts_sql: `metrics.sums.facts_sql`.
    """
    period = q.buckets[0].period
    columns = {column for column in (q.column, *(COLUMNS[name] for name, _ in q.where)) if column}
    by_village = "village" in (q.area.level, q.by)
    known = not columns or (columns <= set(domain.dimensions) and not by_village)
    # one day of one line of a trend is not worth reading all measures for
    if (
        len(q.buckets) > 1
        or period.until != q.as_of
        or period.days == 1
        or not q.area.live
        or len(columns) > 1
        or not known
    ):
        return None
    column = next(iter(columns), "")
    everywhere = replace(q, edition=q.edition.whole, area=root(q.edition.whole), by=None, where=())
    rows = _read(q.edition.whole, _sql(everywhere, domain, facts_sql(everywhere, domain)))
    wanted = dict(q.where)
    lasting = any(isinstance(domain.measures[name], (Stock, Trailing)) for name in names)
    span = SPANS[q.by] if q.by in AREAS else None
    cells: Cells = {}
    for area, value, measures in rows.get(column, ()):
        if not q.area.code <= area < q.area.end or any(value != asked for asked in wanted.values()):
            continue
        if not lasting and not any(measures[name] for name in names):
            continue
        group = area // span * span if span else value if q.column else ""
        cell = cells.setdefault((group, 0), dict.fromkeys(names, 0))
        for name in names:
            cell[name] += measures[name]
    return cells


def _sql(q: Question, domain: Domain, facts: str) -> str:
    """SQL of one row an area, and one a town and value of each dimension, with a column a measure."""
    period, flows = q.buckets[0].period, {measure.name: measure for measure in domain.flows}
    stop = min(period.end, last_day(q.as_of) + DAY)
    end = f"TIMESTAMP '{q.as_of.isoformat(sep=' ')}'"
    # what happened in the span that is read, or is still held: most facts of the past are left out by this
    picked, totals, since = [], [], period.start
    for name, measure in domain.measures.items():
        match measure:
            case Stock(adds=adds, less=less):
                came, went = _counts(flows[adds], end), _counts(flows[less], end)
                totals.append(f"{_total(flows[adds], came)} - {_total(flows[less], went)} AS {name}")
                counted = flows[adds].value is None and flows[less].value is None
                picked.append(f"({came} {'<>' if counted else 'OR'} {went})")
            case Trailing(of=of, days=days):
                totals.append(f"{_total(flows[of], _counts(flows[of], end, stop - days * DAY))} AS {name}")
                since = min(since, stop - days * DAY)
            case _:
                totals.append(f"{_total(flows[name], _counts(flows[name], end, period.start))} AS {name}")
    anchors = dict.fromkeys(measure.anchor for measure in domain.flows)
    picked += [f"({anchor}) >= DATE '{since}' AND ({anchor}) < {end}" for anchor in anchors]
    groups, sums = ["area", *domain.dimensions], ", ".join(f"sum({name}) AS {name}" for name in domain.measures)
    splits = [f"SELECT '' AS split, area, '' AS value, {sums} FROM cells GROUP BY area"]
    splits += [
        f"SELECT '{column}', area // {TOWN} * {TOWN}, coalesce({column}, ''), {sums} FROM cells GROUP BY ALL"
        for column in domain.dimensions
    ]
    return (
        f"WITH picked AS MATERIALIZED (SELECT * FROM ({facts}) WHERE {' OR '.join(picked)}), "
        f"cells AS MATERIALIZED (SELECT {', '.join([*groups, *totals])} FROM picked GROUP BY {', '.join(groups)}) "
        f"{' UNION ALL '.join(splits)}"
    )


def _counts(measure: Measure, end: str, start: date | None = None) -> str:
    """SQL of whether a fact counts between two times; never NULL."""
    since = f" AND ({measure.anchor}) >= DATE '{start}'" if start else ""
    also = f" AND ({measure.where})" if measure.where else ""
    return f"coalesce(({measure.anchor}) < {end}{since}{also}, false)"


def _total(measure: Measure, counts: str) -> str:
    over = f"FILTER (WHERE {counts})"
    return f"coalesce(sum({measure.value}) {over}, 0)" if measure.value else f"count(*) {over}"


@lru_cache(maxsize=32)
def _read(edition: Edition, sql: str) -> dict[str, list[Row]]:
    """The rows by the column that they are split by; by area under the empty name."""
    cursor = edition.cursor().execute(sql)
    names = [column[0] for column in cursor.description or ()][3:]
    found: dict[str, list[Row]] = {}
    for split, area, value, *measures in cursor.fetchall():
        found.setdefault(split, []).append((area, value, dict(zip(names, measures, strict=True))))
    return found

"""Run every metric at every level by every split, with its rows, so that a failing definition is found before a
screen shows it.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import duckdb

from data.areas.levels import LEVELS, is_above
from data.editions.edition import Edition
from data.editions.scoped import EVERYTHING
from metrics.answer import FAILED, answer
from metrics.areas import Area, area, levels, root
from metrics.availability.extent import default_period, extent
from metrics.catalog import Catalog, Domain, Metric, Stock, Trailing
from metrics.engine.failures import Uncomputable, without_values
from metrics.engine.plan import AREAS, exists_at, make_plan, splits
from metrics.engine.sums import facts_sql, parameters
from metrics.engine.views import view_sql
from metrics.period import DAY, UNITS, Period
from metrics.query import Query
from metrics.rows import Selection, count_rows

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Fault:
    """A metric that fails. field: of the definition, such as `measures.late.where`; where it was found if none does."""

    file: str
    metric: str
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}: {self.field}: {self.message} (metric {self.metric})"


def trials(
    edition: Edition, catalog: Catalog, *, domains: Sequence[Domain] | None = None, progress: Progress | None = None
) -> tuple[int, list[Fault]]:
    """How many metrics were run over all data of an edition, and the faults found, one a metric and field.

    Those of a domain are queried together: a query a level and split. domains: all of the catalog by default.
    """
    show = progress or (lambda step, share: None)
    selected = catalog.domains if domains is None else domains
    tried, faults = 0, dict[tuple[str, str], Fault]()
    for i, domain in enumerate(selected):
        show(domain.file, i / max(len(selected), 1))
        for place, metrics in _places(edition, domain):
            tried += len(metrics)
            query = Query(edition.scoped(EVERYTHING), catalog, (), place.code, _all_of(edition))
            for name in dict.fromkeys(_failing(query, place.level, metrics)):
                if catalog.metrics[name].components:
                    continue  # one of its parts fails, and is run in its own domain
                fault = _fault(query.of(name), domain)
                faults.setdefault((fault.metric, fault.field), fault)
    return tried, list(faults.values())


def _places(edition: Edition, domain: Domain) -> Iterator[tuple[Area, list[Metric]]]:
    """The widest area that each metric exists at, with all metrics that begin there."""
    remaining = list(domain.metrics)
    top = root(edition)
    for level in LEVELS[LEVELS.index(top.level) :]:
        starting = [metric for metric in remaining if exists_at(metric, level)]
        remaining = [metric for metric in remaining if metric not in starting]
        place = top if level == top.level else _first(edition, level)
        if starting and place:
            yield place, starting


def _first(edition: Edition, level: str) -> Area | None:
    sql = "SELECT min(code) FROM areas WHERE level = $1 AND holder = code"
    row = edition.cursor().execute(sql, [level]).fetchone()
    return area(edition, row[0]) if row and row[0] is not None else None


def _failing(query: Query, highest: str, metrics: Sequence[Metric]) -> Iterator[str]:
    """The ids of the metrics that fail by any split, from the facts or the daily tables, or in their rows.

    query: over all data of an area of the level `highest`.
    """
    catalog, recent = query.catalog, default_period(query.edition)
    available = [level for level in levels(query.edition) if not is_above(level, highest)]
    for by in (None, *dict.fromkeys(by for metric in metrics for by in splits(catalog, metric))):
        if by in AREAS and by not in available:
            continue
        names = [metric.id for metric in metrics if by is None or by in splits(catalog, metric)]
        split = query.of(*names, by=by)
        yield from _failed(replace(split, period=recent) if by in UNITS else split)
        if by is None:
            yield from _failed(split, rolled=False)
    for metric in metrics:
        if metric.components:
            continue
        try:
            count_rows(query.of(metric.id))
            for part in metric.parts:
                count_rows(query.of(metric.id), Selection(part))
        except Uncomputable:
            yield metric.id


def _failed(query: Query, *, rolled: bool = True) -> list[str]:
    try:
        frame = answer(query, rolled=rolled)
    except Uncomputable:
        return list(query.metrics)
    return list(frame.loc[frame["quality"] == FAILED, "metric"].unique())


def _all_of(edition: Edition) -> Period:
    days = extent(edition)
    return Period(days[0], days[1] + DAY) if days else default_period(edition)


def _fault(query: Query, domain: Domain) -> Fault:
    """Which expression of the query's metric fails alone."""
    plan = make_plan(query)
    (metric,) = plan.metrics
    rows = view_sql(plan, domain) if domain.view else facts_sql(plan, domain)

    def message(column: str, where: str | None = None) -> str | None:
        condition = f" WHERE {where}" if where else ""
        try:
            plan.edition.cursor().execute(f"SELECT {column} FROM ({rows}){condition}", parameters(plan)).fetchall()
        except duckdb.Error as error:
            return without_values(error)
        return None

    if domain.view and (fault := message("count(COLUMNS(*))")):
        return Fault(domain.file, metric.id, "view", fault)
    for field, sql, column, where in _expressions(domain, metric):
        if fault := message(column, where):
            terms = (name for name in domain.terms if re.search(rf"\b{name}\b", sql))
            term = next((name for name in terms if message(f"count({name})")), None)
            return Fault(domain.file, metric.id, f"terms.{term}" if term else field, fault)
    field = f"metrics.{metric.id}"
    try:
        answer(query, rolled=False)
        count_rows(query)
    except Uncomputable as error:
        return Fault(domain.file, metric.id, field, error.database)
    return Fault(domain.file, metric.id, field, "one of its splits fails")


def _expressions(domain: Domain, metric: Metric) -> Iterator[tuple[str, str, str, str | None]]:
    """Field, expression, SQL of a column that evaluates it on every row, and the rows it is for (all if None)."""
    at, flows = f"metrics.{metric.id}", {flow.name: flow for flow in domain.flows}
    if q := metric.quantile:
        yield from _counted(f"{at}.quantile", q.anchor, q.where, q.value, "count")
    if metric.oldest:
        yield f"{at}.oldest.since", metric.oldest.since, f"count(CAST({metric.oldest.since} AS DATE))", None
    if a := metric.aggregate:
        ways = (("sum", a.sum, "sum"), ("max", a.max, "max"), ("quantile", a.quantile, "max"), ("per", a.per, "sum"))
        for field, sql, function in ways:
            if sql:
                yield f"{at}.aggregate.{field}", sql, f"{function}({sql})::DOUBLE", a.where
        if a.where:
            yield f"{at}.aggregate.where", a.where, f"count(*) FILTER ({a.where})", None
    for name in metric.measures:
        match domain.measures[name]:
            case Stock(adds=adds, less=less):
                flow_names = [adds, less]
            case Trailing(of=of):
                flow_names = [of]
            case _:
                flow_names = [name]
        for flow in map(flows.__getitem__, flow_names):
            yield from _counted(f"measures.{flow.name}", flow.anchor, flow.where, flow.value, "sum")


def _counted(
    at: str, anchor: str, where: str | None, value: str | None, function: str
) -> Iterator[tuple[str, str, str, str | None]]:
    yield (
        f"{at}.anchor",
        anchor,
        f"count(CAST({anchor} AS DATE)), count(*) FILTER (({anchor}) < now()::TIMESTAMP)",
        None,
    )
    if where:
        yield f"{at}.where", where, f"count(*) FILTER ({where})", None
    if value:
        # DuckDB takes a sum of a sum apart, which may then not overflow
        yield f"{at}.value", value, f"max({value}), {function}({value})", where

"""The facts behind a number: exactly those it counted, no more and no fewer."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import duckdb
import pandas as pd

from data.editions.edition import AnyEdition, Edition
from data.editions.scoped import ScopedEdition
from data.schema import FACTS, Fact, known
from data.search.folding import LONGEST, fold, pattern
from data.sources.expressions import quoted
from metrics.analysis.ageing import aged, has_age
from metrics.availability.extent import has_data
from metrics.availability.feeds import feed, narrowed
from metrics.catalog import Domain, Metric
from metrics.catalog.generated import EXISTING
from metrics.engine.counted import counted_sql, stored_sql
from metrics.engine.failures import uncomputable
from metrics.engine.plan import Plan, make_plan
from metrics.engine.sums import as_of_sql, facts_sql, parameters
from metrics.engine.views import verdicts, view_sql
from metrics.errors import MetricsError, did_you_mean
from metrics.links import LINKS, mask_links
from metrics.query import Query
from metrics.scope import OutOfScope

WORST_FIRST = ("score", "passed", "name", "key")
"""By what the rows of a view are ordered: the first of these that it has; every view has a key."""
PRIVATE = frozenset(c.name for fact in FACTS.values() for c in fact.columns if not c.exported)
"""Columns that no row has here, not even that of a district's own view."""
SOON_DAYS = 3
"""An open case whose deadline is no further away is due soon."""
DUE = {
    "overdue": "due_at < {as_of}",
    "soon": f"due_at >= {{as_of}} AND due_at <= {{as_of}} + INTERVAL {SOON_DAYS} DAY",
}
"""SQL of the state of an open case against its deadline."""
DERIVED_OF_SITES = {"vetoes": ("len(vetoes)",), "stale": ("stale_listed + stale_other",)}
"""SQL of what the verdicts on sites are sorted by besides their columns."""
PARTS = ("numerator", "denominator", "rest")
"""rest: counted in the denominator and not in the numerator, such as the cases that missed their deadline."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which of the rows behind a number, and in what order.

    part: numerator, denominator or rest of a ratio; all that it counted (the denominator) by default.
    search: text to find in key, title, place or unit.
    age: days of age at the end of the period, from and below; for what is open (see metrics.analysis.ageing).
    order: a column or the `state` of a case, by default the fact's time.
    due: of open cases, those of DUE: overdue, or due soon, at the query's time.
    unit: of cases, those that this unit holds, or that none holds yet.
    only: source and key of the rows that are meant; all by default.
    asset: of facts that name an asset, those about the asset of this key.
    """

    part: str | None = None
    search: str = ""
    age: tuple[float, float | None] | None = None
    order: str | None = None
    descending: bool = False
    due: str | None = None
    unit: str | None = None
    only: tuple[tuple[str, str], ...] = ()
    asset: str | None = None


ALL = Selection()


def rows(query: Query, selection: Selection = ALL, *, limit: int | None = None, offset: int = 0) -> pd.DataFrame:
    """The facts behind the number of the query's only metric and its period, whatever it is broken down by.

    One row a fact with the fact's exported columns, source and key first; values as known at the query's time.
    Raises MetricsError for a metric made of others, which has no rows of its own, and Uncomputable if its definition
    fails on a row.
    """
    with _errors_named(query):
        facts = _facts(query, selection)
    sort = f"ORDER BY {', '.join(f'{sql} {way} NULLS LAST' for sql, way in facts.keys(selection))}"
    page = f" LIMIT {int(limit)} OFFSET {int(offset)}" if limit is not None else ""
    with _errors_named(query):
        frame = query.edition.unscoped.cursor().execute(facts.page(sort, page), facts.values).df()
    return mask_links(query.edition, frame)


def exported(frame: pd.DataFrame, query: Query) -> pd.DataFrame:
    """The frame of `rows` with the names that machines know its columns by."""
    domain = query.catalog.domain(query.catalog.metrics[query.metric])
    return frame if domain.view else frame.rename(columns={c.name: c.export_name for c in FACTS[domain.fact].columns})


def count_rows(query: Query, selection: Selection = ALL) -> int:
    """How many facts `rows` would give without a limit."""
    with _errors_named(query):
        facts = _facts(query, selection)
        row = query.edition.unscoped.cursor().execute(f"SELECT count(*) FROM ({facts.sql})", facts.values).fetchone()
    return int(row[0]) if row else 0


def relation(query: Query, columns: Collection[str]) -> tuple[str, list[str]]:
    """SQL of the facts that `rows` would list, for what is counted over them, and the values that it binds.

    These columns of the facts as known at the query's time, unexported ones among them, and `id`, the number of the
    stored row. Not of a view.
    """
    domain = query.catalog.domain(query.catalog.metrics[query.metric])
    if domain.view:
        raise MetricsError("metric.of_view", "{metric} counts no facts but the rows of a view", metric=query.metric)
    facts = _facts(query, ALL, columns)
    return f"SELECT {', '.join(columns)}, rowid AS id {facts.selection}", facts.values


@dataclass(frozen=True)
class Position:
    """Position of a fact in a list: number from 1, of count; source and key of those before and behind it."""

    number: int
    count: int
    previous: tuple[str, str] | None
    next: tuple[str, str] | None


def position(query: Query, selection: Selection, identity: tuple[str, str]) -> Position | None:
    """The position of a fact (source, key) among what `rows` gives without a limit; None if it is not among them.

    Nothing is sorted: what comes before is counted, and the nearest on each side is looked for.
    """
    with _errors_named(query):
        facts = _facts(query, selection)
    keys, n = facts.keys(selection), len(facts.values)
    columns = ", ".join(f"{sql} AS k{i}" for i, (sql, _) in enumerate(keys))
    sql = (
        f"WITH listed AS (SELECT source, key, {columns} {facts.selection}), "
        f"here AS (SELECT * FROM listed WHERE source = ${n + 1} AND key = ${n + 2}), "
        f"placed AS (SELECT l.*, {_precedes(keys, 'l', 'h')} AS before, {_precedes(keys, 'h', 'l')} AS behind "
        "FROM listed l, here h) "
        f"SELECT count(*) FILTER (before) + 1, count(*), {_nearest(keys, 'before')}, {_nearest(keys, 'behind')} "
        "FROM placed HAVING count(*) > 0"
    )
    with _errors_named(query):
        row = query.edition.unscoped.cursor().execute(sql, [*facts.values, *identity]).fetchone()
    if row is None:
        return None
    number, count, previous, following = row
    return Position(number, count, tuple(previous) if previous else None, tuple(following) if following else None)


def _nearest(keys: Sequence[tuple[str, str]], side: str) -> str:
    """SQL of source and key of the last fact before, or the first behind."""
    back = side == "before"
    ways = (
        f"k{i} {_reversed(way) if back else way} NULLS {'FIRST' if back else 'LAST'}" for i, (_, way) in enumerate(keys)
    )
    return f"(SELECT [source, key] FROM placed WHERE {side} ORDER BY {', '.join(ways)} LIMIT 1)"


def _precedes(keys: Sequence[tuple[str, str]], first: str, second: str) -> str:
    """SQL of whether the row `one` comes before `other` in the order of the keys, NULLs last."""
    arms, same = [], "true"
    for i, (_, way) in enumerate(keys):
        a, b = f"{first}.k{i}", f"{second}.k{i}"
        less = f"{a} {'<' if way == 'ASC' else '>'} {b}"
        arms.append(f"{same} AND (coalesce({less}, false) OR ({a} IS NOT NULL AND {b} IS NULL))")
        same += f" AND {a} IS NOT DISTINCT FROM {b}"
    return f"({' OR '.join(f'({arm})' for arm in arms)})"


def _reversed(way: str) -> str:
    return "ASC" if way == "DESC" else "DESC"


@contextmanager
def _errors_named(query: Query) -> Iterator[None]:
    """Raise Uncomputable, which names the metric, in place of what DuckDB says of its definition."""
    try:
        yield
    except duckdb.Error as error:
        raise uncomputable(query.catalog.metrics[query.metric], error) from None


def fact(edition: ScopedEdition, name: str, source: str, key: str) -> dict[str, Any] | None:
    """One fact by its identity, all its columns as known at the edition's time; None if it was not there then.

    The key of a linked case that the caller may not see is `metrics.links.HIDDEN`.

    Raises OutOfScope for a fact of an area that the caller may not see.
    """
    relation = f"(SELECT * FROM {name} WHERE source = $1 AND key = $2)"
    cursor = edition.unscoped.cursor().execute(known(FACTS[name], _time(edition.as_of), relation), [source, key])
    columns = [column[0] for column in cursor.description or ()]
    row = cursor.fetchone()
    if not row:
        return None
    values = dict(zip(columns, row, strict=True))
    if not isinstance(code := values.get("area"), int) or not edition.holds(code, code + 1):
        raise OutOfScope(
            "fact.out_of_scope", "{key} of {source} lies outside of what you may see", key=key, source=source
        )
    if name != "cases":
        return values
    links = [column for column in LINKS if values[column] is not None]
    masked = mask_links(edition, pd.DataFrame([{"source": source, **{column: values[column] for column in links}}]))
    return values | {column: masked[column].iloc[0] for column in links}


@dataclass(frozen=True)
class _Facts:
    """The selected facts, and how to make whole rows of a page.

    selection: SQL of FROM and WHERE. order: the default sort column. derived: SQL of
    what they can be sorted by besides their columns. rows_sql: SQL of whole rows of the row ids; empty for a view.
    """

    selection: str
    values: list[str]
    columns: tuple[str, ...]
    order: str
    derived: Mapping[str, tuple[str, ...]]
    rows_sql: str = ""

    @property
    def sql(self) -> str:
        """SQL of the row ids, or of the rows of a view."""
        return f"SELECT {'rowid' if self.rows_sql else ', '.join(map(quoted, self.columns))} {self.selection}"

    def keys(self, selection: Selection) -> list[tuple[str, str]]:
        """SQL and direction of what they are sorted by; no two facts are alike in all of it."""
        first, way = selection.order or self.order, "DESC" if selection.descending else "ASC"
        if first not in (*self.columns, *self.derived):
            raise MetricsError(
                "sort.unknown", '"{name}" is not a column to sort by.{near}', name=first,
                near=did_you_mean(first, self.columns),
            )  # fmt: skip
        expressions = self.derived.get(first) or (quoted(first),)
        return [*((sql, way) for sql in expressions), ("source", "ASC"), ("key", "ASC")]

    def page(self, sort: str, limit: str) -> str:
        """SQL of one page of whole rows; only the page's own rows are read whole."""
        if not self.rows_sql:
            return f"{self.sql} {sort}{limit}"
        return f"{self.rows_sql.format(ids=f'{self.sql} {sort}{limit}' if limit else self.sql)} {sort}"


def _facts(query: Query, selection: Selection, among: Collection[str] = ()) -> _Facts:
    """among: the columns of the facts that are read; all by default."""
    plan = make_plan(query.of(query.metric), (query.period,))
    metric = plan.metrics[0]
    domain = plan.catalog.domain(metric)
    _refuse(plan, metric, domain, selection)
    is_fed = feed(plan.edition, plan.catalog, metric).is_fed
    available = is_fed and has_data(query.edition, query.period, as_of=plan.as_of)
    if domain.view:
        return _of_view(plan, metric, domain, selection, available=available)
    values = parameters(plan)
    plan = narrowed(plan, metric)
    condition = counted_sql(plan, domain, metric, selection.part) if available else "false"
    condition += "".join(f" AND {one}" for one in _conditions(plan, domain, selection, values))
    fact = FACTS[domain.fact]
    columns = tuple(c.name for c in fact.exported)
    used = f"{condition} {' '.join(among)}" if among else ""
    stored = facts_sql(plan, domain, stored_sql(plan, domain, metric, selection.part), "rowid", used_in=used)
    rows_sql = known(fact, as_of_sql(plan), f"(SELECT * FROM {fact.name} WHERE rowid IN ({{ids}}))")
    columns_sql = f"SELECT {', '.join(columns)} FROM ({rows_sql})"
    derived = _derived_columns(fact, as_of_sql(plan))
    return _Facts(f"FROM ({stored}) WHERE {condition}", values, columns, fact.time or "key", derived, columns_sql)


def _refuse(plan: Plan, metric: Metric, domain: Domain, selection: Selection) -> None:
    """Raise MetricsError for what the rows of a metric cannot be selected by."""
    part = selection.part
    if part is not None and part not in PARTS:
        raise MetricsError("part.unknown", '"{name}" is not a part of a number: use {known}', name=part, known=PARTS)
    if part is not None and not metric.components and part not in metric.parts:
        raise MetricsError(
            "part.none", "{metric} has no {part}: leave the part out, or ask for another metric", metric=metric.label,
            part=part,
        )  # fmt: skip
    if metric.components:
        raise MetricsError(
            "metric.composite", "{metric} is made of other metrics: ask for the rows of {metrics}",
            metric=metric.label, metrics=tuple(plan.catalog.metrics[name].label for name in metric.components),
        )  # fmt: skip
    if len(selection.search.strip()) > LONGEST:
        raise MetricsError("search.too_long", "a search has at most {n} characters: shorten it", n=LONGEST)
    if selection.age and (domain.view or not has_age(domain)):
        raise MetricsError("metric.no_ages", "{metric} has no ages to choose from", metric=metric.label)


def _of_view(plan: Plan, metric: Metric, domain: Domain, selection: Selection, *, available: bool) -> _Facts:
    """The rows of a domain that is a view."""
    columns, values = view_columns(plan.edition, domain), parameters(plan)
    condition = _only(selection, values) if available else "false"
    selected = f"FROM (SELECT * FROM ({view_sql(plan, domain)}){_view_part(metric, selection.part)}) WHERE {condition}"
    derived: Mapping[str, tuple[str, ...]] = DERIVED_OF_SITES if domain.id == "sites" else {}
    return _Facts(selected, values, columns, next(name for name in WORST_FIRST if name in columns), derived)


def _conditions(plan: Plan, domain: Domain, selection: Selection, values: list[str]) -> Iterator[str]:
    """What a selection asks of the rows of a fact, as SQL; the values of its parameters are added to `values`."""
    fact = FACTS[domain.fact]
    # without a search the table of equal characters is not made, which takes 0.3 s
    if text := fold(selection.search) if selection.search.strip() else "":
        texts = ("key", *_text_columns(domain))
        matches = (f"coalesce(regexp_matches({name}, '{pattern(text)}'), false)" for name in texts)
        yield f"({' OR '.join(matches)})"
    if selection.age:
        yield aged(plan, *selection.age)
    if selection.due and fact.name == "cases":
        yield f"closed_at IS NULL AND {DUE[selection.due].format(as_of=as_of_sql(plan))}"
    if selection.unit is not None and fact.name == "cases":
        values.append(selection.unit)
        yield f"(unit IS NULL OR unit = ${len(values)})"
    if selection.asset and "asset" in fact.by_name:
        values.append(selection.asset)
        yield f"asset = ${len(values)}"
    yield _only(selection, values)


def _only(selection: Selection, values: list[str]) -> str:
    """SQL of whether a row is one of those meant; their sources and keys are added to the values of its parameters."""
    conditions = []
    for identity in selection.only:
        values.extend(identity)
        conditions.append(f"(source = ${len(values) - 1} AND key = ${len(values)})")
    return f"({' OR '.join(conditions)})" if conditions else "true"


def _derived_columns(fact: Fact, as_of: str) -> dict[str, tuple[str, ...]]:
    """SQL of what facts are sorted by where it is not a stored column: as the row shows it at that time."""
    values = {
        c.name: (f"CASE WHEN {c.known_at} < {as_of} THEN {c.name} END",)
        for c in fact.columns
        if c.known_at not in (None, fact.time)
    }
    return values | ({"state": _state_sql(as_of)} if fact.name == "cases" else {})


def _state_sql(as_of: str) -> tuple[str, ...]:
    """SQL of the state of a case against its deadline, the worst first, and within that the earliest deadline."""
    rank = (
        "CASE WHEN closed_at IS NULL THEN "
        f"CASE WHEN due_at < {as_of} THEN 0 WHEN due_at <= {as_of} + INTERVAL {SOON_DAYS} DAY THEN 1 "
        "WHEN due_at IS NOT NULL THEN 2 ELSE 3 END "
        "WHEN coalesce(close_kind, 'done') <> 'done' THEN 7 WHEN closed_at > due_at THEN 4 "
        "WHEN due_at IS NOT NULL THEN 5 ELSE 6 END"
    )
    return rank, "due_at"


def view_columns(edition: AnyEdition, domain: Domain) -> tuple[str, ...]:
    """The columns of a view's rows, without the instant that they hold for and what no fact exports."""
    columns = _view_columns(edition.unscoped, domain.view or "")
    marks = (*domain.terms, *((EXISTING,) if domain.latest else ()))
    return tuple(name for name in columns if name not in marks)


@lru_cache(maxsize=32)
def _view_columns(edition: Edition, view: str) -> tuple[str, ...]:
    described = edition.cursor().execute(f"DESCRIBE {verdicts(view, {0: edition.as_of}, edition)}").fetchall()
    return tuple(str(column[0]) for column in described if column[0] not in ("i", "moment", *PRIVATE))


def _text_columns(domain: Domain) -> list[str]:
    columns = FACTS[domain.fact].by_name
    return [name for name in ("title", "place", "unit", "category", "subcategory", "asset", "rule") if name in columns]


def _view_part(metric: Metric, part: str | None) -> str:
    """SQL condition of the rows of a view that a metric counts. What adds zero to a sum is not behind it."""
    a = metric.aggregate
    if a is None:
        return ""
    counted = f"coalesce({a.where}, false)" if a.where else "true"
    if a.existing and (part == "denominator" or not a.per):
        counted += f" AND {EXISTING}"
    if a.sum and not a.per:
        return f" WHERE {counted} AND coalesce(({a.sum}) <> 0, false)"
    if part in (None, "denominator") or not a.sum:
        return f" WHERE {counted}" if counted != "true" else ""
    return f" WHERE {counted} AND {'NOT ' if part == 'rest' else ''}coalesce(({a.sum}) > 0, false)"


def _time(at: datetime) -> str:
    return f"TIMESTAMP '{at.isoformat(sep=' ')}'"

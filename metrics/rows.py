"""The facts behind a number: exactly those it counted, no more and no fewer."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import duckdb
import pandas as pd

from data.editions.edition import Edition
from data.schema import FACTS, known
from data.sources.expressions import quoted
from metrics.analysis.ageing import aged, end_sql, has_age
from metrics.catalog import Catalog, Domain, Flow, Metric, Stock, Trailing, current
from metrics.engine.extent import has_data
from metrics.engine.failures import uncomputable
from metrics.engine.feeds import feed, narrowed
from metrics.engine.quantiles import held, held_only
from metrics.engine.question import Question, question
from metrics.engine.sums import as_of_sql, facts_sql, parameters
from metrics.engine.views import verdicts, view_sql
from metrics.errors import MetricsError, did_you_mean
from metrics.links import LINKS, hide
from metrics.period import DAY, Period, last_day
from metrics.scope import OutOfScope, holds

WORST_FIRST = ("score", "passed", "name", "key")
"""By what the rows of a view are ordered: the first of these that it has; every view has a key."""
PRIVATE = frozenset(c.name for fact in FACTS.values() for c in fact.columns if not c.exported)
"""Columns that no row has here, not even that of a district's own view."""
PARTS = ("numerator", "denominator", "rest")
"""rest: counted in the denominator and not in the numerator, such as the cases that missed their deadline."""


def rows(
    edition: Edition,
    metric: str,
    area: int,
    period: Period,
    *,
    part: str | None = None,
    as_of: datetime | None = None,
    where: Mapping[str, str] | None = None,
    search: str | None = None,
    age: tuple[float, float | None] | None = None,
    order: str | None = None,
    descending: bool = False,
    limit: int | None = None,
    offset: int = 0,
    catalog: Catalog | None = None,
) -> pd.DataFrame:
    """The facts behind a metric's number, one row a fact with the fact's exported columns, source and key first.

    part: numerator, denominator or rest of a ratio; all that it counted (the denominator) by default.
    age: days of age at the end of the period, from and below; for what is open (see metrics.analysis.ageing).
    search: text to find in key, title, place or unit. order: a column, by default the fact's time.
    Values are told as known at `as_of`. Raises MetricsError for a metric without rows of its own (a composite),
    and Uncomputable if its definition fails on a row.
    """
    catalog = catalog or current()
    with _naming(catalog, metric):
        found = _found(edition, metric, area, period, part, as_of, where, search, age, catalog)
    first = order or found.order
    if first not in found.columns:
        raise MetricsError(f'"{first}" is not a column to sort by.{did_you_mean(first, found.columns)}')
    sort = f"ORDER BY {quoted(first)} {'DESC' if descending else 'ASC'} NULLS LAST, source, key"
    page = f" LIMIT {int(limit)} OFFSET {int(offset)}" if limit is not None else ""
    with _naming(catalog, metric):
        frame = edition.cursor().execute(found.page(sort, page), found.values).df()
    return hide(edition, frame)


def exported(frame: pd.DataFrame, catalog: Catalog, metric: str) -> pd.DataFrame:
    """The frame of `rows` with the names that machines know its columns by."""
    domain = catalog.domain(catalog.metrics[metric])
    return frame if domain.view else frame.rename(columns={c.name: c.export_name for c in FACTS[domain.fact].columns})


def count_rows(
    edition: Edition,
    metric: str,
    area: int,
    period: Period,
    *,
    part: str | None = None,
    as_of: datetime | None = None,
    where: Mapping[str, str] | None = None,
    search: str | None = None,
    age: tuple[float, float | None] | None = None,
    catalog: Catalog | None = None,
) -> int:
    """How many facts `rows` would give without a limit."""
    catalog = catalog or current()
    with _naming(catalog, metric):
        found = _found(edition, metric, area, period, part, as_of, where, search, age, catalog)
        row = edition.cursor().execute(f"SELECT count(*) FROM ({found.sql})", found.values).fetchone()
    return int(row[0]) if row else 0


@contextmanager
def _naming(catalog: Catalog, metric: str) -> Iterator[None]:
    """Raise Uncomputable, which names the metric, in place of what DuckDB says of its definition."""
    try:
        yield
    except duckdb.Error as error:
        raise uncomputable(catalog.metrics[metric], error) from None


def fact(edition: Edition, name: str, source: str, key: str) -> dict[str, Any] | None:
    """One fact by its identity, all its columns as known at the edition's time; None if it was not there then.

    The key of a linked case that the caller may not see is `metrics.links.HIDDEN`.

    Raises OutOfScope for a fact of an area that the caller may not see.
    """
    one = f"(SELECT * FROM {name} WHERE source = $1 AND key = $2)"
    found = edition.cursor().execute(known(FACTS[name], _time(edition.as_of), one), [source, key])
    columns = [column[0] for column in found.description or ()]
    row = found.fetchone()
    if not row:
        return None
    told = dict(zip(columns, row, strict=True))
    if not isinstance(code := told.get("area"), int) or not holds(edition, code, code + 1):
        raise OutOfScope(f"{key} of {source} lies outside of what you may see")
    if name != "cases":
        return told
    links = [column for column in LINKS if told[column] is not None]
    shown = hide(edition, pd.DataFrame([{"source": source, **{column: told[column] for column in links}}]))
    return told | {column: shown[column].iloc[0] for column in links}


@dataclass(frozen=True)
class _Found:
    """The selected facts: SQL of their row ids (or of the rows of a view), and how to make whole rows of a page."""

    sql: str
    values: list[str]
    columns: tuple[str, ...]
    order: str
    whole: str = ""

    def page(self, sort: str, limit: str) -> str:
        """SQL of one page of whole rows; only the page's own rows are read whole."""
        if not self.whole:
            return f"{self.sql} {sort}{limit}"
        return f"{self.whole.format(ids=f'{self.sql} {sort}{limit}' if limit else self.sql)} {sort}"


def _found(
    edition: Edition,
    name: str,
    area: int,
    period: Period,
    part: str | None,
    as_of: datetime | None,
    where: Mapping[str, str] | None,
    search: str | None,
    age: tuple[float, float | None] | None,
    catalog: Catalog,
) -> _Found:
    q = question(edition, catalog, [name], area, (period,), None, as_of, where)
    metric, values = q.metrics[0], parameters(q)
    domain = catalog.domain(metric)
    if part is not None and part not in PARTS:
        raise MetricsError(f'"{part}" is not a part of a number: use {" or ".join(PARTS)}')
    begun = has_data(edition, period, as_of=q.as_of)
    if domain.view:
        if age:
            raise MetricsError(f"{metric.id} has no ages to choose from")
        columns = view_columns(edition, domain)
        sql = f"SELECT {', '.join(map(quoted, columns))} FROM ({view_sql(q, domain)}){_view_part(metric, part)}"
        sql = sql if begun else f"SELECT * FROM ({sql}) WHERE false"
        return _Found(sql, values, columns, next(name for name in WORST_FIRST if name in columns))
    fact = FACTS[domain.fact]
    q = narrowed(q, metric)
    fed = feed(edition, catalog, metric).is_fed or metric.composite is not None
    condition = _condition(q, domain, metric, part) if begun and fed else "false"
    if search and search.strip():
        values = [*values, search.strip()]
        text = " || ' ' || ".join(f"coalesce({c}, '')" for c in ("key", *_text_columns(domain)))
        condition += f" AND contains(lower({text}), lower(${len(values)}))"
    if age:
        if not has_age(domain):
            raise MetricsError(f"{metric.id} has no ages to choose from")
        condition += f" AND {aged(q, *age)}"
    columns = tuple(c.name for c in fact.exported)
    ids = f"SELECT rowid FROM ({facts_sql(q, domain, _only(q, domain, metric, part), 'rowid')}) WHERE {condition}"
    whole = known(fact, as_of_sql(q), f"(SELECT * FROM {fact.name} WHERE rowid IN ({{ids}}))")
    return _Found(ids, values, columns, fact.time or "key", f"SELECT {', '.join(columns)} FROM ({whole})")


def view_columns(edition: Edition, domain: Domain) -> tuple[str, ...]:
    """The columns of a view's rows, without the instant that they hold for and what no fact exports."""
    return _view_columns(edition.whole, domain.view or "")


@lru_cache(maxsize=32)
def _view_columns(edition: Edition, view: str) -> tuple[str, ...]:
    told = edition.cursor().execute(f"DESCRIBE {verdicts(view, {0: edition.as_of})}").fetchall()
    return tuple(str(column[0]) for column in told if column[0] not in ("i", "moment", *PRIVATE))


def _only(q: Question, domain: Domain, metric: Metric, part: str | None) -> str:
    """What the stored columns of a stock's facts have in common; nothing for a flow."""
    counted = metric.numerator if part == "numerator" else metric.denominator
    name = metric.oldest.stock if metric.oldest else metric.value or counted or ""
    return held_only(q, domain, name, q.instant()) if isinstance(domain.measures.get(name), Stock) else ""


def _text_columns(domain: Domain) -> list[str]:
    named = FACTS[domain.fact].by_name
    return [name for name in ("title", "place", "unit", "category", "subcategory", "asset", "rule") if name in named]


def _view_part(metric: Metric, part: str | None) -> str:
    a = metric.aggregate
    if a is None or part in (None, "denominator") or not a.sum:
        return ""
    return f" WHERE {'NOT ' if part == 'rest' else ''}coalesce(({a.sum}) > 0, false)"


def _condition(q: Question, domain: Domain, metric: Metric, part: str | None) -> str:
    if metric.composite:
        parts = ", ".join(p.metric for p in metric.composite)
        raise MetricsError(f"{metric.id} is made of other metrics: ask for the rows of {parts}")
    if metric.oldest:
        return _counted(q, domain, metric.oldest.stock)
    if metric.quantile:
        x = metric.quantile
        where = f" AND ({x.where})" if x.where else ""
        return f"{_between(q, x.anchor)} AND ({x.value}) IS NOT NULL{where}"
    if metric.value:
        return _counted(q, domain, metric.value)
    numerator, denominator = metric.numerator or "", metric.denominator or ""
    if part == "numerator":
        return _counted(q, domain, numerator)
    if part == "rest":
        return f"{_counted(q, domain, denominator)} AND NOT coalesce({_counted(q, domain, numerator)}, false)"
    return _counted(q, domain, denominator)


def _counted(q: Question, domain: Domain, name: str) -> str:
    """SQL condition: the measure counts this fact in the question's period."""
    period = q.buckets[0].period
    match domain.measures[name]:
        case Stock():
            return f"({held(domain, name, end_sql(q))})"
        case Trailing(of=of, days=days):
            stop = min(period.end, last_day(q.as_of) + DAY)
            return _flow(q, domain, of, Period(stop - days * DAY, stop))
        case Flow():
            return _flow(q, domain, name, period)
    raise AssertionError(name)


def _flow(q: Question, domain: Domain, name: str, period: Period) -> str:
    measure = {m.name: m for m in domain.flows}[name]
    where = f" AND ({measure.where})" if measure.where else ""
    some = f" AND ({measure.value}) <> 0" if measure.value else ""
    return f"({_between(q, measure.anchor, period)}{where}{some})"


def _between(q: Question, anchor: str, period: Period | None = None) -> str:
    period = period or q.buckets[0].period
    return f"({anchor}) >= {_time(period.start)} AND ({anchor}) < {_time(period.end)} AND ({anchor}) < {as_of_sql(q)}"


def _time(at: date | datetime) -> str:
    return f"TIMESTAMP '{at.isoformat(sep=' ') if isinstance(at, datetime) else at.isoformat()}'"

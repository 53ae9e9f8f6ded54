"""Allowed SQL of a catalog file: an expression sees one row, a view reads facts and areas. Neither can write."""

from collections.abc import Iterator

from data.errors import DataError
from data.schema import FACTS
from data.sources.expressions import SESSION_WORDS, parse
from data.sources.selects import check
from metrics.catalog.model import Domain

VIEW_TABLES = (*FACTS, "areas", "instants", "bounds", "asset_history", "shared_measures")
"""What the SELECT of a view may read; the last four are given to it (see metrics.engine.views)."""


def unsafe(domain: Domain) -> Iterator[str]:
    """Every expression or view that does more than it may: file, field and what to write instead."""
    for field, sql in _expressions(domain):
        try:
            words = SESSION_WORDS & {column.lower() for column in parse(sql).columns}
        except DataError as error:
            yield f"{domain.file}: {field}: {error}"
            continue
        if words - FACTS[domain.fact].by_name.keys():
            yield f"{domain.file}: {field}: must not say {min(words)}: a number is the same each time it is asked for"
    if domain.view:
        try:
            check(domain.view, VIEW_TABLES)
        except DataError as error:
            yield f"{domain.file}: view: {error}"


def _expressions(domain: Domain) -> Iterator[tuple[str, str]]:
    """Each SQL expression of a catalog file, with its field."""
    yield from ((f"terms.{name}", sql) for name, sql in domain.terms.items())
    yield from _named_fields(domain.id, where=domain.where)
    for flow in domain.flows:
        yield from _named_fields(f"measures.{flow.name}", anchor=flow.anchor, where=flow.where, value=flow.value)
    for metric in domain.metrics:
        at = f"metrics.{metric.id}"
        if q := metric.quantile:
            yield from _named_fields(f"{at}.quantile", anchor=q.anchor, value=q.value, where=q.where)
        if metric.oldest:
            yield from _named_fields(f"{at}.oldest", since=metric.oldest.since)
        if a := metric.aggregate:
            yield from _named_fields(
                f"{at}.aggregate", sum=a.sum, max=a.max, quantile=a.quantile, per=a.per, where=a.where
            )
    for name, measure in domain.measures.items():
        yield from _named_fields(f"measures.{name}", until=getattr(measure, "until", None))


def _named_fields(at: str, **fields: str | None) -> Iterator[tuple[str, str]]:
    yield from ((f"{at}.{name}", sql) for name, sql in fields.items() if sql)

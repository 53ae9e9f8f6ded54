"""How long what is open has been open."""

from collections.abc import Mapping

import pandas as pd

from data.editions.edition import Edition
from data.schema import FACTS
from metrics.catalog import Catalog, Domain, current
from metrics.engine.feeds import narrowed
from metrics.engine.quantiles import held, held_only
from metrics.engine.question import Question, question
from metrics.engine.sums import facts_sql, parameters
from metrics.period import Period

BUCKETS: tuple[tuple[str, float, float | None], ...] = (
    ("<1", 0, 1), ("1-3", 1, 3), ("3-7", 3, 7), ("7-15", 7, 15), ("15-30", 15, 30), ("30-90", 30, 90),
    (">90", 90, None),
)  # fmt: skip
"""Label, and days of age from and below."""


def ageing(
    edition: Edition,
    metric: str,
    area: int,
    period: Period,
    *,
    where: Mapping[str, str] | None = None,
    catalog: Catalog | None = None,
) -> pd.DataFrame:
    """What a stock metric holds at the end of the period, one row a bucket of age.

    Columns: bucket, low, high (days, None = no end) and n.
    """
    catalog = catalog or current()
    q = question(edition, catalog, [metric], area, (period,), None, None, where)
    domain = catalog.domain(q.metrics[0])
    q = narrowed(q, q.metrics[0])
    counts = ", ".join(f"count(*) FILTER (WHERE {aged(q, low, high)})" for _, low, high in BUCKETS)
    stock = q.metrics[0].value or ""
    at = end_sql(q)
    facts = facts_sql(q, domain, held_only(q, domain, stock, q.instant()))
    sql = f"SELECT {counts} FROM ({facts}) WHERE {held(domain, stock, at)}"
    row = edition.cursor().execute(sql, parameters(q)).fetchone() or (0,) * len(BUCKETS)
    return pd.DataFrame(
        [(name, low, high, n) for (name, low, high), n in zip(BUCKETS, row, strict=True)],
        columns=["bucket", "low", "high", "n"],
    )


def has_age(domain: Domain) -> bool:
    """Whether the facts of a domain have an age: they were registered at some time."""
    return domain.view is None and "registered_at" in FACTS[domain.fact].by_name


def aged(q: Question, low: float, high: float | None) -> str:
    """SQL condition: at the end of the period a fact with `has_age` is at least `low` and less than `high` days old."""
    older = f"registered_at <= {end_sql(q)} - to_seconds({int(low * 86400)})"
    return older if high is None else f"{older} AND registered_at > {end_sql(q)} - to_seconds({int(high * 86400)})"


def end_sql(q: Question) -> str:
    """SQL of the instant the question's state is taken at: the end of its period or its as-of time."""
    return f"TIMESTAMP '{q.instant().isoformat(sep=' ')}'"

"""Open cases by age."""

import pandas as pd

from data.schema import FACTS
from metrics.availability.feeds import narrowed
from metrics.catalog import Domain
from metrics.engine.plan import Plan, make_plan
from metrics.engine.quantiles import in_stock_sql, stored_in_stock_sql
from metrics.engine.sums import facts_sql, parameters
from metrics.query import Query

BUCKETS: tuple[tuple[str, float, float | None], ...] = (
    ("<1", 0, 1), ("1-3", 1, 3), ("3-7", 3, 7), ("7-15", 7, 15), ("15-30", 15, 30), ("30-90", 30, 90),
    (">90", 90, None),
)  # fmt: skip
"""Label, and days of age from and below."""


def ageing(query: Query) -> pd.DataFrame:
    """The stock of the query's metric at the end of its period, one row per age bucket.

    Columns: bucket, low, high (days, None = no end) and n.
    """
    plan = make_plan(query.of(query.metric), (query.period,))
    (metric,) = plan.metrics
    domain = plan.catalog.domain(metric)
    plan = narrowed(plan, metric)
    counts = ", ".join(f"count(*) FILTER (WHERE {aged(plan, low, high)})" for _, low, high in BUCKETS)
    stock = metric.value or ""
    facts = facts_sql(plan, domain, stored_in_stock_sql(plan, domain, stock, plan.instant()))
    sql = f"SELECT {counts} FROM ({facts}) WHERE {in_stock_sql(domain, stock, end_sql(plan))}"
    row = plan.edition.cursor().execute(sql, parameters(plan)).fetchone() or (0,) * len(BUCKETS)
    return pd.DataFrame(
        [(name, low, high, n) for (name, low, high), n in zip(BUCKETS, row, strict=True)],
        columns=["bucket", "low", "high", "n"],
    )


def has_age(domain: Domain) -> bool:
    """Whether the facts of a domain have an age: they were registered at some time."""
    return domain.view is None and "registered_at" in FACTS[domain.fact].by_name


def aged(plan: Plan, low: float, high: float | None) -> str:
    """SQL condition: at the end of the period a fact with `has_age` is at least `low` and less than `high` days old."""
    older = f"registered_at <= {end_sql(plan)} - to_seconds({int(low * 86400)})"
    return older if high is None else f"{older} AND registered_at > {end_sql(plan)} - to_seconds({int(high * 86400)})"


def end_sql(plan: Plan) -> str:
    """SQL of the instant the plan's state is taken at: the end of its period or its as-of time."""
    return f"TIMESTAMP '{plan.instant().isoformat(sep=' ')}'"

"""The SQL that the catalog generates is stored under tests/sql and reviewed in diffs.

`WRITE_SQL=1 make test` writes it again after a change that is meant.
"""

import os
from datetime import date, datetime
from pathlib import Path
from typing import ClassVar

import duckdb
import pytest

from data.areas.levels import SPANS
from data.schema import FACTS, Fact, known
from metrics.areas import Area
from metrics.catalog import load
from metrics.engine.concentrations import concentration_sql
from metrics.engine.groups import Groups
from metrics.engine.plan import Bucket, Plan, metric_of
from metrics.engine.quantiles import non_additive_sql
from metrics.engine.sums import sums_sql
from metrics.engine.views import views_sql
from metrics.period import Period

FOLDER = Path(__file__).parents[2] / "sql"
CATALOG = load()
DISTRICT = Area(990101000000, "临江区", "district", "区", None, None, None, None, None, None, None, None, 990101000000)
QUARTER = Period(date(2026, 10, 1), date(2027, 1, 1))
SUMMER = Period(date(2026, 7, 1), date(2026, 10, 1))


class Frozen:
    """What the SQL depends on of an edition: its time, and that some facts are newer."""

    id = "frozen"
    as_of = datetime(2026, 11, 22, 8)
    meta: ClassVar = {"latest_cases": "2027-01-01T00:00:00"}

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        for fact in FACTS.values():
            self.connection.execute(
                f"CREATE TABLE {fact.name} ({', '.join(f'{c.name} {c.type}' for c in fact.columns)})"
            )

    @property
    def unscoped(self) -> "Frozen":
        return self

    def lacks(self, fact: Fact) -> frozenset[str]:
        return frozenset()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        return self.connection.cursor()


FROZEN = Frozen()


def plan_of(*metrics: str, by: str | None = None, buckets: tuple[Period, ...] = (QUARTER,)) -> Plan:
    chosen = tuple(metric_of(CATALOG, name) for name in metrics)
    parts = tuple(Bucket(period, "", period) for period in buckets)
    groups = Groups(SPANS[by]) if by in SPANS else None
    return Plan(FROZEN, CATALOG, chosen, DISTRICT, by, parts, Frozen.as_of, (), groups)  # type: ignore[arg-type]


def sums(*metrics: str, by: str | None = None, buckets: tuple[Period, ...] = (QUARTER,)) -> str:
    q = plan_of(*metrics, by=by, buckets=buckets)
    domain = CATALOG.domain(q.metrics[0])
    names = list(dict.fromkeys(name for metric in q.metrics for name in metric.measures))
    return sums_sql(q, domain, names)


def one(metric: str) -> str:
    q = plan_of(metric, by="town")
    domain = CATALOG.domain(q.metrics[0])
    if q.metrics[0].concentration:
        return concentration_sql(q, domain, q.metrics[0])
    return views_sql(q, domain, list(q.metrics)) if domain.view else non_additive_sql(q, domain, q.metrics[0])


STORED = {
    "backlog_by_town": lambda: sums("backlog", by="town"),
    "on_time_rate_by_category": lambda: sums("on_time_rate", by="category"),
    "days_to_clear_two_periods": lambda: sums("days_to_clear", buckets=(SUMMER, QUARTER)),
    "first_response_median_by_town": lambda: one("first_response_median"),
    "oldest_open_days_by_town": lambda: one("oldest_open_days"),
    "complaint_concentration_by_town": lambda: one("complaint_concentration"),
    "site_health_by_town": lambda: one("site_health"),
    **{
        rollup.table: lambda rollup=rollup: rollup.sql(known(FACTS[rollup.fact], "$as_of"), "$as_of")
        for rollup in CATALOG.rollups()
    },
}


@pytest.mark.parametrize("name", STORED)
def test_generated_sql_is_the_reviewed_one(name: str) -> None:
    path, sql = FOLDER / f"{name}.sql", pretty(STORED[name]())
    if os.environ.get("WRITE_SQL"):
        path.write_text(sql, "utf-8")
    assert path.read_text("utf-8") == sql, "meant? then WRITE_SQL=1 make test, and look at the diff"


def test_no_stored_sql_is_left_over() -> None:
    assert {path.stem for path in FOLDER.glob("*.sql")} == set(STORED)


def pretty(sql: str) -> str:
    """One clause a line, so that a diff shows the clause that changed."""
    for word in ("SELECT ", "FROM ", "WHERE ", "GROUP BY ", "UNION ALL "):
        sql = sql.replace(f" {word}", f"\n{word}").replace(f"({word}", f"(\n{word}")
    return (
        sql.replace(", CASE ", ",\nCASE ").replace(", coalesce(", ",\ncoalesce(").replace(", count(", ",\ncount(")
        + "\n"
    )

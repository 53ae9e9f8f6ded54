"""The demo district, built once, with its sources as tables."""

from collections.abc import Iterator
from datetime import date, datetime

import duckdb
import pytest

from data.demo import Delivery, build
from data.demo.casework.streams import STREAMS

TODAY = date(2026, 11, 22)
AS_OF = datetime(2026, 11, 22, 8)
CASES = 60_000
TOWN = "area // 1000 * 1000"
STANDING = "coalesce(close_kind, 'done') = 'done' AND NOT deferred"
ON_TIME = "coalesce(closed_at <= due_at, false)::INTEGER"


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Delivery:
    return build(tmp_path_factory.mktemp("demo"), cases=CASES, today=TODAY)


@pytest.fixture(scope="session")
def db(made: Delivery) -> Iterator[duckdb.DuckDBPyConnection]:
    """`cases`: the good rows of all streams; every other source under its own name; `areas`."""
    with duckdb.connect() as con:
        for source in made.sources:
            con.execute(f"CREATE VIEW {source.stem} AS FROM read_parquet('{source.with_suffix('.parquet')}')")
        con.execute(f"CREATE VIEW areas AS FROM read_csv('{made.areas[0]}')")
        con.execute("""CREATE VIEW web_good AS
            SELECT * REPLACE (TRY_CAST(registered_at AS TIMESTAMP) AS registered_at) FROM web
            WHERE TRY_CAST(registered_at AS TIMESTAMP) IS NOT NULL AND coalesce(rating, 5) <= 5
                AND area IN (SELECT code FROM areas)
                AND coalesce(closed_at >= TRY_CAST(registered_at AS TIMESTAMP), true)
            QUALIFY row_number() OVER (PARTITION BY key ORDER BY updated_at DESC) = 1""")
        streams = [(s.source, "web_good" if s.source == "web" else s.source) for s in STREAMS]
        parts = " UNION ALL ".join(f"SELECT '{source}' AS source, * FROM {view}" for source, view in streams)
        con.execute(f"CREATE TABLE cases AS {parts}")
        con.execute("SET VARIABLE as_of = $1", [AS_OF])
        con.execute("SET VARIABLE month = $1", [datetime(2026, 11, 1)])
        con.execute("SET VARIABLE year = $1", [datetime(2025, 11, 22)])
        yield con


def one(db: duckdb.DuckDBPyConnection, sql: str, *values: object) -> object:
    row = db.execute(sql, list(values)).fetchone()
    assert row is not None
    return row[0] if len(row) == 1 else row


def newest(rule: str) -> str:
    return f"""FROM site_checks WHERE rule = '{rule}'
        QUALIFY row_number() OVER (PARTITION BY asset ORDER BY checked_at DESC) = 1"""

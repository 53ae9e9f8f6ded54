"""What was decided at the desk and is part of an edition: approved limits of metrics.

It is copied when an edition is published, so that a number keeps the limits that it was first shown with.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import duckdb

from data.editions.edition import Edition


@dataclass(frozen=True)
class Limit:
    """An approved limit of a metric; see `data.desk.limits`. valid_to: exclusive; None while it has no end."""

    id: int
    metric: str
    area: int
    category: str
    valid_from: date
    valid_to: date | None
    green: str
    red: str
    source: str
    approved_at: datetime


COLUMNS = {
    "id": "INTEGER", "metric": "VARCHAR", "area": "BIGINT", "category": "VARCHAR", "valid_from": "DATE",
    "valid_to": "DATE", "green": "VARCHAR", "red": "VARCHAR", "source": "VARCHAR", "approved_at": "TIMESTAMP",
}  # fmt: skip


@dataclass(frozen=True)
class FromDesk:
    """Rows in a fixed order, so that two states can be compared."""

    limits: tuple[Limit, ...] = ()


def write(con: duckdb.DuckDBPyConnection, rows: FromDesk) -> None:
    """Create `limits` in the attached `edition`."""
    _table(con, "limits", COLUMNS, rows.limits)


def _table(con: duckdb.DuckDBPyConnection, name: str, columns: dict[str, str], rows: Sequence[Any]) -> None:
    con.execute(f"CREATE OR REPLACE TABLE edition.{name} ({', '.join(f'{c} {type}' for c, type in columns.items())})")
    if rows:
        values = [[getattr(row, column) for column in columns] for row in rows]
        con.executemany(f"INSERT INTO edition.{name} VALUES ({', '.join('?' * len(columns))})", values)


@lru_cache(maxsize=64)
def read(edition: Edition) -> FromDesk:
    """What an edition has of it; nothing in one of an older release."""
    tables = edition.cursor().execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'limits'")
    if tables.fetchone() is None:
        return FromDesk()
    names = ", ".join(field.name for field in fields(Limit))
    rows = edition.cursor().execute(f"SELECT {names} FROM limits ORDER BY id").fetchall()
    return FromDesk(tuple(Limit(*row) for row in rows))

"""What was decided at the desk and is part of an edition: approved limits of metrics, and edits of assets.

It is copied when an edition is published, so that a number keeps the limits that it was first shown with.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import duckdb

from data.editions.edition import Edition
from data.editions.tables import EDIT_COLUMNS, LIMIT_COLUMNS
from data.schema import ASSETS

NOTHING = "\x1f"
"""Stands for an edit to no value, since a map of DuckDB gives NULL for what it does not hold."""


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


@dataclass(frozen=True)
class Edit:
    """An edited value of a column of an asset, as text; see `data.desk.register.edits`. edited_at: district time."""

    id: int
    source: str
    key: str
    field: str
    value: str | None
    edited_at: datetime


@dataclass(frozen=True)
class FromDesk:
    """Rows in a fixed order, so that two states can be compared."""

    limits: tuple[Limit, ...] = ()
    edits: tuple[Edit, ...] = ()


def write(con: duckdb.DuckDBPyConnection, rows: FromDesk) -> None:
    """Create `limits` and `asset_edits` in the attached `edition`, and a view of the assets of `store` as edited."""
    _table(con, "limits", LIMIT_COLUMNS, rows.limits)
    _table(con, "asset_edits", EDIT_COLUMNS, rows.edits)
    con.execute(f"CREATE OR REPLACE TEMP VIEW edited_assets AS {_edited()}")


def _edited() -> str:
    """SQL of the assets of the store with their edited values, which win; see `data.desk.register.edits`."""
    values = ", ".join(
        f"CASE WHEN e.given['{c.name}'] IS NULL THEN a.{c.name} "
        f"ELSE TRY_CAST(nullif(e.given['{c.name}'], '{NOTHING}') AS {c.type}) END AS {c.name}"
        for c in ASSETS.columns
        if not c.derived
    )
    given = f"map(list(field), list(coalesce(value, '{NOTHING}'))) AS given"
    edits = f"SELECT source, key, {given} FROM edition.asset_edits GROUP BY ALL"
    return f"SELECT {values} FROM store.assets a LEFT JOIN ({edits}) e ON e.source = a.source AND e.key = a.key"


def _table(con: duckdb.DuckDBPyConnection, name: str, columns: dict[str, str], rows: Sequence[Any]) -> None:
    con.execute(f"CREATE OR REPLACE TABLE edition.{name} ({', '.join(f'{c} {type}' for c, type in columns.items())})")
    if rows:
        values = [[getattr(row, column) for column in columns] for row in rows]
        con.executemany(f"INSERT INTO edition.{name} VALUES ({', '.join('?' * len(columns))})", values)


@lru_cache(maxsize=64)
def read(edition: Edition) -> FromDesk:
    """What an edition has of it; nothing in one of an older release."""
    names = ", ".join(field.name for field in fields(Limit))
    rows = edition.cursor().execute(f"SELECT {names} FROM limits ORDER BY id").fetchall()
    limits = tuple(Limit(*row) for row in rows)
    names = ", ".join(field.name for field in fields(Edit))
    rows = edition.cursor().execute(f"SELECT {names} FROM asset_edits ORDER BY id").fetchall()
    return FromDesk(limits, tuple(Edit(*row) for row in rows))

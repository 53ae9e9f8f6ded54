"""Totals of a backup, compared when it is taken and when it is restored."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
from sqlalchemy import text

from data.desk.auditing import proof
from data.desk.store import Desk
from data.editions.edition import look
from data.editions.files import pointed
from data.errors import DataError
from data.home import Home
from data.schema import FACTS


def of_store(store: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Rows of the working store by table."""
    names = store.execute("SELECT table_name FROM duckdb_tables() WHERE NOT internal ORDER BY 1").fetchall()
    return {name: store.execute(f'SELECT count(*) FROM "{name}"').fetchall()[0][0] for (name,) in names}


def of_journal(journal: Path) -> dict[str, int]:
    """Pushes by their state."""
    with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as connection:
        return dict(connection.execute("SELECT state, count(*) FROM push GROUP BY state").fetchall())


def of_desk(desk: Desk) -> dict[str, int | str]:
    """Number of accounts, number of audit rows, and the last hash of the chain; `fault`: where it is broken."""
    verdict = proof.verify(desk, anchored=False)
    with desk.read() as session:
        last_id, last_hash = session.execute(text("SELECT last_id, last_hash FROM audit_head")).one()
        accounts = session.execute(text("SELECT count(*) FROM account")).scalar_one()
    return {"accounts": accounts, "audit": verdict.rows, "last_id": last_id, "last_hash": last_hash,
            "fault": str(verdict.fault or "")}  # fmt: skip


def of_editions(home: Home) -> dict[str, Any]:
    """The current edition, and rows of its facts; empty if nothing is published."""
    id = pointed(home)
    if id is None:
        return {}
    edition = look(home, id)
    cursor = edition.cursor()
    rows = {fact: cursor.execute(f"SELECT count(*) FROM {fact}").fetchall()[0][0] for fact in FACTS}
    edition.close()
    return {"current": id, **rows}


def differing(part: str, listed: Mapping[str, Any], restored: Mapping[str, Any]) -> None:
    """Raise DataError naming the first total that differs."""
    for name in sorted({*listed, *restored}):
        if listed.get(name) != restored.get(name):
            raise DataError(
                "backup.total",
                "{part}: {name} is {now} and was {then} when the backup was taken: take another backup",
                part=part,
                name=name,
                now=restored.get(name),
                then=listed.get(name),
            )

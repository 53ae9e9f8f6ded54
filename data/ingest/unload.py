"""Unload a batch: restore the facts to their state without it.

For each key of the batch, restore the version before the oldest unloadable batch, then replay the rows of the other
batches in order.
"""

from dataclasses import dataclass
from datetime import datetime

import duckdb

from data.errors import DataError
from data.home import Home
from data.ingest.snapshots import end_missing
from data.ingest.upsert import UNLOADABLE_BATCHES, Arrival, oldest_unloadable, upsert
from data.schema import FACTS, Fact
from data.store import one, open_store, stored, transaction


@dataclass(frozen=True)
class UnloadReport:
    """Result of an unload. batches: the unloaded batch and those derived from it. keys: number of restored facts."""

    source: str
    batches: tuple[int, ...]
    keys: int


def unload(home: Home, batch: int) -> UnloadReport:
    """Unload a batch and the batches derived from it. They stay listed with the status `unloaded`.

    Raises DataError if the batch does not exist, is already unloaded, or is too old.
    """
    with open_store(home) as store, transaction(store):
        rows = store.execute("SELECT source, fact, status FROM batches WHERE batch = ?", [batch]).fetchall()
        if not rows:
            raise DataError("batch.unknown", "there is no batch {batch}: the page of data lists them", batch=batch)
        source, name, status = rows[0]
        if status == "unloaded":
            raise DataError(
                "batch.unloaded", "batch {batch} of {source} is unloaded already", batch=batch, source=source
            )
        if status == "accepted" and batch < (oldest := oldest_unloadable(store, source)):
            raise DataError(
                "batch.too_old",
                "batch {batch} of {source} is older than its last {kept}, what it replaced is no longer "
                "kept: the oldest that can be unloaded is {oldest}",
                batch=batch,
                source=source,
                kept=UNLOADABLE_BATCHES,
                oldest=oldest,
            )
        derived = "SELECT batch FROM batches WHERE (batch = $1 OR parent = $1) AND status <> 'unloaded' ORDER BY batch"
        unloaded = tuple(row[0] for row in store.execute(derived, [batch]).fetchall())
        keys = _replay(store, FACTS[name], source, unloaded) if status == "accepted" else 0
        _erase(store, FACTS[name], source, unloaded)
    return UnloadReport(source, unloaded, keys)


def _replay(store: duckdb.DuckDBPyConnection, fact: Fact, source: str, unloaded: tuple[int, ...]) -> int:
    """Rebuild the facts for the keys of the unloaded batches from all other batches. Returns the number of keys."""
    _collect_versions(store, fact, source, unloaded)
    oldest = oldest_unloadable(store, source)
    for table in (fact.name, f"past_{fact.name}"):
        store.execute(f"DELETE FROM {table} WHERE source = ? AND key IN (FROM touched)", [source])
    store.execute("DELETE FROM endings WHERE source = ? AND key IN (FROM touched)", [source])
    store.execute(
        "UPDATE rejects SET fixed_by = NULL WHERE source = ? AND key IN (FROM touched) AND fixed_by >= ?",
        [source, oldest],
    )
    store.execute(f"INSERT INTO {fact.name} BY NAME SELECT * EXCLUDE (ended) FROM versions WHERE batch < ?", [oldest])
    for number, at, order, mode in _remaining(store, source, oldest, unloaded):
        arrival = Arrival(fact, source, number, at, order)
        rows = (
            "SELECT rowid AS number, * EXCLUDE (batch, ended) REPLACE (nullif(updated_at, getvariable('batch_at')) AS "
            f"updated_at) FROM versions WHERE batch = {number} AND NOT ended"
        )
        store.execute("SET VARIABLE batch_at = ?", [at])
        upsert(store, arrival, rows)
        if mode == "snapshot":
            present = (
                f"SELECT key FROM versions WHERE batch = {number} AND NOT ended "
                f"UNION ALL SELECT key FROM rejects WHERE batch = {number} AND key IS NOT NULL"
            )
            end_missing(store, arrival, present, "FROM touched")
        mark_fixed(store, source, number, f"SELECT key FROM versions WHERE batch = {number} AND NOT ended")
    return int(one(store, "SELECT count(*) FROM touched")[0])


def _collect_versions(store: duckdb.DuckDBPyConnection, fact: Fact, source: str, unloaded: tuple[int, ...]) -> None:
    """Create tables `touched` (keys of the unloaded batches) and `versions` (their stored rows, one per batch).

    `ended` marks rows that a full delivery ended.
    """
    among = f"({', '.join(map(str, unloaded))})"
    of_source = {"source": source}
    tables = (fact.name, f"past_{fact.name}")
    touched_keys = " UNION ".join(
        f"SELECT key FROM {table} WHERE source = $source AND batch IN {among}" for table in tables
    )
    store.execute(f"CREATE OR REPLACE TEMP TABLE touched AS {touched_keys}", of_source)
    columns = ", ".join(stored(fact))
    contents = (name for name in stored(fact) if name not in ("source", "key", "updated_at", "batch"))
    store.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE whole AS
        SELECT {columns} FROM {fact.name} WHERE source = $source AND key IN (FROM touched)
        UNION ALL
        SELECT {columns} FROM past_{fact.name} WHERE source = $source AND key IN (FROM touched) AND same_as IS NULL""",
        of_source,
    )
    store.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE versions AS
        SELECT v.*, e.key IS NOT NULL AS ended FROM (
            SELECT {columns} FROM whole
            UNION ALL BY NAME
            SELECT p.source, p.key, p.updated_at, p.batch, {", ".join(f"w.{name}" for name in contents)}
            FROM past_{fact.name} p JOIN whole w ON w.key = p.key AND w.batch = p.same_as
            WHERE p.source = $source AND p.same_as IS NOT NULL
        ) v LEFT JOIN endings e ON e.source = $source AND e.batch = v.batch AND e.key = v.key
        WHERE v.batch NOT IN {among}""",
        of_source,
    )


def _remaining(
    store: duckdb.DuckDBPyConnection, source: str, oldest: int, unloaded: tuple[int, ...]
) -> list[tuple[int, datetime, int, str | None]]:
    """The batches to replay: number, time, order and mode."""
    rows = store.execute(
        "SELECT b.batch, coalesce(p.started_at, b.started_at), coalesce(p.batch, b.batch), b.mode FROM batches b "
        "LEFT JOIN batches p ON p.batch = b.parent "
        "WHERE b.source = ? AND b.status = 'accepted' AND b.batch >= ? ORDER BY b.batch",
        [source, oldest],
    ).fetchall()
    return [row for row in rows if row[0] not in unloaded]


def _erase(store: duckdb.DuckDBPyConnection, fact: Fact, source: str, unloaded: tuple[int, ...]) -> None:
    """Delete the rejects of the unloaded batches and references to these batches."""
    among = f"({', '.join(map(str, unloaded))})"
    store.execute(f"DELETE FROM rejects WHERE batch IN {among}")
    for table in (f"refused_{fact.name}", f"held_{fact.name}", "held"):
        store.execute(f"DELETE FROM {table} WHERE batch IN {among}")
    store.execute(f"DELETE FROM watermarks WHERE batch IN {among}")
    store.execute(f"UPDATE rejects SET fixed_by = NULL WHERE fixed_by IN {among}")
    store.execute(f"UPDATE batches SET status = 'unloaded' WHERE batch IN {among}")
    store.execute(
        "DELETE FROM sources WHERE source = $1 AND NOT EXISTS "
        "(SELECT 1 FROM batches WHERE source = $1 AND status <> 'unloaded')",
        [source],
    )


def mark_fixed(store: duckdb.DuckDBPyConnection, source: str, batch: int, keys: str) -> None:
    """Mark rejects of older batches whose key this batch delivered as fixed. keys: SQL of its accepted keys."""
    open_rejects = "source = $source AND batch < $batch AND fixed_by IS NULL AND key IS NOT NULL"
    names = {"source": source, "batch": batch}
    if store.execute(f"SELECT 1 FROM rejects WHERE {open_rejects} LIMIT 1", names).fetchall():
        store.execute(f"UPDATE rejects SET fixed_by = $batch WHERE {open_rejects} AND key IN ({keys})", names)

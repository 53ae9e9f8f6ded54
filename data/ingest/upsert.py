"""Upsert rows into a fact by key and keep the history needed to unload a batch.

`past_<fact>` stores each version that a batch replaced, and each delivered row that was not newer than the stored one;
`cause` is that batch. A row equal to the stored version is stored as a reference (`same_as`, its batch), so a full
delivery repeated daily takes little space. A first delivery has no history.
"""

from dataclasses import dataclass
from datetime import datetime

import duckdb

from data.schema import Fact
from data.store import OLD, VERSIONED, one, stored

UNLOADABLE_BATCHES = 10
"""Number of newest batches of a source that can be unloaded."""


@dataclass(frozen=True)
class Arrival:
    """A batch to upsert into a fact.

    at: update time of rows without one. order: batch number that ranks rows with equal update times; for derived
    batches the number of the original batch, else its own.
    """

    fact: Fact
    source: str
    batch: int
    at: datetime
    order: int


def upsert(store: duckdb.DuckDBPyConnection, arrival: Arrival, rows: str) -> tuple[int, int]:
    """Upsert rows into their fact; for an existing key the newer row wins.

    rows: SQL of the columns of `stored` except `batch`, plus `number`; updated_at is NULL for rows without an update
    time. Returns the number of updated and of unchanged rows.
    """
    fact, at, batch = arrival.fact, arrival.at, arrival.batch
    store.execute(f"CREATE OR REPLACE TEMP VIEW delivered AS {rows}")
    updated = unchanged = 0
    fresh = ""
    if store.execute(f"SELECT 1 FROM {fact.name} WHERE source = ? LIMIT 1", [arrival.source]).fetchall():
        # Match by key first, then compare: a small delivery then reads one column of all rows.
        store.execute(
            f"CREATE OR REPLACE TEMP TABLE pairs AS SELECT d.number, f.rowid AS old FROM {fact.name} f "
            "JOIN (SELECT number, key FROM delivered) d ON d.key = f.key WHERE f.source = ?",
            [arrival.source],
        )
        store.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE met AS
            SELECT p.number, p.old, f.batch AS old_batch, d.key, d.updated_at,
                {_content(fact, "d")} = {_content(fact, "f")} AS same,
                coalesce(d.updated_at, $at) < f.updated_at
                    OR (same AND coalesce(d.updated_at, f.updated_at) = f.updated_at)
                    OR (coalesce(d.updated_at, $at) = f.updated_at AND f.batch > $order) AS idle
            FROM {fact.name} f JOIN pairs p ON p.old = f.rowid JOIN delivered d ON d.number = p.number""",
            {"at": at, "order": arrival.order},
        )
        updated, unchanged = one(
            store, "SELECT count(*) FILTER (WHERE NOT idle), count(*) FILTER (WHERE idle) FROM met"
        )
        _store_history(store, arrival)
        store.execute(f"DELETE FROM {fact.name} WHERE rowid IN (SELECT old FROM met WHERE NOT idle)")
        fresh = "WHERE number NOT IN (SELECT number FROM met WHERE idle)"
    store.execute(
        f"INSERT INTO {fact.name} BY NAME SELECT * EXCLUDE (number) REPLACE (coalesce(updated_at, $at) AS updated_at),"
        f" $batch::INTEGER AS batch FROM delivered {fresh}",
        {"at": at, "batch": batch},
    )
    return updated, unchanged


def prune_history(store: duckdb.DuckDBPyConnection, fact: Fact, source: str) -> None:
    """Delete the history of batches that can no longer be unloaded, except the versions of facts that have them."""
    newest = f"""
        SELECT batch FROM batches WHERE source = ? AND status = 'accepted'
        ORDER BY batch DESC LIMIT {UNLOADABLE_BATCHES}"""
    count, oldest = one(store, f"SELECT count(*), min(batch) FROM ({newest})", [source])
    if count < UNLOADABLE_BATCHES or oldest <= oldest_unloadable(store, source):
        return
    if fact.name in VERSIONED:
        columns = ", ".join(stored(fact))
        store.execute(
            f"INSERT INTO {OLD}{fact.name} SELECT {columns} FROM past_{fact.name} "
            "WHERE source = ? AND cause < ? AND same_as IS NULL",
            [source, oldest],
        )
    store.execute(f"DELETE FROM past_{fact.name} WHERE source = ? AND cause < ?", [source, oldest])
    store.execute("DELETE FROM endings WHERE source = ? AND batch < ?", [source, oldest])
    condition = "batch IN (SELECT batch FROM batches WHERE source = ? AND batch < ?)"
    for table in (f"held_{fact.name}", "held"):
        store.execute(f"DELETE FROM {table} WHERE {condition}", [source, oldest])
    store.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", [source, oldest])


def oldest_unloadable(store: duckdb.DuckDBPyConnection, source: str) -> int:
    """Number of the oldest unloadable batch of a source; 0 if all are."""
    rows = store.execute("SELECT oldest FROM kept WHERE source = ?", [source]).fetchall()
    return rows[0][0] if rows else 0


def _store_history(store: duckdb.DuckDBPyConnection, arrival: Arrival) -> None:
    """Store the versions that will be replaced and the rows that replace none."""
    fact, batch = arrival.fact, {"batch": arrival.batch}
    store.execute(
        f"INSERT INTO past_{fact.name} BY NAME SELECT f.*, $batch::INTEGER AS cause FROM {fact.name} f "
        "WHERE rowid IN (SELECT old FROM met WHERE NOT idle)",
        batch,
    )
    store.execute(
        f"INSERT INTO past_{fact.name} BY NAME SELECT d.* EXCLUDE (number), $batch::INTEGER AS batch, "
        "$batch::INTEGER AS cause FROM delivered d WHERE number IN (SELECT number FROM met WHERE idle AND NOT same)",
        batch,
    )
    store.execute(
        f"INSERT INTO past_{fact.name} BY NAME SELECT $source AS source, key, updated_at, $batch::INTEGER AS batch, "
        "$batch::INTEGER AS cause, old_batch AS same_as FROM met WHERE idle AND same",
        batch | {"source": arrival.source},
    )


def _content(fact: Fact, alias: str) -> str:
    """SQL of a hash of a row's content."""
    contents = (column for column in stored(fact) if column not in ("source", "key", "updated_at", "batch"))
    return f"hash({', '.join(f'{alias}.{column}' for column in contents)})"

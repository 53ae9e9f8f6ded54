"""Putting rows into a fact by key, and remembering what they replaced for as long as a batch can be unloaded.

`past_<fact>` holds each version that a batch replaced, and each row of a batch that was not newer than the stored one;
`cause` is that batch. A row that repeats the stored version is kept as a reference to it (`same_as`, its batch), so
that a full delivery repeated each day costs little. A first delivery has nothing to remember.
"""

from dataclasses import dataclass
from datetime import datetime

import duckdb

from data.schema import Fact
from data.store import one, stored

UNLOADABLE_BATCHES = 10
"""How many of the newest batches of a source can be unloaded."""


@dataclass(frozen=True)
class Arrival:
    """A batch whose rows are put into a fact.

    at: the time a row is as new as that does not say when it was updated. order: the batch whose place it takes among
    rows that are equally new; its own number, but for rows that an older batch had delivered already.
    """

    fact: Fact
    source: str
    batch: int
    at: datetime
    order: int


def upsert(store: duckdb.DuckDBPyConnection, arrival: Arrival, rows: str) -> tuple[int, int]:
    """Put rows into their fact; where a key is stored already, the newer of the two stays.

    rows: SQL of the columns `stored` keeps, without the batch, and of their `number`; updated_at is NULL where a row
    does not say it. Returns how many rows replaced a stored one and how many said nothing new.
    """
    fact, at, batch = arrival.fact, arrival.at, arrival.batch
    store.execute(f"CREATE OR REPLACE TEMP VIEW delivered AS {rows}")
    updated = unchanged = 0
    fresh = ""
    if store.execute(f"SELECT 1 FROM {fact.name} WHERE source = ? LIMIT 1", [arrival.source]).fetchall():
        # First who meets whom, by the keys alone, then what they say: a small delivery reads one column of all rows.
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
    """Let go of what was kept for batches that can no longer be unloaded."""
    newest = f"""
        SELECT batch FROM batches WHERE source = ? AND status = 'accepted'
        ORDER BY batch DESC LIMIT {UNLOADABLE_BATCHES}"""
    count, oldest = one(store, f"SELECT count(*), min(batch) FROM ({newest})", [source])
    if count < UNLOADABLE_BATCHES or oldest <= oldest_unloadable(store, source):
        return
    store.execute(f"DELETE FROM past_{fact.name} WHERE source = ? AND cause < ?", [source, oldest])
    store.execute("DELETE FROM endings WHERE source = ? AND batch < ?", [source, oldest])
    condition = "batch IN (SELECT batch FROM batches WHERE source = ? AND batch < ?)"
    for table in (f"held_{fact.name}", "held"):
        store.execute(f"DELETE FROM {table} WHERE {condition}", [source, oldest])
    store.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", [source, oldest])


def oldest_unloadable(store: duckdb.DuckDBPyConnection, source: str) -> int:
    """The oldest batch of a source that can be unloaded; 0 if all can."""
    rows = store.execute("SELECT oldest FROM kept WHERE source = ?", [source]).fetchall()
    return rows[0][0] if rows else 0


def _store_history(store: duckdb.DuckDBPyConnection, arrival: Arrival) -> None:
    """Keep the versions that will be replaced, and the rows that replace none."""
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
    """SQL of a hash of what a row says."""
    contents = (column for column in stored(fact) if column not in ("source", "key", "updated_at", "batch"))
    return f"hash({', '.join(f'{alias}.{column}' for column in contents)})"

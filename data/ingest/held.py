"""Deliveries that are held for their rejects: their good rows are kept apart until enough of the others are found.

`held` names these batches with the share of rejects that each may have; `held_<fact>` has their good rows, masked like
accepted ones. When areas or aliases are added and so many rejects are found that the rest is within that share, the
batch is accepted as of the time that it came. A push is let in from its own body, and a query with a watermark asks
for the same rows again, so of these nothing is kept; nor is it where the rows of the file itself are in doubt.
"""

import duckdb

from data.ingest.snapshots import count_missing, end_missing
from data.ingest.unload import mark_fixed
from data.ingest.upsert import Arrival, prune_history, upsert
from data.schema import Fact
from data.store import one

HELD_FROM = 5
"""With fewer rejects no delivery is held, whatever their share."""


def too_many(count: int, of: int, limit: float) -> bool:
    """Whether a delivery is held for `count` of its rows: a share says nothing of a few rows."""
    return count >= HELD_FROM and count > limit * of


def store_rows(store: duckdb.DuckDBPyConnection, fact: Fact, batch: int, limit: float, rows: str) -> None:
    """Keep the good rows of a held batch. good: SQL of the columns `stored` keeps, without the batch."""
    store.execute("INSERT INTO held VALUES (?, ?)", [batch, limit])
    store.execute(f"INSERT INTO held_{fact.name} BY NAME SELECT * EXCLUDE (number), {batch} AS batch FROM ({rows})")


def delete_rows(store: duckdb.DuckDBPyConnection, fact: Fact, batches: str, values: dict[str, object]) -> None:
    """Let go of the rows of held batches. batches: SQL of their numbers."""
    held_batches = store.execute(f"SELECT batch FROM held WHERE batch IN ({batches})", values).fetchall()
    for table in ("held", f"held_{fact.name}", f"refused_{fact.name}") if held_batches else ():
        store.execute(f"DELETE FROM {table} WHERE batch IN ({', '.join(str(batch) for (batch,) in held_batches)})")


def held_batches(store: duckdb.DuckDBPyConnection, fact: Fact) -> list[int]:
    """The held batches of a fact whose rows are kept, oldest first."""
    sql = "SELECT batch FROM held JOIN batches USING (batch) WHERE fact = ? AND status = 'held' ORDER BY batch"
    return [batch for (batch,) in store.execute(sql, [fact.name]).fetchall()]


def accept(store: duckdb.DuckDBPyConnection, fact: Fact, batch: int, resolved: int) -> int | None:
    """Accept a held batch if without the `found` of its rejects there are no longer too many.

    Returns how many rows were accepted; None if it stays held.
    """
    source, at, read_count, rejected, mode, limit = one(
        store,
        "SELECT source, started_at, rows_read, rejected, mode, reject_limit FROM batches JOIN held USING (batch) "
        "WHERE batch = ?",
        [batch],
    )
    rows = f"SELECT rowid AS number, * EXCLUDE (batch) FROM held_{fact.name} WHERE batch = {batch}"
    present = f"SELECT key FROM ({rows}) UNION ALL SELECT key FROM rejects WHERE batch = {batch} AND key IS NOT NULL"
    if too_many(rejected - resolved, read_count, limit):
        return None
    if mode == "snapshot" and too_many(*count_missing(store, fact, source, present), limit):
        return None
    arrival = Arrival(fact, source, batch, at, batch)
    updated, unchanged = upsert(store, arrival, rows)
    ended = end_missing(store, arrival, present) if mode == "snapshot" else 0
    mark_fixed(store, source, batch, f"SELECT key FROM ({rows})")
    store.execute(
        "UPDATE batches SET status = 'accepted', updated = ?, unchanged = ?, ended = ? WHERE batch = ?",
        [updated, unchanged, ended, batch],
    )
    accepted = int(one(store, f"SELECT count(*) FROM ({rows})")[0])
    store.execute("DELETE FROM held WHERE batch = ?", [batch])
    store.execute(f"DELETE FROM held_{fact.name} WHERE batch = ?", [batch])
    prune_history(store, fact, source)
    return accepted

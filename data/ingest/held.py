"""Held deliveries: batches with too many rejects, stored until enough rejects are resolved.

Table `held` lists the batches and the reject limit of each; `held_<fact>` stores their valid rows, masked like accepted
ones. When new areas or aliases resolve enough rejects, the batch is accepted as of its original load time. Nothing is
stored for pushes (accepted from the spooled body), for queries with a watermark (fetched again), or for files whose
rows could not be separated reliably.
"""

import duckdb

from data.ingest.snapshots import count_missing, end_missing
from data.ingest.unload import mark_fixed
from data.ingest.upsert import Arrival, prune_history, upsert
from data.schema import Fact
from data.store import one

HELD_FROM = 5
"""Minimum number of rejects to hold a delivery."""


def too_many(count: int, of: int, limit: float) -> bool:
    """Whether `count` of `of` rows exceed the limit (a share). Fewer than HELD_FROM rows never do."""
    return count >= HELD_FROM and count > limit * of


def store_rows(store: duckdb.DuckDBPyConnection, fact: Fact, batch: int, limit: float, rows: str) -> None:
    """Store the valid rows of a held batch. rows: SQL of the columns of `stored` except `batch`, plus `number`."""
    store.execute("INSERT INTO held VALUES (?, ?)", [batch, limit])
    store.execute(f"INSERT INTO held_{fact.name} BY NAME SELECT * EXCLUDE (number), {batch} AS batch FROM ({rows})")


def delete_rows(store: duckdb.DuckDBPyConnection, fact: Fact, batches: str, values: dict[str, object]) -> None:
    """Delete the stored rows of held batches. batches: SQL of batch numbers; values: its parameters."""
    held_batches = store.execute(f"SELECT batch FROM held WHERE batch IN ({batches})", values).fetchall()
    for table in ("held", f"held_{fact.name}", f"refused_{fact.name}") if held_batches else ():
        store.execute(f"DELETE FROM {table} WHERE batch IN ({', '.join(str(batch) for (batch,) in held_batches)})")


def held_batches(store: duckdb.DuckDBPyConnection, fact: Fact) -> list[int]:
    """Numbers of a fact's held batches with stored rows, oldest first."""
    sql = "SELECT batch FROM held JOIN batches USING (batch) WHERE fact = ? AND status = 'held' ORDER BY batch"
    return [batch for (batch,) in store.execute(sql, [fact.name]).fetchall()]


def accept(store: duckdb.DuckDBPyConnection, fact: Fact, batch: int, resolved: int) -> int | None:
    """Accept a held batch if its rejects, minus the `resolved` ones, are within its limit.

    Returns the number of accepted rows; None if the batch stays held.
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

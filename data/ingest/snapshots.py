"""Full deliveries (snapshots): end the rows that a source no longer delivers.

Missing assets are retired and missing open cases closed (`gone`) at the load time. Checks and readings are events and
do not end. A later delivery of the same key replaces the ended row.
"""

import duckdb

from data.ingest.upsert import Arrival
from data.schema import Fact
from data.store import one

ENDED = {
    "assets": ("retired_at IS NULL", {"retired_at": "$at"}),
    "cases": ("closed_at IS NULL", {"closed_at": "greatest($at, registered_at)", "close_kind": "'gone'"}),
}
"""By fact: SQL condition of active rows, and the columns that end them."""


def missing(fact: Fact, present: str, keys: str | None = None) -> str:
    """SQL condition: active rows of `$source` whose key is not in `present`.

    present: SQL of a column of keys. keys: SQL of the keys to check; None checks all.
    """
    among = f" AND key IN ({keys})" if keys else ""
    return f"source = $source AND {ENDED[fact.name][0]} AND key NOT IN ({present}){among}"


def count_missing(store: duckdb.DuckDBPyConnection, fact: Fact, source: str, present: str) -> tuple[int, int]:
    """Number of active rows whose key is not in `present`, and number of all active rows."""
    alive = f"SELECT count(*) FROM {fact.name} WHERE source = $source AND {ENDED[fact.name][0]}"
    sql = f"SELECT (SELECT count(*) FROM {fact.name} WHERE {missing(fact, present)}), ({alive})"
    ending, living = one(store, sql, {"source": source})
    return ending, living


def end_missing(store: duckdb.DuckDBPyConnection, arrival: Arrival, present: str, keys: str | None = None) -> int:
    """End the active rows whose key is not in `present`. Returns their number."""
    fact, names = arrival.fact, {"batch": arrival.batch, "source": arrival.source}
    store.execute(
        f"CREATE OR REPLACE TEMP TABLE ending AS SELECT rowid AS id, key FROM {fact.name} "
        f"WHERE {missing(fact, present, keys)}",
        {"source": arrival.source},
    )
    store.execute(
        f"INSERT INTO past_{fact.name} BY NAME SELECT f.*, $batch::INTEGER AS cause FROM {fact.name} f "
        "WHERE rowid IN (SELECT id FROM ending)",
        {"batch": arrival.batch},
    )
    store.execute("INSERT INTO endings SELECT $batch, $source, key FROM ending", names)
    ends = ", ".join(f"{column} = {value}" for column, value in ENDED[fact.name][1].items())
    store.execute(
        f"UPDATE {fact.name} SET {ends}, batch = $batch WHERE rowid IN (SELECT id FROM ending)",
        {"batch": arrival.batch, "at": arrival.at},
    )
    return int(one(store, "SELECT count(*) FROM ending")[0])

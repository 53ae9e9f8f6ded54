"""Full deliveries: what a source no longer delivers has ended.

Assets are retired and open cases closed as no longer delivered (`gone`), at the time of the load. A check or a reading
belongs to its moment and does not end. What comes again in a later delivery is as that delivery says.
"""

import duckdb

from data.ingest.upsert import Arrival
from data.schema import Fact
from data.store import one

ENDED = {
    "assets": ("retired_at IS NULL", {"retired_at": "$at"}),
    "cases": ("closed_at IS NULL", {"closed_at": "greatest($at, registered_at)", "close_kind": "'gone'"}),
}
"""Which rows of a fact are alive, and what their end is."""


def missing(fact: Fact, present: str, keys: str | None = None) -> str:
    """SQL condition of the living rows, `$source` being theirs, that a delivery with the keys `present` lacks.

    present: SQL of a column of keys. keys: SQL of the keys to look at, of all if it is None.
    """
    among = f" AND key IN ({keys})" if keys else ""
    return f"source = $source AND {ENDED[fact.name][0]} AND key NOT IN ({present}){among}"


def count_missing(store: duckdb.DuckDBPyConnection, fact: Fact, source: str, present: str) -> tuple[int, int]:
    """How many rows a delivery with the keys `present` would end, and how many are alive."""
    alive = f"SELECT count(*) FROM {fact.name} WHERE source = $source AND {ENDED[fact.name][0]}"
    sql = f"SELECT (SELECT count(*) FROM {fact.name} WHERE {missing(fact, present)}), ({alive})"
    ending, living = one(store, sql, {"source": source})
    return ending, living


def end_missing(store: duckdb.DuckDBPyConnection, arrival: Arrival, present: str, keys: str | None = None) -> int:
    """End the living rows that a delivery with the keys `present` lacks. Returns how many."""
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

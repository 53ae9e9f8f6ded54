"""Passes small tables of the demo to DuckDB and reads large ones back."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

MACROS = {
    "u(h, what)": "(hash(xor(h, hash(what))) >> 11)::DOUBLE / 9007199254740992.0",
    "spread(h, what, s)": "least(((u(h, what) + 1e-9) / (1 - u(h, what) + 1e-9)) ^ s, 40)",
    "time_of(seconds)": "make_timestamp((seconds * 1000000)::BIGINT)",
}
"""u: a uniform number of the hash h for one purpose. spread: log-logistic, median 1, at most 40. time_of: the time
so many seconds after 1970."""


def connect(memory: str, threads: int) -> duckdb.DuckDBPyConnection:
    """A DuckDB in memory with the macros above.

    It joins in the order of the text: what is large streams past what is small, and rows keep their order.
    """
    con = duckdb.connect(config={"memory_limit": memory, "threads": threads})
    con.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
    for macro, sql in MACROS.items():
        con.execute(f"CREATE TEMP MACRO {macro} AS {sql}")
    return con


def table(con: duckdb.DuckDBPyConnection, name: str, columns: str, rows: Iterable[Sequence[Any]]) -> None:
    """A temporary table of a few thousand rows at most."""
    con.register("given_rows", pd.DataFrame(list(rows), columns=columns.split()))
    con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM given_rows")
    con.unregister("given_rows")


def give(con: duckdb.DuckDBPyConnection, **values: Any) -> None:
    """Set variables that SQL reads with getvariable."""
    for name, value in values.items():
        con.execute(f"SET VARIABLE {name} = $1", [value])


def copy(con: duckdb.DuckDBPyConnection, sql: str, file: Path) -> None:
    """Write the rows of a SELECT to a Parquet file, in their order."""
    path = str(file).replace("'", "''")
    con.execute(f"COPY ({sql}) TO '{path}' (FORMAT parquet, COMPRESSION snappy, PARQUET_VERSION v2)")

"""Looking values up from within SQL, by functions that take a batch of them.

A join would do the same, but DuckDB's joins do not keep the order of rows, and rows are numbered by their order.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import duckdb
import numpy as np
import pyarrow as pa
from duckdb.func import PythonUDFType

Batch = Callable[..., pa.Array]
"""Takes columns without NULLs and returns one of the same length. For a NULL argument DuckDB returns NULL."""


@contextmanager
def function(
    connection: duckdb.DuckDBPyConnection, name: str, batch: Batch, parameters: Sequence[str], returns: str
) -> Iterator[None]:
    """A function of SQL for as long as the context lasts."""
    connection.create_function(name, batch, list(parameters), returns, type=PythonUDFType.ARROW)
    try:
        yield
    finally:
        connection.remove_function(name)


def columns(store: duckdb.DuckDBPyConnection, sql: str) -> list[np.ndarray]:
    """The columns of an answer."""
    return [column.to_numpy() for column in store.sql(sql).to_arrow_table().columns]


class Members:
    """Which values are among those of a set."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = np.unique(values)

    def positions(self, values: np.ndarray) -> np.ndarray:
        """Position of each value among the sorted ones, -1 if absent."""
        at = np.searchsorted(self.values, values)
        at[at == len(self.values)] = 0
        return np.where(self.values[at] == values, at, -1) if len(self.values) else np.full(len(values), -1)

    def __call__(self, values: pa.ChunkedArray) -> pa.Array:
        return pa.array(self.positions(values.to_numpy()) >= 0)


class ByDay:
    """The versions of keys: rows sorted by key, each valid on the days [low, high), never two of a key at once."""

    def __init__(self, keys: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
        starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]]) if len(keys) else np.array([], int)
        self.keys, self.starts = keys[starts], starts
        self.counts = np.diff(np.r_[starts, len(keys)])
        self.low, self.high = low, high

    def rows(self, positions: np.ndarray, days: np.ndarray) -> np.ndarray:
        """The row of the key at each position that is valid on the day, -1 if none is."""
        rows = np.full(len(positions), -1)
        pending = np.flatnonzero(positions >= 0)
        for nth in range(self.counts.max(initial=0)):
            pending = pending[self.counts[positions[pending]] > nth]
            row = self.starts[positions[pending]] + nth
            valid = (self.low[row] <= days[pending]) & (days[pending] < self.high[row])
            rows[pending[valid]] = row[valid]
        return rows

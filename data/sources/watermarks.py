"""The watermark of an incremental query: the greatest value of one of its columns that was accepted before.

It is stored with each batch, in the transaction that accepts it. So held and unloaded batches do not move it, and the
rows of a killed load are fetched again. Rows are delivered at least once: a query with `>=` fetches the last ones
again, and they count as unchanged.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal

import duckdb

from data.errors import DataError
from data.ingest.validate import Validated
from data.sources.definition import Source
from data.sources.deliveries import text
from data.sources.expressions import quoted, suggest

Kind = Literal["integer", "decimal", "float", "time", "instant", "date", "text", "bytes"]
SORTED = {
    "integer": "TRY_CAST({} AS HUGEINT)",
    "decimal": "TRY_CAST({} AS DECIMAL(38, 12))",
    "float": "TRY_CAST({} AS DOUBLE)",
    "time": "TRY_CAST({} AS TIMESTAMP)",
    "instant": "TRY_CAST({} AS TIMESTAMPTZ)",
    "date": "TRY_CAST({} AS DATE)",
    "text": "{}",
    "bytes": "{}",
}
"""SQL of the sort key of a stored value, by kind. Texts are sorted by code point; a database with another order may
deliver some rows again."""


@dataclass(frozen=True)
class Mark:
    """A watermark value as text, with its type in the database."""

    kind: Kind
    value: str

    @property
    def bound(self) -> object:
        """The value to give to the database's driver."""
        match self.kind:
            case "integer":
                return int(self.value)
            case "decimal":
                return Decimal(self.value)
            case "float":
                return float(self.value)
            case "time" | "instant":
                return dt.datetime.fromisoformat(self.value)
            case "date":
                return dt.date.fromisoformat(self.value)
            case "bytes":
                return bytes.fromhex(self.value)
        return self.value


def kind_of(values: Iterable[object]) -> set[Kind]:
    """The kinds of the values except None. Raises DataError for an unsupported type."""
    return {_kind(type(value), value) for value in values if value is not None}


def _kind(kind: type, value: object) -> Kind:
    if isinstance(value, dt.datetime):
        return "instant" if value.tzinfo else "time"
    kinds: dict[type, Kind] = {
        int: "integer", float: "float", Decimal: "decimal", dt.date: "date", str: "text", bytes: "bytes",
        bytearray: "bytes", memoryview: "bytes",
    }  # fmt: skip
    if kind not in kinds:
        raise DataError(
            "watermark.type",
            "watermark: holds values of the type {type}; take a column of times, numbers or texts",
            type=kind.__name__,
        )
    return kinds[kind]


def single(kinds: set[Kind]) -> Kind | None:
    """The one kind of a column; numbers may be mixed. Raises DataError for other mixtures."""
    if kinds <= {"integer", "decimal"} and len(kinds) == 2:
        return "decimal"
    if kinds <= {"integer", "float"} and len(kinds) == 2:
        return "float"
    if len(kinds) > 1:
        raise DataError(
            "watermark.types",
            "watermark: holds values of different types: {types}; cast it in the query",
            types=tuple(sorted(kinds)),
        )
    return next(iter(kinds), None)


def find_column(column: str, names: list[str]) -> int:
    """The position of the watermark's column in the answer. Raises DataError if it is not there."""
    by_fold = {name.casefold(): at for at, name in enumerate(names)}
    if column.casefold() not in by_fold:
        raise DataError(
            "watermark.no_column",
            "watermark: the query gives no column {column}{near}; columns: {columns}",
            column=column,
            near=suggest(column, names),
            columns=tuple(names),
        )
    return by_fold[column.casefold()]


def last(store: duckdb.DuckDBPyConnection, source: Source) -> Mark | None:
    """The greatest value of the accepted batches with this query and mapping; None before the first."""
    row = store.execute(
        "SELECT kind, value FROM watermarks SEMI JOIN (FROM batches WHERE status = 'accepted') USING (batch) "
        "WHERE source = ? AND reading = ? ORDER BY batch DESC",
        [source.source, source.reading],
    ).fetchall()
    if not row:
        return None
    kind = row[0][0]
    values = [value for its, value in row if its == kind]
    greatest = f"SELECT arg_max(v, {SORTED[kind].format('v')}) FROM (SELECT unnest(?::VARCHAR[]) AS v)"
    return Mark(kind, store.execute(greatest, [values]).fetchall()[0][0])


def advance(
    store: duckdb.DuckDBPyConnection, source: Source, batch: int, kind: Kind | None, answer: Path, validated: Validated
) -> None:
    """Store the greatest value among the accepted rows of a batch.

    answer: the fetched rows, in the order of `validated`.
    """
    if source.watermark is None or kind is None:
        return
    value = quoted(source.watermark.column)
    store.execute(
        f"""
        INSERT INTO watermarks
        SELECT $batch, $source, $reading, $kind, greatest FROM (
            SELECT arg_max({value}, {SORTED[kind].format(value)}) AS greatest
            FROM (FROM read_parquet({text(str(answer))}, file_row_number = true)) a
            SEMI JOIN ({validated.good}) g USING (file_row_number)
        ) WHERE greatest IS NOT NULL""",
        {"batch": batch, "source": source.source, "reading": source.reading, "kind": kind},
    )

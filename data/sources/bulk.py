"""Fetch rows of PostgreSQL and SQLite as one text per row, parsed by DuckDB, without a Python object per value.

PostgreSQL copies the answer as CSV; SQLite joins the values of a row.
"""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from data.formats.layout import unique
from data.sources.deliveries import text
from data.sources.expressions import quoted
from data.sources.watermarks import Kind, find_column
from data.store import one

ROWS = 50_000
BETWEEN = "\x1f"
"""Separator of the values of a row: the ASCII unit separator."""
MOST = 90
"""Columns that SQLite takes as arguments of one function, with room to spare."""


class NotInBulk(Exception):
    """The result must be fetched value by value."""


@dataclass(frozen=True)
class Bulk:
    """A query to fetch in bulk. sql, values: as the database's own driver takes them. mark: the watermark's column."""

    sql: str
    values: dict[str, Any]
    mark: str | None
    scratch: Path
    duck: duckdb.DuckDBPyConnection

    def fetch(self, connection: sa.Connection, target: Path) -> set[Kind]:
        """Write the result to a Parquet file of texts. Returns the kinds of the watermark's values.

        Raises NotInBulk for an unsupported database or result, and errors of the driver.
        """
        driver = connection.connection.driver_connection
        if isinstance(driver, psycopg.Connection):
            return self._postgres(driver, target)
        if isinstance(driver, sqlite3.Connection):
            return self._sqlite(driver, target)
        raise NotInBulk

    def _postgres(self, driver: psycopg.Connection, target: Path) -> set[Kind]:
        kinds: dict[int, Kind] = {
            20: "integer", 21: "integer", 23: "integer", 1700: "decimal", 700: "float", 701: "float", 1114: "time",
            1184: "instant", 1082: "date", 25: "text", 1042: "text", 1043: "text",
        }  # fmt: skip
        file = self.scratch / "query.csv"
        with driver.cursor() as cursor:
            cursor.execute("SET LOCAL DateStyle TO ISO")
            cursor.execute(f"SELECT * FROM ({self.sql}\n) q LIMIT 0", self.values)
            described = cursor.description or []
            names = unique([column.name for column in described])
            at = find_column(self.mark, names) if self.mark else None
            kind = kinds.get(described[at].type_code) if at is not None else None
            if at is not None and kind is None:
                raise NotInBulk
            aliases = [f"c{number}" for number in range(len(names))]
            casts = {16: "{}::text", 17: "encode({}, 'hex')"}
            fields = [casts.get(c.type_code, "{}").format(a) for c, a in zip(described, aliases, strict=True)]
            copied = (
                f"COPY (SELECT {', '.join(fields)} FROM ({self.sql}\n) q ({', '.join(aliases)})) TO STDOUT (FORMAT csv)"
            )
            with cursor.copy(copied, self.values) as blocks, file.open("wb") as out:
                for block in blocks:
                    out.write(block)
            rows = cursor.rowcount
        columns = "{" + ", ".join(f"{text(name)}: 'VARCHAR'" for name in names) + "}"
        reader = (
            f"read_csv({text(str(file))}, header = false, auto_detect = false, columns = {columns}, delim = ',', "
            "quote = '\"', escape = '\"', nullstr = '', max_line_size = 16777216)"
        )
        if self._write(f"SELECT * FROM {reader}", target) != rows:
            raise NotInBulk
        file.unlink()
        return {kind} if kind and rows else set()

    def _sqlite(self, driver: sqlite3.Connection, target: Path) -> set[Kind]:
        lines = self.scratch / "query-lines.parquet"
        cursor = driver.cursor()
        cursor.execute(f"SELECT * FROM ({self.sql}\n) LIMIT 0", self.values)
        names = [column[0] for column in cursor.description]
        if unique(names) != names or len(names) > MOST or any(":" in name for name in names):
            raise NotInBulk
        at = find_column(self.mark, names) if self.mark else None
        # The watermark's type goes first: the text alone does not distinguish numbers from texts.
        values = [f"typeof({quoted(names[at])})" if at is not None else "''", *map(quoted, names)]
        form = text(BETWEEN.join(["%s"] * len(values)))
        driver.text_factory = bytes  # raw bytes, not decoded here
        try:
            cursor = driver.execute(f"SELECT printf({form}, {', '.join(values)}) FROM ({self.sql}\n)", self.values)
            types = _write_lines(cursor, len(values), lines)
        finally:
            driver.text_factory = str
        if at is not None and not types <= {"text", "integer", "null"}:
            raise NotInBulk  # a fraction would be rounded
        rows = f"SELECT string_split(line, {text(BETWEEN)}) AS v FROM read_parquet({text(str(lines))})"
        fields = ", ".join(f"nullif(v[{number}], '') AS {quoted(name)}" for number, name in enumerate(names, 2))
        self._write(f"SELECT {fields} FROM ({rows})", target)
        lines.unlink()
        return {"text" if kind == "text" else "integer" for kind in types - {"", "null"}}

    def _write(self, sql: str, target: Path) -> int:
        copied = f"COPY ({sql}) TO {text(str(target))} (FORMAT parquet, COMPRESSION uncompressed)"
        return int(one(self.duck, copied)[0])


def _write_lines(cursor: sqlite3.Cursor, parts: int, path: Path) -> set[str]:
    """Write the text of each row and return the set of first parts. NotInBulk if a row has other parts."""
    firsts: set[bytes] = set()
    between = BETWEEN.encode()
    # lines are mostly unique: a dictionary or statistics would not help
    plain: dict[str, Any] = {"compression": "none", "use_dictionary": False, "write_statistics": False}
    with pq.ParquetWriter(path, pa.schema([("line", pa.string())]), **plain) as writer:
        while batch := [line for (line,) in cursor.fetchmany(ROWS)]:
            if any(line.count(between) != parts - 1 for line in batch):
                raise NotInBulk  # a value contains the separator
            firsts |= {line[: line.index(between)] for line in batch}
            try:
                column = pa.array(batch, pa.binary()).cast(pa.string())
            except pa.ArrowInvalid:
                raise NotInBulk from None  # no UTF-8
            writer.write_table(pa.table({"line": column}))
    return {first.decode() for first in firsts}

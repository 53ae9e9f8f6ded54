"""Validate a delivery: write its typed rows and its rejects to two Parquet files."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from data.areas.lookups import Members, function
from data.areas.resolution import Areas, area_functions
from data.errors import DataError
from data.formats.csv_tables import SWALLOWED
from data.home import Home
from data.ingest.validation_sql import DUPLICATE, RowValidation, half_width, mapped
from data.progress import Progress, watched
from data.push.metadata import FOREIGN, Pushed
from data.schema import Column
from data.sources.definition import Source
from data.sources.deliveries import Delivery, open_delivery, open_query, text
from data.sources.expressions import result_types
from data.sources.masking import mask, pepper
from data.store import attach_store, one
from data.values.calendar import calendar
from data.values.functions import ValueReader, value_functions
from data.values.times import TimeReader


@dataclass(frozen=True)
class Validated:
    """A validated delivery.

    columns: the fact's columns present in `facts`.
    facts: Parquet of all readable rows, typed, in the delivery's order. `reasons` is NULL for valid rows and for rows
    rejected only for their key; `skip` is the reason to ignore a row.
    rejects: Parquet of (number, row, key, reasons, raw, ways); number: row of `facts`, from 0; row: number in the file.
    skipped: number of ignored rows by reason.
    swallowed: number of rejects inside a quoted value that is probably unclosed.
    """

    columns: tuple[Column, ...]
    facts: Path
    rejects: Path
    read: int
    rejected: int
    skipped: Mapping[str, int]
    swallowed: int
    areas_version: int

    @property
    def all(self) -> str:
        """SQL of all rows that were not skipped, with `file_row_number`."""
        return f"(FROM read_parquet({text(str(self.facts))}, file_row_number = true) WHERE skip IS NULL)"

    @property
    def refused(self) -> str:
        """SQL of the rejects."""
        return f"read_parquet({text(str(self.rejects))})"

    @property
    def good(self) -> str:
        """SQL of the valid rows, with `file_row_number`."""
        return (
            f"SELECT * EXCLUDE (reasons, ways, raw, sheet_row, skip) FROM {self.all} f "
            f"ANTI JOIN {self.refused} r ON r.number = f.file_row_number"
        )


def validate(
    home: Home,
    source: Source,
    path: Path,
    scratch: Path,
    now: datetime,
    progress: Progress,
    pushed: Pushed | None = None,
) -> Validated:
    """Validate the delivery at `path`: a file of the source, a query result of `fetch`, or a push."""
    facts, rejects = scratch / "facts.parquet", scratch / "rejects.parquet"
    values = ValueReader(TimeReader(source.zone, source.dates), home.zone, calendar(home.calendar))
    with (
        home.connect() as connection,
        area_functions(connection, home, source) as areas,
        value_functions(connection, values),
    ):
        connection.execute(f"SET temp_directory = {text(str(scratch))}")
        connection.execute(f"SET TimeZone = {text(source.zone)}")
        # Rows are numbered by order. A join would change it, so areas are looked up by functions (data.areas.lookups).
        connection.execute("SET preserve_insertion_order = true")
        # This optimizer would parse every time in Python, not only those that DuckDB cannot cast: ten times slower.
        connection.execute("SET disabled_optimizers = 'common_subexpressions'")
        connection.execute("SET VARIABLE pepper = ?", [pepper(home)])
        is_query = source.url is not None and path.parent == scratch
        if is_query:
            delivery = open_query(source, path, connection)
        else:
            delivery = open_delivery(source, path, scratch, connection, partial=pushed is not None)
        contract = _contract(home, source, delivery, areas, connection, now, pushed)
        with watched(connection, "validate", progress):
            rows = _stage(connection, contract, facts)
            if rows is None or not delivery.is_faultless(rows, connection):
                delivery = delivery.converted(scratch)
                contract = _contract(home, source, delivery, areas, connection, now, pushed)
                _stage(connection, contract, facts)
        values.warn(source.source)
        read_facts = f"FROM read_parquet({text(str(facts))}, file_row_number = true)"
        connection.execute(f"CREATE VIEW facts AS {read_facts} WHERE skip IS NULL")
        skipped = dict(
            connection.execute(f"SELECT skip, count(*) {read_facts} WHERE skip IS NOT NULL GROUP BY skip").fetchall()
        )
        connection.execute("CREATE TABLE late (number BIGINT, reason VARCHAR, raw VARCHAR)")
        _reject_duplicates(connection, contract, home.stored_time(now))
        if pushed and pushed.area is not None:
            _reject_foreign(connection, contract, home, pushed)
        _write_rejects(connection, delivery, rejects)
        read, rejected, swallowed = one(
            connection,
            "SELECT (SELECT count(*) FROM facts), count(*), "
            f"count(*) FILTER (list_contains(reasons, {text(SWALLOWED)})) FROM read_parquet(?)",
            [str(rejects)],
        )
    return Validated(contract.columns, facts, rejects, read, rejected, skipped, swallowed, areas.version)


def _contract(
    home: Home, source: Source, delivery: Delivery, areas: Areas, connection: duckdb.DuckDBPyConnection, now: datetime,
    pushed: Pushed | None,
) -> RowValidation:  # fmt: skip
    """The validation rules of this delivery. Raises DataError if an expression does not fit its columns."""
    try:
        for key, expression in source.expressions.items():
            try:
                expression.check_columns(delivery.columns)
            except DataError as error:
                raise DataError("load.at", "{key}: {why}", key=key, why=error.message) from error
        types = result_types(source.expressions, f"({delivery.relation})", connection)
        if types.get("where", "BOOLEAN") not in ("BOOLEAN", '"NULL"'):
            raise DataError(
                "where.type", "where: gives {type}, not true or false; compare with something", type=types["where"]
            )
        contract = RowValidation(source, delivery, types, home.zone, now.date(), areas.dated, pushed)
        contract.staged()
    except DataError as error:
        raise DataError(
            "load.reading",
            "{path}: {why} (reading {origin})",
            path=source.path,
            why=error.message,
            origin=delivery.origin,
        ) from error
    return contract


def _stage(connection: duckdb.DuckDBPyConnection, contract: RowValidation, facts: Path) -> int | None:
    """Write the typed rows and return their number; None if DuckDB cannot parse the CSV."""
    sql = f"COPY ({contract.staged()}) TO {text(str(facts))} (FORMAT parquet, COMPRESSION uncompressed)"
    try:
        return int(one(connection, sql)[0])
    except duckdb.InvalidInputException:
        if contract.delivery.table is None:
            raise
        return None


def _reject_duplicates(connection: duckdb.DuckDBPyConnection, contract: RowValidation, now: datetime) -> None:
    """Insert duplicates into `late`. The best row of each key stays: valid, then newest, then first."""
    connection.execute(
        "CREATE TABLE doubtful AS SELECT hash(key) AS h FROM facts WHERE key IS NOT NULL GROUP BY h HAVING count(*) > 1"
    )
    if one(connection, "SELECT count(*) FROM doubtful") == (0,):
        return
    updated = "updated_at" if "updated_at" in contract.source.columns else "NULL"
    connection.execute(
        f"""
        CREATE TABLE doubles AS
        SELECT file_row_number AS number, row_number() OVER (
            PARTITION BY key ORDER BY reasons IS NOT NULL, coalesce({updated}, ?) DESC, file_row_number) AS place
        FROM facts WHERE key IS NOT NULL AND hash(key) IN (FROM doubtful)
        ORDER BY number""",
        [now],
    )
    _raw_rows(connection, contract, "doubtful")
    connection.execute(
        f"INSERT INTO late SELECT number, {text(DUPLICATE)}, raw FROM doubles JOIN doubtful_rows USING (number) "
        "WHERE place > 1"
    )


def _reject_foreign(connection: duckdb.DuckDBPyConnection, contract: RowValidation, home: Home, pushed: Pushed) -> None:
    """Insert rows into `late` whose stored row is outside the sender's area."""
    fact = contract.source.fact
    attach_store(home, connection)
    connection.execute(
        f"CREATE TABLE elsewhere AS SELECT DISTINCT hash(key) AS h FROM store.{fact} WHERE source = ? "
        f"AND {pushed.covers('area')} IS NOT TRUE AND key IN (SELECT key FROM facts WHERE key IS NOT NULL)",
        [contract.source.source],
    )
    connection.execute("DETACH store")
    if one(connection, "SELECT count(*) FROM elsewhere") != (0,):
        _raw_rows(connection, contract, "elsewhere")
        connection.execute(f"INSERT INTO late SELECT number, {text(FOREIGN)}, raw FROM elsewhere_rows")


def _raw_rows(connection: duckdb.DuckDBPyConnection, contract: RowValidation, keys: str) -> None:
    """Create table `<keys>_rows` (number, raw): the original rows whose key's hash is in the table `keys`.

    These rows were valid so far, so the file is read again. Both joined tables list the same rows in file order:
    their rowids match.
    """
    raw_key = f"CAST({mapped('key')} AS VARCHAR)"
    key = f"nullif(trim({half_width(raw_key)}), '')"
    hashes = connection.sql(f"FROM {keys}").to_arrow_table()["h"].to_numpy()
    connection.execute(
        f"CREATE TABLE {keys}_numbers AS SELECT file_row_number AS number FROM facts "
        f"WHERE key IS NOT NULL AND hash(key) IN (FROM {keys}) ORDER BY number"
    )
    with function(connection, "is_wanted", Members(hashes), ["UBIGINT"], "BOOLEAN"):
        connection.execute(
            f"""
            CREATE TABLE {keys}_raw AS SELECT {mask("raw")} AS raw
            FROM (SELECT {contract.raw()} AS raw, {key} AS key, {contract.skip()} AS skip FROM ({contract.mapped()}))
            WHERE skip IS NULL AND key IS NOT NULL AND is_wanted(hash(key))"""
        )
    connection.execute(
        f"CREATE TABLE {keys}_rows AS SELECT number, raw FROM {keys}_numbers n JOIN {keys}_raw r ON r.rowid = n.rowid"
    )


def _write_rejects(connection: duckdb.DuckDBPyConnection, delivery: Delivery, rejects: Path) -> None:
    connection.execute(
        f"""
        COPY (
            SELECT f.file_row_number AS number, coalesce(f.sheet_row, f.file_row_number + {delivery.first_row}) AS row,
                f.key, list_concat(f.reasons, l.reasons) AS reasons, coalesce(f.raw, l.raw) AS raw,
                f.ways
            FROM facts f LEFT JOIN (
                SELECT number, list(reason ORDER BY reason) AS reasons, min(raw) AS raw FROM late GROUP BY number
            ) l ON l.number = f.file_row_number
            WHERE f.reasons IS NOT NULL OR l.number IS NOT NULL
        ) TO {text(str(rejects))} (FORMAT parquet)"""
    )

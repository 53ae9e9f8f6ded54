"""Judging a delivery: its rows typed, each with the reasons against it, in two Parquet files beside the store."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from data.contract import DUPLICATE, UNREADABLE_ROW, Contract, json_object, mapped
from data.deliveries import Delivery, open_delivery, open_query, text
from data.errors import DataError
from data.expressions import result_types
from data.home import Home
from data.lookups import Members, function
from data.masking import mask, pepper
from data.places import Areas, area_functions
from data.progress import Progress, watched
from data.schema import Column
from data.sources import Source
from data.store import one


@dataclass(frozen=True)
class Judged:
    """A delivery judged.

    columns: the columns of the fact that `facts` has.
    facts: Parquet of all readable rows, typed, in the delivery's order; `reasons` is NULL for a good one, but for
    duplicates. rejects: Parquet of (number, row, key, reasons, raw); number is the row of `facts`, from 0, NULL for a
    line that could not be read; row is its number in the file.
    """

    columns: tuple[Column, ...]
    facts: Path
    rejects: Path
    read: int
    rejected: int
    areas_version: int

    @property
    def good(self) -> str:
        """SQL of the good rows, with `file_row_number`."""
        return (
            f"SELECT * EXCLUDE (reasons, raw) FROM read_parquet({text(str(self.facts))}, file_row_number = true) f "
            f"ANTI JOIN read_parquet({text(str(self.rejects))}) r ON r.number = f.file_row_number"
        )


def judge(home: Home, source: Source, path: Path, scratch: Path, now: datetime, tell: Progress) -> Judged:
    """Judge the delivery at `path`: a file of the source, or what `fetch` has brought for it."""
    facts, rejects = scratch / "facts.parquet", scratch / "rejects.parquet"
    with home.connect() as connection, area_functions(connection, home, source) as areas:
        connection.execute(f"SET temp_directory = {text(str(scratch))}")
        connection.execute(f"SET TimeZone = {text(source.zone)}")
        # Rows are numbered by their order, so nothing may change it. A join would: data.lookups stands for it.
        connection.execute("SET preserve_insertion_order = true")
        connection.execute("SET VARIABLE pepper = ?", [pepper(home)])
        asked = source.url is not None and path.parent == scratch
        delivery = open_query(source, path, connection) if asked else open_delivery(source, path, scratch, connection)
        contract = _contract(home, source, delivery, areas, connection, now)
        with watched(connection, "judge", tell):
            connection.execute(
                f"COPY ({contract.staged()}) TO {text(str(facts))} (FORMAT parquet, COMPRESSION uncompressed)"
            )
        connection.execute(f"CREATE VIEW facts AS FROM read_parquet({text(str(facts))}, file_row_number = true)")
        _unreadable_lines(connection, delivery)
        _duplicates(connection, contract, now)
        _write_rejects(connection, delivery, rejects)
        read, rejected = one(
            connection,
            "SELECT (SELECT count(*) FROM facts) + (SELECT count(*) FROM lines), count(*) FROM read_parquet(?)",
            [str(rejects)],
        )
    return Judged(contract.columns, facts, rejects, read, rejected, areas.version)


def _contract(
    home: Home, source: Source, delivery: Delivery, areas: Areas, connection: duckdb.DuckDBPyConnection, now: datetime
) -> Contract:
    """The contract of this delivery, its expressions tried on its columns."""
    try:
        for key, expression in source.expressions.items():
            try:
                expression.over(delivery.columns)
            except DataError as error:
                raise DataError(f"{key}: {error}") from error
        types = result_types(source.expressions, f"({delivery.relation})", connection)
        contract = Contract(source, delivery, types, home.zone, now.date(), areas.dated)
        contract.staged()
    except DataError as error:
        raise DataError(f"{source.path}: {error} (reading {delivery.origin})") from error
    return contract


def _unreadable_lines(connection: duckdb.DuckDBPyConnection, delivery: Delivery) -> None:
    """Tables `lines` (line, raw) of what the CSV reader refused, and `skips`: how many lines it had skipped when it
    had read `good` rows. With it a row gets its number in the file.
    """
    line = mask(json_object({"line": "csv_line", "fault": "error_message"}))
    noted = f"SELECT line, min({line}) AS raw FROM reject_errors GROUP BY line"
    none = "SELECT NULL::BIGINT AS line, NULL::VARCHAR AS raw WHERE false"
    connection.execute(f"CREATE TABLE lines AS {noted if delivery.lines else none}")
    connection.execute(
        f"""
        CREATE TABLE skips AS
        SELECT line - {delivery.first_row} - (skipped - 1) AS good, max(skipped) AS skipped
        FROM (SELECT line, row_number() OVER (ORDER BY line) AS skipped FROM lines) GROUP BY good"""
    )


def _duplicates(connection: duckdb.DuckDBPyConnection, contract: Contract, now: datetime) -> None:
    """Table `duplicates` (number, raw): all rows of a key but the best: good, then newest, then first."""
    connection.execute("CREATE TABLE duplicates (number BIGINT, raw VARCHAR)")
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
    # Only now these rows are known to be rejects, so they are read once more as they came. Both tables list the same
    # rows in the file's order: their rowids match.
    key = f"nullif(trim(CAST({mapped('key')} AS VARCHAR)), '')"
    hashes = connection.sql("FROM doubtful").to_arrow_table()["h"].to_numpy()
    with function(connection, "is_doubtful", Members(hashes), ["UBIGINT"], "BOOLEAN"):
        connection.execute(
            f"""
            CREATE TABLE doubles_raw AS SELECT {mask("raw")} AS raw
            FROM (SELECT {contract.raw()} AS raw, {key} AS key FROM ({contract.mapped()}))
            WHERE key IS NOT NULL AND is_doubtful(hash(key))"""
        )
    connection.execute(
        "INSERT INTO duplicates "
        "SELECT number, raw FROM doubles d JOIN doubles_raw r ON r.rowid = d.rowid WHERE place > 1"
    )


def _write_rejects(connection: duckdb.DuckDBPyConnection, delivery: Delivery, rejects: Path) -> None:
    connection.execute(
        f"""
        COPY (
            SELECT number, number + {delivery.first_row} + coalesce(skipped, 0) AS row, key, reasons, raw
            FROM (
                SELECT coalesce(f.file_row_number, d.number) AS number, f.key,
                    list_concat(f.reasons, CASE WHEN d.number IS NOT NULL THEN [{text(DUPLICATE)}] END) AS reasons,
                    coalesce(f.raw, d.raw) AS raw
                FROM facts f LEFT JOIN duplicates d ON d.number = f.file_row_number
                WHERE f.reasons IS NOT NULL OR d.number IS NOT NULL
            )
            ASOF LEFT JOIN skips ON number >= good
            UNION ALL
            SELECT NULL, line, NULL, [{text(UNREADABLE_ROW)}], raw FROM lines
        ) TO {text(str(rejects))} (FORMAT parquet)"""
    )

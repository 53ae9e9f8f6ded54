"""A PostgreSQL desk as files of rows: read in one snapshot, written in one transaction."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, MetaData, Table, create_engine, delete, insert, inspect, text
from sqlalchemy.exc import DBAPIError

from data.backup import totals
from data.backup.archive import Writer
from data.desk.auditing.custody import Custody
from data.desk.store import MIGRATION_LOCK, Desk, migrate
from data.errors import DataError

FOLDER = "desk"
VERSION_TABLE = "alembic_version"
BATCH = 2_000


def export_rows(url: str, writer: Writer, custody: Custody) -> tuple[str, dict[str, Any]]:
    """Add every table as `desk/TABLE.jsonl`, all as of one instant. Gives the tables' version, and the totals."""
    with _connected(url) as connection:
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        version = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))
        for table in _tables(connection):
            draft = writer.work / f"{table.name}.jsonl"
            with draft.open("w", encoding="utf-8") as out:
                for row in connection.execution_options(yield_per=BATCH).execute(table.select()).mappings():
                    out.write(json.dumps({k: _encoded(v) for k, v in row.items()}, ensure_ascii=False) + "\n")
            writer.add_path(f"{FOLDER}/{table.name}.jsonl", draft)
            draft.unlink()
        counted = totals.of_desk(Desk(connection, custody))  # type: ignore[arg-type]  # of the same snapshot
    return str(version), counted


def import_rows(url: str, folder: Path, version: str, *, replace: bool) -> None:
    """Fill an empty database from exported files. replace: move existing tables to `replaced_…`.

    Runs in one transaction. Raises DataError.
    """
    with _connected(url) as connection:
        connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
        names = set(inspect(connection).get_table_names())
        if names:
            if not replace and is_occupied(connection):
                raise DataError(
                    "restore.desk_not_empty", "the desk's database is not empty: name an empty one, or add --replace"
                )
            schema = connection.scalar(text("SELECT current_schema()"))
            connection.execute(text(f'ALTER SCHEMA "{schema}" RENAME TO "replaced_{datetime.now():%Y%m%d_%H%M%S}"'))
            connection.execute(text(f'CREATE SCHEMA "{schema}"'))
        migrate(connection, version)
        tables = _tables(connection)
        for table in reversed(tables):
            connection.execute(delete(table))  # rows that migrations put there
        for table in tables:
            for batch in _batches(folder / f"{table.name}.jsonl", table):
                connection.execute(insert(table), batch)
            _go_on_counting(connection, table)
        migrate(connection)


def is_occupied(connection: Connection) -> bool:
    """Whether a database holds a desk that somebody has used."""
    if not {"account", "audit"} <= set(inspect(connection).get_table_names()):
        return bool(inspect(connection).get_table_names())
    return any(connection.scalar(text(f"SELECT count(*) FROM {name}")) for name in ("account", "audit"))


def occupied(url: str) -> bool:
    """The same of the database of a URL."""
    with _connected(url) as connection:
        return is_occupied(connection)


def last_hash(url: str) -> str:
    """The end of the audit's chain, which no two desks share; empty without one."""
    with _connected(url) as connection:
        if "audit_head" not in inspect(connection).get_table_names():
            return ""
        return str(connection.scalar(text("SELECT last_hash FROM audit_head")))


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    """A connection in a transaction."""
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as error:
        why = " ".join(str(error.orig).split())[:200]
        safe_url = engine.url.render_as_string(hide_password=True)
        raise DataError(
            "desk.silent_in_backup", "the desk {where} does not answer ({why})", where=safe_url, why=why
        ) from error
    finally:
        engine.dispose()


def _tables(connection: Connection) -> list[Table]:
    """All tables but the one of the version, those that others refer to first."""
    metadata = MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name != VERSION_TABLE]


def _batches(file: Path, table: Table) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    if not file.exists():
        return
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            batch.append({name: _decoded(table, name, value) for name, value in row.items()})
            if len(batch) == BATCH:
                yield batch
                batch = []
    if batch:
        yield batch


def _go_on_counting(connection: Connection, table: Table) -> None:
    """Numbers that the database gives go on behind those that were restored."""
    for column in table.primary_key.columns:
        sequence = connection.scalar(
            text("SELECT pg_get_serial_sequence(:table, :column)"), {"table": table.name, "column": column.name}
        )
        last = connection.scalar(text(f'SELECT max("{column.name}") FROM "{table.name}"')) if sequence else None
        if last:
            connection.execute(text("SELECT setval(:sequence, :last)"), {"sequence": sequence, "last": last})


def _encoded(value: Any) -> Any:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (bytes, memoryview)):
        return base64.b64encode(bytes(value)).decode()
    return str(value) if isinstance(value, Decimal) else value


def _decoded(table: Table, name: str, value: Any) -> Any:
    kind = table.columns[name].type.python_type
    if value is None:
        return None
    if kind in (datetime, date):
        return kind.fromisoformat(value)
    if kind is bytes:
        return base64.b64decode(value)
    return Decimal(value) if kind is Decimal else value

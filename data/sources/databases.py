"""Deliveries fetched from a database."""

import datetime as dt
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from data.errors import DataError
from data.formats.layout import unique
from data.home import Home
from data.messages import Message
from data.sources.bulk import Bulk, NotInBulk
from data.sources.definition import Source
from data.sources.watermarks import Kind, Mark, find_column, kind_of, single

ROWS = 50_000
"""How many rows are fetched and written at a time."""
DRIVERS = {
    "pymysql": ("PyMySQL", "mysql+pymysql"), "MySQLdb": ("PyMySQL", "mysql+pymysql"),
    "oracledb": ("oracledb", "oracle+oracledb"), "cx_Oracle": ("oracledb", "oracle+oracledb"),
    "pymssql": ("pymssql", "mssql+pymssql"), "pyodbc": ("pymssql", "mssql+pymssql"),
    "psycopg": ("psycopg", "postgresql+psycopg"), "psycopg2": ("psycopg", "postgresql+psycopg"),
}  # fmt: skip
"""By the module that SQLAlchemy imports: the supported package and the prefix of its URL."""
SECRETS = re.compile(r"(?i)(pass(word|wd)?|pwd|secret|token)")


@dataclass(frozen=True)
class Fetched:
    """The rows of a query, all text, in a Parquet file.

    origin: the database, without its password. kind: of the watermark's values, None if there are none.
    """

    path: Path
    origin: str
    kind: Kind | None


def fetch(home: Home, source: Source, scratch: Path, last: Mark | None = None) -> Fetched:
    """Run the source's query and write its rows. last: the current watermark, None in the first run.

    Raises DataError, without passwords, if the database does not answer or its driver is missing.
    """
    target = scratch / "query.parquet"
    mark = source.watermark.column if source.watermark else None
    with _connected(home, source) as connection:
        statement, values = _statement(source, last, connection.dialect.name)
        try:
            with home.connect() as duck:
                duck.execute("SET preserve_insertion_order = true")
                compiled = statement.compile(dialect=connection.dialect)
                sql = str(compiled).strip().rstrip(";")
                kinds = Bulk(sql, values, mark, scratch, duck).fetch(connection, target)
        except (NotInBulk, sqlite3.Error, psycopg.Error, duckdb.Error):
            connection.rollback()
            kinds = _fetch_values(connection, statement, values, mark, target)
        return Fetched(target, _plain(_url(home, source)), single(kinds))


def _fetch_values(
    connection: sa.Connection, statement: sa.TextClause, values: dict[str, object], mark: str | None, target: Path
) -> set[Kind]:
    """Write the answer value by value, as any driver gives it; the kinds of the watermark's values."""
    kinds: set[Kind] = set()
    result = connection.execute(statement, values)
    names = unique(list(result.keys()))
    at = find_column(mark, names) if mark else None
    schema = pa.schema([(name, pa.string()) for name in names])
    with pq.ParquetWriter(target, schema) as writer:
        for rows in result.partitions(ROWS):
            columns = list(zip(*rows, strict=True))
            if at is not None:
                kinds |= kind_of(columns[at])
            writer.write_table(pa.table([_texts(column) for column in columns], schema=schema))
    return kinds


def _statement(source: Source, last: Mark | None, dialect: str) -> tuple[sa.TextClause, dict[str, object]]:
    """The query and the value of `:last`. In a first run without a value, the comparison is removed."""
    if source.watermark is None:
        return sa.text(source.query or ""), {}
    if last is None and source.watermark.first is None:
        return sa.text(source.first_query), {}
    bound = source.watermark.first if last is None else last.bound
    if dialect == "sqlite":  # stores times as text
        bound = str(bound) if isinstance(bound, dt.date) else float(bound) if isinstance(bound, Decimal) else bound
    return sa.text(source.query or ""), {"last": bound}


@contextmanager
def _connected(home: Home, source: Source) -> Iterator[sa.Connection]:
    url = _url(home, source)
    engine = None
    try:
        engine = sa.create_engine(url)
        with engine.connect().execution_options(stream_results=True, yield_per=ROWS) as connection:
            yield connection
    except ImportError as error:
        raise DataError("source.driver", "{path}: url: {why}", path=source.path, why=_missing(error)) from None
    except sa.exc.NoSuchModuleError:
        prefixes = sorted({begin for _, begin in DRIVERS.values()} | {"sqlite"})
        raise DataError(
            "source.dialect",
            "{path}: url: SQLAlchemy knows no database {name}; known are {known}",
            path=source.path,
            name=url.drivername,
            known=tuple(prefixes),
        ) from None
    except DataError as error:
        raise DataError("file.at", "{path}: {why}", path=source.path, why=error.message) from error
    except sa.exc.SQLAlchemyError as error:
        reason = _without_secrets(" ".join(str(getattr(error, "orig", None) or error).split()), url)
        raise DataError(
            "source.query", "{path}: query: {url} answers: {why}", path=source.path, url=_plain(url), why=reason
        ) from None
    finally:
        if engine:
            engine.dispose()


def _missing(error: ImportError) -> Message:
    """The remedy for a missing driver."""
    module = (error.name or "").split(".")[0]
    package, begin = DRIVERS.get(module, (module, None))
    written: Message | str = ""
    if begin and not begin.endswith(module.lower()):
        written = Message("source.driver_url", ", and write the URL as {begin}://…", begin=begin)
    return Message(
        "source.no_driver",
        "the driver {package} is not installed: run `pip install -r requirements-optional.txt`{url}",
        package=package, url=written,
    )  # fmt: skip


def _plain(url: sa.URL) -> str:
    """The URL without passwords."""
    query = {key: "***" if SECRETS.search(f"{key}={value}") else value for key, value in url.query.items()}
    return url.set(query=query).render_as_string(hide_password=True)


def _without_secrets(message: str, url: sa.URL) -> str:
    secrets = {str(url.password or "")} | {str(value) for key, value in url.query.items() if SECRETS.search(key)}
    for secret in secrets - {""}:
        message = message.replace(secret, "***")
    return message


def _url(home: Home, source: Source) -> sa.URL:
    try:
        url = sa.make_url(source.database(home.keys))
    except (sa.exc.ArgumentError, ValueError):
        raise DataError(
            "source.url",
            "{path}: url: is no SQLAlchemy URL, like postgresql+psycopg://user@host/name",
            path=source.path,
        ) from None
    if url.get_backend_name() == "sqlite" and url.database:
        path = source.path.parent / url.database
        if not path.exists():
            raise DataError("source.no_database", "{path}: url: there is no file {file}", path=source.path, file=path)
        url = url.set(database=str(path))
    return url


def _texts(values: tuple[object, ...]) -> pa.Array:
    """Values of one column as text: times in ISO form, of those with a zone as UTC, bytes as hexadecimal digits."""
    try:
        array = pa.array(values)
        if pa.types.is_binary(array.type):
            return pa.array([_text(value) for value in values], pa.string())
        if pa.types.is_timestamp(array.type) and array.type.tz:
            array = array.cast(pa.timestamp("us", "UTC"))
        return array.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        return pa.array([_text(value) for value in values], pa.string())


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, dt.datetime):
        return (value.astimezone(dt.UTC) if value.tzinfo else value).isoformat(" ")
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    return str(value)

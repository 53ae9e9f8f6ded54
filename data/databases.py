"""Deliveries that are asked of a database."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from data.errors import DataError
from data.formats.layout import unique
from data.sources import Source

ROWS = 50_000
"""How many rows are fetched and written at a time."""


def location(source: Source) -> str:
    """The database a source asks, without its password."""
    return _url(source).render_as_string(hide_password=True)


def fetch(source: Source, scratch: Path) -> Path:
    """Run the source's query and write its rows, all text, to a Parquet file. Returns the file."""
    target = scratch / "query.parquet"
    writer = None
    engine = None
    try:
        engine = sa.create_engine(_url(source))
        with engine.connect().execution_options(stream_results=True, yield_per=ROWS) as connection:
            result = connection.execute(sa.text(source.query or ""))
            schema = pa.schema([(name, pa.string()) for name in unique(list(result.keys()))])
            writer = pq.ParquetWriter(target, schema)
            for rows in result.partitions(ROWS):
                writer.write_table(pa.table([_texts(column) for column in zip(*rows, strict=True)], schema=schema))
    except (sa.exc.SQLAlchemyError, ImportError) as error:
        reason = " ".join(str(getattr(error, "orig", None) or error).split())
        raise DataError(f"{source.path}: query: {location(source)} answers: {reason}") from error
    finally:
        if writer:
            writer.close()
        if engine:
            engine.dispose()
    return target


def _url(source: Source) -> sa.URL:
    try:
        url = sa.make_url(source.database())
    except sa.exc.ArgumentError as error:
        raise DataError(
            f"{source.path}: url: is no SQLAlchemy URL, like postgresql+psycopg://user@host/name"
        ) from error
    if url.get_backend_name() == "sqlite" and url.database:
        path = source.path.parent / url.database
        if not path.exists():
            raise DataError(f"{source.path}: url: there is no file {path}")
        url = url.set(database=str(path))
    return url


def _texts(values: tuple[object, ...]) -> pa.Array:
    try:
        return pa.array(values).cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        return pa.array([None if value is None else str(value) for value in values], pa.string())

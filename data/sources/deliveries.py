"""One delivery of any format as a relation of text columns.

DuckDB reads valid CSV and Parquet files in place. Everything else (gzip with its checksum, other encodings,
CSV with faults, JSON, workbooks, databases) is first written to the load's scratch folder, in a stream.
"""

import codecs
import csv
import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import duckdb

from data.errors import DataError
from data.formats.csv_tables import CsvTable, find_table
from data.formats.json_lines import json_lines, number_lines
from data.formats.layout import HELPERS, UNREADABLE, Layout, unique
from data.sources.definition import FORMATS, Format, Source
from data.sources.expressions import quoted
from data.sources.parts import Csv
from data.system_errors import line_of

CHUNK = 4 << 20


@dataclass(frozen=True)
class Delivery:
    """A readable delivery. relation: SQL of its columns and of `layout.HELPERS`, in file order.

    first_row: number of the first record where ROW is NULL. sheet: a CSV or worksheet, which may have rows of totals
    and notes. table: set for a CSV that DuckDB reads; if `is_faultless` is false, use `converted`.
    """

    origin: str
    columns: tuple[str, ...]
    relation: str
    first_row: int
    sheet: bool = False
    table: CsvTable | None = None

    def is_faultless(self, rows: int, connection: duckdb.DuckDBPyConnection) -> bool:
        """Whether DuckDB read each line as one of `rows` records: then no quote is unclosed."""
        if self.table is None:
            return True
        refused = connection.execute("SELECT count(*) FROM reject_errors").fetchall()[0][0]
        return refused == 0 and rows == self.table.lines()

    def converted(self, scratch: Path) -> Self:
        """The same CSV, read line by line."""
        assert self.table is not None
        target = scratch / "table.parquet"
        self.table.convert(target)
        relation = _sheet(target, self.columns)
        return replace(self, relation=relation, table=None)


@contextmanager
def reading(path: Path | str) -> Iterator[None]:
    """Convert errors of reading a file to a DataError."""
    try:
        yield
    except FileNotFoundError as error:
        raise DataError(
            "delivery.none", "{path}: there is no such file; check its name and folder", path=path
        ) from error
    except IsADirectoryError as error:
        raise DataError("delivery.folder", "{path}: is a folder; name a file in it", path=path) from error
    except PermissionError as error:
        raise DataError(
            "delivery.no_permission", "{path}: may not be read by this user; change its permissions", path=path
        ) from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(
            "delivery.gzip",
            "{path}: the gzip file is cut off or damaged ({why}); fetch it again",
            path=path,
            why=line_of(error),
        ) from error
    except UnicodeDecodeError as error:
        if b"\0" in error.object:
            raise DataError(
                "delivery.no_text",
                "{path}: is binary data, no text; name a CSV or NDJSON file, or say with format what it is",
                path=path,
            ) from error
        raise DataError(
            "delivery.encoding",
            "{path}: is not {encoding} (byte 0x{byte:02x}); set csv.encoding in the source file, for "
            "Chinese files mostly gb18030",
            path=path,
            encoding=error.encoding,
            byte=error.object[error.start],
        ) from error


def open_delivery(
    source: Source, path: Path, scratch: Path, connection: duckdb.DuckDBPyConnection, *, partial: bool = False
) -> Delivery:
    """Open the file at `path` as `source` says. Raises DataError if it cannot be read or is empty.

    partial: columns missing from all records of an NDJSON file are read as empty.
    """
    format = source.format or file_format(path)
    with reading(path):
        if format == "xlsx":
            return _workbook(source, path, scratch)
        if format == "parquet":
            return _parquet(str(path), path, connection, source.nulls)
        plain = unpacked(path, source.csv.encoding, scratch)
        if format == "csv":
            return _csv(source, path, plain, scratch)
        return _ndjson(source, path, json_lines(path, plain, scratch), scratch, connection, partial)


def open_query(source: Source, result: Path, connection: duckdb.DuckDBPyConnection) -> Delivery:
    """Open the fetched rows of a query."""
    return _parquet(f"{source.path}: query", result, connection, source.nulls)


def file_format(path: Path) -> Format:
    """The format by the file name's suffix. Raises DataError if it is unknown."""
    suffix = Path(path.name.lower().removesuffix(".gz")).suffix
    if suffix not in FORMATS:
        raise DataError(
            "delivery.format",
            "{path}: its name does not say its format; set format in the source file: csv, ndjson, parquet or xlsx",
            path=path,
        )
    return FORMATS[suffix]


def text(value: str) -> str:
    """`value` as an SQL string."""
    return "'" + value.replace("'", "''") + "'"


def unpacked(path: Path, encoding: str, scratch: Path) -> Path:
    """`path` itself if it is plain UTF-8, else a plain UTF-8 copy. A gzip file is read to its checksum."""
    with path.open("rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
    plain = codecs.lookup(encoding).name == "utf-8"
    target = path
    if zipped or not plain:
        target = scratch / "plain"
        decoder = None if plain else codecs.getincrementaldecoder(encoding)()
        with gzip.open(path) if zipped else path.open("rb") as file, target.open("wb") as copy:
            while chunk := file.read(CHUNK):
                copy.write(decoder.decode(chunk).encode() if decoder else chunk)
            if decoder:
                copy.write(decoder.decode(b"", final=True).encode())
    if target.stat().st_size == 0:
        raise DataError("delivery.empty", "{path}: is empty; fetch it again", path=path)
    if plain:
        with target.open("rb") as file:
            codecs.getincrementaldecoder("utf-8")().decode(file.read(CHUNK))
    return target


def csv_reader(path: Path, plain: Path, csv_format: Csv) -> tuple[list[str], str]:
    """Column names and SQL of a CSV file, all text, blanks NULL; its refused lines go to the table `reject_errors`.

    path: name of the file in errors; plain: the file decompressed and in UTF-8. DuckDB detects no option.
    """
    with plain.open(encoding="utf-8-sig", newline="") as file:
        header = file.readline(CHUNK)
        delimiter = csv_format.delimiter or max(",;\t|", key=header.count)
        file.seek(0)
        try:
            rows = csv.reader(file, delimiter=delimiter, quotechar=csv_format.quote or None)
            columns = unique(next(rows, []))
        except csv.Error as error:
            raise DataError(
                "delivery.header", "{path}: row 1: the header cannot be read: {why}", path=path, why=line_of(error)
            ) from error
    if not columns:
        raise DataError(
            "delivery.header_blank", "{path}: row 1: is blank where the names of the columns are expected", path=path
        )
    options = {
        "auto_detect": "false",
        "header": "true",
        "delim": text(delimiter),
        "quote": text(csv_format.quote),
        "escape": text(csv_format.quote),
        "columns": "{" + ", ".join(f"{text(name)}: 'VARCHAR'" for name in columns) + "}",
        "nullstr": "['', ' ']",
        "compression": "'none'",
        "store_rejects": "true",
    }
    return columns, f"read_csv({text(str(plain))}, {', '.join(f'{name} = {value}' for name, value in options.items())})"


def _csv(source: Source, path: Path, plain: Path, scratch: Path) -> Delivery:
    options = source.csv
    table = find_table(path, plain, options.delimiter, options.quote, options.line_breaks, layout_of(source))
    delivery = Delivery(str(path), tuple(table.names), "", first_row=2, sheet=True, table=table)
    if not table.simple:
        return delivery.converted(scratch)
    reader = csv_reader(path, plain, options.model_copy(update={"delimiter": table.delimiter}))[1]
    fields = [f"{_filled(quoted(name), source.nulls) if source.nulls else quoted(name)}" for name in table.names]
    return replace(delivery, relation=f"SELECT {_selected(table.names, fields)}, {_no_helpers()} FROM {reader}")


def layout_of(source: Source) -> Layout:
    return Layout(source.columns_read, source.header_row, source.fill_down, source.nulls)


def _workbook(source: Source, path: Path, scratch: Path) -> Delivery:
    from data.formats.workbooks import convert  # here, so that other loads start without it

    target = scratch / "table.parquet"
    names = convert(path, source.sheet, layout_of(source), target)
    return Delivery(str(path), tuple(names), _sheet(target, names), first_row=2, sheet=True)


def _sheet(target: Path, names: Sequence[str]) -> str:
    """SQL that reads the output of `layout.write_rows`."""
    return f"SELECT {', '.join(map(quoted, (*names, *HELPERS)))} FROM read_parquet({text(str(target))})"


def _ndjson(
    source: Source, path: Path, plain: Path, scratch: Path, connection: duckdb.DuckDBPyConnection, partial: bool
) -> Delivery:
    """One record per line. Columns are the keys of the first records, or of all if the source reads others."""
    target = scratch / "lines.parquet"
    number_lines(plain, target)
    reader = f"SELECT * FROM read_parquet({text(str(target))})"
    record = "CASE WHEN json_valid(line) THEN json_type(line) = 'OBJECT' ELSE false END"

    def names(lines: str) -> list[str]:
        keys = f"SELECT DISTINCT unnest(json_keys(line)) FROM ({lines}) WHERE {record}"
        return sorted(row[0] for row in connection.execute(keys).fetchall())

    columns_read = {column.casefold(): column for column in source.columns_read}
    columns = names(f"{reader} LIMIT 10000")
    if not columns_read.keys() <= {column.casefold() for column in columns}:
        columns = names(reader)
    if not columns:
        raise DataError(
            "delivery.no_object",
            "{path}: holds no JSON object; one object a line is needed, or an array of objects",
            path=path,
        )
    if len({column.casefold() for column in columns}) < len(columns):
        raise DataError("delivery.case", "{path}: has keys that differ in case only; write them alike", path=path)
    missing = columns_read.keys() - {column.casefold() for column in columns} if partial else ()
    columns += [columns_read[column] for column in missing]
    structure = json.dumps(dict.fromkeys(columns, "VARCHAR"), ensure_ascii=False)
    fields = [_filled(f"record.{quoted(name)}", source.nulls) for name in columns]
    unreadable = f"coalesce({quoted(UNREADABLE)}, CASE WHEN NOT {record} THEN line END)"
    helpers = ", ".join(quoted(name) for name in HELPERS if name != UNREADABLE)
    relation = (
        f"SELECT {_selected(columns, fields)}, unreadable AS {quoted(UNREADABLE)}, {helpers} FROM (SELECT "
        f"CASE WHEN {record} THEN json_transform(line, {text(structure)}) END AS record, "
        f"{unreadable} AS unreadable, {helpers} FROM ({reader}))"
    )
    return Delivery(str(path), tuple(columns), relation, first_row=1)


def _parquet(origin: str, path: Path, connection: duckdb.DuckDBPyConnection, nulls: Sequence[str]) -> Delivery:
    reader = f"read_parquet({text(str(path))})"
    try:
        described = connection.execute(f"DESCRIBE FROM {reader}").fetchall()
    except duckdb.Error as error:
        raise DataError(
            "delivery.parquet", "{origin}: is no Parquet file: {why}", origin=origin, why=str(error).splitlines()[0]
        ) from error
    names = [row[0] for row in described]
    fields = [_filled(quoted(name), nulls) if type == "VARCHAR" else quoted(name) for name, type, *_ in described]
    relation = f"SELECT {_selected(names, fields)}, {_no_helpers()} FROM {reader}"
    return Delivery(origin, tuple(names), relation, first_row=1)


def _selected(names: Sequence[str], fields: Sequence[str]) -> str:
    return ", ".join(f"{field} AS {quoted(name)}" for name, field in zip(names, fields, strict=True))


def _no_helpers() -> str:
    return ", ".join(f"NULL::{type} AS {quoted(name)}" for name, type in HELPERS.items())


def _filled(value: str, nulls: Sequence[str] = ()) -> str:
    """SQL of a text that is NULL when blank or one of the words for an empty cell."""
    named = f" AND trim({value}) NOT IN ({', '.join(map(text, nulls))})" if nulls else ""
    return f"CASE WHEN trim({value}) <> ''{named} THEN {value} END"

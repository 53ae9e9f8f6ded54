"""One delivery as a relation of text columns, whatever it comes in.

CSV, NDJSON and Parquet are read where they lie; what DuckDB does not read itself (gzip with its checksum, other
encodings, workbooks, databases) is first unpacked into the load's scratch folder, in a stream.
"""

import codecs
import csv
import gzip
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from data.errors import DataError
from data.expressions import quoted
from data.sources import FORMATS, Csv, Format, Source

CHUNK = 4 << 20
UNREADABLE = "→line"
"""Column that holds the text of a line that is no record, else NULL."""


@dataclass(frozen=True)
class Delivery:
    """A delivery that can be read. `relation`: SQL of its text columns and UNREADABLE, in the file's order.

    first_row: the number of its first record, as an editor or a workbook counts it.
    lines: DuckDB notes the lines it cannot read in the table `reject_errors`.
    """

    origin: str
    columns: tuple[str, ...]
    relation: str
    first_row: int
    lines: bool = False


@contextmanager
def reading(path: Path | str) -> Iterator[None]:
    """Turn what can go wrong with reading a file into one DataError."""
    try:
        yield
    except FileNotFoundError as error:
        raise DataError(f"{path}: there is no such file; check its name and folder") from error
    except IsADirectoryError as error:
        raise DataError(f"{path}: is a folder; name a file in it") from error
    except PermissionError as error:
        raise DataError(f"{path}: may not be read by this user; change its permissions") from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path}: the gzip file is cut off or damaged ({error}); fetch it again") from error
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: is not {error.encoding} (byte 0x{error.object[error.start]:02x}); set csv.encoding in the source "
            "file, for Chinese files mostly gb18030"
        ) from error


def open_delivery(
    source: Source, path: Path, scratch: Path, connection: duckdb.DuckDBPyConnection, *, partial: bool = False
) -> Delivery:
    """Open the file at `path` as `source` says. Raises DataError if it cannot be read or is empty.

    partial: no record of an NDJSON file needs to have all columns; what none has is empty.
    """
    format = source.format or file_format(path)
    with reading(path):
        if format == "xlsx":
            return _parquet(str(path), _workbook(path, source.sheet, scratch), connection, first_row=2)
        if format == "parquet":
            return _parquet(str(path), path, connection, first_row=1)
        text = unpacked(path, source.csv.encoding, scratch)
        return _csv(source, path, text) if format == "csv" else _ndjson(source, path, text, connection, partial)


def open_query(source: Source, result: Path, connection: duckdb.DuckDBPyConnection) -> Delivery:
    """Open the fetched rows of a query."""
    return _parquet(f"{source.path}: query", result, connection, first_row=1)


def file_format(path: Path) -> Format:
    """The format that a file's name says."""
    suffix = Path(path.name.lower().removesuffix(".gz")).suffix
    if suffix not in FORMATS:
        raise DataError(
            f"{path}: its name does not say its format; set format in the source file: csv, ndjson, parquet or xlsx"
        )
    return FORMATS[suffix]


def unique(names: list[str]) -> list[str]:
    """Column names made distinct (in any case) and not empty, as DuckDB does: a, a_1, column2."""
    seen: set[str] = set()
    result = []
    for number, name in enumerate(names):
        base = name.strip() or f"column{number}"
        candidate, count = base, 0
        while candidate.casefold() in seen:
            count += 1
            candidate = f"{base}_{count}"
        seen.add(candidate.casefold())
        result.append(candidate)
    return result


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
        raise DataError(f"{path}: is empty; fetch it again")
    if plain:
        with target.open("rb") as file:
            codecs.getincrementaldecoder("utf-8")().decode(file.read(CHUNK))
    return target


def csv_reader(path: Path, plain: Path, csv_format: Csv) -> tuple[list[str], str]:
    """Column names and SQL of a CSV file, all text, blanks NULL; its refused lines go to the table `reject_errors`.

    path: what to call the file; plain: the same, unzipped and in UTF-8. DuckDB is told all and guesses nothing.
    """
    with plain.open(encoding="utf-8-sig", newline="") as file:
        header = file.readline(CHUNK)
        delimiter = csv_format.delimiter or max(",;\t|", key=header.count)
        file.seek(0)
        try:
            rows = csv.reader(file, delimiter=delimiter, quotechar=csv_format.quote or None)
            columns = unique(next(rows, []))
        except csv.Error as error:
            raise DataError(f"{path}: row 1: the header cannot be read: {error}") from error
    if not columns:
        raise DataError(f"{path}: row 1: is blank where the names of the columns are expected")
    options = {
        "auto_detect": "false",
        "header": "true",
        "delim": text(delimiter),
        "quote": text(csv_format.quote),
        "escape": text(csv_format.quote),
        "columns": "{" + ", ".join(f"{text(name)}: 'VARCHAR'" for name in columns) + "}",
        "nullstr": "[" + ", ".join(map(text, ("", " ", *csv_format.nulls))) + "]",
        "compression": "'none'",
        "store_rejects": "true",
    }
    return columns, f"read_csv({text(str(plain))}, {', '.join(f'{name} = {value}' for name, value in options.items())})"


def _csv(source: Source, path: Path, plain: Path) -> Delivery:
    columns, reader = csv_reader(path, plain, source.csv)
    relation = f"SELECT *, NULL::VARCHAR AS {quoted(UNREADABLE)} FROM {reader}"
    return Delivery(str(path), tuple(columns), relation, first_row=2, lines=True)


def _ndjson(source: Source, path: Path, plain: Path, connection: duckdb.DuckDBPyConnection, partial: bool) -> Delivery:
    """A record a line. Its columns are the keys of the first records, or of all if the source asks for more."""
    reader = (
        f"SELECT ltrim(line, chr(65279)) AS line FROM read_csv({text(str(plain))}, columns = {{'line': 'VARCHAR'}}, "
        "auto_detect = false, header = false, delim = '\x01', quote = '', escape = '', compression = 'none', "
        "max_line_size = 16777216) WHERE trim(line) <> ''"
    )
    record = "CASE WHEN json_valid(line) THEN json_type(line) = 'OBJECT' ELSE false END"

    def names(lines: str) -> list[str]:
        keys = f"SELECT DISTINCT unnest(json_keys(line)) FROM ({lines}) WHERE {record}"
        return sorted(row[0] for row in connection.execute(keys).fetchall())

    wanted = {column.casefold(): column for column in source.columns_read}
    columns = names(f"{reader} LIMIT 10000")
    if not wanted.keys() <= {column.casefold() for column in columns}:
        columns = names(reader)
    if not columns:
        raise DataError(f"{path}: holds no JSON object; one object a line is needed")
    if len({column.casefold() for column in columns}) < len(columns):
        raise DataError(f"{path}: has keys that differ in case only; write them alike")
    missing = wanted.keys() - {column.casefold() for column in columns} if partial else ()
    columns += [wanted[column] for column in missing]
    structure = json.dumps(dict.fromkeys(columns, "VARCHAR"), ensure_ascii=False)
    fields = ", ".join(f"{_filled('record.' + quoted(name))} AS {quoted(name)}" for name in columns)
    relation = (
        f"SELECT {fields}, unreadable AS {quoted(UNREADABLE)} FROM (SELECT "
        f"CASE WHEN {record} THEN json_transform(line, {text(structure)}) END AS record, "
        f"CASE WHEN NOT {record} THEN line END AS unreadable FROM ({reader}))"
    )
    return Delivery(str(path), tuple(columns), relation, first_row=1)


def _workbook(path: Path, sheet: str | int, scratch: Path) -> Path:
    import fastexcel  # here, so that other loads start without it

    target = scratch / "workbook.parquet"
    try:
        table = pa.table(fastexcel.read_excel(path).load_sheet(sheet, dtypes="string").to_arrow())
    except fastexcel.FastExcelError as error:
        raise DataError(f"{path}: cannot be read as a workbook: {str(error).splitlines()[0]}") from error
    pq.write_table(table.rename_columns(unique(table.column_names)), target)
    return target


def _parquet(origin: str, path: Path, connection: duckdb.DuckDBPyConnection, first_row: int) -> Delivery:
    reader = f"read_parquet({text(str(path))})"
    try:
        described = connection.execute(f"DESCRIBE FROM {reader}").fetchall()
    except duckdb.Error as error:
        raise DataError(f"{origin}: is no Parquet file: {str(error).splitlines()[0]}") from error
    fields = [
        f"{_filled(quoted(name))} AS {quoted(name)}" if type == "VARCHAR" else quoted(name)
        for name, type, *_ in described
    ]
    relation = f"SELECT {', '.join(fields)}, NULL::VARCHAR AS {quoted(UNREADABLE)} FROM {reader}"
    return Delivery(origin, tuple(row[0] for row in described), relation, first_row)


def _filled(value: str) -> str:
    """SQL of a text that is NULL when blank."""
    return f"CASE WHEN trim({value}) <> '' THEN {value} END"

"""The table in a CSV file: delimiter, header, and rows that cover every line."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from data.errors import DataError
from data.formats.csv_records import Record, read_records
from data.formats.json_lines import readable
from data.formats.layout import HEAD, Header, Layout, Row, data_rows, find_header, says_no_fact, write_rows

SWALLOWED = "rows inside a quoted value"
"""Reason to reject the lines of a quoted value that contains rows: its quote is probably unclosed."""
CHUNK = 4 << 20


@dataclass(frozen=True)
class CsvTable:
    """A table found in the CSV file `path`. plain: the file unzipped and in UTF-8.

    simple: the header is the first line and `fill_down` is empty, so DuckDB can read it.
    line_breaks: accept quoted values with lines that look like rows.
    """

    path: Path
    plain: Path
    delimiter: str
    quote: str
    line_breaks: bool
    layout: Layout
    header: Header
    simple: bool

    @property
    def names(self) -> list[str]:
        return self.header.names

    def lines(self) -> int:
        """Number of lines below the first one, without blank lines at the end."""
        newlines = trailing = 0
        with self.plain.open("rb") as file:
            while chunk := file.read(CHUNK):
                text = chunk.rstrip(b"\r\n")
                if text:
                    newlines += trailing + text.count(b"\n")
                    trailing = 0
                trailing += chunk.count(b"\n", len(text))
        return newlines

    def convert(self, target: Path) -> None:
        """Write the rows to a Parquet file. Every line below the header is in a row."""
        try:
            write_rows(data_rows(self.rows(), self.names, self.layout), self.names, target)
        except DataError as error:
            raise DataError("file.at", "{path}: {why}", path=self.path, why=error.message) from error

    def rows(self) -> Iterator[Row]:
        width = len(self.names)
        needed = max((at + 1 for at, name in enumerate(self.names) if not re.fullmatch(r"column\d+", name)), default=0)
        for record in islice(read_records(self.plain, self.delimiter, self.quote), self.header.first, None):
            fields = record.fields
            if fields is None:
                yield from _unreadable(record, record.fault or "")
                continue
            cells = [field if field.strip() else None for field in fields]
            while len(cells) > width and cells[-1] is None:
                cells.pop()
            if len(cells) > width or (len(fields) < needed and not says_no_fact(cells)):
                yield from _unreadable(record, f"it has {len(fields)} columns, the header {width}")
            elif len(record.lines) > 1 and not self.line_breaks and self._swallows(record):
                yield from _unreadable(record, "lines that look like rows stand inside a quoted value")
            else:
                yield Row(record.line, cells)

    def _swallows(self, record: Record) -> bool:
        """Whether two or more lines of a record have as many delimiters as a row, so one value contains other rows."""
        full = max(1, len(self.names) - 1)
        return sum(line.count(self.delimiter) >= full for line in record.lines) > 1


def _unreadable(record: Record, fault: str) -> Iterator[Row]:
    """A row for each line of the record, so that rejects are counted by lines."""
    last = record.line + len(record.lines) - 1
    reason = SWALLOWED if last > record.line else None
    if reason:
        fault = f"lines {record.line} to {last}: {fault}"
    for number, line in enumerate(record.lines, record.line):
        yield Row(number, None, text=readable(line), fault=fault, reason=reason)


def find_table(
    path: Path, plain: Path, delimiter: str | None, quote: str, line_breaks: bool, layout: Layout
) -> CsvTable:
    """Find the table in the CSV file `path`. delimiter: None tries the usual ones until the header has all columns.

    Raises DataError if there is no header.
    """
    with plain.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        begin = [file.readline(CHUNK) for _ in range(HEAD)]
    first = next((line for line in begin if line.strip()), "")
    choices = [delimiter] if delimiter else sorted(",;\t|", key=lambda sign: (-first.count(sign), -_count(begin, sign)))
    candidates = []
    for sign in choices:
        head = list(islice(read_records(plain, sign, quote), HEAD))
        rows = [[field if field.strip() else None for field in record.fields or []] for record in head]
        try:
            header = find_header(rows, layout)
        except DataError as error:
            raise DataError("file.at", "{path}: {why}", path=path, why=error.message) from error
        simple = header.first == 1 and len(head[0].lines) == 1 and not layout.fill_down
        candidates.append(CsvTable(path, plain, sign, quote, line_breaks, layout, header, simple))
        if header.holds(layout.wanted):
            return candidates[-1]
    return candidates[0]


def _count(lines: list[str], sign: str) -> int:
    return sum(line.count(sign) for line in lines)

"""CSV read record by record: every line of the file belongs to one record, and a faulty record keeps its lines.

DuckDB reads a file without faults ten times as fast; this reader is for the others. It follows RFC 4180: a quoted field
begins with the quote, and a doubled quote inside it stands for one.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

LONGEST = 16 << 20
"""Maximum characters of a record, so that an unclosed quote does not fill the memory."""
NOT_UTF8 = re.compile("[\udc80-\udcff]")

csv.field_size_limit(LONGEST)


@dataclass(frozen=True, slots=True)
class Record:
    """The lines from number `line` (from 1) on that make one record.

    fields: None if the record cannot be read; then `fault` says why.
    """

    line: int
    lines: tuple[str, ...]
    fields: list[str] | None
    fault: str | None = None


def read_records(plain: Path, delimiter: str, quote: str) -> Iterator[Record]:
    """The records of a UTF-8 file, blank lines included (their fields are ['']).

    An unclosed quote makes one unreadable record of all following lines, split into parts of LONGEST.
    """
    with plain.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        pending: list[str] = []
        first = size = 0
        swallowed = inside = False
        for number, line in enumerate(_lines(file), 1):
            if not pending and not inside and (not quote or quote not in line):
                yield _one_line(number, line, delimiter)
                continue
            if not pending:
                first = number
            pending.append(line)
            size += len(line)
            inside = _ends_inside(line, delimiter, quote, inside)
            if inside and size < LONGEST:
                continue
            swallowed = swallowed or inside
            fault = "a quote opens here and is not closed within 16 MB" if swallowed else None
            yield _record(first, pending, delimiter, quote, fault)
            pending, size, swallowed = [], 0, inside
        if pending:
            yield _record(first, pending, delimiter, quote, "a quote opens here and is never closed")


def _lines(file: TextIO) -> Iterator[str]:
    """Lines with their ends; too long ones are truncated and unreadable."""
    while line := file.readline(LONGEST):
        if len(line) == LONGEST and line[-1] not in "\r\n":
            while (remainder := file.readline(LONGEST)) and remainder[-1] not in "\r\n":
                pass
        yield line


def _one_line(number: int, line: str, delimiter: str) -> Record:
    fault = _line_fault(line)
    fields = None if fault else line.rstrip("\r\n").split(delimiter)
    return Record(number, (line,), fields, fault)


def _record(first: int, lines: list[str], delimiter: str, quote: str, fault: str | None) -> Record:
    fields = None
    fault = fault or next((broken for line in lines if (broken := _line_fault(line))), None)
    if fault is None:
        try:
            fields = next(csv.reader(lines, delimiter=delimiter, quotechar=quote, strict=True))
        except csv.Error as error:
            fault = str(error)
    return Record(first, tuple(lines), fields, fault)


def _line_fault(line: str) -> str | None:
    if len(line) >= LONGEST:
        return "the line is longer than 16 MB"
    if not line.isascii() and NOT_UTF8.search(line):
        return "the line is not UTF-8"
    return None


def _ends_inside(line: str, delimiter: str, quote: str, inside: bool) -> bool:
    """Whether a quoted field is open at the end of a line. inside: whether it is open at the beginning."""
    at = 0
    while True:
        if inside:
            at = line.find(quote, at)
            if at < 0:
                return True
            if line.startswith(quote, at + 1):
                at += 2
                continue
            inside = False
        elif line.startswith(quote, at):
            inside, at = True, at + 1
            continue
        at = line.find(delimiter, at)
        if at < 0:
            return False
        at += len(delimiter)

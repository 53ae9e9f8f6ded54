"""NDJSON as numbered lines, and a JSON array as NDJSON."""

import re
from collections.abc import Iterator
from pathlib import Path

from data.errors import DataError
from data.formats.csv_records import LONGEST, NOT_UTF8
from data.formats.layout import Row, write_rows
from data.push.intake import Intake, Limits, Malformed, TooLarge

CHUNK = 1 << 20
NO_LIMIT = Limits(size=1 << 62, rows=1 << 62)


def json_lines(path: Path, plain: Path, scratch: Path) -> Path:
    """Write a JSON array in the UTF-8 file `plain` as NDJSON; returns `plain` itself if it is no array.

    Raises DataError if the array is broken or cut off.
    """
    with plain.open("rb") as file:
        begin = file.read(CHUNK).removeprefix(b"\xef\xbb\xbf").lstrip()
        if not re.match(rb"\[\s*[{\]]", begin) or _is_line(begin):
            return plain
        file.seek(0)
        intake = Intake(scratch / "array.ndjson", "json", NO_LIMIT)
        try:
            while piece := file.read(CHUNK):
                intake.feed(piece)
            intake.close()
        except (Malformed, TooLarge) as error:
            intake.discard()
            raise DataError("file.at", "{path}: {why}", path=path, why=error.message) from error
    return intake.path


def _is_line(begin: bytes) -> bool:
    """Whether the first line is a complete array followed by other lines: NDJSON of arrays."""
    line, newline, remainder = begin.partition(b"\n")
    return bool(newline and remainder.strip()) and line.rstrip().endswith(b"]")


def number_lines(plain: Path, target: Path) -> None:
    """Write the non-blank lines of a UTF-8 file with their numbers, as the column `line`."""
    write_rows(_lines(plain), ["line"], target)


def _lines(plain: Path) -> Iterator[Row]:
    number, is_cut = 0, False
    with plain.open(encoding="utf-8-sig", errors="surrogateescape", newline="\n") as file:
        while piece := file.readline(LONGEST):
            rest_of_last, is_cut = is_cut, len(piece) == LONGEST and not piece.endswith("\n")
            if rest_of_last:
                continue
            number += 1
            line = piece.strip()
            if not line:
                continue
            wrong = "the line is longer than 16 MB" if is_cut else None
            if not line.isascii() and NOT_UTF8.search(line):
                wrong = "the line is not UTF-8"
            if wrong:
                yield Row(number, None, text=readable(line), fault=wrong)
            else:
                yield Row(number, [line])


def readable(line: str) -> str:
    """The beginning of a line as valid UTF-8 text."""
    return line[:10_000].rstrip("\r\n").encode("utf-8", "replace").decode()

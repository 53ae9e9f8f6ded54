"""Output of records: an aligned table for people, CSV and JSON for programs."""

import csv
import json
import sys
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

import click

from cockpit.labels.spreadsheets import neutral

if TYPE_CHECKING:
    import pandas as pd

FORMATS = ("table", "csv", "json")
MOST_LOOKED_AT = 1_000
"""Characters of a value that a cell of a table may come from: a delivery may hold a number of a million digits."""
WIDEST = 48
"""Columns of a terminal that one cell of a table may take; CSV and JSON are never cut."""

Record = Sequence[Any]


def format_option(command: Callable[..., Any]) -> Callable[..., Any]:
    help = "How to print: an aligned table, CSV with a header, or a JSON array."
    return click.option(
        "--format", "layout", type=click.Choice(FORMATS), default="table", show_default=True, help=help
    )(command)


def write_frame(frame: "pd.DataFrame", layout: str) -> None:
    """Print a frame without its index; a missing value is an empty cell or null."""
    values = frame.astype(object).where(frame.notna(), None)
    records = ([_whole_number(value) for value in record] for record in values.itertuples(index=False, name=None))
    write(list(frame.columns), records, layout)


def write(columns: Sequence[str], records: Iterable[Record], layout: str, uncut: Collection[str] = ()) -> None:
    """Print records: times as `2026-11-22 08:00:00`, a missing value as an empty cell or null.

    uncut: columns whose texts a table wraps instead of cutting them.
    """
    if layout == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\r\n")  # so that a lone return in a value is quoted as well
        writer.writerow([neutral(column) for column in columns])
        writer.writerows([neutral(v) if isinstance(v, str) else v for v in record] for record in records)
    elif layout == "json":
        rows = [dict(zip(columns, record, strict=True)) for record in records]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1, default=str))
    else:
        for line in table(columns, records, uncut):
            click.echo(line)


def table(columns: Sequence[str], records: Iterable[Record], uncut: Collection[str] = ()) -> list[str]:
    """Lines of a table: columns without any value left out, numbers to the right, the columns `uncut` wrapped."""
    rows = list(records)
    visible = [i for i in range(len(columns)) if not rows or any(row[i] is not None for row in rows)]
    wrapped = [[_wrap(row[i]) if columns[i] in uncut else [_cell(row[i])] for i in visible] for row in rows]
    cells = [[columns[i] for i in visible], *chain.from_iterable(map(_lines, wrapped))]
    widths = [max(map(width, column)) for column in zip(*cells, strict=True)]
    right = [any(_is_number(row[i]) for row in rows) for i in visible]
    return [
        "  ".join(
            " " * (wide - width(cell)) + cell if to_right else cell + " " * (wide - width(cell))
            for cell, wide, to_right in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in cells
    ]


def width(text: str) -> int:
    """Columns of a terminal that a text takes: a Chinese character takes two."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _lines(row: list[list[str]]) -> Iterable[list[str]]:
    """The lines that a row of wrapped cells takes."""
    return map(list, zip_longest(*row, fillvalue=""))


def _wrap(value: Any) -> list[str]:
    """A text over as many lines as it needs: broken at blanks, and inside a word that is wider than a line."""
    lines, line = [], ""
    for word in str(value if value is not None else "").split():
        joined = f"{line} {word}" if line else word
        if width(joined) <= WIDEST:
            line = joined
            continue
        if line:
            lines.append(line)
        line = ""
        for character in word:
            if width(line + character) > WIDEST:
                lines.append(line)
                line = ""
            line += character
    return [*lines, line]


def _whole_number(value: Any) -> Any:
    """A count that a frame holds as 3.0 is printed as 3."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    text = " ".join(str(value)[:MOST_LOOKED_AT].split())
    if width(text[: WIDEST + 1]) <= WIDEST:
        return text[: WIDEST + 1]
    text = text[:WIDEST]  # a character takes one column or two
    while width(text) >= WIDEST:
        text = text[:-1]
    return text + "…"

"""The layout of a table on a sheet: header, values repeated by merged or empty cells, rows to skip.

A sheet is a CSV or a worksheet. Its rows become a Parquet file of texts, each with its number on the sheet.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from data.errors import DataError
from data.sources.expressions import suggest

ROW, UNREADABLE, FAULT, REASON, LONG = "→row", "→line", "→fault", "→reason", "→long"
HELPERS = {ROW: "BIGINT", UNREADABLE: "VARCHAR", FAULT: "VARCHAR", REASON: "VARCHAR", LONG: "VARCHAR[]"}
"""Helper columns and their types: row number on the sheet; for unreadable lines the text, the fault and any special
reject reason; names of columns whose number has more digits than a workbook stores."""

HEAD = 60
"""Number of rows to search for a header."""
BATCH = 20_000
_GAP = "[\\s\u3000\u00a0]*"
TOTAL = (
    r"(?i)@((本[页表月季年周日]|当[月年日]|全[区市县镇年]|各?[镇乡街村]*)@)?(合|总|小|共|累)@计@"
    r"(数|值)?@[:：]?@|@(grand |sub)?-?total:?@"
).replace("@", _GAP)
"""Pattern of the first cell of a row of totals, for Python and RE2 (whose \\s excludes the full-width space)."""
NOTE = (
    r"(?is)@[(（*※]?@(注|备@注|说@明|附@注|填@报|填@表|制@表|编@制|审@核|审@批|复@核|负@责@人|单@位@负@责@人|联@系|报@送|"
    r"数据来源|资料来源|统计口径|截至|打印|导出|notes?\b|source\b|remarks?\b)[^:：]{0,20}[:：].*"
).replace("@", _GAP)
"""Pattern of the first cell of a note above or below the table."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a sheet, numbered from 1. cells: texts, None for an empty one; None if the row cannot be read.

    long: positions of the cells whose number lost digits. text, fault, reason: of an unreadable row.
    """

    number: int
    cells: list[str | None] | None
    long: tuple[int, ...] = ()
    text: str | None = None
    fault: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Layout:
    """Sheet settings of a source.

    wanted: the columns it reads. header_row: "auto" or the numbers of the header's rows, from 1. fill_down: columns
    whose empty cells repeat the one above. nulls: words of an empty cell.
    """

    wanted: tuple[str, ...]
    header_row: str | int | tuple[int, ...] = "auto"
    fill_down: tuple[str, ...] = ()
    nulls: tuple[str, ...] = ()


@dataclass(frozen=True)
class Header:
    """names: of the columns, distinct. first: position, among the rows looked at, of the first row below it."""

    names: list[str]
    first: int

    def holds(self, names: Sequence[str]) -> bool:
        return _fold(names) <= _fold(self.names)


def find_header(head: Sequence[list[str | None]], layout: Layout) -> Header:
    """The header among the first rows of a sheet.

    "auto" is the first row that holds all wanted columns, or the first two rows that do so joined, else the row that
    holds most of them, else the first that is not blank. Names of two rows are joined by `_`.
    Raises DataError if a row is not there or blank.
    """
    wanted, rows = layout.wanted, layout.header_row
    if not any(any(row) for row in head):
        raise DataError("header.blank", "row 1: is blank where the names of the columns are expected")
    if rows != "auto":
        numbers = (rows,) if isinstance(rows, int) else tuple(int(row) for row in rows)
        if max(numbers) > len(head):
            raise DataError(
                "header.no_row",
                "header_row: there is no row {row}, the sheet has {count} at its beginning",
                row=max(numbers),
                count=len(head),
            )
        return _best([_joined([head[n - 1] for n in numbers]), _lowest([head[n - 1] for n in numbers])], wanted,
                     max(numbers))  # fmt: skip
    for depth, naming in ((1, _lowest), (2, _joined), (2, _lowest)):
        for at in range(len(head) - depth + 1):
            names = naming(head[at : at + depth])
            if _fold(wanted) <= _fold(names) and any(names):
                return Header(unique(names), at + depth)
    hits = [len(_fold(wanted) & _fold(_lowest([row]))) or 0.5 * any(row) for row in head]
    at = hits.index(max(hits))
    return Header(unique(_lowest(head[at : at + 1])), at + 1)


def _best(choices: list[list[str]], wanted: Sequence[str], first: int) -> Header:
    names = max(choices, key=lambda names: len(_fold(wanted) & _fold(names)))
    if not any(names):
        raise DataError(
            "header.row_blank", "header_row: row {row} is blank where the names of the columns are expected", row=first
        )
    return Header(unique(names), first)


def _fold(names: Sequence[str]) -> set[str]:
    return {name.casefold() for name in names}


def _lowest(rows: Sequence[list[str | None]]) -> list[str]:
    """Name each column by its lowest non-empty cell."""
    names = _columns(rows)
    return [next((name for name in reversed(parts) if name), "") for parts in names]


def _joined(rows: Sequence[list[str | None]]) -> list[str]:
    """Name each column by all its cells. An upper cell also applies to empty cells to its right with a cell below."""
    *upper, lowest = [list(row) for row in rows]
    for row in upper:
        for at in range(1, len(row)):
            if row[at] is None and at < len(lowest) and lowest[at] is not None:
                row[at] = row[at - 1]
    names = _columns([*upper, lowest])
    return ["_".join(dict.fromkeys(name for name in parts if name)) for parts in names]


def _columns(rows: Sequence[list[str | None]]) -> list[list[str]]:
    width = max((len(row) for row in rows), default=0)
    return [[_name(row[at]) if at < len(row) else "" for row in rows] for at in range(width)]


def _name(cell: str | None) -> str:
    """A column name without the line breaks and spaces of a narrow cell."""
    lines = " ".join((cell or "").split())
    return re.sub(r"(?<=[^\x00-\xff]) (?=.)|(?<=.) (?=[^\x00-\xff])", "", lines)


def unique(names: Sequence[str]) -> list[str]:
    """Column names made distinct (in any case) and not empty, as DuckDB does: a, a_1, column2."""
    used: set[str] = set()
    result = []
    for number, name in enumerate(names):
        base = name.strip() or f"column{number}"
        candidate, count = base, 0
        while candidate.casefold() in used:
            count += 1
            candidate = f"{base}_{count}"
        used.add(candidate.casefold())
        result.append(candidate)
    return result


def says_no_fact(cells: Sequence[str | None]) -> bool:
    """Whether a row is blank, a total or a note."""
    first = next((cell for cell in cells if cell), None)
    return first is None or bool(re.fullmatch(TOTAL, first) or re.fullmatch(NOTE, first))


def data_rows(rows: Iterable[Row], names: Sequence[str], layout: Layout) -> Iterator[Row]:
    """Rows below the header, with `nulls` emptied and `fill_down` filled. Raises DataError if a column is not there."""
    by_fold = {name.casefold(): at for at, name in enumerate(names)}
    for column in layout.fill_down:
        if column.casefold() not in by_fold:
            raise DataError(
                "fill_down.no_column",
                "fill_down: there is no column {column}{near}; columns: {columns}",
                column=column,
                near=suggest(column, names),
                columns=tuple(names),
            )
    last: dict[int, str | None] = {by_fold[column.casefold()]: None for column in layout.fill_down}
    for row in rows:
        if layout.nulls and row.cells:
            row.cells[:] = [None if cell and cell.strip() in layout.nulls else cell for cell in row.cells]
        if last and row.cells and not says_no_fact(row.cells):
            for at, above in last.items():
                if at < len(row.cells):
                    row.cells[at] = last[at] = row.cells[at] or above
        yield row


def write_rows(rows: Iterable[Row], names: Sequence[str], target: Path) -> None:
    """Write rows to a Parquet file of the columns `names` and HELPERS."""
    schema = pa.schema(
        [*((name, pa.string()) for name in names), (ROW, pa.int64()), (UNREADABLE, pa.string()), (FAULT, pa.string()),
         (REASON, pa.string()), (LONG, pa.list_(pa.string()))]
    )  # fmt: skip
    blank: list[str | None] = [None] * len(names)
    with pq.ParquetWriter(target, schema) as writer:
        for batch in _batches(rows):
            cells = [(row.cells + blank)[: len(names)] if row.cells is not None else blank for row in batch]
            columns: list[Sequence[object]] = list(zip(*cells, strict=True)) if names else []
            columns += [
                [row.number for row in batch],
                [row.text for row in batch],
                [row.fault for row in batch],
                [row.reason for row in batch],
                [[names[at] for at in row.long] if row.long else None for row in batch],
            ]
            arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
            writer.write_table(pa.table(arrays, schema=schema))


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch

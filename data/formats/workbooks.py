"""Worksheets as rows of text, each with the number that the workbook shows."""

import datetime as dt
import zipfile
from collections.abc import Iterator
from pathlib import Path

import fastexcel
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetVisibleEnum

from data.errors import DataError
from data.formats.layout import HEAD, Header, Layout, Row, data_rows, find_header, write_rows

MOST_UNPACKED, UNPACKED_AT_LEAST = 100, 50_000_000
"""Maximum compression ratio of a workbook (usual are 5 to 30), and decompressed bytes that are always allowed."""
LOST = 10**15
"""From this value on a workbook stores only the first 15 digits of a number."""


def convert(path: Path, sheet: str | int | None, layout: Layout, target: Path) -> list[str]:
    """Write a sheet of a workbook to a Parquet file of texts. Returns its columns.

    Without a sheet named it is the first visible one that holds all wanted columns, else the first visible one.
    Raises DataError if the workbook cannot be read.
    """
    try:
        _refuse_bomb(path)
        with CalamineWorkbook.from_path(path) as book:
            names = _sheets(book, path, sheet)
            tables = [(name, _head(book, path, name, layout)) for name in names]
            name, header = next((table for table in tables if table[1].holds(layout.wanted)), tables[0])
            rows = _data(book.get_sheet_by_name(name), header.first, _errors(path, name))
            write_rows(data_rows(rows, header.names, layout), header.names, target)
    except PasswordError as error:
        raise DataError(
            "workbook.protected", "{path}: is protected by a password; save it without one", path=path
        ) from error
    except (CalamineError, OSError, ValueError, zipfile.BadZipFile) as error:
        if isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError):
            raise
        raise DataError(
            "workbook.unreadable",
            "{path}: cannot be read as a workbook: {why}",
            path=path,
            why=str(error).splitlines()[0],
        ) from error
    except DataError as error:
        if "path" in error.message.parameters:
            raise
        raise DataError("file.at", "{path}: {why}", path=path, why=error.message) from error
    return header.names


def _refuse_bomb(path: Path) -> None:
    """Raise DataError for a decompression bomb. Decompresses everything in chunks: declared sizes may be wrong, and the
    reader holds each member in memory."""
    if not zipfile.is_zipfile(path):
        return
    size, most = 0, max(path.stat().st_size * MOST_UNPACKED, UNPACKED_AT_LEAST)
    with zipfile.ZipFile(path) as packed:
        for member in packed.infolist():
            with packed.open(member) as file:
                while piece := file.read(1 << 20):
                    size += len(piece)
                    if size > most:
                        raise DataError(
                            "workbook.unpacks",
                            "unpacks to more than {times} times its size; no workbook does",
                            times=MOST_UNPACKED,
                        )


def _sheets(book: CalamineWorkbook, path: Path, sheet: str | int | None) -> list[str]:
    """The sheets that may hold the table."""
    names = book.sheet_names
    if isinstance(sheet, int):
        if sheet >= len(names):
            raise DataError(
                "sheet.no_number",
                "{path}: sheet: there is no sheet {sheet}, counted from 0; it has {sheets}",
                path=path,
                sheet=sheet,
                sheets=tuple(names),
            )
        return [names[sheet]]
    if sheet is not None:
        if sheet not in names:
            raise DataError(
                "sheet.unknown",
                "{path}: sheet: there is no sheet {sheet}; it has {sheets}",
                path=path,
                sheet=sheet,
                sheets=tuple(names),
            )
        return [sheet]
    visible = [each.name for each in book.sheets_metadata if each.visible == SheetVisibleEnum.Visible]
    return visible or names


def _head(book: CalamineWorkbook, path: Path, sheet: str, layout: Layout) -> Header:
    """The header of a sheet; a merged cell names all columns that it spans."""
    table = book.get_sheet_by_name(sheet)
    rows = [row.cells or [] for row, _ in zip(_rows(table), range(HEAD), strict=False)]
    first_column = table.start[1] if table.start else 0
    for (top, first), (bottom, last) in table.merged_cell_ranges or ():
        for at in range(top, min(bottom + 1, len(rows))):
            for column in range(first - first_column, last - first_column + 1):
                if 0 <= column < len(rows[at]) and top < len(rows) and last > first and bottom == top:
                    rows[at][column] = rows[top][first - first_column]
    return find_header(rows, layout)


def _data(table: CalamineSheet, first: int, errors: dict[tuple[int, int], str]) -> Iterator[Row]:
    """The rows from position `first` on, with the codes of cells whose formula failed."""
    for row in _rows(table):
        if row.number <= first:
            continue
        if errors and row.cells:
            for at in range(len(row.cells)):
                row.cells[at] = row.cells[at] or errors.get((row.number - 1, at))
        yield row


def _rows(table: CalamineSheet) -> Iterator[Row]:
    """All rows of a sheet. A vertically merged cell repeats its value in each row."""
    if table.start is None:
        return
    first_column = table.start[1]
    down: dict[tuple[int, int], tuple[int, int]] = {}
    for (top, first), (bottom, _) in table.merged_cell_ranges or ():
        down |= {(at, first - first_column): (top, first - first_column) for at in range(top + 1, bottom + 1)}
    tops = set(down.values())
    values: dict[tuple[int, int], str | None] = {}
    for at, row in enumerate(table.iter_rows()):
        cells = [_text(cell) for cell in row]
        if down:
            for column in range(len(cells)):
                if (at, column) in tops:
                    values[at, column] = cells[column]
                elif (at, column) in down:
                    cells[column] = cells[column] or values.get(down[at, column])
        long = tuple(column for column, cell in enumerate(row) if isinstance(cell, float | int) and abs(cell) >= LOST)
        yield Row(at + 1, cells, long)


def _text(cell: object) -> str | None:
    if isinstance(cell, str):
        return cell if cell.strip() else None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        return _rounded(cell).isoformat(" ")
    if isinstance(cell, dt.timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
    return str(cell)


def _rounded(moment: dt.datetime) -> dt.datetime:
    """A time to the second: a workbook keeps it as a fraction of a day, which is a little off."""
    return (moment + dt.timedelta(milliseconds=500)).replace(microsecond=0)


def _errors(path: Path, sheet: str) -> dict[tuple[int, int], str]:
    """The code of each cell whose formula failed, by row of the sheet and column of the table, both from 0.

    python-calamine leaves such cells empty; fastexcel reports them.
    """

    try:
        table = fastexcel.read_excel(path).load_sheet(sheet, header_row=None, skip_rows=0, dtypes="string")
        failed = table.to_arrow_with_errors()[1]
    except fastexcel.FastExcelError as error:
        raise DataError(
            "workbook.unreadable",
            "{path}: cannot be read as a workbook: {why}",
            path=path,
            why=str(error).splitlines()[0],
        ) from error
    if not failed:
        return {}
    return {(row, column): _code(each.detail) for each in failed.errors for row, column in [each.position]}


CODES = {
    "NA": "#N/A", "Div0": "#DIV/0!", "Ref": "#REF!", "Value": "#VALUE!", "Name": "#NAME?", "Num": "#NUM!",
    "Null": "#NULL!", "GettingData": "#GETTING_DATA",
}  # fmt: skip


def _code(detail: str) -> str:
    return next((code for name, code in CODES.items() if f"Error({name})" in detail), "#ERROR!")

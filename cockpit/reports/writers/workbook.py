"""XLSX: a sheet a panel, numbers as numbers, native charts, a sheet of definitions and one of provenance."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from cockpit.drawing.palette import LIGHT
from cockpit.i18n import _, using
from cockpit.labels import format
from cockpit.labels.spreadsheets import neutral
from cockpit.reports.model import Cell, Chart, Column, Document, Form, Heading, Part, Table, Text
from cockpit.reports.sections.charts import wide
from cockpit.reports.writers.common import cell_text, imprint_labels, on_paper, run_on
from cockpit.reports.writers.sheet import Sheet
from cockpit.reports.writers.table import chart_table

FORBIDDEN = re.compile(r"[\[\]:*?/\\']")
LONGEST_NAME = 31
WIDEST, NARROWEST = 48, 7
DASH = {"now": "solid", "before": "dash", "last_year": "round_dot"}
FONT = "Microsoft YaHei"
ACROSS, PAGE_WIDTH = 24, 96
"""Columns of the grid of a page, and its width in characters."""
TEXT_WIDTH = 110
"""Width of the sheet of texts, in characters."""
LONGEST = 10_000
"""Characters across of a cell whose column has no width of its own."""
EPOCH = datetime(1899, 12, 30)


def write(document: Document, path: Path, scratch: Path) -> None:
    """Write the workbook, rows to disk as they come. scratch: a folder for what is not packed yet."""
    options = {
        "constant_memory": True, "tmpdir": str(scratch), "strings_to_formulas": False, "strings_to_urls": False,
        "nan_inf_to_errors": True, "default_date_format": "yyyy-mm-dd hh:mm",
    }  # fmt: skip
    with using(document.language), xlsxwriter.Workbook(str(path), options) as book:
        _Book(book, document).write()


class _Book:
    """One workbook being written."""

    def __init__(self, book: xlsxwriter.Workbook, document: Document) -> None:
        self.book, self.document = book, document
        self.names: set[str] = set()
        self.day = 'yyyy"年"m"月"d"日"' if document.language == "zh" else "yyyy-mm-dd"
        self.formats: dict[tuple[tuple[str, Any], ...], Any] = {}
        self.looks: dict[tuple[str, str, bool, bool], Any] = {}
        origin = document.provenance
        book.set_properties(
            {
                "title": document.title,
                "author": origin.who,
                "keywords": origin.id,
                "created": origin.made_at,
                "subject": origin.id,
            }
        )

    def write(self) -> None:
        many = len(self.document.parts) > 1
        for part in self.document.parts:
            if self.document.page:
                self._page(part, many)
            else:
                self._texts(part, many)
            for block in part.blocks:
                if isinstance(block, Table):
                    self._table(block, self._sheet(part, block.name, many))
                elif isinstance(block, Chart):
                    self._chart(block, self._sheet(part, block.name, many))
                elif isinstance(block, Form):
                    self._pairs(self._sheet(part, block.name, many), block.rows)
            if self.document.apart:
                self._pairs(self._sheet(part, _("Provenance"), many), [*self.document.facts(part), *self._imprint()])
        self._definitions()
        if not self.document.apart:
            self._pairs(self._named(_("Provenance")), self.document.provenance.facts)
        if self.document.page:  # the rest is there to work with, and is not printed
            for sheet in self.book.worksheets()[len(self.document.parts) :]:
                sheet.hide()

    def _imprint(self) -> list[tuple[str, str]]:
        """版记, to be filled in."""
        return [(label, "") for label in imprint_labels()] if self.document.imprint else []

    def _format(self, **how: Any) -> Any:
        key = tuple(sorted(how.items()))
        if key not in self.formats:
            self.formats[key] = self.book.add_format({"font_name": FONT, "font_size": 10, "valign": "vcenter", **how})
        return self.formats[key]

    def _sheet(self, part: Part, name: str, many: bool) -> Sheet:
        return self._named(f"{part.area} {name}" if many else name)

    def _named(self, wanted: str) -> Sheet:
        """A sheet of that name, cut and numbered where Excel would refuse it."""
        plain = FORBIDDEN.sub(" ", wanted).strip()[:LONGEST_NAME] or "-"
        name, i = plain, 1
        while name.lower() in self.names:
            i += 1
            name = f"{plain[: LONGEST_NAME - len(str(i)) - 1]} {i}"
        self.names.add(name.lower())
        sheet: Sheet = self.book.add_worksheet(name, Sheet)
        sheet.set_paper(9)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.set_footer(f"&L{self.document.provenance.id}&R&P / &N")
        return sheet

    def _page(self, part: Part, many: bool) -> None:
        """All that paper shows, on one sheet that prints on one page."""
        sheet = self._sheet(part, _("Summary"), many)
        sheet.set_portrait()
        sheet.fit_to_pages(1, 1)
        sheet.set_column(0, ACROSS - 1, PAGE_WIDTH / ACROSS)
        row = self._paragraph(sheet, 0, part.title, bold=True, font_size=14, align="center")
        for block in part.blocks:
            if isinstance(block, (Text, Heading)):
                row = self._paragraph(sheet, row, block.text, bold=isinstance(block, Heading))
            elif isinstance(block, Table):
                columns, rows, _more = on_paper(block)
                spans = _spans([column.width for column in columns])
                row = self._spanned(sheet, row, spans, [Cell(column.text) for column in columns], bold=True)
                for line in rows:
                    row = self._spanned(sheet, row, spans, line)
                row = self._paragraph(sheet, row, block.note, font_color=LIGHT.faint) if block.note else row
        row = self._paragraph(sheet, row, run_on(self.document.provenance.facts), font_size=7)
        sheet.print_area(0, 0, row - 1, ACROSS - 1)

    def _paragraph(self, sheet: Sheet, row: int, text: str, **how: Any) -> int:
        """A text across the page, as high as it needs to be; the row after it."""
        self._wrapped(sheet, row, text, PAGE_WIDTH, across=ACROSS, **how)
        return row + 1

    def _spanned(
        self, sheet: Sheet, row: int, spans: Sequence[tuple[int, int]], cells: Sequence[Cell], **how: Any
    ) -> int:
        """A line of a table whose columns span several of the sheet; the row after it."""
        lines = 1.0
        for (first, last), cell in zip(spans, cells, strict=True):
            value, look = cell_text(cell), self._format(border=1, text_wrap=True, **how)
            lines = max(lines, -(-wide(value) * 2 // ((last - first + 1) * PAGE_WIDTH / ACROSS * 0.9)))
            if first == last:
                sheet.write_string(row, first, neutral(value), look)
            else:
                sheet.merge_range(row, first, row, last, neutral(value), look)
        sheet.set_row(row, lines * 15)
        return row + 1

    def _texts(self, part: Part, many: bool) -> None:
        """Write the sentences of the report to a first sheet."""
        texts = [block for block in part.blocks if isinstance(block, (Text, Heading))]
        if not any(isinstance(block, Text) for block in texts):
            return
        sheet = self._sheet(part, _("Summary"), many)
        sheet.set_column(0, 0, TEXT_WIDTH)
        self._wrapped(sheet, 0, part.title, TEXT_WIDTH, bold=True, font_size=14)
        for i, block in enumerate(texts, 1):
            self._wrapped(sheet, i, block.text, TEXT_WIDTH, bold=isinstance(block, Heading))
        sheet.print_area(0, 0, len(texts), 0)

    def _wrapped(self, sheet: Sheet, row: int, text: str, width: float, *, across: int = 1, **how: Any) -> None:
        """A text over the first `across` columns, `width` wide together, in a row as high as its lines need."""
        size = how.get("font_size", 10)
        lines = -(-wide(text) * 2 * size // (width * 10 * 0.95))
        sheet.set_row(row, max(lines, 1) * size * 1.5)
        look = self._format(text_wrap=True, **{"valign": "top", **how})
        if across > 1:
            sheet.merge_range(row, 0, row, across - 1, neutral(text), look)
        else:
            sheet.write_string(row, 0, neutral(text), look)

    def _table(self, block: Table, sheet: Sheet) -> None:
        widths = _widths(block.columns)
        for i, width in enumerate(widths):
            sheet.set_column(i, i, width)
        sheet.freeze_panes(1, 1)
        self._head(sheet, block.columns)
        last = len(block.rows) - 1 if block.total else -1
        for i, row in enumerate(block.rows):
            self._line(sheet, i + 1, row, bold=i == last, widths=widths)
        if len(block.rows) and not block.total:
            sheet.autofilter(0, 0, len(block.rows), len(block.columns) - 1)
        if block.note:
            across, below = len(block.columns), len(block.rows) + 2
            self._wrapped(sheet, below, block.note, sum(widths), across=across, font_color=LIGHT.faint)

    def _head(self, sheet: Sheet, columns: Iterable[Column]) -> None:
        for j, column in enumerate(columns):
            head = self._format(bold=True, bg_color="#E3E8ED", bottom=1, text_wrap=True, align="center")
            sheet.write_string(0, j, neutral(column.text), head)

    def _line(
        self, sheet: Sheet, i: int, row: Sequence[Cell], *, bold: bool = False, widths: Sequence[float] = ()
    ) -> None:
        rooms = widths or [LONGEST] * len(row)
        sheet.write_line(i, [self._cell(cell, bold, room) for cell, room in zip(row, rooms, strict=True)])

    def _cell(self, cell: Cell, bold: bool = False, room: float = LONGEST) -> tuple[str | float | int | None, Any]:
        """Value and look; a text wider than `room` characters is wrapped, its long words broken.

        A number keeps its shape of state by its number format, so that it stays a number."""
        value = cell.value
        if value is None or isinstance(value, str):
            text = neutral(cell.text if value is None else value)
            if cell.state:
                text = f"{format.SHAPES[cell.state]} {text}"
            return text or None, self._looks("", "", bold, wrap=wide(text) * 2 > room)
        if isinstance(value, datetime):
            return serial(value), self._looks(self.day + " hh:mm", "", bold)
        if isinstance(value, date):
            return serial(datetime(value.year, value.month, value.day)), self._looks(self.day, "", bold)
        return value, self._looks(cell.format or "General", cell.state, bold)

    def _looks(self, shown: str, state: str, bold: bool, *, wrap: bool = False) -> Any:
        """The format of a cell; a hundred thousand rows share a few."""
        key = (shown, state, bold, wrap)
        if key not in self.looks:
            strong = {"bold": True, "top": 1} if bold else {}
            if state:
                shown = f'"{format.SHAPES[state]} "{"0" if shown == "General" else shown}'
            more = {"num_format": shown} if shown else {}
            self.looks[key] = self._format(**more, **strong, **({"text_wrap": True} if wrap else {}))
        return self.looks[key]

    def _chart(self, block: Chart, sheet: Sheet) -> None:
        """The numbers, with a native chart next to them."""
        columns, rows = chart_table(block)
        for i, width in enumerate(_widths(columns)):
            sheet.set_column(i, i, width)
        self._head(sheet, columns)
        sheet.freeze_panes(1, 1)
        for i, row in enumerate(rows):
            self._line(sheet, i + 1, [cell._replace(format=block.format) for cell in row])
        drawn = self.book.add_chart({"type": "column" if block.kind == "bar" else "line"})
        for j, series in enumerate(block.series, 1):
            colour = getattr(LIGHT, series.style)
            how = (
                {"fill": {"color": colour}}
                if block.kind == "bar"
                else {
                    "line": {
                        "color": colour,
                        "width": 2 if series.style == "now" else 1.25,
                        "dash_type": DASH[series.style],
                    }
                }
            )
            last = {"line": {"color": colour, "width": 2, "dash_type": "square_dot"}}
            unfinished = {"points": [*[None] * (len(rows) - 1), last]} if series.unfinished else {}
            drawn.add_series(
                {
                    "name": [sheet.name, 0, j], "categories": [sheet.name, 1, 0, len(rows), 0],
                    "values": [sheet.name, 1, j, len(rows), j], **how, **unfinished,
                }
            )  # fmt: skip
        drawn.set_title({"name": block.name, "name_font": {"size": 12}})
        drawn.set_y_axis(
            {
                "name": block.unit,
                "num_format": block.format,
                "major_gridlines": {"visible": True, "line": {"color": LIGHT.grid}},
            }
        )
        drawn.set_legend({"position": "bottom"} if len(block.series) > 1 else {"none": True})
        drawn.show_blanks_as("gap")
        drawn.set_size({"width": 760, "height": 320})
        sheet.insert_chart(1, len(columns) + 1, drawn, {"description": block.alt, "object_position": 2})

    def _pairs(self, sheet: Sheet, rows: Iterable[tuple[str, str]]) -> None:
        sheet.set_column(0, 0, 22)
        sheet.set_column(1, 1, 100)
        for i, (label, text) in enumerate(rows):
            sheet.write_string(i, 0, neutral(label), self._format(bold=True, valign="top"))
            sheet.write_string(i, 1, neutral(text), self._format(text_wrap=True, valign="top"))

    def _definitions(self) -> None:
        sheet = self._named(_("Definitions"))
        names = (_("Code"), _("Name"), _("Version"), _("Unit of measure"), _("Meaning"), _("Formula"), _("Target"))
        for j, width in enumerate((22, 22, 8, 10, 80, 36, 26)):
            sheet.set_column(j, j, width)
        self._head(sheet, [Column(name) for name in names])
        sheet.freeze_panes(1, 2)
        for i, definition in enumerate(self.document.provenance.definitions, 1):
            texts = (
                definition.id,
                definition.name,
                definition.version,
                definition.unit,
                definition.text,
                definition.formula,
                definition.threshold,
            )
            self._line(sheet, i, [Cell("", value) for value in texts])


def _spans(widths: Sequence[float]) -> list[tuple[int, int]]:
    """The first and last column of the page's grid that each column of a table takes, one at least."""
    left, spans, at = float(sum(widths)), [], 0
    for i, width in enumerate(widths):
        free = ACROSS - at - (len(widths) - i - 1)
        taken = max(1, min(free, round((ACROSS - at) * width / left)))
        spans.append((at, at + taken - 1))
        at, left = at + taken, left - width
    return spans


def serial(moment: datetime) -> float:
    """A time as spreadsheets count it: days since the last one of 1899."""
    gone = moment - EPOCH
    return gone.days + gone.seconds / 86400


def _widths(columns: Iterable[Column]) -> list[float]:
    """Columns as wide as their headings and their share need."""
    return [min(WIDEST, max(NARROWEST, wide(column.text) * 2 + 3, column.width * 11)) for column in columns]

"""Tables of a Word document as WordprocessingML: built as text, since python-docx is slow at large ones."""

from collections.abc import Sequence
from html import escape

from docx.oxml.ns import nsdecls

from cockpit.reports.model import Cell, Column
from cockpit.reports.writers import common
from cockpit.reports.writers.common import cell_text, clean, too_wide
from cockpit.reports.writers.wordxml import run_fonts

NS = nsdecls("w")
TWIPS_A_MM = 1440 / 25.4
ROOM, CLOSE = 30, 8
"""Twentieths of a point above and below a line of a table."""
MARGINS = 7
"""Points of a cell's width that its margins and frame take."""
HALF = 2
"""Word counts type in half points."""


def table(
    columns: Sequence[Column], rows: Sequence[Sequence[Cell]], *, width: float, size: float, total: bool, count: int,
    close: bool = False,
) -> str:  # fmt: skip
    """A table with a heading row that repeats on each page; numbers to the right. close: no room between its lines."""
    room = CLOSE if close else ROOM
    across = width / 25.4 * 72
    widths = [round(20 * points) for points in common.widths(columns, rows, across=across, size=size, margins=MARGINS)]
    lines = [
        _row(
            [_cell(c.text, w, size, "center", "heading", room=room) for c, w in zip(columns, widths, strict=True)],
            head=True,
        )
    ]
    for i, row in enumerate(rows):
        fill = "F2F2F2" if total and i == count - 1 else ""
        cells = [
            _cell(cell_text(cell), w, size, "right" if c.number else "left", "body", fill, room)
            for cell, c, w in zip(row, columns, widths, strict=True)
        ]
        lines.append(_row(cells))
    return _framed(widths, lines)


def form(rows: Sequence[tuple[str, str, int]], *, width: float) -> str:
    """Labels on the left, texts or room to write on the right."""
    widths = [round(width * TWIPS_A_MM * share) for share in (0.2, 0.8)]
    lines = [
        _row(
            [_cell(label, widths[0], 13, "center", "heading"), _cell(text, widths[1], 13, "left", "body")],
            height=0 if text else lines * 20,
        )
        for label, text, lines in rows
    ]
    return _framed(widths, lines)


def pairs(rows: Sequence[tuple[str, str]], *, width: float, size: float, ruled: bool = True) -> str:
    widths = [round(width * TWIPS_A_MM * share) for share in (0.2, 0.8)]
    lines = [
        _row([_cell(a, widths[0], size, "left", "heading"), _cell(b, widths[1], size, "left", "body")]) for a, b in rows
    ]
    return _framed(widths, lines, ruled=ruled)


def imprint(lines: Sequence[str], *, width: float) -> str:
    """版记: a line above, between and below."""
    total_width = round(width * TWIPS_A_MM)
    edges = "".join(
        f'<w:{side} w:val="single" w:sz="{size}" w:space="0" w:color="000000"/>'
        for side, size in (("top", 8), ("bottom", 8), ("insideH", 6))
    )
    rows = "".join(_row([_cell(line, total_width, 14, "left", "body")]) for line in lines)
    return (
        f'<w:tbl {NS}><w:tblPr><w:tblW w:w="{total_width}" w:type="dxa"/><w:tblBorders>{edges}</w:tblBorders></w:tblPr>'
        f'<w:tblGrid><w:gridCol w:w="{total_width}"/></w:tblGrid>{rows}</w:tbl>'
    )


def _framed(widths: Sequence[int], lines: Sequence[str], *, ruled: bool = True) -> str:
    edge = 'w:val="single" w:sz="4" w:space="0" w:color="404040"'
    sides = ("top", "left", "bottom", "right", "insideH", "insideV") if ruled else ("top",)
    edges = "".join(f"<w:{side} {edge}/>" for side in sides)
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    margin = '<w:left w:w="60" w:type="dxa"/><w:right w:w="60" w:type="dxa"/>'
    return (
        f'<w:tbl {NS}><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:tblBorders>{edges}</w:tblBorders>'
        f'<w:tblLayout w:type="fixed"/><w:tblCellMar>{margin}</w:tblCellMar></w:tblPr><w:tblGrid>{grid}</w:tblGrid>'
        f"{''.join(lines)}</w:tbl>"
    )


def _row(cells: Sequence[str], *, head: bool = False, height: float = 0) -> str:
    tall = f'<w:trHeight w:val="{round(height * 20)}" w:hRule="atLeast"/>' if height else ""
    return f"<w:tr><w:trPr><w:cantSplit/>{tall}{'<w:tblHeader/>' if head else ''}</w:trPr>{''.join(cells)}</w:tr>"


def _cell(text: str, width: int, size: float, side: str, part: str, fill: str = "", room: int = ROOM) -> str:
    shade = f'<w:shd w:val="clear" w:color="auto" w:fill="{fill}"/>' if fill else ""
    wrap = '<w:wordWrap w:val="0"/>' if too_wide(text, width / 20 - MARGINS, size) else ""
    fonts = run_fonts(part).replace(f" {NS}", "")
    runs = "<w:br/>".join(f'<w:t xml:space="preserve">{escape(clean(line))}</w:t>' for line in text.split("\n"))
    spacing = f'<w:spacing w:before="{room}" w:after="{room}" w:line="{round(size * 1.25 * 20)}" w:lineRule="exact"/>'
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{shade}<w:vAlign w:val="center"/></w:tcPr>'
        f'<w:p><w:pPr>{wrap}<w:snapToGrid w:val="0"/>{spacing}<w:jc w:val="{side}"/></w:pPr>'
        f'<w:r><w:rPr>{fonts}<w:sz w:val="{round(size * HALF)}"/></w:rPr>{runs}</w:r></w:p></w:tc>'
    )

"""A sheet written row by row: XlsxWriter's cell calls are too slow for a million cells."""

import re
from collections.abc import Sequence
from html import escape

from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

LONGEST = 32_767
"""Characters that a cell may hold."""
RARE = re.compile(r"[&<>\x00-\x1f\ufffe\uffff]|_x[0-9A-Fa-f]{4}_|^\s|\s$")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
CODED = re.compile(r"_(x[0-9A-Fa-f]{4}_)")
LETTERS = [xl_col_to_name(i) for i in range(200)]


class Sheet(Worksheet):  # type: ignore[misc]  # XlsxWriter has no types
    """For `Workbook.add_worksheet(…, worksheet_class=Sheet)` of a workbook in constant memory."""

    def write_line(self, row: int, cells: Sequence[tuple[str | float | int | None, Format | None]]) -> None:
        """One row from its first column on: values with their formats; None leaves a cell out.

        Rows come in order, as everything does in constant memory.
        """
        self._check_dimensions(row, 0)
        self._check_dimensions(row, max(len(cells) - 1, 0))
        if row > self.previous_row:
            self._write_single_row(row)  # what was written cell by cell before
        parts = [f'<row r="{row + 1}">']
        for letter, (value, look) in zip(LETTERS, cells, strict=False):
            if value is None:
                continue
            style = f' s="{look._get_xf_index()}"' if look else ""
            if isinstance(value, str):
                parts.append(f'<c r="{letter}{row + 1}"{style} t="inlineStr"><is>{_text(value)}</is></c>')
            else:
                parts.append(f'<c r="{letter}{row + 1}"{style}><v>{value:.16G}</v></c>')
        parts.append("</row>")
        self.fh.write("".join(parts))


def _text(text: str) -> str:
    """A text element; what XML does not take is left out, what Excel would decode is kept from it."""
    text = text[:LONGEST]
    if not RARE.search(text):
        return f"<t>{text}</t>"
    text = escape(CODED.sub(r"_x005F_\1", CONTROL.sub("", text)), quote=False)
    return f'<t xml:space="preserve">{text}</t>'

"""Shared by the writers for paper: captions, heading numbers, column widths, notes."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import islice

from cockpit.i18n import _, ngettext
from cockpit.labels import format
from cockpit.reports.model import Block, Cell, Chart, Column, Form, Heading, Table, Text

MOST_ROWS = 1_000
"""Most rows of a table on paper; a workbook has all."""
LATIN_WIDTH = 0.58
"""Of a letter or digit, in ems: a little more than most have."""
LEAST_OTHERS = 0.3
"""Share of a table's width that numbers leave at least to its other columns."""
PIECE = 6
WORD = re.compile(r"[^\s\u200b\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\ufe30-\uffef\U00020000-\U0003ffff]+")
"""Text without a line break: neither space nor a character that a line may end after."""
DIGITS = "〇一二三四五六七八九"


def captioned(blocks: Sequence[Block]) -> Iterator[tuple[Block, str]]:
    """Each block with its caption: `表1　按期办结率`; none where the heading above says the same."""
    tables = charts = 0
    heading = ""
    for block in blocks:
        if isinstance(block, Heading):
            heading = block.text
            yield block, ""
        elif isinstance(block, Table):
            tables += 1
            cell_text = _("Table {n}", n=tables) + "　" + block.name
            yield block, "" if block.name == heading else cell_text
        elif isinstance(block, Chart):
            charts += 1
            yield block, _("Figure {n}", n=charts) + "　" + block.name
        else:
            yield block, ""


def headed(headings: Sequence[Heading], language: str) -> list[str]:
    """The number of each heading, `一、` `（一）` `1.` or `1` `1.1` `1.1.1`; empty for one without."""
    counts, cell_text = [0, 0, 0], []
    for heading in headings:
        if not heading.numbered:
            cell_text.append("")
            continue
        counts[heading.level - 1] += 1
        counts[heading.level :] = [0] * (3 - heading.level)
        cell_text.append(_number(counts, heading.level, language))
    return cell_text


def _number(counts: list[int], level: int, language: str) -> str:
    if language != "zh":
        return ".".join(str(count) for count in counts[:level]) + (". " if level == 1 else " ")
    if level == 3:
        return f"{counts[2]}. "
    cell_text = chinese(counts[level - 1])
    return f"{cell_text}、" if level == 1 else f"（{cell_text}）"


def chinese(number: int) -> str:
    """`十二`, up to 99."""
    tens, ones = divmod(number, 10)
    front = "" if not tens else "十" if tens == 1 else DIGITS[tens] + "十"
    return front + (DIGITS[ones] if ones or not tens else "")


def on_paper(table: Table) -> tuple[list[Column], list[list[Cell]], int]:
    """The columns of a table that paper shows, the rows with those cells, and how many rows are left out."""
    visible = [i for i, column in enumerate(table.columns) if not column.detail]
    rows = [[row[j] for j in visible] for row in islice(table.rows, MOST_ROWS)]
    return [table.columns[i] for i in visible], rows, max(0, len(table.rows) - MOST_ROWS)


def widths(
    columns: Sequence[Column], rows: Sequence[Sequence[Cell]], *, across: float, size: float, margins: float
) -> list[float]:
    """The points of each column of a table `across` points wide: its share, and numbers at least their longest.

    A number is not broken; margins: points of a cell that its text does not fill. Where numbers alone would fill the
    table, each column has its share.
    """
    needs = [
        max((_width(cell_text(row[i]), size) for row in rows), default=0) + margins if column.number else 0.0
        for i, column in enumerate(columns)
    ]
    given: dict[int, float] = {}
    while True:
        others = [i for i in range(len(columns)) if i not in given]
        room, shares = across - sum(given.values()), sum(columns[i].width for i in others)
        if room < LEAST_OTHERS * across or not others:
            given, room, shares = {}, across, sum(column.width for column in columns)
            break
        short = [i for i in others if needs[i] > room * columns[i].width / shares]
        if not short:
            break
        given |= {i: needs[i] for i in short}
    return [given.get(i, room * column.width / shares) for i, column in enumerate(columns)]


def _width(text: str, size: float) -> float:
    """Points of a line of text, a little more than it takes."""
    return size * (0.1 + sum(LATIN_WIDTH if character.isascii() else 1 for character in text))


def cell_text(cell: Cell) -> str:
    """A cell with the shape of its state."""
    if not cell.state:
        return cell.in_words
    return f"{format.SHAPES[cell.state]} {cell.in_words}"


def clean(text: str) -> str:
    """Without the control characters that XML does not take."""
    return "".join(c for c in text if c >= " " and c not in "\ufffe\uffff")


def with_end(blocks: Sequence[Block]) -> int:
    """Number of last blocks kept on one page with the end of the document."""
    if not blocks or not isinstance(blocks[-1], (Text, Form)):
        return 0
    signed = isinstance(blocks[-1], Text) and len(blocks) > 1 and isinstance(blocks[-2], Text)
    return 2 if signed else 1


def left_out(n: int) -> str:
    return ngettext("{n} more row is in the workbook", "{n} more rows are in the workbook", n) if n else ""


def issue_line() -> str:
    """The line for issuer and date, left blank: the office fills it in."""
    by, on = _("Issued by:"), _("Issued on:")
    return f"{by}{'　' * 12}{on}"


def imprint_labels() -> list[str]:
    """The labels of 版记: copies, issuer, date."""
    return [_("Copies to:"), _("Issued by:"), _("Issued on:")]


def run_on(pairs: Sequence[tuple[str, str]]) -> str:
    """The small print of a page that must hold everything, in one paragraph."""
    return "　".join(f"{label}：{text}" for label, text in pairs)


def size_of(columns: int, *, landscape: bool = False, close: bool = False) -> float:
    """Points of a table's type: what has many columns is set smaller, and so is a page that must hold everything."""
    room = 10 if landscape else 4 if close else 6
    return 12 if columns <= room else 10.5 if columns <= room + 2 else 9 if columns <= room + 5 else 8


def words_broken(text: str, room: float, size: float) -> str:
    """A text in which words wider than `room` points in type of `size` may be broken after every few letters."""
    most = max(int(room / (size * LATIN_WIDTH)), 3)
    piece = min(most, PIECE)
    return WORD.sub(lambda w: "\u200b".join(_pieces(w[0], piece)) if len(w[0]) > most else w[0], text)


def too_wide(text: str, room: float, size: float) -> bool:
    """Whether a word of a text is wider than `room` points in type of `size`."""
    return any(len(word) * size * LATIN_WIDTH > room for word in WORD.findall(text))


def _pieces(word: str, length: int) -> list[str]:
    """A word cut every `length` letters, marks kept with the letter before them."""
    made = [""]
    for character in word:
        if len(made[-1]) >= length and not unicodedata.combining(character):
            made.append("")
        made[-1] += character
    return made


def texts(block: Form) -> Iterator[tuple[str, str, int]]:
    """Label, text and lines of room of each row of a form."""
    heights = block.heights or [1] * len(block.rows)
    for (label, text), lines in zip(block.rows, heights, strict=True):
        yield label, text, lines

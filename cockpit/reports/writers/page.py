"""HTML for the preview: the document as it will be, cut short, with its pictures."""

from base64 import b64encode
from html import escape
from itertools import islice

from cockpit.i18n import ngettext, using
from cockpit.reports.model import Block, Chart, Document, Form, Heading, Table, Text
from cockpit.reports.sections import charts
from cockpit.reports.writers.common import captioned, cell_text, headed, on_paper, texts

MOST_ROWS = 15
STYLE = (
    "max-width: 46rem; margin: .5rem 0; padding: 1.5rem clamp(.7rem, 4vw, 2rem); background: #fff; color: #000; "
    "border: 1px solid #c8d0d8; line-height: 1.7; overflow-x: auto"
)
CELL = "border: 1px solid #444; padding: .15rem .4rem; font-size: .85rem; line-height: 1.4"


def write(document: Document) -> str:
    """The HTML of a document; every text in it is escaped. Tables are cut after MOST_ROWS."""
    with using(document.language):
        made = []
        for part in document.parts:
            headings = [block for block in part.blocks if isinstance(block, Heading)]
            numbers = iter(headed(headings, document.language))
            made.append(f'<h1 style="text-align: center; font-size: 1.5rem; color: #000">{escape(part.title)}</h1>')
            for block, caption in captioned(part.blocks):
                number = next(numbers) if isinstance(block, Heading) else ""
                made.append(_block(block, caption, number))
        return f'<div class="report" style="{STYLE}">{"".join(made)}</div>'


def _block(block: Block, caption: str, number: str) -> str:
    match block:
        case Heading():
            size = {1: "1.1rem", 2: "1rem", 3: ".95rem"}[block.level]
            name = f"h{block.level + 1}"
            return f'<{name} style="font-size: {size}; color: #000">{escape(number + block.text)}</{name}>'
        case Text():
            indent = "text-indent: 2em" if block.style == "body" else "font-size: .85rem"
            side = "; text-align: right" if block.style == "right" else ""
            return f'<p style="{indent}{side}">{escape(block.text)}</p>'
        case Table():
            return _caption(caption) + _table(block)
        case Form():
            rows = "".join(f"<tr>{_td(label)}{_td(text, wide=True)}</tr>" for label, text, _lines in texts(block))
            return f'<table style="border-collapse: collapse; width: 100%">{rows}</table>'
        case Chart():
            picture = b64encode(charts.draw(block)).decode()
            source = f"data:image/svg+xml;base64,{picture}"
            return f'<img src="{source}" alt="{escape(block.alt)}" style="width: 100%">' + _caption(caption)
    raise AssertionError(block)


def _caption(text: str) -> str:
    style = "text-align: center; font-size: .9rem; margin: .6rem 0 .2rem"
    return f'<p style="{style}"><b>{escape(text)}</b></p>' if text else ""


def _table(block: Table) -> str:
    columns, rows, _left_out = on_paper(block)
    head = "".join(f'<th style="{CELL}; background: #f2f2f2">{escape(column.text)}</th>' for column in columns)
    lines = []
    for row in islice(rows, MOST_ROWS):
        cells = (
            f'<td style="{CELL}; text-align: {"right" if column.number else "left"}">{escape(cell_text(cell))}</td>'
            for cell, column in zip(row, columns, strict=True)
        )
        lines.append(f"<tr>{''.join(cells)}</tr>")
    more = len(block.rows) - MOST_ROWS
    left_out = ngettext("{n} more row in the report", "{n} more rows in the report", more) if more > 0 else ""
    notes = [block.note, left_out]
    note = "；".join(filter(None, notes))
    below = f'<p style="font-size: .8rem">{escape(note)}</p>' if note else ""
    return f'<table style="border-collapse: collapse; width: 100%"><tr>{head}</tr>{"".join(lines)}</table>{below}'


def _td(text: str, *, wide: bool = False) -> str:
    width = "width: 80%; white-space: pre-line" if wide else "text-align: center"
    return f'<td style="{CELL}; {width}">{escape(text)}</td>'

"""PDF by typst: tagged, with an outline, fonts embedded; the layout of GB/T 9704."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

import typst

from cockpit.i18n import _, using
from cockpit.reports.errors import ReportError
from cockpit.reports.model import Block, Chart, Document, Form, Heading, Table, Text
from cockpit.reports.sections import charts
from cockpit.reports.writers.common import (
    captioned,
    cell_text,
    issue_line,
    left_out,
    on_paper,
    run_on,
    size_of,
    texts,
    widths,
    with_end,
    words_broken,
)
from cockpit.reports.writers.fonts import Faces

LINE = 225 / 22 / 25.4 * 72
"""Points from line to line: 22 lines on 225 mm."""
BODY = 16
TRACKING = 156 / 28 / 25.4 * 72 - BODY
"""28 characters on 156 mm stand a hair closer than their size."""
PREAMBLE = """
#let line-gap = {gap}pt
#set page(paper: "a4", flipped: {flipped}, margin: (top: 37mm, bottom: 35mm, left: 28mm, right: 26mm),
  footer-descent: 7mm, header-ascent: 12mm,
  header: align(right, text(font: {heading}, size: 8pt, fill: luma(90))[#{mark}]),
  footer: context {{
    let n = counter(page).get().first()
    set text(font: {body}, size: 14pt)
    align(if calc.odd(n) {{ right }} else {{ left }}, pad(x: 14pt)[— #n —])
  }})
#set text(font: ({body}, {heading}), size: {size}pt, lang: "{lang}", region: {region}, cjk-latin-spacing: none,
  tracking: {tracking}pt,
  top-edge: 0.88em, bottom-edge: -0.12em, weight: "regular", number-width: "tabular")
#set par(leading: line-gap, spacing: line-gap, justify: true, first-line-indent: (amount: {indent}, all: true))
#set heading(numbering: (..n) => {numbering})
#show heading: it => if it.has("label") and it.label == <part> {{
  set par(first-line-indent: 0em, justify: false, leading: 10pt)
  block(width: 100%, above: 0pt, below: 24pt, sticky: true,
    align(center, text(font: {title}, size: 22pt, weight: "regular", tracking: 0pt, it.body)))
}} else {{
  let face = if it.level == 1 {{ {heading} }} else if it.level == 2 {{ {sub} }} else {{ {body} }}
  block(above: line-gap, below: line-gap, sticky: true, {{
    set text(font: face, size: {size}pt, weight: "regular")
    h({indent})
    if it.numbering != none {{ counter(heading).display(it.numbering) }}
    it.body
  }})
}}
#let small(size, body) = {{ set text(size: size, tracking: 0pt)
  set par(leading: 0.45em, spacing: 0.5em, justify: false, first-line-indent: 0em)
  body }}
#let caption(body) = block(above: line-gap, below: 6pt, width: 100%, sticky: true,
  align(center, text(font: {heading}, size: 12pt, tracking: 0pt, body)))
#let under(body) = block(above: 6pt, below: line-gap, small(9pt, body))
#set table(stroke: 0.5pt + luma(60), inset: (x: 3pt, y: 4.5pt))
#show table.cell.where(y: 0): set text(font: {heading})
#show outline.entry: set text(size: 14pt)
"""
MOST_LACKING = 40
CLOSEST = 5
INSET = 7
"""Points of a cell's width that its frame and margins take."""
NUMBERING = {
    "zh": '{ let v = n.pos(); if v.len() == 1 { numbering("一、", v.at(0)) } else if v.len() == 2 '
    '{ numbering("（一）", v.at(1)) } else { numbering("1.", v.at(2)) + " " } }',
    "en": '{ numbering("1.1", ..n) + "  " }',
}


def write(document: Document, faces: Faces) -> bytes:
    """The PDF of a document."""
    with using(document.language):
        source, pictures = _Markup(document, faces, closeness(document, faces)).made()
    return _compiled({"main.typ": source.encode(), **pictures}, document, faces, "pdf")[0]


def closeness(document: Document, faces: Faces) -> int:
    """Points that the type of a document of one page a scope is set smaller, so that each scope fits its page."""
    if not document.page:
        return 0
    with using(document.language):
        for close in range(CLOSEST):
            source, pictures = _Markup(document, faces, close).made()
            pages = _compiled({"main.typ": source.encode(), **pictures}, document, faces, "png", ppi=8)
            if len(pages) <= len(document.parts):
                return close
    return CLOSEST


PAGES = (
    "#context for h in query(heading.where(outlined: true)).filter(h => h.level < 3) "
    "[#metadata(h.location().page()) <pages>]"
)


def pages(document: Document, faces: Faces) -> list[int]:
    """The page of each heading that the list of contents names, and of those behind it, as the PDF is set."""
    with using(document.language):
        source, pictures = _Markup(document, faces).made()
    files = {"main.typ": f"{source}\n{PAGES}".encode(), **pictures}
    numbers: list[int] = json.loads(_compiler(files, faces).query("<pages>", field="value"))
    return numbers


def pictures(drawn: list[bytes], document: Document, faces: Faces) -> list[bytes]:
    """Charts as PNG of 1,240 pixels, each drawn from its SVG."""
    page = f"#set page(width: {charts.WIDTH}pt, height: {charts.HEIGHT}pt, margin: 0pt)\n"
    page += "\n#pagebreak()\n".join(f'#image("c{i}.svg", width: 100%)' for i in range(len(drawn)))
    files = {"main.typ": page.encode(), **{f"c{i}.svg": svg for i, svg in enumerate(drawn)}}
    return _compiled(files, document, faces, "png")


def _compiled(
    files: dict[str, bytes], document: Document, faces: Faces, kind: Literal["pdf", "png"], ppi: int = 144
) -> list[bytes]:  # fmt: skip
    moment = int(document.provenance.made_at.replace(tzinfo=UTC).timestamp())
    try:
        output = _compiler(files, faces).compile(format=kind, timestamp=moment, ppi=ppi)
    except RuntimeError as error:
        why = " ".join(str(error).split())[:300]
        raise ReportError("report.not_set", "the {format} could not be set: {why}", format=kind, why=why) from error
    return output if isinstance(output, list) else [output or b""]


def _compiler(files: dict[str, bytes], faces: Faces) -> typst.Compiler:
    return typst.Compiler(files, font_paths=faces.font_book, ignore_system_fonts=True)  # type: ignore[type-var]  # its stub lacks dictionaries


def text(words: str) -> str:
    """A text as a string of typst: nothing in it is markup."""
    plain = "".join(c for c in words if c >= " " or c == "\n")
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


class _Markup:
    """The source of a document in typst's own language."""

    def __init__(self, document: Document, faces: Faces, close: int = 0) -> None:
        self.document, self.faces, self.close = document, faces, close
        self.pictures: dict[str, bytes] = {}
        self.lines: list[str] = []

    def made(self) -> tuple[str, dict[str, bytes]]:
        self._front()
        for i, part in enumerate(self.document.parts):
            if i:
                self.lines.append("#pagebreak()")
                if self.document.apart:
                    self.lines.append("#counter(page).update(1)")
            self.lines.append("#counter(heading).update(0)")
            self.lines.append(
                f"#heading(level: 1, numbering: none, outlined: false, bookmarked: true, {text(part.title)}) <part>"
            )
            if self.document.contents:
                self.lines.append(f"#outline(title: none, depth: 2, indent: 1em)\n#v({LINE - BODY:.2f}pt)")
            ends = self.document.apart or i == len(self.document.parts) - 1
            imprinted = ends and self.document.imprint and not self.document.define
            together = len(part.blocks) - with_end(part.blocks) if imprinted else -1
            for n, (block, caption) in enumerate(captioned(part.blocks)):
                if n == together:
                    self.lines.append("#block(breakable: false, width: 100%)[")
                self._block(block, caption)
            if ends:
                self._back(self.document.facts(part))
            if 0 <= together < len(part.blocks):
                self.lines.append("]")
        return "\n".join(self.lines), self.pictures

    def _front(self) -> None:
        document, at = self.document, self.document.provenance.made_at
        zh = document.language == "zh"
        fonts = {part: text(self.faces.of(part)) for part in ("title", "heading", "sub", "body")}
        mark = _("Draft {id}", id=document.provenance.id)
        if any(_("Demo data") in cell_text for _label, cell_text in document.provenance.facts):
            mark += " · " + _("Demo data")
        self.lines.append(
            f"#set document(title: {text(document.title)}, author: {text(document.provenance.who)}, "
            f"keywords: ({text(document.provenance.id)},), date: {_datetime(at)})"
        )
        self.lines.append(
            PREAMBLE.format(
                gap=f"{LINE - BODY - self.close:.3f}",
                size=(BODY if zh else 12) - self.close,
                tracking=f"{TRACKING:.3f}" if zh else 0,
                lang="zh" if zh else "en", region='"cn"' if zh else "none", indent="2em" if zh else "0em",
                numbering=NUMBERING[document.language], mark=text(mark), **fonts,
                flipped="true" if document.landscape else "false",
            )
        )  # fmt: skip

    def _block(self, block: Block, caption: str) -> None:
        match block:
            case Heading():
                number = "" if block.numbered else "numbering: none, "
                self.lines.append(f"#heading(level: {block.level}, {number}{text(block.text)})")
            case Text():
                self._text(block)
            case Table():
                self._table(block, caption)
            case Form():
                self._form(block)
            case Chart():
                self._chart(block, caption)

    def _width(self) -> float:
        """Points of text across."""
        return (297 - 54 if self.document.landscape else 210 - 54) / 25.4 * 72

    def _text(self, block: Text) -> None:
        words = words_broken(block.text, self._width() / 2, BODY)
        match block.style:
            case "note":
                self.lines.append(f"#under({text(words)})")
            case "right":
                self.lines.append(f"#align(right, pad(right: 4em, {text(words)}))")
            case "plain":
                self.lines.append(f"#par(first-line-indent: 0em, {text(words)})")
            case _:
                self.lines.append(f"#par({text(words)})")

    def _table(self, block: Table, caption: str) -> None:
        columns, rows, more = on_paper(block)
        if caption:
            self.lines.append(f"#caption({text(caption)})")
        sides = ", ".join("right + horizon" if column.number else "left + horizon" for column in columns)
        close = self.document.page
        size = size_of(len(columns), landscape=self.document.landscape, close=close)
        rooms = widths(columns, rows, across=self._width(), size=size, margins=INSET)
        parts = ", ".join(f"{room:.2f}fr" for room in rooms)
        head = ", ".join(
            f"table.cell(align: center + horizon, {text(words_broken(column.text, room - INSET, size))})"
            for column, room in zip(columns, rooms, strict=True)
        )
        inset = "inset: (x: 3pt, y: 3pt), " if close else ""
        lines = [f"#small({size}pt, table({inset}columns: ({parts},), align: ({sides},), table.header({head}),"]
        for i, row in enumerate(rows):
            apart = block.total and i == len(rows) - 1
            cells_of_row = [
                text(words_broken(cell_text(cell), room - INSET, size)) for cell, room in zip(row, rooms, strict=True)
            ]
            if apart:
                cells_of_row = [f"table.cell(fill: luma(242), {cell})" for cell in cells_of_row]
            lines.append(", ".join(cells_of_row) + ",")
        lines.append("))")
        self.lines.append("\n".join(lines))
        note = "；".join(filter(None, (block.note, left_out(more))))
        self.lines.append(f"#under({text(note)})" if note else "#v(4pt)")

    def _form(self, block: Form) -> None:
        lines = ["#small(13pt, table(columns: (1fr, 4fr), align: (center + horizon, left + horizon), inset: 7pt,"]
        for label, words, height in texts(block):
            room = (
                f"box(height: {height * 20}pt, width: 100%)[]"
                if not words
                else text(words_broken(words, self._width() * 0.8 - 14, 13))
            )
            lines.append(f"table.cell(text(font: {text(self.faces.heading)}, {text(label)})), {room},")
        self.lines.append("\n".join([*lines, "))"]))

    def _chart(self, block: Chart, caption: str) -> None:
        name = f"c{len(self.pictures)}.svg"
        self.pictures[name] = charts.draw(block)
        picture = f"#image({text(name)}, width: 100%, alt: {text(block.alt)})"
        self.lines.append(f"#block(above: 8pt, below: 4pt, breakable: false)[{picture}")
        self.lines.append(
            f"#align(center, text(font: {text(self.faces.heading)}, size: 12pt, tracking: 0pt, {text(caption)}))]"
        )

    def _back(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Definitions where the kind wants them, the provenance in small print, and 版记."""
        document = self.document
        if document.define:
            self._definitions()
        if lacking := self.faces.missing("".join(self.lines)):
            listed = "、".join(f"U+{ord(character):04X}" for character in lacking[:MOST_LACKING])
            more = "…" if len(lacking) > MOST_LACKING else ""
            note = _("Not drawn, the fonts lack: {characters}", characters=listed + more)
            self.lines.append(f"#under({text(note)})")
        if document.page:
            cell_text = f"small(7pt, {text(run_on(pairs))})"
            self.lines.append(f"#block(above: 10pt, width: 100%, stroke: (top: 0.5pt), inset: (top: 4pt), {cell_text})")
            return
        cells = "".join(
            f"text(font: {text(self.faces.heading)}, {text(label)}), {text(words)}," for label, words in pairs
        )
        self.lines.append(
            "#block(above: 14pt, breakable: false, width: 100%, stroke: (top: 0.5pt), inset: (top: 5pt), small(7.5pt, "
            f"grid(columns: (5.5em, 1fr), row-gutter: 0.45em, column-gutter: 1em, {cells})))"
        )
        if document.imprint:
            copies, office = _("Copies to:"), issue_line()
            self.lines.append(
                "#v(14pt)\n#block(breakable: false, width: 100%, stroke: (top: 1pt, bottom: 1pt), "
                "small(14pt, table(columns: (1fr,), inset: (x: 14pt, y: 6pt), "
                f"stroke: (x, y) => if y > 0 {{ (top: 0.7pt) }}, {text(copies)}, {text(office)})))"
            )

    def _definitions(self) -> None:
        self.lines.append(f"#heading(level: 1, numbering: none, {text(_('Definitions'))})")
        head = "".join(f"table.cell(align: center, {text(name)})," for name in (_("Metric"), _("Meaning"), _("Target")))
        lines = [f"#small(9pt, table(columns: (1.2fr, 4fr, 1.3fr), table.header({head}),"]
        for one in self.document.provenance.definitions:
            lines.append(f"{text(f'{one.name} v{one.version}')}, {text(one.text)}, {text(one.threshold)},")
        self.lines.append("\n".join([*lines, "))"]))


def _datetime(at: datetime) -> str:
    return (
        f"datetime(year: {at.year}, month: {at.month}, day: {at.day}, hour: {at.hour}, minute: {at.minute}, "
        f"second: {at.second})"
    )

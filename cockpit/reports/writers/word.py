"""DOCX by python-docx: native headings, numbering and tables, to be edited; the layout of GB/T 9704."""

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import docx
from docx.document import Document as Paper
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.oxml import parse_xml
from docx.shared import Mm, Pt
from docx.text.paragraph import Paragraph

from cockpit.i18n import _, using
from cockpit.reports.model import Block, Chart, Document, Form, Heading, Table, Text
from cockpit.reports.sections import charts
from cockpit.reports.writers import wordtable, wordxml
from cockpit.reports.writers.common import (
    captioned,
    clean,
    headed,
    issue_line,
    left_out,
    on_paper,
    run_on,
    size_of,
    texts,
    with_end,
)
from cockpit.reports.writers.fonts import OFFICIAL, Faces
from cockpit.reports.writers.table import EPOCH

PORTRAIT, LANDSCAPE = 156, 297 - 28 - 26
"""Millimetres of text across."""
CLOSE = 8
"""Points under the title of a page that must hold everything."""


def write(document: Document, faces: Faces, path: Path) -> None:
    """Write the document; its pictures are those of the PDF."""
    with using(document.language):
        buffer = io.BytesIO()
        _Word(document, faces).made().save(buffer)
    _repacked(buffer, path)


class _Word:
    """One document being written."""

    def __init__(self, document: Document, faces: Faces) -> None:
        self.document, self.faces = document, faces
        self.zh = document.language == "zh"
        drawn = [charts.draw(block) for block in document.blocks if isinstance(block, Chart)]
        self.pictures = iter(_pictures(drawn, document, faces))
        self.width = LANDSCAPE if document.landscape else PORTRAIT
        self.paper: Paper = docx.Document()
        self.bookmark = 0
        self.end = 0

    def made(self) -> Paper:
        self._page()
        wordxml.styles(self.paper, zh=self.zh, close=self._close())
        wordxml.fonts(self.paper, {names[0]: self.faces.of(part) for part, names in OFFICIAL.items()})
        self._about()
        for i, part in enumerate(self.document.parts):
            if i and self.document.apart:
                wordxml.restarted(self.paper.add_section(WD_SECTION.NEW_PAGE))
            title = self.paper.add_paragraph(clean(part.title), "Title")
            title.paragraph_format.page_break_before = i > 0 and not self.document.apart
            if self.document.page:
                title.paragraph_format.space_after = Pt(CLOSE)
            list_id = wordxml.numbering(self.paper, zh=self.zh)
            if self.document.contents:
                headings = [block for block in part.blocks if isinstance(block, Heading) and block.level < 3]
                numbers = headed(headings, self.document.language)
                entries = [(h.level, n + h.text) for h, n in zip(headings, numbers, strict=True)]
                wordxml.contents(self.paper, entries, _pages(self.document, self.faces))
                self.paper.add_paragraph(style="Gap").paragraph_format.space_after = Pt(CLOSE)
            end = len(part.blocks) - with_end(part.blocks)
            for n, (block, caption) in enumerate(captioned(part.blocks)):
                if n == end:
                    self.end = len(self.paper.element.body) - 1  # before the section's own properties
                self._block(block, caption, list_id)
            if self.document.apart or i == len(self.document.parts) - 1:
                self._back(self.document.facts(part))
                if self.document.imprint and not self.document.define:
                    wordxml.kept_together(self.paper, self.end)
        return self.paper

    def _close(self) -> int:
        """Points that the type of a one-page document is set smaller: as the PDF, and more since fonts may differ."""
        if not self.document.page:
            return 0
        from cockpit.reports.writers import pdf

        return min(pdf.closeness(self.document, self.faces) + 1, pdf.CLOSEST)

    def _page(self) -> None:
        section = self.paper.sections[0]
        wide, high = Mm(210), Mm(297)
        if self.document.landscape:
            section.orientation, wide, high = WD_ORIENT.LANDSCAPE, high, wide
        section.page_width, section.page_height = wide, high
        section.top_margin, section.bottom_margin = Mm(37), Mm(35)
        section.left_margin, section.right_margin = Mm(28), Mm(26)
        section.header_distance, section.footer_distance = Mm(25), Mm(25)
        mark = _("Draft {id}", id=self.document.provenance.id)
        if any(_("Demo data") in text for _label, text in self.document.provenance.facts):
            mark += " · " + _("Demo data")
        wordxml.margins(self.paper, mark, zh=self.zh)

    def _about(self) -> None:
        core, provenance = self.paper.core_properties, self.document.provenance
        core.title, core.author = clean(self.document.title)[:255], clean(provenance.who)[:255]
        core.last_modified_by = core.author
        core.created = core.modified = provenance.made_at
        core.identifier = core.keywords = provenance.id
        core.comments = core.subject = ""
        core.language = "zh-CN" if self.zh else "en"

    def _block(self, block: Block, caption: str, list_id: int) -> None:
        match block:
            case Heading():
                heading = self.paper.add_paragraph(clean(block.text), f"Heading {block.level}")
                wordxml.numbered(heading, list_id if block.numbered else 0, block.level)
                if self.document.contents and block.level < 3:
                    self.bookmark += 1
                    wordxml.bookmarked(heading, self.bookmark)
            case Text():
                self._text(block)
            case Table():
                self._table(block, caption)
            case Form():
                self._form(block)
            case Chart():
                self._chart(block, caption)

    def _text(self, block: Text) -> None:
        style = {"note": "Note", "right": "Signature", "plain": "Normal"}.get(block.style, "Body Text")
        self._lines(self.paper.add_paragraph(style=style), block.text)

    def _lines(self, paragraph: Paragraph, text: str) -> None:
        for i, line in enumerate(text.split("\n")):
            run = paragraph.add_run()
            if i:
                run.add_break()
            run.add_text(clean(line))

    def _table(self, block: Table, caption: str) -> None:
        columns, rows, more = on_paper(block)
        if caption:
            self.paper.add_paragraph(clean(caption), "Caption").paragraph_format.keep_with_next = True
        size = size_of(len(columns), landscape=self.document.landscape, close=self.document.page)
        xml = wordtable.table(
            columns, rows, width=self.width, size=size, total=block.total, count=len(block.rows),
            close=self.document.page,
        )  # fmt: skip
        self._add(xml)
        note = "；".join(filter(None, (block.note, left_out(more))))
        self.paper.add_paragraph(clean(note), "Note" if note else "Gap")

    def _form(self, block: Form) -> None:
        first = len(self.paper.element.body) - 1
        self._add(wordtable.form(list(texts(block)), width=self.width))
        wordxml.together(list(self.paper.element.body)[first:-1])
        self.paper.add_paragraph(style="Gap")

    def _chart(self, block: Chart, caption: str) -> None:
        paragraph = self.paper.add_paragraph(style="Figure")
        shape = paragraph.add_run().add_picture(io.BytesIO(next(self.pictures)), width=Mm(PORTRAIT))
        properties = shape._inline.docPr
        properties.set("descr", clean(block.alt))
        properties.set("name", clean(block.name))
        self.paper.add_paragraph(clean(caption), "Caption")

    def _add(self, xml: str) -> None:
        """Before the section's own properties, which end the body."""
        self.paper.element.body.insert_element_before(parse_xml(xml), "w:sectPr")

    def _back(self, pairs: Sequence[tuple[str, str]]) -> None:
        document = self.document
        if document.define:
            heading = self.paper.add_paragraph(_("Definitions"), "Heading 1")
            wordxml.numbered(heading, 0, 1)
            definitions = [
                (f"{one.name} v{one.version}", f"{one.text} {one.threshold}".strip())
                for one in document.provenance.definitions
            ]
            self._add(wordtable.pairs(definitions, width=self.width, size=9))
            self.paper.add_paragraph(style="Gap")
        if document.page:
            self.paper.add_paragraph(clean(run_on(pairs)), "Small Print")
            return
        self._add(wordtable.pairs(pairs, width=self.width, size=7.5, ruled=False))
        if document.imprint:
            self.paper.add_paragraph(style="Gap")
            self._add(wordtable.imprint([_("Copies to:"), issue_line()], width=self.width))
        self.paper.add_paragraph(style="Gap")  # a body may not end with a table


def _pages(document: Document, faces: Faces) -> list[int]:
    from cockpit.reports.writers import pdf

    return pdf.pages(document, faces)


def _pictures(drawn: list[bytes], document: Document, faces: Faces) -> list[bytes]:
    """Charts as PNG; what has none does without the typesetter."""
    if not drawn:
        return []
    from cockpit.reports.writers import pdf

    return pdf.pictures(drawn, document, faces)


def _repacked(buffer: io.BytesIO, path: Path) -> None:
    """The same package with the times of its entries fixed, so that the same document is the same bytes."""
    with zipfile.ZipFile(buffer) as made, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as pack:
        for entry in made.infolist():
            fixed = zipfile.ZipInfo(entry.filename, EPOCH)
            fixed.compress_type = zipfile.ZIP_DEFLATED
            fixed.external_attr = 0o644 << 16
            pack.writestr(fixed, made.read(entry.filename))

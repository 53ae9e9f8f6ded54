"""The parts of a Word document that python-docx has no words for, as WordprocessingML."""

from collections.abc import Iterable, Sequence
from html import escape

from docx.document import Document as Paper
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.section import Section
from docx.shared import Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.text.paragraph import Paragraph

from cockpit.reports.writers.common import clean
from cockpit.reports.writers.fonts import LATIN, OFFICIAL

WIDTH = Mm(156)
"""Of the text, by GB/T 9704."""
LINE = 225 / 22 / 25.4 * 72
NS = nsdecls("w")
ORDER = (
    "pStyle", "keepNext", "keepLines", "pageBreakBefore", "framePr", "widowControl", "numPr", "suppressLineNumbers",
    "pBdr", "shd", "tabs", "suppressAutoHyphens", "kinsoku", "wordWrap", "overflowPunct", "topLinePunct", "autoSpaceDE",
    "autoSpaceDN", "bidi", "adjustRightInd", "snapToGrid", "spacing", "ind", "contextualSpacing", "mirrorIndents",
    "suppressOverlap", "jc", "textDirection", "textAlignment", "textboxTightWrap", "outlineLvl", "divId", "cnfStyle",
    "rPr", "sectPr", "pPrChange",
)  # fmt: skip
"""Of the properties of a paragraph."""


# --- styles -------------------------------------------------------------------------------------------------------


def styles(paper: Paper, *, zh: bool, close: int = 0) -> None:
    """Normal, body, title, headings, captions and small print, all black, without the template's own looks.

    close: points that body and headings are set smaller, and their lines twice as much closer.
    """
    body = (16 if zh else 12) - close
    line = (LINE if zh else 20) - 2 * close
    normal = _style(paper, "Normal", "body", body, line)
    for name in ("autoSpaceDE", "autoSpaceDN"):  # 28 characters a line: nothing stands between 汉字 and digits
        _set(normal, f'<w:{name} {NS} w:val="0"/>')
    text = _style(paper, "Body Text", "body", body, line)
    text.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    title = _style(paper, "Title", "title", 22, 34)
    title.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    title.paragraph_format.space_after = Pt(18)
    _without(title, "w:pBdr")
    for level, part in ((1, "heading"), (2, "sub"), (3, "body")):
        heading = _style(paper, f"Heading {level}", part, body, line)
        heading.paragraph_format.keep_with_next = True
        if zh:
            _indent(heading)
    if zh:
        _indent(text)
    caption = _style(paper, "Caption", "heading", 12, 20)
    caption.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _style(paper, "Gap", "body", 4, 6)
    note = _style(paper, "Note", "body", 9, 13)
    note.paragraph_format.space_after = Pt(6)
    small = _style(paper, "Small Print", "body", 7, 9)
    _set(small, f'<w:pBdr {NS}><w:top w:val="single" w:sz="4" w:space="3" w:color="000000"/></w:pBdr>')
    figure = _style(paper, "Figure", "body", body, None)
    figure.paragraph_format.keep_with_next = True
    sign = _style(paper, "Signature", "body", body, line)
    sign.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    sign.paragraph_format.right_indent = Pt(body * 4)
    for level in (1, 2):
        entry = _style(paper, f"toc {level}", "body", 14 if zh else 11, 24 if zh else 18)
        entry.paragraph_format.left_indent = Pt((level - 1) * body)
        stops = entry.paragraph_format.tab_stops
        stops.clear_all()
        stops.add_tab_stop(WIDTH, WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)


def _style(paper: Paper, name: str, part: str, size: float, line: float | None) -> ParagraphStyle:
    style = paper.styles[name] if name in paper.styles else paper.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    assert isinstance(style, ParagraphStyle)
    properties = style.element.get_or_add_rPr()
    for child in list(properties):
        properties.remove(child)
    properties.append(parse_xml(run_fonts(part)))
    style.font.size, style.font.bold, style.font.italic = Pt(size), False, False
    style.font.color.rgb = RGBColor(0, 0, 0)
    form = style.paragraph_format
    form.space_before = form.space_after = Pt(0)
    form.line_spacing = Pt(line) if line else None
    if line != LINE:  # what has a pitch of its own does not keep to the lines of the page
        _set(style, f'<w:snapToGrid {NS} w:val="0"/>')
    return style


def run_fonts(part: str) -> str:
    return f'<w:rFonts {NS} w:ascii="{LATIN}" w:hAnsi="{LATIN}" w:cs="{LATIN}" w:eastAsia="{OFFICIAL[part][0]}"/>'


def _indent(style: ParagraphStyle) -> None:
    """Two characters, whatever their size."""
    _set(style, f'<w:ind {NS} w:firstLineChars="200" w:firstLine="640"/>')


def _set(style: ParagraphStyle, xml: str) -> None:
    """A property of the style's paragraphs, in the place of an older one and in the order that Word wants."""
    properties, made = style.element.get_or_add_pPr(), parse_xml(xml)
    for old in properties.findall(made.tag):
        properties.remove(old)
    names = [qn(f"w:{name}") for name in ORDER]
    later = [child for child in properties if names.index(child.tag) > names.index(made.tag)]
    later[0].addprevious(made) if later else properties.append(made)


def _without(style: ParagraphStyle, name: str) -> None:
    properties = style.element.get_or_add_pPr()
    for child in properties.findall(qn(name)):
        properties.remove(child)


def fonts(paper: Paper, used: dict[str, str]) -> None:
    """The table of fonts: each official name with the free one that stands in for it where it is missing."""
    entries = "".join(
        f'<w:font w:name="{escape(name)}">{"" if other == name else f"""<w:altName w:val="{escape(other)}"/>"""}'
        '<w:charset w:val="86"/><w:family w:val="roman"/><w:pitch w:val="variable"/></w:font>'
        for name, other in used.items()
    )
    blob = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:fonts {NS}>{entries}</w:fonts>'.encode()
    for part in paper.part.package.iter_parts():
        if str(part.partname) == "/word/fontTable.xml":
            part._blob = blob


# --- headings and contents ----------------------------------------------------------------------------------------


def numbering(paper: Paper, *, zh: bool) -> int:
    """A list of its own for the headings of one part, so that each part counts from one. Returns its id."""
    root = paper.part.numbering_part.element
    taken = [int(n.get(qn("w:numId"))) for n in root.findall(qn("w:num"))]
    abstract = [int(n.get(qn("w:abstractNumId"))) for n in root.findall(qn("w:abstractNum"))]
    id, form = max(taken, default=0) + 1, max(abstract, default=0) + 1
    chinese = (("chineseCountingThousand", "%1、"), ("chineseCountingThousand", "（%2）"), ("decimal", "%3. "))
    plain = (("decimal", "%1. "), ("decimal", "%1.%2 "), ("decimal", "%1.%2.%3 "))
    indent = '<w:pPr><w:ind w:firstLineChars="200" w:firstLine="640"/></w:pPr>' if zh else ""
    levels = "".join(
        f'<w:lvl w:ilvl="{i}"><w:start w:val="1"/><w:numFmt w:val="{number}"/><w:suff w:val="nothing"/>'
        f'<w:lvlText w:val="{text}"/><w:lvlJc w:val="left"/>{indent}</w:lvl>'
        for i, (number, text) in enumerate(chinese if zh else plain)
    )
    made = parse_xml(
        f'<w:abstractNum {NS} w:abstractNumId="{form}"><w:multiLevelType w:val="multilevel"/>{levels}</w:abstractNum>'
    )
    first = root.find(qn("w:num"))
    root.insert(list(root).index(first), made) if first is not None else root.append(made)
    root.append(parse_xml(f'<w:num {NS} w:numId="{id}"><w:abstractNumId w:val="{form}"/></w:num>'))
    return id


def numbered(heading: Paragraph, list_id: int, level: int) -> None:
    """Count a heading in a list; list 0 takes it out of any."""
    made = parse_xml(f'<w:numPr {NS}><w:ilvl w:val="{level - 1}"/><w:numId w:val="{list_id}"/></w:numPr>')
    heading._p.get_or_add_pPr()._insert_numPr(made)


def bookmarked(heading: Paragraph, number: int) -> None:
    """The bookmark that an entry of the contents links to."""
    start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
    for mark in (start, end):
        mark.set(qn("w:id"), str(number))
    start.set(qn("w:name"), f"_Toc{number:06}")
    heading._p.insert(list(heading._p).index(heading._p.pPr) + 1, start)
    heading._p.append(end)


def contents(paper: Paper, entries: Sequence[tuple[int, str]], pages: Sequence[int]) -> None:
    """A field of contents with its entries (level, text) already there, so that nobody has to update it to read them.

    pages: as our own typesetter has them; Word works out its own when it opens the file.
    """
    for i, ((level, text), page) in enumerate(zip(entries, pages, strict=False)):
        paragraph = paper.add_paragraph(style=f"toc {level}")
        if i == 0:
            for kind, code in (("begin", ""), ("", ' TOC \\o "1-2" \\h \\z \\u '), ("separate", "")):
                paragraph._p.append(parse_xml(_field(kind, code)))
        anchor = f"_Toc{i + 1:06}"
        shown = f"<w:r {NS}><w:t>{page}</w:t></w:r>"
        parts = (_field("begin", stale=True), _field("", f" PAGEREF {anchor} \\h "), _field("separate"), shown)
        number = "".join(parts) + _field("end")
        paragraph._p.append(
            parse_xml(
                f'<w:hyperlink {NS} w:anchor="{anchor}" w:history="1"><w:r><w:t xml:space="preserve">'
                f"{escape(clean(text))}</w:t></w:r><w:r><w:tab/></w:r>{number}</w:hyperlink>"
            )
        )
        if i == len(entries) - 1:
            paragraph._p.append(parse_xml(_field("end")))


def _field(kind: str, code: str = "", *, stale: bool = False) -> str:
    """A part of a field. stale: Word works it out when the file is opened."""
    if code:
        return f'<w:r {NS}><w:instrText xml:space="preserve">{escape(code)}</w:instrText></w:r>'
    mark = ' w:dirty="true"' if stale else ""
    return f'<w:r {NS}><w:fldChar w:fldCharType="{kind}"{mark}/></w:r>'


def kept_together(paper: Paper, first: int) -> None:
    """Keep what stands in the body from its element `first` on, on one page: its paragraphs with the next."""
    *elements, _end, _section = list(paper.element.body)[first:]
    together(elements)


def restarted(section: Section) -> None:
    """Count the pages of a section from 1."""
    numbers = section._sectPr.find(qn("w:pgNumType"))
    if numbers is None:
        numbers = OxmlElement("w:pgNumType")
        section._sectPr.find(qn("w:pgMar")).addnext(numbers)
    numbers.set(qn("w:start"), "1")


def together(elements: Iterable[BaseOxmlElement]) -> None:
    """Keep every paragraph in these elements of the body with the next."""
    for element in elements:
        for paragraph in element.iter(qn("w:p")):
            properties = paragraph.get_or_add_pPr()
            if properties.find(qn("w:keepNext")) is None:
                properties._insert_keepNext(OxmlElement("w:keepNext"))


# --- header and footer --------------------------------------------------------------------------------------------


def margins(paper: Paper, mark: str, *, zh: bool) -> None:
    """The page number with a dash on each side, right on odd pages, left on even ones; the mark of the draft above."""
    section = paper.sections[0]
    paper.settings.odd_and_even_pages_header_footer = True
    grid = section._sectPr.find(qn("w:docGrid"))
    if grid is None:
        grid = OxmlElement("w:docGrid")
        section._sectPr.append(grid)
    grid.set(qn("w:type"), "lines" if zh else "default")
    grid.set(qn("w:linePitch"), str(round(LINE * 20)))
    for header in (section.header, section.even_page_header):
        paragraph = header.paragraphs[0]
        paragraph.style = "Normal"
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        run = paragraph.add_run(mark)
        run.font.size, run.font.color.rgb = Pt(8), RGBColor(90, 90, 90)
    for footer, side in (
        (section.footer, WD_ALIGN_PARAGRAPH.RIGHT),
        (section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT),
    ):
        paragraph = footer.paragraphs[0]
        paragraph.style = "Normal"
        paragraph.alignment = side
        paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = Pt(14)
        for xml in (
            _piece("— "),
            *(_field(*pair) for pair in (("begin",), ("", " PAGE "), ("separate",))),
            _piece("1"),
            _field("end"),
            _piece(" —"),
        ):
            paragraph._p.append(parse_xml(xml))


def _piece(text: str) -> str:
    return f'<w:r {NS}><w:rPr><w:sz w:val="28"/></w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'

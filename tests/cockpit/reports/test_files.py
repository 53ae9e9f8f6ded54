"""Report files: numbers read back, layout of GB/T 9704, embedded fonts, conversion by LibreOffice."""

import json
import re
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path

import docx
import openpyxl
import pylopdf_fonts_zh_cn as free
import pytest
from docx.oxml import parse_xml
from docx.shared import Mm, Pt
from openpyxl.worksheet.worksheet import Worksheet
from PIL import Image, ImageFont

from cockpit.reports import make
from cockpit.reports.kind import HERE
from cockpit.reports.model import Cell, Column, Document, Form, Part, Provenance, Table, Text
from cockpit.reports.writers import fonts, pdf, table, word, wordtable, wordxml, workbook
from cockpit.reports.writers.common import texts
from cockpit.settings import Settings
from data.desk.reports import Report
from data.editions.edition import current
from metrics.period import Period
from tests.asking import answer
from tests.cockpit.reports.conftest import FORMULA, MADE_AT
from tests.factory import DISTRICT, TOWNS, VILLAGES

Make = Callable[..., tuple[Report, Path]]
ROOT = Path(__file__).parents[3]
NOVEMBER = Period(date(2026, 11, 1), date(2026, 12, 1))
INK = 20
"""Grey levels away from white, from which a pixel has ink."""


def tool(name: str) -> str:
    path, packages = shutil.which(name), "libreoffice-writer-nogui, libreoffice-calc-nogui, poppler-utils"
    assert path, f"{name} is missing: .ci/programs installs it (Debian: {packages})"
    return path


def converted(files: list[Path], folder: Path) -> list[Path]:
    """Each file as LibreOffice opens it, printed to PDF."""
    profile = f"-env:UserInstallation=file://{folder / 'profile'}"
    command = [tool("soffice"), profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder), *map(str, files)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    made = [folder / f"{file.stem}.pdf" for file in files]
    assert all(path.is_file() for path in made), ran.stdout + ran.stderr
    return made


def rendered(file: Path, folder: Path) -> list[Image.Image]:
    """The pages of a PDF as grey pictures."""
    subprocess.run([tool("pdftoppm"), "-r", "40", "-gray", str(file), str(folder / file.stem)], check=True, timeout=120)
    return [Image.open(path) for path in sorted(folder.glob(f"{file.stem}-*.pgm"))]


def inked(page: Image.Image) -> float:
    """The share of a page that is not white."""
    dark = sum(count for level, count in enumerate(page.histogram()) if level < 255 - INK)
    return dark / (page.width * page.height)


def words_of(file: Path) -> str:
    return subprocess.run(
        [tool("pdftotext"), "-layout", str(file), "-"], capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.slow
def test_office_opens_them_and_their_pages_are_not_blank(report: Make, tmp_path: Path) -> None:
    """Every kind as DOCX and XLSX through LibreOffice, and the PDF as it is."""
    made: list[Path] = []
    for kind, format in (
        ("monthly", "docx"),
        ("notice", "docx"),
        ("sites", "docx"),
        ("cockpit", "xlsx"),
        ("ledger", "xlsx"),
    ):
        made.append(report(kind, format=format)[1])
    own = report("monthly", format="pdf")[1]
    for file in [*converted(made, tmp_path), own]:
        pages = rendered(file, tmp_path)
        assert pages, file.name
        assert all(inked(page) > 0.002 for page in pages), file.name
    assert "临江区" in words_of(tmp_path / f"{made[0].stem}.pdf")


def test_a_pdf_embeds_its_fonts_and_has_no_boxes(report: Make) -> None:
    _done, file = report("monthly", format="pdf")
    listed = subprocess.run(
        [tool("pdffonts"), str(file)], capture_output=True, text=True, check=True
    ).stdout.splitlines()[2:]
    names = {re.split(r"\s+", line)[0].partition("+")[2] for line in listed}
    assert names == {"NotoSerifSC-Regular-Identity-H", "NotoSansSC-Regular-Identity-H"}
    assert all(re.search(r"yes yes yes", line) for line in listed), listed  # embedded, a subset, with Unicode
    text = words_of(file)
    assert "临江区治理运行月报" in text
    assert "�" not in text
    raw = file.read_bytes()
    assert b"/StructTreeRoot" in raw
    assert b"/Outlines" in raw


def test_every_character_of_our_texts_has_a_glyph() -> None:
    """No box in any text of a report: the catalogue, the kinds and the metrics are set in fonts that hold them."""
    folders = ((ROOT / "cockpit" / "locale", "*.po"), (HERE, "*.yaml"), (ROOT / "metrics" / "catalog", "*.yaml"))
    texts = "".join(file.read_text("utf-8") for folder, pattern in folders for file in folder.glob(pattern))
    wanted = {character for character in texts + "▲◆●○−≥≤×·—…〔〕" if character > " "}
    for character in sorted(wanted):
        assert any(_drawn(path, character) for path in (free.serif_path(), free.sans_path())), character


@cache
def _font(path: Path) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), 24)


def _drawn(path: Path, character: str) -> bool:
    """Whether a font draws a character as anything but its box for what it does not hold."""
    return bytes(_font(path).getmask(character)) != bytes(_font(path).getmask("\uffff"))


def _nowhere() -> Provenance:
    return Provenance("R20261123-00000001", MADE_AT, "x", "/", [], [])


def test_official_fonts_are_used_where_the_office_has_them(tmp_path: Path) -> None:
    assert fonts.faces(None).body == "Noto Serif SC"
    (tmp_path / "simhei.otf").write_bytes(_renamed(free.sans_path(), "Noto Sans SC", "SimHei"))
    faces = fonts.faces(tmp_path)
    assert (faces.heading, faces.body) == ("SimHei", "Noto Serif SC")


def _renamed(path: Path, old: str, new: str) -> bytes:
    """A font of another family name, as an office's own would be; the spaces that fill it up are not part of it."""
    data = path.read_bytes()
    tables = {data[12 + 16 * i : 16 + 16 * i]: 12 + 16 * i for i in range(int.from_bytes(data[4:6], "big"))}
    at = tables[b"name"]
    start = int.from_bytes(data[at + 8 : at + 12], "big")
    made, strings = bytearray(data), start + int.from_bytes(data[start + 4 : start + 6], "big")
    for i in range(int.from_bytes(data[start + 2 : start + 4], "big")):
        entry = start + 6 + 12 * i
        length, offset = (int.from_bytes(data[entry + k : entry + k + 2], "big") for k in (8, 10))
        for coding in ("utf-16-be", "latin-1"):
            if data[strings + offset : strings + offset + length] == old.encode(coding):
                name = new.encode(coding)
                made[strings + offset : strings + offset + len(name)] = name
                made[entry + 8 : entry + 10] = len(name).to_bytes(2, "big")
    return bytes(made)


def test_a_word_document_has_the_official_layout(report: Make) -> None:
    _done, file = report("monthly")
    paper = docx.Document(str(file))
    section = paper.sections[0]
    near = lambda length, mm: abs(length - Mm(mm)) < Mm(0.1)  # noqa: E731
    assert near(section.page_width, 210)
    assert near(section.page_height, 297)
    assert [
        near(getattr(section, f"{side}_margin"), mm)
        for side, mm in (("top", 37), ("bottom", 35), ("left", 28), ("right", 26))
    ] == [True] * 4
    assert (
        section._sectPr.find("{*}docGrid").get(
            "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}linePitch"
        )
        == "580"
    )
    styles = paper.styles
    assert (styles["Body Text"].font.size, styles["Title"].font.size) == (Pt(16), Pt(22))
    headings = [p for p in paper.paragraphs if p.style.name.startswith("Heading")]
    assert [p.text for p in headings if p.style.name == "Heading 1"][:2] == ["总体情况", "需要关注"]
    assert all(p._p.pPr.numPr is not None for p in headings)
    xml = zipfile.ZipFile(file).read("word/document.xml").decode()
    assert 'TOC \\o "1-2"' in xml
    assert len(re.findall(r"<w:tblHeader/>", xml)) >= 3
    pictures = re.findall(r'<wp:docPr [^>]*descr="([^"]+)"', xml)
    assert pictures
    assert all("临江区" in description for description in pictures)
    numbering = zipfile.ZipFile(file).read("word/numbering.xml").decode()
    assert "chineseCountingThousand" in numbering
    table_of_fonts = zipfile.ZipFile(file).read("word/fontTable.xml").decode()
    assert 'w:name="仿宋_GB2312"><w:altName w:val="Noto Serif SC"' in table_of_fonts


@pytest.mark.slow
def test_the_contents_name_the_page_of_each_heading(report: Make, tmp_path: Path) -> None:
    _done, file = report("monthly")
    (laid_out,) = converted([file], tmp_path)
    pages = words_of(laid_out).split("\f")
    entries = re.findall(r"^\s*([一二三四五六七八九十]+、\S+?)[.…·\s]+(\d+)\s*$", pages[0] + pages[1], re.MULTILINE)
    assert len(entries) >= 4
    for heading, page in entries:  # LibreOffice shows our own typesetter's pages, which may be one off its own
        near = "".join(pages[max(int(page) - 2, 0) : int(page) + 1]).replace(" ", "")
        assert heading.partition("、")[2] in near, (heading, page)


def test_a_word_table_reads_back_as_the_query(config: Settings, report: Make) -> None:
    names = {"intake": "受理量（件）", "closed": "办结量（件）", "backlog": "积压件数（件）"}
    frame = answer(current(config.data), list(names), DISTRICT, NOVEMBER, by="town")
    _done, file = report("monthly")
    tables = docx.Document(str(file)).tables
    match = next(t for t in tables if t.rows[0].cells[0].text == "镇街" and t.rows[0].cells[1].text == names["intake"])
    heads = [cell.text for cell in match.rows[0].cells]
    read = {row.cells[0].text: [cell.text for cell in row.cells] for row in match.rows[1:]}
    place = {str(TOWNS[0]): "北塘街道", str(TOWNS[1]): "沙洲镇", str(DISTRICT): "临江区本级"}
    for row in frame.itertuples():
        text = read[place[row.group]][heads.index(names[row.metric])]
        assert int(re.sub(r"[^\d]", "", text)) == row.value


def test_a_workbook_reads_back_as_the_query(config: Settings, report: Make) -> None:
    _done, file = report("cockpit", format="xlsx", lang="en")
    book = openpyxl.load_workbook(file)
    frame = answer(current(config.data), ["intake", "on_time_rate", "satisfaction_rate"], DISTRICT, NOVEMBER, by="town")
    sheet = book["Areas below"]
    heads = [cell.value for cell in sheet[1]]
    named = {"intake": "Intake (cases)", "on_time_rate": "On-time closure (%)", "satisfaction_rate": "Satisfaction (%)"}
    rows = {row[1].value: row for row in sheet.iter_rows(min_row=2)}
    for row in frame.itertuples():
        cell = rows[row.group][heads.index(named[row.metric])]
        assert cell.value == pytest.approx(row.value, rel=1e-14)  # a workbook keeps 16 digits
        assert cell.number_format.endswith("#,##0" if row.metric == "intake" else "0.0")


def test_texts_of_a_workbook_stay_within_the_printed_page(report: Make) -> None:
    _done, file = report("monthly", format="xlsx")
    book = openpyxl.load_workbook(file)
    sheet = book.worksheets[0]
    assert sheet.print_area
    long = [cell for (cell,) in sheet.iter_rows(max_col=1) if cell.value and len(cell.value) > 60]
    assert long
    for cell in long:
        assert cell.alignment.wrap_text
        across = sum(2 if ord(character) > 0x2E80 else 1 for character in cell.value)
        assert sheet.row_dimensions[cell.row].height >= 15 * -(-across // 110)
    for sheet in book:
        table = [cell for (cell,) in sheet.iter_rows(min_row=2, max_col=1) if isinstance(cell.value, str)]
        assert all(cell.alignment.wrap_text for cell in table if len(cell.value) > 60), sheet.title


def test_a_reply_slip_stays_on_one_page(tmp_path: Path) -> None:
    slip = Form("回执", (("签收单位", ""), ("办理结果", "")), (2, 6))
    paper = docx.Document()
    first = len(paper.element.body) - 1
    paper.element.body.insert_element_before(parse_xml(wordtable.form(list(texts(slip)), width=156)), "w:sectPr")
    wordxml.together(list(paper.element.body)[first:-1])
    (table,) = paper.tables
    assert all(p.paragraph_format.keep_with_next for row in table.rows for c in row.cells for p in c.paragraphs)


def test_a_workbook_has_what_an_inspector_works_with(report: Make) -> None:
    done, file = report("cockpit", format="xlsx", lang="en")
    book = openpyxl.load_workbook(file)
    assert {"Definitions", "Provenance", "Key metrics", "Areas below", "Age of the backlog"} <= set(book.sheetnames)
    assert book["Areas below"].freeze_panes == "B2"
    assert sum(len(sheet._charts) for sheet in book) >= 3
    provenance = {row[0].value: row[1].value for row in book["Provenance"].iter_rows()}
    assert (provenance["Report"], provenance["Edition"]) == (done.id, done.edition)
    assert book.properties.keywords == done.id


def test_no_cell_is_taken_for_a_formula_and_numbers_stay_numbers(report: Make) -> None:
    _done, file = report("ledger", format="xlsx")
    book = openpyxl.load_workbook(file)
    titles = [cell for sheet in book for row in sheet.iter_rows() for cell in row if FORMULA in str(cell.value)]
    assert titles
    assert all(cell.data_type == "s" and cell.value == f"'{FORMULA}" for cell in titles)
    days: Worksheet = book.worksheets[0]
    heads = [cell.value for cell in days[1]]
    assert all(isinstance(row[heads.index("历时（天）")].value, int) for row in days.iter_rows(min_row=2))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1"])
def test_risky_texts_get_a_quote_in_every_format_for_spreadsheets(tmp_path: Path, text: str) -> None:
    rows = [[Cell(text), Cell("-1", -1)]]
    one = Document("x", "x", "zh", [Part("x", "x", [Table("x", [Column("a"), Column("b", True)], rows)])], _nowhere())
    table.write(one, tmp_path / "x.zip")
    with zipfile.ZipFile(tmp_path / "x.zip") as pack:
        assert pack.read("01-x.csv").decode("utf-8-sig").splitlines()[-1].endswith(",-1")
        assert f"'{text.strip()[:1]}" in pack.read("01-x.csv").decode("utf-8-sig").replace("'\t", "'").replace(
            "'\r", "'"
        )
    workbook.write(one, tmp_path / "x.xlsx", tmp_path)
    first, second = openpyxl.load_workbook(tmp_path / "x.xlsx")["x"][2]
    assert (str(first.value)[0], first.data_type, second.value) == ("'", "s", -1)


def test_any_text_is_escaped(tmp_path: Path) -> None:
    """Markup of typst, XML and control characters come out as they are, or not at all."""
    evil = '#panic() *x* _y_ $z$ `c` <w:t>&amp; "q" \\ @ref // /* \x00\x0b ]] ]]>'
    rows = [[Cell(evil), Cell("1", 1)]]
    blocks = [Text(evil), Table(evil, [Column(evil), Column("b", True)], rows)]
    one = Document("x", evil, "zh", [Part("x", evil, blocks)], _nowhere())
    faces = fonts.faces(None)
    (tmp_path / "x.pdf").write_bytes(pdf.write(one, faces))
    assert '<w:t>&amp; "q"' in words_of(tmp_path / "x.pdf").replace("“", '"').replace("”", '"')
    word.write(one, faces, tmp_path / "x.docx")
    assert '<w:t>&amp; "q"' in docx.Document(str(tmp_path / "x.docx")).tables[0].rows[1].cells[0].text
    workbook.write(one, tmp_path / "x.xlsx", tmp_path)
    assert len(openpyxl.load_workbook(tmp_path / "x.xlsx").sheetnames) == 4


# --- what a font lacks, and what is wider than its cell -----------------------------------------------------------

RARE = "𠮷野路口 😀 العربية 한국어 镕堃①㎡"
LONG = "X" * 90


def _one_table(*cells: str) -> Document:
    columns = [Column("编号", width=0.5), Column("名称", width=1), *(Column(f"列{i}") for i in range(8))]
    rows = [[Cell(LONG), Cell("ẵ" * 60), *(Cell(cell) for cell in cells), *[Cell("")] * (8 - len(cells))]]
    return Document("k", "字体", "zh", [Part("区", "字体", [Table("表", columns, rows)])], _nowhere())


def test_a_pdf_names_the_characters_that_no_font_has() -> None:
    text = _text_of(pdf.write(_one_table(RARE), fonts.faces(None)))
    for character in "𠮷😀ع한":
        assert f"U+{ord(character):04X}" in text
    for character in "镕堃①㎡":
        assert f"U+{ord(character):04X}" not in text
    assert "U+" not in _text_of(pdf.write(_one_table("镕堃①㎡"), fonts.faces(None)))


def test_a_font_of_the_office_draws_what_ours_lack(tmp_path: Path) -> None:
    """A font in the folder with the character is taken for it, and it is not named as missing any more."""
    data = free.sans_path().read_bytes()
    (tmp_path / "rare.otf").write_bytes(data)
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    assert fonts.covered(tmp_path) == fonts.covered(None)
    assert fonts.faces(tmp_path).missing("𠮷") == "𠮷"


def _text_of(made: bytes) -> str:
    """The text of a PDF, as a reader copies it."""
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(made)
        file.flush()
        return subprocess.run(["pdftotext", "-layout", file.name, "-"], capture_output=True, check=True).stdout.decode()


def test_a_word_wider_than_its_cell_is_broken_in_every_format(config: Settings, tmp_path: Path) -> None:
    document = _one_table("ab" * 30, "https://example.org/" + "a" * 80)
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(pdf.write(document, fonts.faces(None)))
        file.flush()
        boxes = subprocess.run(["pdftotext", "-bbox", file.name, "-"], capture_output=True, check=True).stdout.decode()
    page = 210 / 25.4 * 72
    right = [float(x) for x in re.findall(r'<word [^>]*xMax="([\d.]+)"', boxes)]
    assert max(right) <= page - 26 / 25.4 * 72 + 1
    lengths = [len(word) for word in re.findall(r"<word [^>]*>(X+)</word>", boxes)]
    assert max(lengths) < 12
    make.write(document, "docx", tmp_path / "a.docx", config)
    paper = docx.Document(str(tmp_path / "a.docx"))
    wraps = paper.tables[0]._tbl.xpath(".//w:tc[.//w:t[contains(., 'XXXX')]]//w:wordWrap/@w:val")
    assert wraps == ["0"]
    make.write(document, "xlsx", tmp_path / "a.xlsx", config)
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["表"]
    assert sheet["A2"].alignment.wrap_text
    assert not sheet["E2"].alignment.wrap_text


# --- pages --------------------------------------------------------------------------------------------------------


def pages_of(file: Path) -> list[str]:
    """The text of each page of a PDF."""
    return words_of(file).split("\f")[:-1]


@pytest.mark.slow
def test_a_brief_is_one_page_in_every_format(report: Make, tmp_path: Path) -> None:
    made = [
        report("brief", area, format=format, lang=lang)[1]
        for area in (DISTRICT, TOWNS[0], VILLAGES[0])
        for lang in ("zh", "en")
        for format in ("docx", "xlsx", "pdf")
    ]
    printed = [*converted([f for f in made if f.suffix != ".pdf"], tmp_path), *(f for f in made if f.suffix == ".pdf")]
    assert {file.name: len(pages_of(file)) for file in printed} == {file.name: 1 for file in printed}


def test_each_notice_is_a_document_of_its_own(report: Make, document: Callable[..., Document]) -> None:
    """In every format each part ends with its provenance, which names its addressee, and with the imprint."""
    to = [part.area for part in document("notice").parts]
    assert len(to) > 2
    made, pdf = report("notice", format="pdf")
    ends = [page for page in pages_of(pdf) if "印发日期" in page]
    assert [re.search(r"通知对象\s*(\S+)", page)[1] for page in ends] == to  # type: ignore[index]
    assert all(page.count(made.id) >= 1 and "抄送" in page for page in ends)

    paper = docx.Document(str(report("notice", format="docx")[1]))
    assert len(paper.sections) == len(to)
    recipients = [table.rows[0].cells[1].text for table in paper.tables if table.rows[0].cells[0].text == "通知对象"]
    imprints = [table for table in paper.tables if "抄送" in table.rows[0].cells[0].text]
    assert recipients == to
    assert len(imprints) == len(to)

    book = openpyxl.load_workbook(report("notice", format="xlsx")[1])
    sheets = [
        dict(sheet.iter_rows(max_col=2, values_only=True)) for sheet in book if "通知对象" in str(sheet["A1"].value)
    ]
    assert [sheet["通知对象"] for sheet in sheets] == to
    assert all({"制作人", "抄送：", "印发日期："} <= set(sheet) for sheet in sheets)

    with zipfile.ZipFile(report("notice", format="csv")[1]) as pack:
        facts = [json.loads(pack.read(n))["facts"] for n in pack.namelist() if n.endswith("/provenance.json")]
    assert [fact["通知对象"] for fact in facts] == to


@pytest.mark.slow
def test_a_last_page_is_never_the_imprint_alone(report: Make, tmp_path: Path) -> None:
    """However long the tables above are, something of the document stands on the page of 版记."""
    areas = (DISTRICT, *TOWNS)
    notices = [report("notice", area, format=f)[1] for area in areas for f in ("docx", "pdf")]
    bulletins = [report("bulletin", area, format=f)[1] for area in areas for f in ("docx", "pdf")]
    for made, mark in ((notices, "办理结果"), (bulletins, "有关要求|限期整改")):
        folder = tmp_path / mark[:2]
        folder.mkdir()
        pdfs = [f for f in made if f.suffix == ".pdf"]
        for file in [*converted([f for f in made if f.suffix == ".docx"], folder), *pdfs]:
            ends = [page for page in pages_of(file) if "印发日期" in page]
            assert "印发日期" in pages_of(file)[-1], file
            for page in ends:
                assert re.search(mark, page), (file, page)

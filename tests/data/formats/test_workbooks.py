"""Workbooks as offices keep them: titles, merged cells, sums, notes, long numbers, failed formulas, hidden sheets."""

import datetime as dt
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from data.errors import DataError
from data.formats import workbooks
from data.formats.layout import Layout
from data.home import Home
from data.ingest.loading import LoadReport, load
from tests.data.hotline import facts, rejects, settle, source

NAMES = ["编号", "区域", "类型", "登记时间", "标题"]
COLUMNS = {"kind": "'hotline'", "category": "类型", "registered_at": "登记时间", "title": "标题"}
AT = dt.datetime(2026, 11, 1, 10, 0, 1)


@pytest.fixture
def home(home: Home) -> Home:
    return settle(home)


def entry(number: int, **cells: Any) -> list[Any]:
    return list((dict(zip(NAMES, [f"T{number}", 990101001201, "路灯", AT, "件"], strict=True)) | cells).values())


def book(home: Home, rows: list[list[Any]], merged: list[str] | None = None, name: str = "台账") -> Path:
    """A workbook of one sheet, whose cells in `merged` ranges keep their first value alone."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = name
    for row in rows:
        sheet.append(row)
    for cells in merged or []:
        sheet.merge_cells(cells)
    workbook.save(home.root / "a.xlsx")
    return home.root / "a.xlsx"


def load_book(home: Home, limit: float = 1, **changes: Any) -> LoadReport:
    settings = {"file": "a.xlsx", "key": "编号", "area": "区域", "columns": COLUMNS} | changes
    return load(home, source(home, **settings), reject_limit=limit)


def test_titles_totals_notes_and_blank_rows_are_skipped(home: Home) -> None:
    title, unit = ["11月台账", *[None] * 4], ["填报单位：北塘街道      填报日期：2026年11月28日", *[None] * 4]
    rows = [title, unit, NAMES, entry(1), [None] * 5, [" "] * 5, entry(2, 区域="1"), ["　合　计", None, None, None, 2]]
    rows += [["注：本台账由各村报送。"], ["审核：王", None, "填表人：李"]]
    book(home, rows, ["A1:E1", "A2:E2", "A8:C8"])
    report = load_book(home)
    assert (report.read, report.accepted, report.skipped) == (2, 1, {"blank": 2, "note": 2, "total": 1})
    assert rejects(home) == [(7, "T2", ["unknown area: 1"])]


def test_row_number_equals_workbook_row(home: Home) -> None:
    workbook = openpyxl.Workbook()
    for at, cells in {3: NAMES, 5: entry(1), 9: entry(2, 区域="1")}.items():
        for column, cell in enumerate(cells, 2):
            workbook.active.cell(at, column, cell)
    workbook.save(home.root / "a.xlsx")
    load_book(home)
    assert rejects(home) == [(9, "T2", ["unknown area: 1"])]


def test_vertically_merged_cell_applies_to_all_its_rows(home: Home) -> None:
    rows = [NAMES, entry(1), entry(2, 区域=None), entry(3, 区域=None), entry(4, 类型=None), entry(5, 区域=None)]
    book(home, rows, ["B2:B4"])
    load_book(home)
    assert facts(home, "key, area, category") == [
        ("T1", 990101001201, "路灯"), ("T2", 990101001201, "路灯"), ("T3", 990101001201, "路灯"),
        ("T4", 990101001201, None),
    ]  # fmt: skip
    assert rejects(home) == [(6, "T5", ["missing area"])]


def test_a_header_of_two_rows_with_merged_cells(home: Home) -> None:
    upper, lower = ["编号", "区域", "诉求", None, None], [None, None, "类型", "登记\n时间", "标题"]
    book(home, [["台账"], upper, lower, entry(1)], ["A1:E1", "A2:A3", "B2:B3", "C2:E2"])
    assert load_book(home).accepted == 1
    columns = {"kind": "'hotline'", "registered_at": "诉求_登记时间", "title": "诉求_标题"}
    assert load_book(home, columns=columns).read == 1
    assert load_book(home, columns=columns, header_row=[2, 3], source="other").accepted == 1


def test_number_over_15_digits_is_rejected_as_text(home: Home) -> None:
    book(home, [NAMES, entry(1, 编号=330000000000000000), entry(2, 编号=123456789012345), entry(3, 标题=10**15)])
    load_book(home)
    assert facts(home, "key") == [("123456789012345",)]
    remedy = "; format the column as text and export it again"
    assert rejects(home) == [
        (2, "330000000000000000", [f"number of more than 15 digits: key{remedy}"]),
        (4, "T3", [f"number of more than 15 digits: title{remedy}"]),
    ]


def test_formulas_give_their_value_and_failed_ones_are_rejected(home: Home) -> None:
    with xlsxwriter.Workbook(home.root / "a.xlsx") as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(1, 1, NAMES)
        for at in range(2, 5):
            sheet.write_row(at, 1, [f"T{at}", 990101001201, "路灯", "2026-11-01", "件"])
        sheet.write_formula(2, 5, '="a"&"b"', None, "ab")
        sheet.write_formula(3, 5, "=NA()", None, "#N/A")
        sheet.write_formula(4, 4, "=1/0", None, "#DIV/0!")
    load_book(home)
    assert facts(home, "key, title") == [("T2", "ab")]
    assert rejects(home) == [
        (4, "T3", ["formula error: title"]), (5, "T4", ["unparseable time: registered_at"])
    ]  # fmt: skip
    assert load_book(home, nulls=["#N/A"]).accepted == 2


def test_types_of_cells_become_plain_text(home: Home) -> None:
    columns = {"kind": "'hotline'", "registered_at": "登记时间", "deferred": "类型", "title": "标题"}
    day = dt.date(2026, 11, 2)
    rows = [entry(1, 类型=True, 标题=12.5), entry(2, 登记时间=day, 类型=False, 标题=dt.time(9, 30))]
    book(home, [NAMES, *rows, entry(3, 编号=7, 类型=None)])
    load_book(home, columns=columns)
    assert facts(home, "key, registered_at, deferred, title") == [
        ("7", AT, None, "件"), ("T1", AT, True, "12.5"), ("T2", dt.datetime(2026, 11, 2), False, "09:30:00"),
    ]  # fmt: skip


def test_default_sheet_is_first_visible_one_with_columns(home: Home) -> None:
    workbook = openpyxl.Workbook()
    workbook.active.append(["说明"])
    hidden, shown = workbook.create_sheet("旧"), workbook.create_sheet("台账")
    for row in (NAMES, entry(1)):
        hidden.append(row)
    for row in (NAMES, entry(2), entry(3)):
        shown.append(row)
    hidden.sheet_state = "hidden"
    workbook.save(home.root / "a.xlsx")
    assert load_book(home).accepted == 2
    assert load_book(home, sheet="旧").accepted == 1
    assert load_book(home, sheet=1, source="other").accepted == 1
    with pytest.raises(DataError, match=r"a\.xlsx: sheet: there is no sheet 新; it has Sheet, 旧, 台账"):
        load_book(home, sheet="新")
    with pytest.raises(DataError, match="there is no sheet 7, counted from 0"):
        load_book(home, sheet=7)


def test_missing_column_error_lists_best_header(home: Home) -> None:
    book(home, [["台账"], NAMES, entry(1)])
    with pytest.raises(DataError, match=r"columns\.title: there is no column 题目; columns: 编号, 区域, 类型"):
        load_book(home, columns=COLUMNS | {"title": "题目"})


def test_a_sheet_may_be_empty(home: Home) -> None:
    openpyxl.Workbook().save(home.root / "a.xlsx")
    with pytest.raises(DataError, match=r"a\.xlsx: row 1: is blank"):
        load_book(home)


@pytest.mark.parametrize("suffix", ["xlsm", "xltx"])
def test_workbook_is_recognised_by_suffix(home: Home, suffix: str) -> None:
    book(home, [NAMES, entry(1)]).rename(home.root / f"a.{suffix}")
    if suffix == "xltx":
        assert load_book(home, file="a.xltx", format="xlsx").accepted == 1
    else:
        assert load_book(home, file=f"a.{suffix}").accepted == 1


def test_decompression_bomb_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "bomb.xlsx"
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed,
        packed.open("xl/worksheets/sheet1.xml", "w") as part,
    ):
        for _ in range(200):
            part.write(b"A" * 1_000_000)
    assert file.stat().st_size < 300_000
    with pytest.raises(DataError, match=r"bomb\.xlsx: unpacks to more than 100 times its size"):
        workbooks.convert(file, None, Layout(("key",)), tmp_path / "out.parquet")

"""A town office's ledger, as a workbook and as its export in GBK, loads with a source file of ten plain lines."""

import csv
import datetime as dt
from pathlib import Path

import pytest
import xlsxwriter

from data.areas.loading import load_areas
from data.home import Home
from data.ingest.loading import load
from data.sources.definition import read_source
from tests.data.hotline import facts, rejects

AREAS = """code,name,level
990102,示例区,district
990102001,北塘街道,town
990102001001,大坪村委会,village
990102001002,后泉社区居委会,village
990102002,沙洲镇,town
990102002001,大坪村委会,village
"""
SOURCE = """source: ledger
name: 群众诉求办理台账
fact: cases
file: {file}
{csv}zone: Asia/Shanghai
key: 工单编号
area: {{path: 所属区域}}
columns: {{kind: "'hotline'", registered_at: 受理时间, due_at: 办理时限, closed_at: 办结时间, urgency: 紧急程度,
  satisfied: 群众是否满意, title: 诉求内容, unit: 承办单位}}
"""
HEAD = [
    "序号",
    "工单编号",
    "受理时间",
    "所属区域",
    "诉求内容",
    "承办单位",
    "办理时限",
    "办结时间",
    "群众是否满意",
    "紧急程度",
    "备注",
]
AT = dt.datetime(2026, 9, 24, 10, 30)
ROWS = [
    ["LJ-1", "2026年9月24日", "北塘街道/大坪村委会", "5个工作日", "2026年9月28日", "是", "一般"],
    ["LJ-２", "2026-9-24", "北塘街道/后泉社区", "7个工作日", "", "", ""],
    ["LJ-3", AT, "沙洲镇大坪村", "５天", AT + dt.timedelta(days=1), "否", "特急"],
    ["LJ-4", "2026/09/24 10:30", "北塘镇/大坪村", "15个工作日", "2026/09/25 08:00", "√", "紧急"],
    ["LJ-5", "2026.9.24", "沙洲镇", "5天", "2026.9.30", "", ""],
    ["LJ-6", "2026.9.24", "沙洲镇/大村", "5天", "", "", ""],
    ["LJ-7", "2026.9.24", "", "5天", "", "", ""],
]
RIGHT = [
    ("LJ-1", 990102001001, dt.datetime(2026, 9, 24), dt.datetime(2026, 9, 28), True, "normal"),
    ("LJ-2", 990102001002, dt.datetime(2026, 9, 24), None, None, None),
    ("LJ-3", 990102002001, AT, AT + dt.timedelta(days=1), False, "critical"),
    ("LJ-4", 990102001001, AT, dt.datetime(2026, 9, 25, 8), True, "urgent"),
    ("LJ-5", 990102002000, dt.datetime(2026, 9, 24), dt.datetime(2026, 9, 30), None, None),
]


@pytest.fixture
def home(home: Home) -> Home:
    home.root.mkdir(parents=True, exist_ok=True)
    path = home.root / "areas.csv"
    path.write_text(AREAS, "utf-8")
    load_areas(home, path)
    return home


def full(number: int, row: list[object]) -> list[object]:
    key, at, area, limit, closed, pleased, urgency = row
    return [number, key, at, area, "反映路灯不亮", "区住建局", limit, closed, pleased, urgency, ""]


def serial(value: object) -> object:
    return (value - dt.datetime(1899, 12, 30)) / dt.timedelta(days=1) if isinstance(value, dt.datetime) else value


def workbook(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("填表说明").write(0, 0, "说明")
        sheet, dated = book.add_worksheet("台账"), book.add_format({"num_format": "yyyy/m/d h:mm"})
        sheet.merge_range(0, 0, 0, len(HEAD) - 1, "示例区群众诉求办理台账")
        sheet.merge_range(1, 0, 1, len(HEAD) - 1, "填报单位：区社会治理中心        填报日期：2026年11月28日")
        sheet.write_row(2, 0, HEAD)
        for at, row in enumerate(ROWS, 3):
            for column, value in enumerate(full(at - 2, row)):
                if isinstance(value, dt.datetime) and column == 2:
                    sheet.write_datetime(at, column, value, dated)
                else:
                    sheet.write(at, column, serial(value))
        end = len(ROWS) + 3
        sheet.merge_range(end, 0, end, 3, "合计")
        sheet.write(end, 4, len(ROWS))
        sheet.write(end + 1, 0, "注：本台账由各镇街报送汇总。")


def export(path: Path) -> None:
    with path.open("w", encoding="gbk", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["示例区群众诉求办理台账", *[""] * (len(HEAD) - 1)])
        rows.writerow(HEAD)
        rows.writerows([serial(value) for value in full(at, row)] for at, row in enumerate(ROWS, 1))
        rows.writerow(["合计", "", "", "", len(ROWS), *[""] * (len(HEAD) - 5)])


@pytest.mark.parametrize("file", ["ledger.xlsx", "ledger.csv"])
def test_a_ledger_loads_but_for_blank_areas_and_typos(home: Home, file: str) -> None:
    (workbook if file.endswith("xlsx") else export)(home.root / file)
    source = SOURCE.format(file=file, csv="csv: {encoding: gbk}\n" if file.endswith("csv") else "")
    assert len(source.splitlines()) <= 10
    (home.root / "ledger.yaml").write_text(source, "utf-8")
    report = load(home, read_source(home.root / "ledger.yaml"), reject_limit=0.5)
    assert (report.read, report.accepted, report.rejected, report.status) == (7, 5, 2, "accepted")
    assert facts(home, "key, area, registered_at, closed_at, satisfied, urgency") == RIGHT
    first = 9 if file.endswith("xlsx") else 8
    assert rejects(home) == [
        (first, "LJ-6", ["unknown area: 沙洲镇/大村"]), (first + 1, "LJ-7", ["missing area"])
    ]  # fmt: skip


def test_deadlines_are_counted_in_working_days(home: Home) -> None:
    workbook(home.root / "ledger.xlsx")
    (home.root / "ledger.yaml").write_text(SOURCE.format(file="ledger.xlsx", csv=""), "utf-8")
    load(home, read_source(home.root / "ledger.yaml"), reject_limit=0.5)
    due = dict(facts(home, "key, due_at"))
    assert due["LJ-3"] == dt.datetime(2026, 9, 29, 23, 59, 59)
    assert due["LJ-1"] > dt.datetime(2026, 9, 30)  # the autumn festival lies between


def test_the_same_number_in_wide_characters_is_the_same_case(home: Home) -> None:
    export(home.root / "ledger.csv")
    content = (home.root / "ledger.csv").read_text("gbk")
    (home.root / "ledger.yaml").write_text(SOURCE.format(file="ledger.csv", csv="csv: {encoding: gbk}\n"), "utf-8")
    source = read_source(home.root / "ledger.yaml")
    load(home, source, reject_limit=0.5)
    (home.root / "ledger.csv").write_text(content.replace("LJ-２", "LJ-2").replace("LJ-3", "ＬＪ－３"), "gbk")
    report = load(home, source, reject_limit=0.5)
    assert report.accepted == 5
    assert facts(home, "count(*)") == [(5,)]

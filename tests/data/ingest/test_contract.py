"""Rows that the contract accepts, and every reason to reject a row."""

import json
from datetime import datetime
from typing import Any

import pytest

from data.home import Home
from data.schema import CASES
from data.schema import STEPS as STEPS_OF
from data.store import read_store
from data.values.times import TimeReader
from tests.data.hotline import COLUMNS, ENDED, GOOD, HEADER, NEW, deliver, facts, rejects, row, settle


@pytest.fixture
def home(home: Home) -> Home:
    return settle(home)


REFUSED: list[tuple[dict[str, str], list[str]]] = [
    ({"id": ""}, ["missing key"]),
    ({"kind": " "}, ["missing kind"]),
    ({"registered": ""}, ["missing registered_at"]),
    ({"area": ""}, ["missing area"]),
    ({"area": "990101999"}, ["unknown area: 990101999"]),
    ({"area": "99010"}, ["unknown area: 99010"]),
    ({"area": "新河村"}, ["unknown area: 新河村"]),
    ({"area": str(ENDED), "registered": "2026-03-01"}, ["closed before registered", "area not valid on that day"]),
    ({"area": str(NEW), "registered": "2024-12-31 23:59:59"}, ["area not valid on that day"]),
    ({"registered": "last week"}, ["unparseable time: registered_at"]),
    ({"due": "2026-13-01"}, ["unparseable time: due_at (there is no such day or hour)"]),
    ({"due": "26-1-12"}, ["unparseable time: due_at (the year needs four digits)"]),
    ({"due": "9999-12-31"}, ["out of range: due_at"]),
    ({"due": "infinity"}, ["unparseable time: due_at"]),
    ({"closed": "2026-01-05 07:59:59"}, ["closed before registered"]),
    ({"kind": "complaint"}, [f"unknown value: kind; one of {CASES['kind'].allowed}"]),
    ({"urgency": "very"}, ["unknown value: urgency; one of normal 一般, urgent 紧急, critical 特急"]),
    ({"rating": "6"}, ["out of range: rating"]),
    ({"rating": "0"}, ["out of range: rating"]),
    ({"rating": "300"}, ["out of range: rating"]),
    ({"rating": "4.5"}, ["unparseable number: rating"]),
    ({"rating": "good"}, ["unparseable number: rating"]),
    ({"extended": "-1"}, ["out of range: extended"]),
    ({"solved": "perhaps"}, ["unparseable boolean: solved"]),
    (
        {"id": "", "registered": "x", "area": "1", "rating": "9"},
        ["missing key", "unparseable time: registered_at", "out of range: rating", "unknown area: 1"],
    ),
]


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> dict[int, list[str]]:
    """The reasons against each row of REFUSED, by its number in one delivery that begins with a good row."""
    home = Home(tmp_path_factory.mktemp("refused"), memory="1GB")
    settle(home)
    report = deliver(home, row(id="good"), *(row(**{"id": f"R{n}", **REFUSED[n][0]}) for n in range(len(REFUSED))))
    assert (report.read, report.accepted, report.rejected) == (len(REFUSED) + 1, 1, len(REFUSED))
    assert facts(home, "key") == [("good",)]
    return {number: reasons for number, _, reasons in rejects(home)}


@pytest.mark.parametrize("number", range(len(REFUSED)), ids=lambda number: str(REFUSED[number][0]))
def test_every_reject_reason_is_stored(refused: dict[int, list[str]], number: int) -> None:
    assert sorted(refused[number + 3]) == sorted(REFUSED[number][1])


ACCEPTED: list[tuple[dict[str, str], str, Any]] = [
    ({"due": "2026-01-04 00:00:00"}, "due_at", datetime(2026, 1, 4)),
    ({"closed": "2026-01-05 08:00:00"}, "closed_at", datetime(2026, 1, 5, 8)),
    ({"closed": "  "}, "closed_at", None),
    ({"registered": "2026/1/5 8:00"}, "registered_at", datetime(2026, 1, 5, 8)),
    ({"registered": "2026/01/05 08:00:30"}, "registered_at", datetime(2026, 1, 5, 8, 0, 30)),
    ({"registered": "2026-01-05"}, "registered_at", datetime(2026, 1, 5)),
    ({"registered": "2026-01-05T00:00:00Z"}, "registered_at", datetime(2026, 1, 5, 8)),
    ({"registered": "2026-01-05 00:00:00.5+00"}, "registered_at", datetime(2026, 1, 5, 8, 0, 0, 500_000)),
    ({"registered": "2026-01-04 19:00:00-05:00"}, "registered_at", datetime(2026, 1, 5, 8)),
    ({"registered": "2026-01-05 00:00:00 UTC"}, "registered_at", datetime(2026, 1, 5, 8)),
    ({"area": "990101001"}, "area", 990101001000),
    ({"area": "990101"}, "area", 990101000000),
    ({"area": str(ENDED)}, "area", ENDED),
    ({"urgency": "normal"}, "urgency", "normal"),
    ({"urgency": " 特急 "}, "urgency", "critical"),
    ({"urgency": ""}, "urgency", None),
    ({"rating": "5.0"}, "rating", 5),
    ({"rating": " 3 "}, "rating", 3),
    ({"solved": "否"}, "solved", False),
    ({"solved": "Y"}, "solved", True),
    ({"solved": "0"}, "solved", False),
    ({"title": "  两头空  "}, "title", "两头空"),
    ({"title": '逗号,引号"换\n行'}, "title", '逗号,引号"换\n行'),
    ({"title": "致电13812345678"}, "title", "致电138****5678"),
]


@pytest.fixture(scope="module")
def accepted(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with one delivery of the rows of ACCEPTED, each under its number as key."""
    home = Home(tmp_path_factory.mktemp("accepted"), memory="1GB")
    settle(home)
    assert deliver(home, *(row(**{"id": str(n), **ACCEPTED[n][0]}) for n in range(len(ACCEPTED)))).rejected == 0
    return home


@pytest.mark.parametrize("number", range(len(ACCEPTED)), ids=lambda number: str(ACCEPTED[number][0]))
def test_valid_rows_are_accepted(accepted: Home, number: int) -> None:
    _, column, value = ACCEPTED[number]
    assert dict(facts(accepted, f"key, {column}"))[str(number)] == value


def test_newest_valid_row_of_duplicate_key_is_kept(home: Home) -> None:
    rows = [
        row(id="B", title="oldest", updated="2026-01-01"),
        row(id="B", title="newest", updated="2026-01-03"),
        row(id="B", title="as new, but later", updated="2026-01-03"),
        row(id="B", title="newer, but bad", updated="2026-01-09", rating="9"),
        row(id="C"),
    ]
    report = deliver(home, *rows)
    assert (report.read, report.accepted, report.rejected) == (5, 2, 3)
    assert facts(home, "key, title") == [("B", "newest"), ("C", "路灯不亮")]
    twice = "duplicate key in the delivery"
    assert rejects(home) == [(2, "B", [twice]), (4, "B", [twice]), (5, "B", ["out of range: rating", twice])]
    raw = [json.loads(raw_row)["title"] for (raw_row,) in facts(home, "raw", "rejects")]
    assert sorted(raw) == ["as new, but later", "newer, but bad", "oldest"]


def test_reject_stores_raw_row_without_phones_and_reporters(home: Home) -> None:
    deliver(home, row(area="1", title="致电13812345678，谢谢", phone="王五 13812345678"))
    ((raw,),) = facts(home, "raw", "rejects")
    content = json.loads(raw)
    assert list(content) == HEADER.split(",")
    assert content["registered"] == GOOD["registered"]
    assert content["title"] == "致电138****5678，谢谢"
    assert content["phone"] == "***"


def test_no_phone_number_is_stored(home: Home) -> None:
    deliver(home, row(title="13812345678"), row(id="A2", area="1", title="13812345678"), "13812345678,x")
    (reporter,) = next(iter(facts(home, "reporter")))
    assert len(reporter) == 32
    with read_store(home) as store:
        tables = [name for (name,) in store.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        for table in tables:
            assert store.execute(f"SELECT * FROM {table} t WHERE t::VARCHAR LIKE '%13812345678%'").fetchall() == []


def test_unreadable_lines_are_rejected_with_row_number(home: Home) -> None:
    lines = [row(), "A2,too,few", row(id="A3", title="two\nlines"), row(id="A4") + ",too,many", row(id="A5", area="1")]
    report = deliver(home, *lines, row(id="A6"))
    assert (report.read, report.accepted, report.rejected) == (6, 3, 3)
    assert rejects(home) == [
        (3, None, ["unreadable row"]),
        (6, None, ["unreadable row"]),
        (7, "A5", ["unknown area: 1"]),
    ]
    raw = json.loads(facts(home, "raw", "(SELECT raw FROM rejects WHERE row = 3)")[0][0])
    assert raw["line"] == "A2,too,few"
    assert raw["fault"] == "it has 3 columns, the header 13"


def test_rows_keep_their_numbers_in_a_large_file(home: Home) -> None:
    lines = [row(id=str(i), title="x" * 300) for i in range(40_000)]
    for i in range(0, 40_000, 1_000):
        lines[i] = "cut off"
        lines[i + 500] = row(id=str(i + 500), area="1", title="x" * 300)
    report = deliver(home, *lines)
    assert (report.read, report.accepted, report.rejected) == (40_000, 39_920, 80)
    assert [number for number, _, _ in rejects(home)] == [i + 2 for i in range(0, 40_000, 500)]
    assert all(key == str(number - 2) for number, key, _ in rejects(home) if key)


def test_failing_expression_gives_null(home: Home) -> None:
    columns = COLUMNS | {"extended": "(extended::INT + 1)", "title": "chr(rating::INT + 64)"}
    deliver(home, row(), row(id="A2", extended="x", rating=""), columns=columns)
    assert facts(home, "key, extended, title") == [("A1", 1, "E"), ("A2", None, None)]


def test_times_are_converted_to_home_zone(home: Home) -> None:
    deliver(home, row(registered="2026-01-05 08:00:00", closed="2026-07-06 08:00:00"), zone="America/New_York")
    assert facts(home, "registered_at, closed_at") == [(datetime(2026, 1, 5, 21), datetime(2026, 7, 6, 20))]


def test_offset_overrides_source_zone(home: Home) -> None:
    deliver(home, row(registered="2026-01-05 08:00:00+01:00"), zone="America/New_York")
    assert facts(home, "registered_at") == [(datetime(2026, 1, 5, 15),)]


def test_skipped_or_repeated_hour_without_offset_is_rejected(home: Home) -> None:
    deliver(
        home,
        row(id="skipped", registered="2025-03-09 02:30:00", closed="", due=""),
        row(id="twice", registered="2025-11-02 01:30:00", closed="", due=""),
        row(id="first", registered="2025-11-02 01:30:00-04:00", closed="", due=""),
        row(id="second", registered="2025-11-02 01:30:00 EST", closed="", due=""),
        row(id="around", registered="2025-11-02 00:30", closed="", due=""),
        zone="America/New_York",
    )
    assert facts(home, "key, registered_at") == [
        ("around", datetime(2025, 11, 2, 12, 30)),
        ("first", datetime(2025, 11, 2, 13, 30)),
        ("second", datetime(2025, 11, 2, 14, 30)),
    ]
    assert [(key, reasons) for _, key, reasons in rejects(home)] == [
        ("skipped", ["unparseable time: registered_at (the clocks skip this hour)"]),
        ("twice", ["unparseable time: registered_at (the clocks show this hour twice: give the offset)"]),
    ]


def test_timestamptz_expression_is_stored_in_home_zone(home: Home) -> None:
    columns = COLUMNS | {"registered_at": "to_timestamp(1767571200)", "due_at": "strptime('5.1.2026', '%d.%m.%Y')"}
    deliver(home, row(), columns=columns, zone="UTC")
    assert facts(home, "registered_at, due_at") == [(datetime(2026, 1, 5, 8), datetime(2026, 1, 5, 8))]


def test_check_without_area_refers_to_asset_of_its_source(home: Home) -> None:
    columns = {"asset": "site", "rule": "'opens'", "checked_at": "at", "passed": "ok"}
    report = deliver(
        home,
        "1,s1,2026-01-01,1",
        "2,s1,2026-01-02,x",
        header="id,site,at,ok",
        fact="checks",
        area=None,
        columns=columns,
    )
    assert (report.accepted, report.rejected) == (1, 1)
    assert facts(home, "source, asset_source, asset, area, passed", "checks") == [
        ("hotline", "hotline", "s1", None, True)
    ]
    assert rejects(home) == [(3, "2", ["unparseable boolean: passed"])]


def test_check_may_refer_to_asset_of_other_source_and_area(home: Home) -> None:
    columns = {"asset": "site", "asset_source": "'sites'", "rule": "'opens'", "checked_at": "at", "passed": "ok"}
    header, lines = "id,site,at,ok,area", ["1,s1,2026-01-01,1,990101", "2,s1,2026-01-01,1,", "3,s1,2026-01-01,1,77"]
    report = deliver(home, *lines, header=header, fact="checks", columns=columns)
    assert report.accepted == 2
    assert facts(home, "asset_source, area", "checks") == [("sites", 990101000000), ("sites", None)]
    assert rejects(home) == [(4, "3", ["unknown area: 77"])]


def test_an_asset_of_an_area_that_has_ended_is_accepted(home: Home) -> None:
    columns = {"kind": "'site'", "name": "name", "mlps_level": "level"}
    report = deliver(home, f"1,{ENDED},站点,2", header="id,area,name,level", fact="assets", columns=columns)
    assert report.accepted == 1
    assert facts(home, "area, name, mlps_level", "assets") == [(ENDED, "站点", 2)]


STEPS = {"case_key": "ticket", "action": "what", "started_at": "a", "ended_at": "b", "officer": "who", "result": "text"}
LOG = "id,ticket,what,a,b,who,text"


def test_step_stores_case_but_no_person(home: Home) -> None:
    lines = ["1,T1,签收,2026-01-01 08:00,2026-01-01 09:00,张建国,已联系 13812345678", "2,T1,handle,2026-01-01,,  ,"]
    report = deliver(home, *lines, header=LOG, fact="steps", area=None, columns=STEPS)
    assert (report.accepted, report.rejected) == (2, 0)
    assert facts(home, "key, case_key, action, officer, result", "steps") == [
        ("1", "T1", "sign", "张*", "已联系 138****5678"), ("2", "T1", "handle", None, None),
    ]  # fmt: skip


def test_step_ending_before_start_is_rejected_without_officer_name(home: Home) -> None:
    lines = [
        "1,T1,签收,2026-01-02,2026-01-01,张建国,好",
        "2,,签收,2026-01-01,,李四,好",
        "3,T1,转办,2026-01-01,,王五,好",
    ]
    deliver(home, *lines, header=LOG, fact="steps", area=None, columns=STEPS)
    assert [reasons for _, _, reasons in rejects(home)] == [
        ["ended before it began"],
        ["missing case_key"],
        [f"unknown value: action; one of {STEPS_OF['action'].allowed}"],
    ]  # fmt: skip
    with read_store(home) as store:
        raw_text = " ".join(raw for (raw,) in store.execute("SELECT raw FROM rejects").fetchall())
    assert not any(name in raw_text for name in ("张建国", "李四", "王五"))


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("0571-88001234", "0571-88001234"),
        ("12345", "12345"),
        ("（0571）8800 1234 转 8", "（0571）8800 1234 转 8"),
        ("13812345678", "138****5678"),
        ("138-1234-5678", "138****5678"),
        ("88001234/13812345678", "88001234/138****5678"),
        ("+86 138 1234 5678", "+86 138****5678"),
        ("", None),
    ],
)
def test_office_phone_is_kept_and_mobile_phone_masked(home: Home, given: str, stored: str | None) -> None:
    columns = {"kind": "'unit'", "name": "name", "unit_kind": "sort", "phone": "phone"}
    report = deliver(
        home, f"1,990101,区城管局,部门,{given}", header="id,area,name,sort,phone", fact="assets", columns=columns
    )
    assert report.accepted == 1
    assert facts(home, "name, unit_kind, phone", "assets") == [("区城管局", "department", stored)]


def test_a_reading_must_be_a_finite_number(home: Home) -> None:
    columns = {"measure": "'queue_waiting'", "measured_at": "at", "value": "v", "n": "n"}
    lines = ["1,990101,2026-01-01,4.5,2", "2,990101,2026-01-01,nan,2", "3,990101,2026-01-01,,2"]
    deliver(home, *lines, header="id,area,at,v,n", fact="readings", columns=columns)
    assert facts(home, "key, value, n", "readings") == [("1", 4.5, 2)]
    assert [reasons for _, _, reasons in rejects(home)] == [["out of range: value"], ["missing value"]]


def test_plain_times_are_cast_by_duckdb_alone(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = []
    original = TimeReader.read
    monkeypatch.setattr(TimeReader, "read", lambda self, text: parsed.append(text) or original(self, text))
    deliver(home, row(), row(id="A2", due="2026年1月12日"))
    assert set(parsed) == {"2026年1月12日"}


@pytest.mark.parametrize(
    ("given", "bits"),
    [
        ("0", 0),
        ("3", 0b111),
        ("8", 255),
        ("127", 127),
        ("255", 255),
        ("申请条件、办理材料", 0b1100),
        ("申请条件,受理条件;办公地址", 0b10100),
        ('["事项名称", "办理流程"]', 0b10000001),
        ("1,2,8", 0b10000011),
        ("设定依据", 0b10),
        ("256", None),
        ("2.5", None),
        ("申请条件、别的", None),
        ("9,1", None),
    ],
)
def test_guide_elements_accept_count_or_list(home: Home, given: str, bits: int | None) -> None:
    deliver(
        home, row(title=given), fact="assets",
        columns={"kind": "'service_item'", "name": "id", "guide_elements": "title"},
    )  # fmt: skip
    assert facts(home, "guide_elements", "assets") == ([(bits,)] if bits is not None else [])
    assert bool(rejects(home)) == (bits is None)


@pytest.mark.parametrize(("word", "kind"), [("热线", "hotline"), (" 微心愿 ", "wish"), ("event", "event")])
def test_kind_accepts_chinese_word(home: Home, word: str, kind: str) -> None:
    deliver(home, row(kind=word))
    assert facts(home, "kind") == [(kind,)]

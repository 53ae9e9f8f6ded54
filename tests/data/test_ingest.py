import gzip
import json
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import openpyxl
import pytest
import sqlalchemy as sa
import yaml

from data.areas import load_areas
from data.errors import DataError
from data.home import Home
from data.ingest import LoadReport, load
from data.sources import Source, read_source
from data.store import read_store

AREAS = """code,name,level,valid_from,valid_to,merged_into
990101,临江区,district,,,
990101001,北塘街道,town,,,
990101001201,新河村,village,,,
990101001202,东桥村,village,,2026-03-01,990101001201
990101002,沙洲镇,town,,,
990101002201,苇塘村,village,2025-01-01,,
"""
VILLAGE, ENDED, NEW = 990101001201, 990101001202, 990101002201
COLUMNS = {
    "kind": "kind", "registered_at": "registered", "due_at": "due", "closed_at": "closed", "urgency": "urgency",
    "rating": "rating", "solved": "solved", "extended": "extended", "title": "title", "reporter": "phone",
    "updated_at": "updated",
}  # fmt: skip
HEADER = "id,area,kind,registered,due,closed,urgency,rating,solved,extended,title,phone,updated"
GOOD = {
    "id": "A1", "area": "990101001201", "kind": "hotline", "registered": "2026-01-05 08:00:00",
    "due": "2026-01-12 08:00:00", "closed": "2026-01-06 10:30:00", "urgency": "紧急", "rating": "5", "solved": "是",
    "extended": "0", "title": "路灯不亮", "phone": "13812345678", "updated": "2026-01-07 00:00:00",
}  # fmt: skip


@pytest.fixture
def home(home: Home) -> Home:
    path = home.root / "areas.csv"
    path.write_text(AREAS, "utf-8")
    load_areas(home, path)
    return home


def row(**changes: str) -> str:
    cells = GOOD | changes
    return ",".join('"' + cells[column].replace('"', '""') + '"' for column in HEADER.split(","))


def source(home: Home, name: str = "hotline", **changes: Any) -> Source:
    """A source file, by default of a CSV with HEADER."""
    content = {
        "source": name, "name": "热线", "fact": "cases", "file": f"{name}.csv", "zone": home.zone,
        "key": "id", "area": "area", "columns": COLUMNS,
    } | changes  # fmt: skip
    path = home.root / f"{name}.yaml"
    path.write_text(yaml.safe_dump({k: v for k, v in content.items() if v is not None}, allow_unicode=True), "utf-8")
    return read_source(path)


def deliver(home: Home, *rows: str, header: str = HEADER, force: bool = False, **changes: Any) -> LoadReport:
    """Load rows of a CSV; all of them stay out only if all are rejects."""
    (home.root / "hotline.csv").write_text("\n".join([header, *rows]) + "\n", "utf-8")
    return load(home, source(home, **changes), reject_limit=1.0, force=force)


def facts(home: Home, columns: str = "* EXCLUDE (batch)", table: str = "cases") -> list[tuple]:
    with read_store(home) as store:
        return store.execute(f"SELECT {columns} FROM {table} ORDER BY ALL").fetchall()


def rejects(home: Home) -> list[tuple[int, str, list[str]]]:
    with read_store(home) as store:
        return store.execute("SELECT row, key, reasons FROM rejects ORDER BY batch, row").fetchall()


def test_a_good_row_becomes_a_case(home: Home) -> None:
    report = deliver(home, row())
    assert (report.source, report.batch, report.status) == ("hotline", 1, "accepted")
    assert (report.read, report.accepted, report.updated, report.unchanged, report.rejected) == (1, 1, 0, 0, 0)
    assert facts(home, "source, key, kind, area, registered_at, due_at, closed_at, updated_at") == [
        (
            *("hotline", "A1", "hotline", VILLAGE, datetime(2026, 1, 5, 8), datetime(2026, 1, 12, 8)),
            *(datetime(2026, 1, 6, 10, 30), datetime(2026, 1, 7)),
        )
    ]
    assert facts(home, "urgency, rating, solved, extended, title, batch") == [("urgent", 5, True, 0, "路灯不亮", 1)]


def test_a_batch_and_its_source_are_recorded(home: Home) -> None:
    report = deliver(home, row(), row(id="A2", area="1"))
    with read_store(home) as store:
        batch = store.execute(
            "SELECT batch, source, fact, rows_read, accepted, updated, unchanged, rejected, status, forced FROM batches"
        ).fetchall()
        times = store.execute("SELECT started_at, finished_at FROM batches").fetchall()[0]
        known = store.execute("SELECT source, name_zh, fact, zone, file FROM sources").fetchall()
    assert batch == [(1, "hotline", "cases", 2, 1, 0, 0, 1, "accepted", False)]
    now = datetime.now(ZoneInfo(home.zone)).replace(tzinfo=None)
    assert now - timedelta(minutes=1) < times[0] <= times[1] <= now
    assert known == [("hotline", "热线", "cases", "Asia/Shanghai", "hotline.csv")]
    assert report.seconds > 0


# --- Idempotence


def test_the_same_delivery_twice_is_loaded_once(home: Home) -> None:
    deliver(home, row(), row(id="A2"))
    before = facts(home, "*")
    report = deliver(home, row(), row(id="A2"))
    assert (report.status, report.batch, report.read, report.accepted) == ("already loaded", 1, 2, 2)
    assert facts(home, "*") == before
    assert len(facts(home, "*", "batches")) == 1


def test_the_same_content_under_another_name_is_the_same_delivery(home: Home) -> None:
    deliver(home, row())
    copy = home.root / "copy.csv"
    shutil.copy(home.root / "hotline.csv", copy)
    assert load(home, source(home), file=copy).status == "already loaded"


def test_force_loads_the_same_content_again_and_nothing_changes(home: Home) -> None:
    deliver(home, row())
    before = facts(home, "*")
    report = deliver(home, row(), force=True)
    assert (report.status, report.batch, report.unchanged) == ("accepted", 2, 1)
    assert facts(home, "*") == before


def test_a_changed_mapping_loads_the_same_file_again(home: Home) -> None:
    deliver(home, row())
    report = deliver(home, row(), columns=COLUMNS | {"title": "upper(id)"})
    assert (report.status, report.updated) == ("accepted", 1)
    assert facts(home, "title") == [("A1",)]


def test_a_new_name_is_recorded_without_loading_again(home: Home) -> None:
    deliver(home, row())
    assert deliver(home, row(), name="hotline", cycle_days=3).status == "already loaded"
    assert facts(home, "cycle_days", "sources") == [(3.0,)]


def test_a_newer_row_replaces_the_stored_one_whole(home: Home) -> None:
    deliver(home, row(), row(id="A2"))
    report = deliver(home, row(closed="", rating="", updated="2026-01-08 00:00:00"))
    assert (report.accepted, report.updated, report.unchanged) == (1, 1, 0)
    assert facts(home, "key, closed_at, rating, batch") == [
        ("A1", None, None, 2),
        ("A2", datetime(2026, 1, 6, 10, 30), 5, 1),
    ]


def test_an_older_row_does_not_win(home: Home) -> None:
    deliver(home, row(title="new"))
    report = deliver(home, row(title="old", updated="2026-01-06 00:00:00"))
    assert (report.accepted, report.updated, report.unchanged) == (1, 0, 1)
    assert facts(home, "title, batch") == [("new", 1)]


def test_of_equally_old_rows_the_later_delivery_wins(home: Home) -> None:
    deliver(home, row(title="first"))
    assert deliver(home, row(title="second")).updated == 1
    assert facts(home, "title") == [("second",)]


def test_a_row_without_a_time_is_as_new_as_its_load(home: Home) -> None:
    deliver(home, row(title="first", updated=""))
    assert deliver(home, row(title="second", updated="")).updated == 1
    assert deliver(home, row(title="older", updated="2026-01-07 00:00:00")).unchanged == 1
    assert deliver(home, row(title="ahead", updated="2100-01-01 00:00:00")).updated == 1
    assert deliver(home, row(title="now", updated="")).unchanged == 1
    assert facts(home, "title") == [("ahead",)]


def test_a_full_delivery_every_day_changes_only_what_changed(home: Home) -> None:
    rows = [row(id=f"A{i}", updated="") for i in range(50)]
    deliver(home, *rows)
    rows[7] = row(id="A7", title="changed", updated="")
    report = deliver(home, *rows, row(id="new", updated=""))
    assert (report.accepted, report.updated, report.unchanged) == (51, 1, 49)
    assert facts(home, "batch, count(*)", "(SELECT batch FROM cases) GROUP BY batch") == [(1, 49), (2, 2)]


def test_two_sources_keep_rows_of_the_same_key_apart(home: Home) -> None:
    deliver(home, row())
    shutil.copy(home.root / "hotline.csv", home.root / "other.csv")
    assert load(home, source(home, "other")).accepted == 1
    assert facts(home, "source, key") == [("hotline", "A1"), ("other", "A1")]


def test_a_source_delivers_one_fact(home: Home) -> None:
    deliver(home, row())
    with pytest.raises(DataError, match=r"hotline has delivered cases before.* give readings another name"):
        deliver(home, row(), fact="readings", columns={"measure": "kind", "measured_at": "registered", "value": "1"})
    assert len(facts(home)) == 1


# --- Reasons


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
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
        ({"due": "2026-13-01"}, ["unparseable time: due_at"]),
        ({"due": "9999-12-31"}, ["out of range: due_at"]),
        ({"due": "infinity"}, ["out of range: due_at"]),
        ({"closed": "2026-01-05 07:59:59"}, ["closed before registered"]),
        ({"kind": "complaint"}, ["unknown value: kind"]),
        ({"urgency": "very"}, ["unknown value: urgency"]),
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
    ],
)
def test_every_reason_against_a_row_is_kept(home: Home, changes: dict[str, str], reasons: list[str]) -> None:
    report = deliver(home, row(id="good"), row(**changes))
    assert (report.read, report.accepted, report.rejected) == (2, 1, 1)
    (number, _, found) = rejects(home)[0]
    assert number == 3
    assert sorted(found) == sorted(reasons)
    assert facts(home, "key") == [("good",)]


@pytest.mark.parametrize(
    ("changes", "column", "value"),
    [
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
    ],
)
def test_what_is_within_the_contract_is_accepted(home: Home, changes: dict[str, str], column: str, value: Any) -> None:
    assert deliver(home, row(**changes)).rejected == 0
    assert facts(home, column) == [(value,)]


def test_of_a_duplicate_key_the_newest_good_row_stays(home: Home) -> None:
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
    raw = [json.loads(found)["title"] for (found,) in facts(home, "raw", "rejects")]
    assert sorted(raw) == ["as new, but later", "newer, but bad", "oldest"]


def test_a_reject_keeps_its_raw_row_without_phones_and_reporters(home: Home) -> None:
    deliver(home, row(area="1", title="致电13812345678，谢谢", phone="王五 13812345678"))
    ((raw,),) = facts(home, "raw", "rejects")
    content = json.loads(raw)
    assert list(content) == HEADER.split(",")
    assert content["registered"] == GOOD["registered"]
    assert content["title"] == "致电138****5678，谢谢"
    assert content["phone"] == "***"


def test_no_phone_number_gets_into_the_store(home: Home) -> None:
    deliver(home, row(title="13812345678"), row(id="A2", area="1", title="13812345678"), "13812345678,x")
    (reporter,) = next(iter(facts(home, "reporter")))
    assert len(reporter) == 32
    with read_store(home) as store:
        tables = [name for (name,) in store.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        for table in tables:
            assert store.execute(f"SELECT * FROM {table} t WHERE t::VARCHAR LIKE '%13812345678%'").fetchall() == []


def test_lines_that_cannot_be_read_are_rejects_with_their_row(home: Home) -> None:
    lines = [row(), "A2,too,few", row(id="A3", title="two\nlines"), row(id="A4") + ",too,many", row(id="A5", area="1")]
    report = deliver(home, *lines, row(id="A6"))
    assert (report.read, report.accepted, report.rejected) == (6, 3, 3)
    assert rejects(home) == [
        (3, None, ["unreadable row"]),
        (5, None, ["unreadable row"]),
        (6, "A5", ["unknown area: 1"]),
    ]
    raw = json.loads(facts(home, "raw", "(SELECT raw FROM rejects WHERE row = 3)")[0][0])
    assert raw["line"] == "A2,too,few"
    assert "Expected Number of Columns: 13" in raw["fault"]


def test_rows_keep_their_numbers_in_a_large_file(home: Home) -> None:
    lines = [row(id=str(i), title="x" * 300) for i in range(40_000)]
    for i in range(0, 40_000, 1_000):
        lines[i] = "cut off"
        lines[i + 500] = row(id=str(i + 500), area="1", title="x" * 300)
    report = deliver(home, *lines)
    assert (report.read, report.accepted, report.rejected) == (40_000, 39_920, 80)
    assert [number for number, _, _ in rejects(home)] == [i + 2 for i in range(0, 40_000, 500)]
    assert all(key == str(number - 2) for number, key, _ in rejects(home) if key)


def test_an_expression_that_fails_on_a_row_is_nothing_there(home: Home) -> None:
    columns = COLUMNS | {"extended": "(extended::INT + 1)", "title": "chr(rating::INT + 64)"}
    deliver(home, row(), row(id="A2", extended="x", rating=""), columns=columns)
    assert facts(home, "key, extended, title") == [("A1", 1, "E"), ("A2", None, None)]


# --- Held deliveries


def test_a_delivery_with_too_many_rejects_is_held(home: Home) -> None:
    rows = [row(id=str(i)) for i in range(7)] + [row(id=f"bad{i}", area="1") for i in range(2)]
    deliver(home, row(id="before"))
    (home.root / "hotline.csv").write_text("\n".join([HEADER, *rows]), "utf-8")
    report = load(home, source(home), reject_limit=0.2)
    assert (report.status, report.read, report.accepted, report.rejected) == ("held", 9, 7, 2)
    assert facts(home, "key") == [("before",)]
    assert len(rejects(home)) == 2
    assert load(home, source(home), reject_limit=0.2).status == "held"
    assert load(home, source(home), reject_limit=0.2, force=True).status == "accepted"
    assert len(facts(home)) == 8
    assert load(home, source(home), reject_limit=0.2).status == "already loaded"


def test_just_as_many_rejects_as_allowed_are_no_reason_to_hold(home: Home) -> None:
    rows = [row(id=str(i)) for i in range(4)] + [row(id="bad", area="1")]
    (home.root / "hotline.csv").write_text("\n".join([HEADER, *rows]), "utf-8")
    assert load(home, source(home), reject_limit=0.2).status == "accepted"


def test_a_held_delivery_is_accepted_when_its_areas_are_known(home: Home) -> None:
    (home.root / "hotline.csv").write_text("\n".join([HEADER, row(area="990101003201")]), "utf-8")
    assert load(home, source(home)).status == "held"
    (home.root / "areas.csv").write_text("code,name\n990101003201,新村\n", "utf-8")
    load_areas(home, home.root / "areas.csv")
    assert load(home, source(home)).status == "accepted"


def test_a_delivery_without_rows_is_accepted(home: Home) -> None:
    report = deliver(home)
    assert (report.status, report.read, report.accepted, report.rejected) == ("accepted", 0, 0, 0)


# --- Zones


def test_times_of_another_zone_are_stored_in_the_homes(home: Home) -> None:
    deliver(home, row(registered="2026-01-05 08:00:00", closed="2026-07-06 08:00:00"), zone="America/New_York")
    assert facts(home, "registered_at, closed_at") == [(datetime(2026, 1, 5, 21), datetime(2026, 7, 6, 20))]


def test_an_offset_says_more_than_the_zone(home: Home) -> None:
    deliver(home, row(registered="2026-01-05 08:00:00+01:00"), zone="America/New_York")
    assert facts(home, "registered_at") == [(datetime(2026, 1, 5, 15),)]


def test_a_time_that_the_clock_jumped_over_is_read_as_an_hour_later(home: Home) -> None:
    deliver(home, row(registered="2025-03-09 02:30:00", updated="2025-03-09 03:30:00"), zone="America/New_York")
    assert facts(home, "registered_at, updated_at") == [(datetime(2025, 3, 9, 15, 30), datetime(2025, 3, 9, 15, 30))]


def test_an_instant_of_an_expression_is_stored_in_the_homes_zone(home: Home) -> None:
    columns = COLUMNS | {"registered_at": "to_timestamp(1767571200)", "due_at": "strptime('5.1.2026', '%d.%m.%Y')"}
    deliver(home, row(), columns=columns, zone="UTC")
    assert facts(home, "registered_at, due_at") == [(datetime(2026, 1, 5, 8), datetime(2026, 1, 5, 8))]


# --- Areas


def test_the_first_way_that_leads_to_an_area_wins(home: Home) -> None:
    ways = [{"code": "a"}, {"path": "b"}]
    header = "id,a,b,registered"
    columns = {"kind": "'event'", "registered_at": "registered"}
    rows = [
        "1,990101001201,沙洲镇",
        "2,1,北塘街道/新河村",
        "3,,临江区 / 北塘街道／东桥村",
        "4,,沙洲镇",
        "5,2,新河村",
        "6,,",
    ]
    deliver(home, *(f"{line},2026-01-01" for line in rows), header=header, area=ways, columns=columns)
    assert facts(home, "key, area") == [("1", VILLAGE), ("2", VILLAGE), ("3", ENDED), ("4", 990101002000)]
    assert rejects(home) == [(6, "5", ["unknown area: 2"]), (7, "6", ["missing area"])]


def test_a_path_leads_to_the_area_of_its_day(home: Home) -> None:
    (home.root / "more.csv").write_text(
        "code,name,valid_from,valid_to,merged_into\n990101001203,双名村,,2025-01-01,990101001204\n"
        "990101001204,双名村,2025-01-01,,\n990101001205,同名村,,,\n990101001206,同名村,,,\n",
        "utf-8",
    )
    load_areas(home, home.root / "more.csv")
    rows = ["1,北塘街道/双名村,2024-12-31", "2,北塘街道/双名村,2025-01-01", "3,北塘街道/同名村,2025-01-01"]
    columns = {"kind": "'event'", "registered_at": "registered"}
    deliver(home, *rows, header="id,p,registered", area={"path": "p"}, columns=columns)
    assert facts(home, "key, area") == [("1", 990101001203), ("2", 990101001204)]
    assert rejects(home) == [(4, "3", ["unknown area: 北塘街道/同名村"])]


def square(code: int, west: float, south: float, size: float) -> dict[str, Any]:
    east, north = west + size, south + size
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "type": "Feature",
        "properties": {"code": str(code)},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def test_a_point_leads_to_the_smallest_area_around_it(home: Home) -> None:
    features = [square(990101001000, 119, 30, 1), square(VILLAGE, 119, 30, 0.5), square(ENDED, 119.5, 30, 0.5)]
    shapes = home.root / "shapes.geojson"
    shapes.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    load_areas(home, shapes)
    rows = [
        "village,119.2,30.2,2026-01-01",
        "ended,119.7,30.2,2026-02-28",
        "town,119.7,30.2,2026-03-01",
        "town too,119.2,30.7,2026-01-01",
        "border,119.5,30.2,2026-01-01",
        "outside,121,30,2026-01-01",
        "nowhere,,30,2026-01-01",
    ]
    columns = {"kind": "'event'", "registered_at": "registered", "lon": "x", "lat": "y"}
    point = {"point": {"lon": "x", "lat": "y"}}
    deliver(home, *rows, header="id,x,y,registered", area=point, columns=columns)
    assert facts(home, "key, area") == [
        ("border", VILLAGE),
        ("ended", ENDED),
        ("town", 990101001000),
        ("town too", 990101001000),
        ("village", VILLAGE),
    ]
    assert rejects(home) == [(7, "outside", ["unknown area: 121.0,30.0"]), (8, "nowhere", ["missing area"])]


# --- Formats


ROWS = [GOOD, GOOD | {"id": "A2", "closed": "", "title": "  ", "rating": "3"}, GOOD | {"id": "A3", "area": "1"}]
ROWS += [GOOD | {"id": "A4", "title": '逗号,引号"', "registered": "2026-01-05T00:30:00Z"}]


def as_csv(path: Path) -> None:
    path.write_text("\n".join([HEADER, *(row(**cells) for cells in ROWS)]), "utf-8-sig")


def as_semicolons(path: Path) -> None:
    path.write_text("\n".join([HEADER, *(row(**cells) for cells in ROWS)]).replace('","', '";"').replace(",", ";", 12))


def as_gb18030(path: Path) -> None:
    path.write_text("\n".join([HEADER, *(row(**cells) for cells in ROWS)]), "gb18030")


def as_gzip(path: Path) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write("\r\n".join([HEADER, *(row(**cells) for cells in ROWS)]))


def as_ndjson(path: Path) -> None:
    cells = [{k: v or None for k, v in row.items()} | {"rating": int(row["rating"])} for row in ROWS]
    path.write_text("\n\n".join(json.dumps(row, ensure_ascii=False) for row in cells), "utf-8")


def as_ndjson_gzip(path: Path) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write("\n".join(json.dumps(row) for row in ROWS) + "\n")


def as_parquet(path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE rows AS SELECT * FROM (SELECT unnest(?, recursive := true))", [ROWS])
        connection.execute("ALTER TABLE rows ALTER rating TYPE INTEGER")
        connection.execute("ALTER TABLE rows ALTER due TYPE TIMESTAMP")
        connection.execute("ALTER TABLE rows ALTER solved TYPE BOOLEAN USING solved = '是'")
        connection.execute(f"COPY rows TO '{path}' (FORMAT parquet)")


def as_xlsx(path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(HEADER.split(","))
    for cells in ROWS:
        typed = cells | {"due": datetime.fromisoformat(cells["due"]), "rating": int(cells["rating"])}
        sheet.append([typed[column] or None for column in HEADER.split(",")])
    book.save(path)


def as_sqlite(path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(sa.text(f"CREATE TABLE tickets ({HEADER.replace('rating', 'rating INTEGER')})"))
        names = ", ".join(f":{column}" for column in HEADER.split(","))
        connection.execute(sa.text(f"INSERT INTO tickets VALUES ({names})"), ROWS)
    engine.dispose()


@pytest.mark.parametrize(
    ("file", "write", "changes"),
    [
        ("a.csv", as_csv, {}),
        ("a.csv", as_semicolons, {}),
        ("a.csv", as_gb18030, {"csv": {"encoding": "gb18030"}}),
        ("a.csv.gz", as_gzip, {}),
        ("a.ndjson", as_ndjson, {}),
        ("a.jsonl.gz", as_ndjson_gzip, {}),
        ("a.dat", as_csv, {"format": "csv"}),
        ("a.parquet", as_parquet, {}),
        ("a.xlsx", as_xlsx, {}),
        ("a.db", as_sqlite, {"file": None, "url": "sqlite:///a.db", "query": "SELECT * FROM tickets"}),
    ],
)
def test_every_format_gives_the_same_facts(home: Home, file: str, write: Any, changes: dict[str, Any]) -> None:
    as_csv(home.root / "plain.csv")
    load(home, source(home, "plain"), reject_limit=1)
    write(home.root / file)
    report = load(home, source(home, "other", **({"file": file} | changes)), reject_limit=1)
    assert (report.read, report.accepted, report.rejected) == (4, 3, 1)
    same = "* EXCLUDE (source, batch)"
    assert facts(home, same, "cases WHERE source = 'other'") == facts(home, same, "cases WHERE source = 'plain'")
    assert load(home, source(home, "other", **({"file": file} | changes)), reject_limit=1).status == "already loaded"


def test_columns_with_spaces_and_chinese_names_work(home: Home) -> None:
    columns = {"kind": "'event'", "registered_at": '"Open Date"', "title": "内容", "category": '"name_1"'}
    deliver(
        home,
        "1,2026-01-05,漏水,a,b",
        header="编号,Open Date,内容,name,Name",
        key="编号",
        area="'990101'",
        columns=columns,
    )
    assert facts(home, "key, area, title, category") == [("1", 990101000000, "漏水", "b")]


def test_further_words_for_empty_cells(home: Home) -> None:
    deliver(home, row(closed="NULL", title="无"), csv={"nulls": ["NULL", "无"]})
    assert facts(home, "closed_at, title") == [(None, None)]


def test_lines_that_are_no_json_object_are_rejects(home: Home) -> None:
    lines = [json.dumps(GOOD), '{"id": "cut', "[1, 2]", json.dumps(GOOD | {"id": "A2", "extra": {"a": 1}})]
    (home.root / "a.ndjson").write_text("\n".join(lines), "utf-8")
    report = load(home, source(home, file="a.ndjson"), reject_limit=1)
    assert (report.read, report.accepted, report.rejected) == (4, 2, 2)
    assert rejects(home) == [(2, None, ["unreadable row"]), (3, None, ["unreadable row"])]
    assert json.loads(facts(home, "raw", "(SELECT raw FROM rejects WHERE row = 2)")[0][0]) == {"line": '{"id": "cut'}


def test_a_key_that_only_late_json_lines_have_is_found(home: Home) -> None:
    lines = [json.dumps({k: v for k, v in (GOOD | {"id": str(i)}).items() if k != "title"}) for i in range(10_050)]
    (home.root / "a.ndjson").write_text("\n".join([*lines, json.dumps(GOOD)]), "utf-8")
    assert load(home, source(home, file="a.ndjson")).accepted == 10_051
    assert facts(home, "title", "cases WHERE title IS NOT NULL") == [("路灯不亮",)]


def test_a_query_of_changing_types_is_read(home: Home) -> None:
    engine = sa.create_engine(f"sqlite:///{home.root / 'a.db'}")
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE t (id, registered, rating)"))
        rows = [{"i": 1, "r": "2026-01-05", "n": None}, {"i": "x", "r": "2026-01-05", "n": 4.0}]
        connection.execute(sa.text("INSERT INTO t VALUES (:i, :r, :n)"), rows)
    engine.dispose()
    columns = {"kind": "'event'", "registered_at": "registered", "rating": "rating"}
    query = {"file": None, "url": "sqlite:///a.db", "query": "SELECT * FROM t"}
    assert load(home, source(home, area="990101", columns=columns, **query)).accepted == 2
    assert facts(home, "key, rating") == [("1", None), ("x", 4)]


# --- Other facts


def test_a_check_without_an_area_names_an_asset_of_its_own_source(home: Home) -> None:
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


def test_a_check_may_name_an_asset_of_another_source_and_an_area(home: Home) -> None:
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


def test_a_reading_must_be_a_finite_number(home: Home) -> None:
    columns = {"measure": "'queue_waiting'", "measured_at": "at", "value": "v", "n": "n"}
    lines = ["1,990101,2026-01-01,4.5,2", "2,990101,2026-01-01,nan,2", "3,990101,2026-01-01,,2"]
    deliver(home, *lines, header="id,area,at,v,n", fact="readings", columns=columns)
    assert facts(home, "key, value, n", "readings") == [("1", 4.5, 2)]
    assert [reasons for _, _, reasons in rejects(home)] == [["out of range: value"], ["missing value"]]


# --- Bad input


def broken(home: Home, content: bytes, file: str = "hotline.csv", **changes: Any) -> str:
    """What is said of a delivery that cannot be loaded; nothing of it may be left."""
    (home.root / file).write_bytes(content)
    with pytest.raises(DataError) as error:
        load(home, source(home, file=file, **changes))
    assert "\n" not in str(error.value)
    assert facts(home, "count(*)", "(FROM batches UNION ALL BY NAME FROM rejects)") == [(0,)]
    assert list(home.scratch.iterdir()) == []
    return str(error.value)


def good_file(rows: int = 1) -> bytes:
    return "\n".join([HEADER, *(row(id=str(i)) for i in range(rows))]).encode()


def test_a_file_that_is_not_there(home: Home) -> None:
    with pytest.raises(DataError, match=r"none\.csv: there is no such file"):
        load(home, source(home, file="none.csv"))


def test_a_folder_in_place_of_a_file(home: Home) -> None:
    with pytest.raises(DataError, match="is a folder"):
        load(home, source(home), file=home.root)


def test_an_empty_file(home: Home) -> None:
    assert "hotline.csv: is empty" in broken(home, b"")
    assert "hotline.csv.gz: is empty" in broken(home, gzip.compress(b""), "hotline.csv.gz")


def test_a_gzip_file_that_is_cut_off(home: Home) -> None:
    whole = gzip.compress(good_file(1000))
    assert "cut off or damaged" in broken(home, whole[: len(whole) // 2], "hotline.csv.gz")
    assert "cut off or damaged" in broken(home, whole[:-4], "hotline.csv.gz")


def test_a_gzip_file_that_is_damaged(home: Home) -> None:
    whole = bytearray(gzip.compress(good_file(1000)))
    whole[len(whole) // 2] ^= 255
    assert "cut off or damaged" in broken(home, bytes(whole), "hotline.csv.gz")


def test_another_encoding_than_said(home: Home) -> None:
    said = broken(home, good_file().decode().encode("gb18030"))
    assert "is not utf-8" in said
    assert "csv.encoding" in said
    assert "is not ascii" in broken(home, good_file(), csv={"encoding": "ascii"})


def test_what_is_no_workbook_or_parquet_file(home: Home) -> None:
    assert "a.xlsx: cannot be read as a workbook" in broken(home, b"PK\x03\x04 no", "a.xlsx")
    assert "a.parquet: is no Parquet file" in broken(home, b"PAR1 no", "a.parquet")
    assert "a.ndjson: holds no JSON object" in broken(home, b"[1]\n[2]", "a.ndjson")


def test_a_name_that_does_not_say_a_format(home: Home) -> None:
    assert "set format in the source file" in broken(home, good_file(), "hotline.dat")


def test_a_column_that_the_delivery_does_not_have(home: Home) -> None:
    said = broken(home, good_file(), columns=COLUMNS | {"due_at": "duedate"})
    assert "hotline.yaml: columns.due_at: there is no column duedate" in said
    assert "columns: id, area, kind" in said


def test_an_expression_that_gives_no_time(home: Home) -> None:
    assert "columns.due_at: gives INTEGER, not a time" in broken(
        home, good_file(), columns=COLUMNS | {"due_at": "length(due)"}
    )


def test_a_query_that_fails(home: Home) -> None:
    sa.create_engine(f"sqlite:///{home.root / 'a.db'}").connect().close()
    (home.root / "a.db").touch()
    with pytest.raises(DataError, match="no such table: nothing"):
        load(home, source(home, file=None, url="sqlite:///a.db", query="SELECT * FROM nothing"))
    with pytest.raises(DataError, match=r"there is no file .*b\.db"):
        load(home, source(home, file=None, url="sqlite:///b.db", query="SELECT 1"))
    with pytest.raises(DataError, match="no SQLAlchemy URL"):
        load(home, source(home, file=None, url="b.db", query="SELECT 1"))


def test_a_file_that_changes_while_it_is_read(home: Home) -> None:
    def grow(phase: str, done: float) -> None:
        if phase == "judge":
            with (home.root / "hotline.csv").open("a") as file:
                file.write(row(id="late"))

    (home.root / "hotline.csv").write_bytes(good_file())
    with pytest.raises(DataError, match="changed while it was read"):
        load(home, source(home), progress=grow)
    assert facts(home) == []


def test_areas_that_change_while_a_delivery_is_read(home: Home) -> None:
    def grow(phase: str, done: float) -> None:
        if phase == "judge" and done == 1:
            (home.root / "more.csv").write_text("code,name\n990101003,新镇\n", "utf-8")
            load_areas(home, home.root / "more.csv")

    (home.root / "hotline.csv").write_bytes(good_file())
    with pytest.raises(DataError, match="the areas were changed while it was read"):
        load(home, source(home), progress=grow)
    assert load(home, source(home)).accepted == 1


def test_a_disk_that_is_full(home: Home) -> None:
    """A process that may write no file larger than 300 kB meets what a full disk is."""
    deliver(home, row(id="before"))
    (home.root / "hotline.csv").write_bytes(good_file(20_000))
    script = f"""
        import resource, sys
        from pathlib import Path
        from data.errors import DataError
        from data.home import Home
        from data.ingest import load
        from data.sources import read_source
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
        try:
            load(Home(Path({str(home.root)!r}), memory="1GB"), read_source(Path({str(home.root / "hotline.yaml")!r})))
        except DataError as error:
            print(error)
    """
    store = home.store.stat().st_size
    for limit in (300_000, store + 100_000):
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(script), str(limit)],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert done.stdout.startswith(f"the disk of {home.root} is full; nothing was loaded"), done.stderr
        assert facts(home, "key") == [("before",)]
    assert load(home, source(home)).accepted == 20_000


def test_progress_is_told_in_phases(home: Home) -> None:
    told: list[tuple[str, float]] = []
    (home.root / "hotline.csv").write_bytes(good_file())
    load(home, source(home), progress=lambda phase, done: told.append((phase, done)))
    assert [phase for phase, _ in itertools.groupby(phase for phase, _ in told)] == ["judge", "merge"]
    assert told[0] == ("judge", 0.0)
    assert told[-1] == ("merge", 1.0)


def test_a_folder_left_by_a_killed_load_is_swept_away(home: Home) -> None:
    process = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    left = home.scratch / f"load-{int(process.stdout)}-abc"
    left.mkdir()
    deliver(home, row())
    assert not left.exists()


# --- Properties


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("template"), memory="1GB")
    (home.root / "areas.csv").write_text(AREAS, "utf-8")
    load_areas(home, home.root / "areas.csv")
    return home


def fresh(template: Home, tmp_path: Path, name: str) -> Home:
    home = replace(template, root=tmp_path / name)
    shutil.rmtree(home.root, ignore_errors=True)
    home.prepare()
    shutil.copy(template.store, home.store)
    return home


CELLS = st.one_of(
    st.sampled_from(
        ["", " ", "A", "990101001201", "990101", "hotline", "2026-01-05 08:00", "2026-01-04", "5", "-1", "是"]
    ),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6),
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.fixed_dictionaries(dict.fromkeys(HEADER.split(","), CELLS)), max_size=8))
def test_accepted_and_rejected_rows_are_all_that_were_read(
    template: Home, tmp_path: Path, rows: list[dict[str, str]]
) -> None:
    home = fresh(template, tmp_path, "any")
    report = deliver(home, *(row(**cells) for cells in rows))
    assert report.read == len(rows)
    assert report.accepted + report.rejected == report.read
    assert len(facts(home)) == report.accepted
    assert len(rejects(home)) == report.rejected
    assert all(reasons for _, _, reasons in rejects(home))


@st.composite
def split(draw: st.DrawFn) -> list[list[str]]:
    """Deliveries of a few keys at different times, in any order and any split."""
    keys = draw(st.lists(st.sampled_from("ABCD"), min_size=1, max_size=12))
    rows = []
    for minute, key in enumerate(keys):
        bad = draw(st.booleans()) and draw(st.booleans())
        rows.append(
            row(id=key, title=f"{key}{minute}", updated=f"2026-01-05 09:{minute:02}", rating="9" if bad else "5")
        )
    rows = draw(st.permutations(rows))
    cuts = sorted(draw(st.sets(st.integers(1, len(rows)), max_size=3)))
    return [rows[low:high] for low, high in itertools.pairwise([0, *cuts, len(rows)]) if low < high]


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deliveries=split())
def test_any_order_and_any_split_of_deliveries_give_the_same_facts(
    template: Home, tmp_path: Path, deliveries: Sequence[Sequence[str]]
) -> None:
    whole, parts = fresh(template, tmp_path, "whole"), fresh(template, tmp_path, "parts")
    deliver(whole, *sorted(row for delivery in deliveries for row in delivery))
    for delivery in [*deliveries, deliveries[0]]:
        deliver(parts, *delivery)
    assert facts(parts) == facts(whole)

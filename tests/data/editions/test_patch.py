"""A patched edition equals one built in full, whatever was delivered and however time went on."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.editions import publish as publishing
from data.editions.files import path_of
from data.editions.publish import PublishReport, publish
from data.home import Home
from tests.data import stock
from tests.data.stock import MERGED, OTHER_VILLAGE, ROLLUPS, VILLAGE, a_case, put, put_all, put_areas
from tests.examples import examples

START = datetime(2026, 1, 10)
HOURS = 24 * 100


@pytest.fixture(autouse=True)
def _patch_small_editions_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "CHANGED_SHARE", 1000.0)
    monkeypatch.setattr(publishing, "TOUCHED_SHARE", 1000.0)


def compared(home: Home, patched: PublishReport) -> None:
    """Builds the same in full and compares every table but meta, row by row."""
    as_of, demo = (lambda e: (e.as_of, e.demo))(publishing.editions.open_edition(home, patched.edition))
    with TemporaryDirectory() as folder:
        other = Home(Path(folder), memory="1GB")
        other.prepare()
        other.store.symlink_to(home.store)
        full = publish(other, ROLLUPS, as_of=as_of, demo=demo)
        assert full.kind == "full"
        differences = differing(path_of(home, patched.edition), path_of(other, full.edition))
    assert differences == {}


def differing(one: Path, two: Path) -> dict[str, list[Any]]:
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{one}' AS one (READ_ONLY); ATTACH '{two}' AS two (READ_ONLY)")
        tables = [
            {
                name
                for (name,) in con.execute(
                    f"SELECT table_name FROM duckdb_tables() WHERE database_name = '{side}'"
                ).fetchall()
            }
            for side in ("one", "two")
        ]
        assert tables[0] == tables[1]
        differences = {}
        for name in sorted(tables[0] - {"meta"}):
            assert con.execute(f"DESCRIBE one.{name}").fetchall() == con.execute(f"DESCRIBE two.{name}").fetchall()
            types = con.execute(f"DESCRIBE one.{name}").fetchall()
            # sums of fractions depend on their order in the last digit
            columns = ", ".join(f"round({c}, 9) AS {c}" if type == "DOUBLE" else c for c, type, *_ in types)
            for less, more in (("one", "two"), ("two", "one")):
                sql = f"SELECT {columns} FROM {more}.{name} EXCEPT ALL SELECT {columns} FROM {less}.{name}"
                if rows := con.execute(sql).fetchall():
                    differences[f"{name} only in {more}"] = rows
        return differences


hours = st.integers(0, HOURS).map(lambda hour: START + timedelta(hours=hour))
maybe = st.none() | hours
places = st.sampled_from([VILLAGE, MERGED, OTHER_VILLAGE, stock.TOWN, stock.DISTRICT])


def rows_of(keys: int, least: int = 1, **columns: st.SearchStrategy[Any]) -> st.SearchStrategy[list[dict[str, Any]]]:
    row = st.fixed_dictionaries({"key": st.integers(1, keys).map(str), **columns})
    return st.lists(row, min_size=least, max_size=8, unique_by=lambda row: row["key"])


cases = rows_of(
    14,
    least=4,
    kind=st.just("hotline"),
    area=places,
    registered_at=hours,
    place=st.sampled_from([None, "桥头", "桥尾"]),
    category=st.sampled_from([None, "噪声", "停车"]),
    reporter=st.sampled_from([None, None, "a", "b"]),
    repeat_of=st.sampled_from([None, None, None, "1"]),
    unit=st.sampled_from([None, "城管局", "住建局"]),
    urgency=st.sampled_from([None, "urgent"]),
    signed_at=maybe,
    sign_due_at=maybe,
    responded_at=maybe,
    respond_due_at=hours,
    due_at=maybe,
    closed_at=maybe,
    close_kind=st.sampled_from([None, "done", "void"]),
    deferred=st.sampled_from([None, True]),
    returned=st.sampled_from([None, 0, 2]),
    reached=st.sampled_from([None, True]),
    solved=st.sampled_from([None, True, False]),
    lon=st.sampled_from([None, 119.1, 119.3, 120.7]),
    updated_at=maybe,
)
assets = rows_of(
    3,
    kind=st.just("site"),
    area=places,
    name=st.just("门户"),
    share_done_at=maybe,
    share_due_at=maybe,
    updated_at=maybe,
)
checks = rows_of(
    8,
    area=st.none() | places,
    asset_source=st.sampled_from([None, "assets"]),
    asset=st.sampled_from(["1", "2", "9"]),
    rule=st.just("opens"),
    checked_at=hours,
    passed=st.booleans(),
)
readings = rows_of(
    4, area=places, measure=st.just("waiting"), measured_at=hours, value=st.just(1.0), n=st.sampled_from([None, 2, 3])
)
logs = rows_of(
    8,
    area=st.none() | places,
    case_source=st.sampled_from([None, "hotline", "grid"]),
    case_key=st.sampled_from(["1", "2", "9", "99"]),
    action=st.just("handle"),
    started_at=hours,
    ended_at=maybe,
)
others = st.lists(
    st.one_of(
        st.tuples(st.just("assets"), st.just("assets"), assets),
        st.tuples(st.just("checks"), st.sampled_from(["assets", "visits"]), checks),
        st.tuples(st.just("readings"), st.just("gauges"), readings),
        st.tuples(st.just("steps"), st.sampled_from(["log", "grid_log"]), logs),
    ),
    max_size=3,
)
of_cases = st.tuples(st.just("cases"), st.sampled_from(["hotline", "grid"]), cases)
step = st.tuples(of_cases, others, st.sampled_from([0, 1, 12, 24, 24 * 9, 24 * 31]))
story = st.lists(step, min_size=2, max_size=4)


@settings(max_examples=examples(15), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story)
def test_a_patched_edition_equals_a_full_build(steps: Sequence[tuple[Any, list[Any], int]]) -> None:
    with TemporaryDirectory() as folder:
        home, as_of = Home(Path(folder), memory="1GB"), START + timedelta(days=30)
        put_areas(home)
        report = publish(home, ROLLUPS, as_of=as_of)
        for first, more, wait in steps:
            put_all(home, [first, *more])
            as_of += timedelta(hours=wait)
            report = publish(home, ROLLUPS, as_of=as_of)
        compared(home, report)


def patched(home: Home, as_of: datetime) -> PublishReport:
    report = publish(home, ROLLUPS, as_of=as_of)
    assert report.kind == "incremental"
    compared(home, report)
    return report


def query(home: Home, sql: str) -> list[Any]:
    edition = publishing.editions.current(home)
    assert edition is not None
    return edition.cursor().execute(sql).fetchall()


def days(number: float) -> datetime:
    return START + timedelta(days=number)


def test_late_earlier_case_toggles_repeat_flag(home: Home) -> None:
    put_areas(home)
    put(home, "cases", [a_case("late", days(20), reporter="a"), a_case("other", days(20), reporter="b")])
    publish(home, ROLLUPS, as_of=days(40))
    repeats = "SELECT key, repeated FROM cases ORDER BY key"
    assert query(home, repeats) == [("late", False), ("other", False)]

    put(home, "cases", [a_case("early", days(1), reporter="a")])
    patched(home, days(41))
    assert query(home, repeats) == [("early", False), ("late", True), ("other", False)]
    assert query(home, "SELECT sum(repeats) FROM daily_cases") == [(1,)]

    put(home, "cases", [a_case("early", days(1), reporter="b")])
    patched(home, days(42))
    assert query(home, repeats) == [("early", False), ("late", False), ("other", True)]


def test_repeat_marked_by_source_stays_repeat(home: Home) -> None:
    put_areas(home)
    put(home, "cases", [a_case("1", days(1), place="桥头", category="噪声")])
    put(home, "cases", [a_case("2", days(2), place="桥头", category="噪声", repeat_of="9")])
    publish(home, ROLLUPS, as_of=days(40))
    put(home, "cases", [a_case("1", days(1))])
    patched(home, days(40))
    assert query(home, "SELECT key, repeated FROM cases ORDER BY key") == [("1", False), ("2", True)]


def test_a_check_without_an_area_follows_its_asset(home: Home) -> None:
    put_areas(home)
    put(
        home,
        "checks",
        [{"key": "c", "asset_source": "assets", "asset": "1", "rule": "opens", "checked_at": days(1), "passed": True}],
        "visits",
    )
    publish(home, ROLLUPS, as_of=days(40))
    assert query(home, "SELECT area, area_then FROM checks") == [(None, None)]
    for area in (MERGED, OTHER_VILLAGE):
        put(home, "assets", [{"key": "1", "kind": "site", "name": "门户", "area": area}], "assets")
        patched(home, days(40))
        assert query(home, "SELECT area_then FROM checks") == [(area,)]
        assert query(home, "SELECT area, visits FROM daily_checks") == [(area, 1)]


def test_a_step_follows_its_case(home: Home) -> None:
    put_areas(home)
    step = {"key": "s", "case_source": "hotline", "case_key": "1", "action": "handle", "started_at": days(1)}
    put(home, "steps", [step], "log")
    publish(home, ROLLUPS, as_of=days(40))
    assert query(home, "SELECT area, area_then FROM steps") == [(None, None)]
    for area in (MERGED, OTHER_VILLAGE):
        put(home, "cases", [a_case("1", days(1)) | {"area": area}])
        patched(home, days(40))
        assert query(home, "SELECT area_then FROM steps") == [(area,)]
        assert query(home, "SELECT c.area = s.area FROM steps s, cases c") == [(True,)]


def test_time_alone_moves_measures(home: Home) -> None:
    put_areas(home)
    put(
        home,
        "cases",
        [
            a_case(
                "1",
                days(1),
                due_at=days(5),
                closed_at=days(7),
                close_kind="done",
                respond_due_at=days(2),
                responded_at=days(8),
            )
        ],
    )
    publish(home, ROLLUPS, as_of=days(2))
    sums = "SELECT sum(due)::INT, sum(left_)::INT, sum(caught_up)::INT, sum(responded)::INT FROM daily_cases"
    assert query(home, sums) == [(0, 0, 0, 0)]
    for at, expected in (
        (5, (0, 0, 0, 0)),
        (5.5, (1, 0, 0, 0)),
        (7, (1, 0, 0, 0)),
        (7.5, (1, 1, 1, 0)),
        (9, (1, 1, 1, 1)),
    ):
        patched(home, days(at))
        assert query(home, sums) == [expected], at


def test_withdrawn_value_leaves_no_zero_row(home: Home) -> None:
    put_areas(home)
    put(home, "cases", [a_case("1", days(1), category="噪声"), a_case("2", days(2))])
    publish(home, ROLLUPS, as_of=days(40))
    put(home, "cases", [a_case("1", days(2))])
    patched(home, days(40))
    assert query(home, "SELECT category, day, intake FROM daily_cases_category") == [(None, days(2).date(), 2)]


def test_fractions_are_resummed_without_rounding_error(home: Home) -> None:
    put_areas(home)
    put(home, "cases", [a_case(i, days(1), lon=0.1 * i) for i in range(1, 8)])
    publish(home, ROLLUPS, as_of=days(40))
    put(home, "cases", [a_case(i, days(1)) for i in range(1, 8)])
    patched(home, days(40))
    assert query(home, "SELECT count(*) FROM daily_fractions") == [(0,)]

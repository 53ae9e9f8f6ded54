"""A district whose clocks change: times are instants, and days are its own."""

import logging
import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.editions import edition as editions
from data.editions.publish import publish
from data.home import Home
from data.store import open_store, read_store
from data.values.zones import elapsed, is_fixed
from metrics.cases.todo import counts
from metrics.catalog import Catalog, load
from metrics.period import Period
from metrics.rows import fact
from tests.asking import answer, rows, scoped
from tests.data.hotline import deliver, facts, rejects, row, settle

BOSTON = ZoneInfo("America/New_York")
DISTRICT = 990101000000
NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 8))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "var", "America/New_York", "1GB")
    home.prepare()
    return settle(home)


@pytest.fixture
def catalog() -> Catalog:
    return load()


def case(key: str, registered: str, closed: str = "", **more: str) -> str:
    return row(
        id=key,
        registered=registered,
        closed=closed,
        **{"due": "", "urgency": "", "updated": closed or registered} | more,
    )


def utc(home: Home, columns: str) -> list[tuple]:
    return facts(home, columns.replace("{", "timezone('UTC', ").replace("}", ")"))


def test_a_case_closed_after_the_clocks_went_back_is_not_closed_before_it_was_registered(home: Home) -> None:
    deliver(
        home,
        case("later", "2026-11-01T01:50:00-04:00", "2026-11-01T01:10:00-05:00"),
        case("earlier", "2026-11-01T01:10:00-05:00", "2026-11-01T01:50:00-04:00"),
    )
    assert [(key, reasons) for _, key, reasons in rejects(home)] == [("earlier", ["closed before registered"])]
    assert utc(home, "{registered_at}, {closed_at}") == [(datetime(2026, 11, 1, 5, 50), datetime(2026, 11, 1, 6, 10))]


def test_later_instant_wins_in_repeated_hour(home: Home) -> None:
    first = case("A", "2026-11-01T01:00:00-04:00", updated="2026-11-01T01:45:00-04:00", title="first")
    second = case("A", "2026-11-01T01:00:00-04:00", updated="2026-11-01T01:15:00-05:00", title="second")
    for rows_ in ([first], [second], [first]):
        deliver(home, *rows_, force=True)
        stored = facts(home, "title")
    assert stored == [("second",)]
    deliver(home, case("B", "2026-11-01T00:00:00-04:00", updated="2026-11-01T01:15:00-05:00", title="newer"),
            case("B", "2026-11-01T00:00:00-04:00", updated="2026-11-01T01:45:00-04:00", title="older"))  # fmt: skip
    assert facts(home, "title") == [("newer",), ("second",)]


def test_durations_days_and_overdue_are_right_across_the_change(home: Home, catalog: Catalog) -> None:
    deliver(
        home,
        case("two hours", "2026-11-01T00:30:00-04:00", "2026-11-01T01:30:00-05:00", urgency="urgent"),
        case("in time", "2026-11-01T00:10:00-04:00", "2026-11-01T01:50:00-04:00", due="2026-11-01T01:15:00-05:00"),
        case("late", "2026-11-01T00:10:00-04:00", "2026-11-01T01:15:00-05:00", due="2026-11-01T01:50:00-04:00"),
        case("evening", "2026-10-31 23:30:00", "2026-11-02 09:00"),
        case("open", "2026-11-01 12:00", due="2026-11-02 08:00"),
    )
    publish(home, catalog.rollups(), as_of=datetime(2026, 11, 3, 8))
    edition = editions.current(home)
    assert edition
    ask = ["urgent_p90", "on_time_rate", "intake", "backlog", "overdue_open", "oldest_open_days"]
    for rolled in (True, False):
        result = answer(edition, ask, DISTRICT, NOVEMBER, rolled=rolled, catalog=catalog).set_index("metric")
        assert result.loc[["urgent_p90", "intake", "backlog", "overdue_open"], "value"].tolist() == [120, 4, 1, 1]
        assert result.loc["on_time_rate", ["numerator", "denominator"]].tolist() == [1, 3]
        assert result.loc["oldest_open_days", "value"] == 1, "44 hours: whole days"
        daily = answer(edition, ["intake"], DISTRICT, Period(date(2026, 10, 31), NOVEMBER.end), by="day", rolled=rolled)
        assert daily["value"].tolist()[:2] == [1, 4]
    assert counts(scoped(edition), DISTRICT)["overdue"] == 1


def test_edition_returns_naive_local_times(home: Home, catalog: Catalog) -> None:
    deliver(home, case("A", "2026-11-01T00:30:00-04:00", "2026-11-01T01:30:00-05:00"), case("B", "2026-07-01 09:00"))
    publish(home, catalog.rollups(), as_of=datetime(2026, 11, 3, 8))
    edition = editions.current(home)
    assert edition
    row = fact(scoped(edition), "cases", "hotline", "A")
    assert row
    start, end = row["registered_at"], row["closed_at"]
    assert (start, end) == (datetime(2026, 11, 1, 0, 30), datetime(2026, 11, 1, 1, 30))
    assert isinstance(start, datetime)
    assert isinstance(end, datetime)
    assert end.fold == 1
    assert elapsed(start, end, edition.zone).total_seconds() == 2 * 3600
    listed = rows(edition, "closed", DISTRICT, NOVEMBER, catalog=catalog)
    assert listed["closed_at"].tolist() == [datetime(2026, 11, 1, 1, 30)]
    assert edition.cursor().execute("SELECT max(registered_at) FROM cases").fetchone() == (start,)


def test_a_patch_equals_a_full_build(home: Home, catalog: Catalog) -> None:
    deliver(home, *(case(f"{n}", f"2026-10-{n:02} 12:00") for n in range(1, 31)))
    publish(home, catalog.rollups(), as_of=datetime(2026, 10, 31, 8))
    deliver(home, case("3", "2026-10-03 12:00", "2026-11-01T01:30:00-05:00"), case("x", "2026-11-01 00:30"))
    numbers = []
    for second in (False, True):
        if second:  # without an edition to patch
            shutil.rmtree(home.editions)
        publish(home, catalog.rollups(), as_of=datetime(2026, 11, 2, 8))
        edition = editions.current(home)
        assert edition
        result = answer(edition, ["intake", "backlog", "closed"], DISTRICT, NOVEMBER, by="day", catalog=catalog)
        numbers.append(result["value"].fillna(-1).tolist())
    assert numbers[0] == numbers[1]


def test_local_times_are_converted_to_instants_once(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    fixed = Home(home.root, "Etc/GMT+5", home.memory)
    with open_store(fixed):
        pass  # as an older release left it: local times
    deliver(fixed, case("A", "2026-07-01 09:00:00", "2026-07-01 10:00:00"))
    assert facts(fixed, "typeof(registered_at), registered_at") == [("TIMESTAMP", datetime(2026, 7, 1, 9))]
    caplog.set_level(logging.WARNING)
    with read_store(home) as store:
        sql = "SELECT timezone('UTC', registered_at), typeof(updated_at) FROM cases"
        assert store.execute(sql).fetchall() == [(datetime(2026, 7, 1, 13), "TIMESTAMP WITH TIME ZONE")]
    assert "its times are kept as instants from now on" in caplog.text
    caplog.clear()
    with open_store(home):
        pass
    assert caplog.text == ""


def test_a_home_whose_clocks_never_change_keeps_local_times(tmp_path: Path) -> None:
    home = Home(tmp_path / "var", memory="1GB")
    home.prepare()
    deliver(settle(home), row())
    assert facts(home, "typeof(registered_at)") == [("TIMESTAMP",)]


@pytest.mark.parametrize(
    ("zone", "fixed"),
    [
        ("Asia/Shanghai", True), ("Asia/Urumqi", True), ("Asia/Tokyo", True), ("Etc/GMT+5", True), ("UTC", True),
        ("America/New_York", False), ("Europe/London", False), ("Australia/Lord_Howe", False),
        ("Asia/Pyongyang", False),
    ],
)  # fmt: skip
def test_zones_whose_clocks_change_are_known(zone: str, fixed: bool) -> None:
    assert is_fixed(zone) == fixed


@given(
    start=st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    end=st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
)
def test_elapsed_is_the_difference_of_the_instants(start: datetime, end: datetime) -> None:
    first, last = (at.astimezone(BOSTON).replace(tzinfo=None) for at in (start, end))
    assert elapsed(first, last, "America/New_York") == end - start


def test_duckdb_and_zoneinfo_know_the_same_changes() -> None:
    """Python refuses a skipped or repeated hour by zoneinfo, DuckDB computes days from its own tables."""
    days = [datetime(year, month, day) for year in (2024, 2026, 2030) for month, day in ((3, 10), (11, 1), (7, 1))]
    hours = [day.replace(hour=hour) for day in days for hour in range(0, 24, 6)]
    con = duckdb.connect()
    for zone in ("America/New_York", "Europe/London", "Australia/Lord_Howe", "Asia/Shanghai"):
        sql = "SELECT timezone(?, timezone('UTC', ?::TIMESTAMP))"
        for at in hours:
            by_duckdb = con.execute(sql, [zone, at]).fetchall()[0][0]
            assert by_duckdb == at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)

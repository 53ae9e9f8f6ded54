"""The SQL functions of an edition against the calendar, and metrics whose limits are in working days."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.editions import workdays
from data.editions.edition import open_edition
from data.editions.publish import publish
from data.home import Home
from data.values.calendar import FIRST, LAST, Calendar
from metrics.catalog import load
from metrics.period import Period
from tests.asking import answer, count_rows, rows
from tests.factory import DISTRICT, areas, deliver, edition_of, published

AS_OF = datetime(2026, 11, 22, 8)
OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1))
OWN = Calendar({date(2026, 10, 8): False, date(2026, 10, 31): True})
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2027, 12, 31))


@pytest.fixture(scope="module", params=[Calendar(), OWN], ids=["official", "own"])
def edition(request: pytest.FixtureRequest) -> Iterator[tuple[duckdb.DuckDBPyConnection, Calendar]]:
    with duckdb.connect() as con:
        con.execute("ATTACH ':memory:' AS edition")
        workdays.write(con, request.param)
        yield con, request.param


@given(low=MOMENTS, high=MOMENTS, n=st.integers(0, 400))
def test_sql_functions_equal_the_calendar(
    edition: tuple[duckdb.DuckDBPyConnection, Calendar], low: datetime, high: datetime, n: int
) -> None:
    con, calendar = edition
    sql = "SELECT workdays_between($low, $high), working_minutes($low, $high), workday_deadline($low, $n)"
    between, minutes, end = con.execute(sql, {"low": low, "high": high, "n": n}).fetchall()[0]
    assert between == calendar.workdays_between(low.date(), high.date())
    assert minutes == pytest.approx(calendar.working_minutes(low, high), abs=1e-6)
    assert end == calendar.deadline(low, n)


def test_sql_functions_are_null_for_null_and_outside_of_the_calendar(
    edition: tuple[duckdb.DuckDBPyConnection, Calendar],
) -> None:
    con, _ = edition
    outside = (FIRST - timedelta(days=1), LAST + timedelta(days=1))
    for moment in (None, *outside):
        sql = "SELECT workdays_between($1::DATE, DATE '2026-10-09'), working_minutes(DATE '2026-10-09', $1::DATE)"
        assert con.execute(sql, [moment]).fetchall() == [(None, None)]
        assert con.execute("SELECT workday_deadline($1::DATE, 3)", [moment]).fetchall() == [(None,)]


def test_replies_are_due_on_the_tenth_working_day_whatever_their_source_says(tmp_path: Path) -> None:
    """The National Day holiday lies between: ten working days after 29 September end on 19 October."""
    cases = [
        {"kind": "share_req", "registered_at": datetime(2026, 9, 29, 9), "respond_due_at": datetime(2026, 10, 9),
         "responded_at": at}
        for at in (datetime(2026, 10, 19, 23), datetime(2026, 10, 20), None)
    ]  # fmt: skip
    assert Calendar().deadline(datetime(2026, 9, 29, 9), 10) == datetime(2026, 10, 19, 23, 59, 59)
    edition = edition_of(Home(tmp_path), cases, AS_OF)
    (row,) = answer(edition, ["share_reply_rate"], DISTRICT, OCTOBER).itertuples()
    assert (row.numerator, row.denominator) == (1, 3)
    assert count_rows(edition, "share_reply_rate", DISTRICT, OCTOBER, part="rest") == 2
    late = rows(edition, "share_reply_rate", DISTRICT, OCTOBER, part="numerator")
    assert late["responded_at"].tolist() == [datetime(2026, 10, 19, 23)]
    days = answer(edition, ["share_reply_days"], DISTRICT, OCTOBER)
    assert days["value"][0] == 10.5, "10 and 11 working days"
    hours = answer(edition, ["share_approval_hours"], DISTRICT, OCTOBER)
    assert hours["value"][0] == 20 * 24 + 14.5, "the holiday counts: 20 days and 14 hours, or 15"


def test_an_extended_request_for_open_data_has_thirty_working_days(tmp_path: Path) -> None:
    replied = Calendar().deadline(datetime(2026, 9, 1), 30)
    cases = [
        {"kind": "open_req", "registered_at": datetime(2026, 9, 1, 9), "extended": extended, "responded_at": replied}
        for extended in (1, 0, None)
    ]
    edition = edition_of(Home(tmp_path), cases, AS_OF)
    autumn = Period(date(2026, 9, 1), date(2026, 11, 1))
    (row,) = answer(edition, ["open_reply_rate"], DISTRICT, autumn).itertuples()
    assert (row.numerator, row.denominator) == (1, 3)


def test_a_changed_calendar_is_used_by_the_next_edition_alone(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    areas(home)
    case = {"kind": "share_req", "registered_at": datetime(2026, 9, 29, 9), "responded_at": datetime(2026, 10, 20, 9)}
    deliver(home, "cases", [{"key": "1", "area": DISTRICT, **case}])
    before = published(home, AS_OF)
    table = tmp_path / "own.csv"
    table.write_text("day,workday,note\n2026-10-19,no,flood\n", "utf-8")
    own = replace(home, calendar=table)
    report = publish(own, load().rollups(), as_of=AS_OF)
    assert report.kind == "full", "all roll-ups rest on the calendar"
    values = [
        answer(edition, ["share_reply_rate"], DISTRICT, OCTOBER)["numerator"][0]
        for edition in (before, open_edition(own, report.edition))
    ]
    assert values == [0, 1]


def test_an_increment_counts_working_days_as_a_full_build_does(tmp_path: Path) -> None:
    home = Home(tmp_path)
    areas(home)
    cases = [
        {"key": str(i), "area": DISTRICT, "kind": "share_req", "registered_at": datetime(2026, 9, 1 + i % 28, 9)}
        for i in range(300)
    ]
    newest = {"key": "newest", "area": DISTRICT, "kind": "event", "registered_at": datetime(2026, 11, 1)}
    deliver(home, "cases", [*cases, newest])
    published(home, AS_OF - timedelta(days=2))
    deliver(home, "cases", [{**cases[0], "responded_at": datetime(2026, 9, 3)}])
    report = publish(home, load().rollups(), as_of=AS_OF)
    assert report.kind == "incremental"
    edition = open_edition(home, report.edition)
    autumn = Period(date(2026, 9, 1), date(2026, 11, 1))
    rolled, raw = (
        answer(edition, ["share_reply_rate"], DISTRICT, autumn, by="day", rolled=rolled)[["numerator", "denominator"]]
        for rolled in (True, False)
    )
    assert rolled.equals(raw)
    assert rolled.sum().tolist() == [1, 300]

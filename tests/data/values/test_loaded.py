"""Deliveries with values as people write them, loaded whole."""

from datetime import datetime, timedelta

import pytest

from data.home import Home
from data.values.calendar import last_published
from tests.data.hotline import deliver, facts, rejects, row, settle

DAY_END = timedelta(hours=23, minutes=59, seconds=59)


@pytest.fixture
def home(home: Home) -> Home:
    return settle(home)


def test_mixed_time_formats_are_read(home: Home) -> None:
    forms = [
        "2026-08-05 09:30", "2026-08-05T09:30:00+08:00", "2026-08-05T01:30:00Z", "2026年8月5日 上午9时30分",
        "2026.8.5 9:30", "46239.39583", "２０２６／８／５ ９：３０", "2026-08-05 09:30:00 CST", "20260805093000",
        "2026-08-05 09:30:00 AM", " 2026-08-05 09:30 ", "2026-08-05 09:30:00+0800",
    ]  # fmt: skip
    deliver(home, *(row(id=f"{n:02}", registered=form, due="", closed="") for n, form in enumerate(forms)))
    assert rejects(home) == []
    assert facts(home, "DISTINCT registered_at") == [(datetime(2026, 8, 5, 9, 30),)]
    assert facts(home, "count(*)") == [(len(forms),)]


def test_words_after_time_are_not_dropped(home: Home) -> None:
    forms = ["2026-08-05 09:30 EST", "2026-08-05 09:30 GMT08", "2026-08-05 09:30 foo", "2026-08-05T09:30:00+25:00"]
    deliver(home, *(row(id=f"{n}", registered=form, due="", closed="") for n, form in enumerate(forms)))
    assert facts(home) == []
    assert len(rejects(home)) == len(forms)


def test_the_order_of_day_and_month_is_the_sources(home: Home) -> None:
    deliver(home, row(registered="06/05/2018 10:58:54 AM", due="", closed=""))
    reason = "unparseable time: registered_at (day or month first: set dates: mdy or dates: dmy in the source file)"
    assert [reasons for _, _, reasons in rejects(home)] == [[reason]]
    deliver(home, row(registered="06/05/2018 10:58:54 AM", due="", closed=""), dates="mdy")
    assert facts(home, "registered_at") == [(datetime(2018, 6, 5, 10, 58, 54),)]


def test_a_deadline_may_be_a_duration_from_the_registration(home: Home) -> None:
    row_values = {
        "5个工作日": datetime(2026, 10, 12) + DAY_END, "７天": datetime(2026, 10, 6) + DAY_END,
        "24小时": datetime(2026, 9, 30, 16, 20), "当日": datetime(2026, 9, 29) + DAY_END,
        "2026年10月9日": datetime(2026, 10, 9),
    }  # fmt: skip
    rows = (row(id=f"{n}", registered="2026-09-29 16:20", due=due, closed="") for n, due in enumerate(row_values))
    deliver(home, *rows, row(id="9", registered="2026-09-29 16:20", due="尽快", closed=""))
    assert facts(home, "due_at") == sorted((due,) for due in row_values.values())
    assert [reasons for _, _, reasons in rejects(home)] == [["unparseable time: due_at (no fixed day: write the date)"]]


def test_expressions_count_working_days(home: Home) -> None:
    from tests.data.hotline import COLUMNS

    columns = COLUMNS | {
        "due_at": "deadline(registered, coalesce(due, '5个工作日'))",
        "extended": "workdays_between(registered, closed)",
        "rating": "CASE WHEN working_minutes(registered, closed) = 8 * 1440 THEN 1 ELSE 5 END",
    }
    deliver(
        home, row(registered="2026年9月29日 16:20", due="", closed="2026-10-13 16:20", extended=""), columns=columns
    )
    assert rejects(home) == []
    assert facts(home, "due_at, extended, rating") == [(datetime(2026, 10, 12) + DAY_END, 6, 5)]


def test_missing_calendar_year_logs_warning(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    later = last_published() + 1
    deliver(home, row(registered=f"{later}-03-01 08:00", due="5个工作日", closed=""))
    assert f"hotline: the working days of {later} are not published yet" in caplog.text
    home.root.joinpath("days.csv").write_text(f"day,workday,note\n{later}-03-02,no,local\n", "utf-8")
    caplog.clear()
    home_with_table = Home(home.root, home.zone, home.memory, home.threads, home.root / "days.csv")
    deliver(
        home_with_table,
        row(registered=f"{later}-03-01 08:00", due="5个工作日", closed="", updated=f"{later}-03-05"),
        force=True,
    )
    assert caplog.text == ""


def test_numbers_and_marks_are_read(home: Home) -> None:
    deliver(
        home, row(id="1", rating="５", extended="1,000 次", solved="√"), row(id="2", solved="×", rating="4.5"),
        row(id="3", solved="✗"),
    )  # fmt: skip
    assert facts(home, "key, rating, extended, solved") == [("1", 5, 1000, True), ("3", 5, 0, False)]
    assert [reasons for _, _, reasons in rejects(home)] == [["unparseable number: rating"]]

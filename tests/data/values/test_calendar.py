"""Working days, day by day against the notices of the State Council for 2024 to 2026."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import DataError
from data.values.calendar import Calendar, calendar, last_published
from data.values.durations import Duration, read_duration

OFF = (
    "2024-01-01/2024-01-01 2024-02-10/2024-02-17 2024-04-04/2024-04-06 2024-05-01/2024-05-05 2024-06-10/2024-06-10 "
    "2024-09-15/2024-09-17 2024-10-01/2024-10-07 2025-01-01/2025-01-01 2025-01-28/2025-02-04 2025-04-04/2025-04-06 "
    "2025-05-01/2025-05-05 2025-05-31/2025-06-02 2025-10-01/2025-10-08 2026-01-01/2026-01-03 2026-02-15/2026-02-23 "
    "2026-04-04/2026-04-06 2026-05-01/2026-05-05 2026-06-19/2026-06-21 2026-09-25/2026-09-27 2026-10-01/2026-10-07"
)
MADE_UP = (
    "2024-02-04 2024-02-18 2024-04-07 2024-04-28 2024-05-11 2024-09-14 2024-09-29 2024-10-12 2025-01-26 2025-02-08 "
    "2025-04-27 2025-09-28 2025-10-11 2026-01-04 2026-02-14 2026-02-28 2026-05-09 2026-09-20 2026-10-10"
)
CHINA, SHANGHAI = Calendar(), ZoneInfo("Asia/Shanghai")
days = st.dates(date(2024, 1, 1), date(2026, 10, 1))


def test_calendar_2024_to_2026_equals_official_notices() -> None:
    off: set[date] = set()
    for span in OFF.split():
        first, last = map(date.fromisoformat, span.split("/"))
        off |= {first + timedelta(days=i) for i in range((last - first).days + 1)}
    made_up = set(map(date.fromisoformat, MADE_UP.split()))
    for i in range((date(2027, 1, 1) - date(2024, 1, 1)).days):
        day = date(2024, 1, 1) + timedelta(days=i)
        assert CHINA.is_workday(day) == (day in made_up or (day.weekday() < 5 and day not in off)), day


@given(start=days, n=st.integers(0, 60))
def test_nth_working_day_equals_counting(start: date, n: int) -> None:
    day, remaining = start, n
    while remaining:
        day += timedelta(days=1)
        remaining -= CHINA.is_workday(day)
    assert CHINA.workday_after(start, n) == day
    assert CHINA.workdays_between(start, day) == n == -CHINA.workdays_between(day, start)
    assert CHINA.deadline(datetime(start.year, start.month, start.day, 9), n).date() == day
    counts = CHINA.counts(np.array([start, day], "datetime64[D]"))
    assert counts[1] - counts[0] == n


@given(start=st.datetimes(datetime(2024, 1, 1), datetime(2026, 1, 1)), hours=st.integers(0, 24 * 40))
def test_working_minutes_add_up_over_the_days(start: datetime, hours: int) -> None:
    start = start.replace(minute=0, second=0, microsecond=0)
    counted = sum(CHINA.is_workday((start + timedelta(hours=i)).date()) for i in range(hours))
    assert CHINA.working_minutes(start, start + timedelta(hours=hours)) == counted * 60


def test_district_table_overrides_official_calendar(tmp_path: Path) -> None:
    table = tmp_path / "days.csv"
    table.write_text("日期,工作日,说明\n2026-09-18,否,地方纪念日\n2027-02-06,是,补班\n", "utf-8-sig")
    district_calendar = calendar(table)
    made_off, made_up = date(2026, 9, 18), date(2027, 2, 6)
    assert [CHINA.is_workday(day) for day in (made_off, made_up)] == [True, False]
    assert [district_calendar.is_workday(day) for day in (made_off, made_up)] == [False, True]
    later = last_published() + 1
    assert CHINA.unpublished([2026, later]) == [later]
    assert 2027 not in district_calendar.unpublished([2026, 2027])


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("day,workday\n2026-13-01,yes\n", 'row 2: day: "2026-13-01" is not a day'),
        ("day,workday\n2026-01-01,perhaps\n", 'row 2: workday: "perhaps" is neither yes nor no'),
        ("day,workday\n2026-01-01,yes\n2026-01-01,no\n", "row 3: 2026-01-01 is given twice"),
        ("day,workday\n2150-01-01,yes\n", "lies outside of"),
    ],
)
def test_invalid_table_error_names_row(tmp_path: Path, content: str, fault: str) -> None:
    table = tmp_path / "days.csv"
    table.write_text(content, "utf-8")
    with pytest.raises(DataError, match=fault):
        calendar(table)


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("15个工作日", Duration(15, "workdays")), ("５个工作日内", Duration(5, "workdays")),
        ("七日内", Duration(7, "days")),
        ("3日内", Duration(3, "days")), ("7天", Duration(7, "days")), ("24小时", Duration(24, "hours")),
        ("当日", Duration(0, "days")), ("自受理之日起十五个工作日内办结", Duration(15, "workdays")),
        ("30分钟", Duration(30, "minutes")),
        ("工作日", None), ("15", None), ("尽快", None), ("1个月", None), ("-3天", None),
    ],
)  # fmt: skip
def test_durations_are_read_or_not(text: str, duration: Duration | None) -> None:
    assert read_duration(text) == duration


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("5个工作日", datetime(2026, 10, 12, 23, 59, 59)),  # 09-30, 10-08, 09, the make-up Saturday 10, and 12
        ("当日", datetime(2026, 9, 29, 23, 59, 59)),
        ("3日内", datetime(2026, 10, 2, 23, 59, 59)),
        ("24小时", datetime(2026, 9, 30, 16, 20)),
    ],
)
def test_day_one_is_the_day_after_and_hours_are_counted_from_the_minute(text: str, end: datetime) -> None:
    duration = read_duration(text)
    assert duration
    start = datetime(2026, 9, 29, 16, 20, tzinfo=SHANGHAI).astimezone(UTC)
    assert duration.end(start, SHANGHAI, CHINA) == end.replace(tzinfo=SHANGHAI)


def test_a_day_of_summer_time_ends_with_its_own_last_second() -> None:
    boston = ZoneInfo("America/New_York")
    start = datetime(2026, 10, 31, 12, tzinfo=boston).astimezone(UTC)
    assert Duration(1, "days").end(start, boston, CHINA).astimezone(boston).isoformat() == "2026-11-01T23:59:59-05:00"
    assert Duration(24, "hours").end(start, boston, CHINA).astimezone(boston).isoformat() == "2026-11-01T11:00:00-05:00"

"""Clocks in natural and working time: limits, rests, extensions; time that passes is never negative."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from data.values.calendar import Calendar
from data.workflow.clocks import Running, Timing, advance, passed, with_field
from data.workflow.model import Clock

CALENDAR = Calendar()
NATURAL, WORKING = Timing(False, CALENDAR), Timing(True, CALENDAR)
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31))
SPANS = st.timedeltas(timedelta(0), timedelta(days=60))
FRIDAY = datetime(2026, 11, 20, 16)


def clock(time: str = "working", **limit: object) -> Clock:
    return Clock.model_validate(
        {"name": {"zh": "钟", "en": "Clock"}, "time": time, "limit": limit or {"days": 3}, "start": ["on"],
         "pause": ["rest"], "resume": ["on"], "stop": ["off"]}
    )  # fmt: skip


@given(INSTANTS, SPANS)
def test_after_is_the_inverse_of_between(start: datetime, span: timedelta) -> None:
    for timing in (NATURAL, WORKING):
        end = timing.after(start, span)
        assert end >= start
        assert abs(timing.between(start, end) - span) < timedelta(milliseconds=1)


@given(INSTANTS, INSTANTS)
def test_time_that_passes_is_never_negative(a: datetime, b: datetime) -> None:
    assert NATURAL.between(a, b) >= timedelta(0)
    assert WORKING.between(a, b) >= timedelta(0)


def test_days_end_at_the_end_of_the_last_day() -> None:
    assert WORKING.end_of_days(FRIDAY, 3) == datetime(2026, 11, 25, 23, 59, 59)
    assert NATURAL.end_of_days(FRIDAY, 3) == datetime(2026, 11, 23, 23, 59, 59)


def test_working_time_passes_over_the_weekend() -> None:
    assert WORKING.after(FRIDAY, timedelta(hours=10)) == datetime(2026, 11, 23, 2)


def test_a_rest_moves_the_deadline_by_its_length() -> None:
    kind = clock("natural", hours=24)
    running = advance(kind, Running("c"), "on", FRIDAY, {}, NATURAL)
    rested = advance(kind, running, "rest", FRIDAY + timedelta(hours=4), {}, NATURAL)
    again = advance(kind, rested, "on", FRIDAY + timedelta(hours=14), {}, NATURAL)
    assert (running.deadline, again.deadline) == (FRIDAY + timedelta(hours=24), FRIDAY + timedelta(hours=34))
    assert passed(rested, FRIDAY + timedelta(days=9), NATURAL) == timedelta(hours=4)


def test_a_clock_that_ran_out_before_its_rest_stays_late() -> None:
    kind = clock("natural", hours=1)
    late = FRIDAY + timedelta(hours=3)
    running = advance(kind, Running("c"), "on", FRIDAY, {}, NATURAL)
    again = advance(
        kind, advance(kind, running, "rest", late, {}, NATURAL), "on", late + timedelta(days=1), {}, NATURAL
    )
    assert again.deadline == FRIDAY + timedelta(hours=1)


def test_a_new_value_of_its_field_moves_the_deadline() -> None:
    kind = clock("natural", field="due")
    running = advance(kind, Running("c"), "on", FRIDAY, {"due": "2026-11-25"}, NATURAL)
    longer = with_field(kind, running, FRIDAY, {"due": "2026-12-01"}, NATURAL)
    assert (running.deadline, longer.deadline) == (
        datetime(2026, 11, 25, 23, 59, 59),
        datetime(2026, 12, 1, 23, 59, 59),
    )

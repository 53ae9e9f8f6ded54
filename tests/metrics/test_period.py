"""Periods are half-open, cut and compared without losing a day."""

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.errors import MetricsError
from metrics.period import Period, last_day, shift, this_month

DAYS = st.dates(date(2000, 1, 1), date(2060, 1, 1))
PERIODS = st.tuples(DAYS, st.integers(1, 900)).map(lambda x: Period(x[0], x[0] + timedelta(days=x[1])))


@given(period=PERIODS, unit=st.sampled_from(["day", "week", "month"]))
def test_the_parts_of_a_period_join_without_gap(period: Period, unit: str) -> None:
    parts = period.cut(unit)
    assert parts[0].start == period.start
    assert parts[-1].end == period.end
    assert all(a.end == b.start for a, b in pairwise(parts))


@given(period=PERIODS)
def test_the_previous_period_ends_before_this_one(period: Period) -> None:
    assert period.previous.end <= period.start
    assert period.last_year.start < period.start


@pytest.mark.parametrize(
    ("period", "previous", "last_year"),
    [
        ("2026-11-01 2026-11-23", "2026-10-01 2026-10-23", "2025-11-01 2025-11-23"),
        ("2026-11-01 2026-12-01", "2026-10-01 2026-11-01", "2025-11-01 2025-12-01"),
        ("2026-03-01 2026-03-31", "2026-02-01 2026-03-01", "2025-03-01 2025-03-31"),
        ("2026-07-01 2026-10-01", "2026-04-01 2026-07-01", "2025-07-01 2025-10-01"),
        ("2026-11-09 2026-11-16", "2026-11-02 2026-11-09", "2025-11-09 2025-11-16"),
    ],
)
def test_a_month_so_far_is_compared_with_the_same_days(period: str, previous: str, last_year: str) -> None:
    asked, before, earlier = (Period(*map(date.fromisoformat, text.split())) for text in (period, previous, last_year))
    assert asked.previous == before
    assert asked.last_year == earlier


def test_the_month_of_a_midnight_is_the_month_before() -> None:
    """Data as of 1 October 00:00 know nothing of October."""
    assert last_day(datetime(2011, 10, 1)) == date(2011, 9, 30)
    assert this_month(datetime(2011, 10, 1)) == Period(date(2011, 9, 1), date(2011, 10, 1))


def test_the_31st_shifts_to_the_last_day() -> None:
    assert shift(date(2026, 10, 31), -8) == date(2026, 2, 28)


def test_an_empty_period_is_refused() -> None:
    with pytest.raises(MetricsError, match="is empty"):
        Period(date(2026, 1, 1), date(2026, 1, 1))


def test_too_many_parts_are_refused() -> None:
    with pytest.raises(MetricsError, match="ask for a shorter period"):
        Period(date(1900, 1, 1), date(2026, 1, 1)).cut("day")

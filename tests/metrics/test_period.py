"""Periods are half-open and cut without losing a day."""

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

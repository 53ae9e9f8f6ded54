"""A running period is compared up to the same time of day, a finished one with a complete one."""

from datetime import date, datetime, time, timedelta

import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from data.editions.edition import Edition
from data.home import Home
from metrics.analysis.compare import Comparison, against, is_running, so_far, unit_of
from metrics.catalog import load
from metrics.engine.plan import exists_at
from metrics.period import Period, last_day, month_start
from tests.asking import answer, why
from tests.factory import DISTRICT, TOWNS, VILLAGES, edition_of

AS_OF = datetime(2026, 11, 28, 8)
HOWS: st.SearchStrategy[Comparison] = st.sampled_from(["previous", "last_year"])
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2032, 12, 31))
PERIODS = st.tuples(st.dates(date(2019, 1, 1), date(2032, 1, 1)), st.integers(1, 400)).map(
    lambda x: Period(x[0], x[0] + timedelta(days=x[1]))
)


def period(text: str) -> Period:
    """`2026-11-01 2026-11-28`: first and last day; a time behind them is where the last day is cut."""
    first, last, *until = text.split()
    end = date.fromisoformat(last)
    return Period(
        date.fromisoformat(first),
        end + timedelta(days=1),
        datetime.combine(end, time.fromisoformat(until[0])) if until else None,
    )


@pytest.mark.parametrize(
    ("requested", "as_of", "previous", "last_year"),
    [
        # running
        ("2026-11-01 2026-11-28", "2026-11-28T08:00", "2026-10-01 2026-10-28 08:00", "2025-11-01 2025-11-28 08:00"),
        ("2026-11-01 2026-11-30", "2026-11-28T08:00", "2026-10-01 2026-10-28 08:00", "2025-11-01 2025-11-28 08:00"),
        ("2026-11-01 2026-11-01", "2026-11-01T00:30", "2026-10-01 2026-10-01 00:30", "2025-11-01 2025-11-01 00:30"),
        ("2026-10-01 2026-11-28", "2026-11-28T23:59", "2026-07-01 2026-08-28 23:59", "2025-10-01 2025-11-28 23:59"),
        ("2026-01-01 2026-11-28", "2026-11-28T08:00", "2025-01-01 2025-11-28 08:00", "2025-01-01 2025-11-28 08:00"),
        ("2026-11-22 2026-11-28", "2026-11-28T08:00", "2026-11-15 2026-11-21 08:00", "2025-11-22 2025-11-28 08:00"),
        ("2026-11-23 2026-11-26", "2026-11-26T08:00", "2026-11-16 2026-11-19 08:00", "2025-11-23 2025-11-26 08:00"),
        ("2026-11-28 2026-11-28", "2026-11-28T08:00", "2026-11-27 2026-11-27 08:00", "2025-11-28 2025-11-28 08:00"),
        # a day that the other month does not have
        ("2027-03-01 2027-03-30", "2027-03-30T08:00", "2027-02-01 2027-02-28", "2026-03-01 2026-03-30 08:00"),
        ("2028-02-01 2028-02-29", "2028-02-29T08:00", "2028-01-01 2028-01-29 08:00", "2027-02-01 2027-02-28"),
        ("2026-08-01 2026-08-31", "2026-08-31T08:00", "2026-07-01 2026-07-31 08:00", "2025-08-01 2025-08-31 08:00"),
        ("2026-12-01 2026-12-31", "2026-12-31T08:00", "2026-11-01 2026-11-30", "2025-12-01 2025-12-31 08:00"),
        # over: an edition of midnight knows the whole day before
        ("2026-11-01 2026-11-30", "2026-12-01T00:00", "2026-10-01 2026-10-31", "2025-11-01 2025-11-30"),
        ("2026-11-01 2026-11-27", "2026-11-28T00:00", "2026-10-01 2026-10-27", "2025-11-01 2025-11-27"),
        ("2026-10-01 2026-10-31", "2026-11-28T08:00", "2026-09-01 2026-09-30", "2025-10-01 2025-10-31"),
        ("2026-07-01 2026-09-30", "2026-11-28T08:00", "2026-04-01 2026-06-30", "2025-07-01 2025-09-30"),
        ("2025-01-01 2025-12-31", "2026-11-28T08:00", "2024-01-01 2024-12-31", "2024-01-01 2024-12-31"),
        ("2026-02-01 2026-03-31", "2026-11-28T08:00", "2025-12-01 2026-01-31", "2025-02-01 2025-03-31"),
        ("2026-11-16 2026-11-22", "2026-11-28T08:00", "2026-11-09 2026-11-15", "2025-11-16 2025-11-22"),
        ("2026-06-01 2026-06-07", "2026-06-08T08:00", "2026-05-25 2026-05-31", "2025-06-01 2025-06-07"),
        ("2026-06-01 2026-06-07", "2026-06-07T08:00", "2026-05-01 2026-05-07 08:00", "2025-06-01 2025-06-07 08:00"),
        ("2026-11-01 2026-11-01", "2026-11-28T08:00", "2026-10-31 2026-10-31", "2025-11-01 2025-11-01"),
        ("2026-11-05 2026-11-14", "2026-11-28T08:00", "2026-10-26 2026-11-04", "2025-11-05 2025-11-14"),
    ],
)
def test_a_period_is_compared_with(requested: str, as_of: str, previous: str, last_year: str) -> None:
    moment = datetime.fromisoformat(as_of)
    assert against(period(requested), "previous", moment) == period(previous)
    assert against(period(requested), "last_year", moment) == period(last_year)


@given(requested=PERIODS, as_of=MOMENTS, how=HOWS)
def test_comparison_period_is_earlier_and_never_longer(requested: Period, as_of: datetime, how: Comparison) -> None:
    other, compared = against(requested, how, as_of), so_far(requested, as_of)
    assert other.start < other.end
    assert other.start < requested.start
    if is_running(requested, as_of) and other.until:
        assert other.until.time() == as_of.time()
        assert other.until - datetime.combine(other.end - timedelta(days=1), time.min) < timedelta(days=1)
    if unit_of(requested, as_of) in ("days", "week") and how == "previous":
        assert other.end <= requested.start
        assert other.days == compared.days
    assert other.end <= compared.end


@given(as_of=MOMENTS, how=HOWS)
def test_a_month_to_date_lasts_as_long_as_the_one_compared_with(as_of: datetime, how: Comparison) -> None:
    """Unless the other month is shorter: then it counts whole."""
    day = last_day(as_of)
    month = Period(month_start(day), day + timedelta(days=1))
    assume(is_running(month, as_of))  # at midnight the month is over, and is compared with a whole one
    other = against(month, how, as_of)
    length = (other.until or datetime.combine(other.end, time.min)) - datetime.combine(other.start, time.min)
    elapsed = as_of - datetime.combine(month.start, time.min)
    assert length == elapsed or (length < elapsed and (other.end.day == 1 and other.until is None))


def test_the_unfinished_day_is_compared_up_to_the_same_time(home: Home) -> None:
    at = [datetime(2026, month, day, hour) for month in (10, 11) for day in (27, 28) for hour in (7, 9, 20)]
    edition = edition_of(home, [{"registered_at": moment} for moment in at], AS_OF)
    month = period("2026-11-01 2026-11-28")
    other = against(month, "previous", AS_OF)
    frame = answer(edition, ["intake", "backlog"], DISTRICT, month, periods=[month, other])
    assert frame["value"].tolist() == [4, 4, 10, 4]
    assert why(edition, "intake", DISTRICT, month, other).change == 0
    assert frame["as_of"].tolist() == [AS_OF, datetime(2026, 10, 28, 8)] * 2


def test_case_closed_later_is_open_in_the_comparison_period(home: Home) -> None:
    """Else the older month always looks better: its cases have had a month more."""
    late = {
        "registered_at": datetime(2026, 10, 2),
        "due_at": datetime(2026, 10, 20),
        "closed_at": datetime(2026, 11, 5),
    }
    still = {"registered_at": datetime(2026, 11, 2), "due_at": datetime(2026, 11, 20)}
    edition = edition_of(home, [late, still], AS_OF)
    month = period("2026-11-01 2026-11-28")
    frame = answer(edition, ["closure_rate"], DISTRICT, month, periods=[against(month, "previous", AS_OF), month])
    assert frame["value"].tolist() == [0, 0]


@given(
    as_of=st.datetimes(datetime(2026, 10, 2), datetime(2026, 11, 22, 8)), by=st.sampled_from([None, "town", "category"])
)
def test_cut_period_equals_the_complete_one_as_of_its_time(district: Edition, as_of: datetime, by: str | None) -> None:
    names = ["intake", "backlog", "on_time_rate", "closure_rate", "first_response_median", "oldest_open_days"]
    day = as_of.date()
    full_period = Period(day - timedelta(days=20), day + timedelta(days=1))
    cut, later = Period(full_period.start, full_period.end, as_of), Period(date(2026, 11, 1), date(2026, 11, 23))
    both = answer(district, names, DISTRICT, later, by=by, periods=[later, cut])
    result = both[both["until"].notna()].reset_index(drop=True)
    alone = answer(district, names, DISTRICT, full_period, by=by, as_of=as_of)
    known = result.merge(alone, on=["metric", "group"], suffixes=("", "_alone"), how="right")
    assert known["value"].fillna(-1).tolist() == pytest.approx(known["value_alone"].fillna(-1).tolist())


@given(
    as_of=st.datetimes(datetime(2026, 7, 1), datetime(2026, 11, 22, 8)),
    days=st.integers(1, 90),
    by=st.sampled_from([None, "town", "village", "category", "source", "department"]),
    where=st.sampled_from([None, {"category": "路灯照明"}, {"department": "区住建局"}]),
    code=st.sampled_from([DISTRICT, TOWNS[0]]),
)
def test_a_cut_period_counts_the_same_from_roll_ups_and_facts(
    district: Edition, as_of: datetime, days: int, by: str | None, where: dict[str, str] | None, code: int
) -> None:
    end = last_day(as_of) + timedelta(days=1)
    periods = [Period(end - timedelta(days=n), end, as_of) for n in (days, 1)]
    names = [m.id for m in load().metrics.values() if m.domain == "cases" and (m.value or m.numerator)]
    if code != DISTRICT or by == "village":
        names = [name for name in names if exists_at(load().metrics[name], "village")]
    frames = [
        answer(district, names, code, periods[0], by=by, where=where, periods=periods, rolled=rolled)
        for rolled in (True, False)
    ]
    rolled_values, facts = (
        f[f["n"] > 0].set_index(["metric", "group", "period"])[["value", "n"]].sort_index() for f in frames
    )
    pd.testing.assert_frame_equal(rolled_values, facts)


def test_nothing_is_known_outside_of_the_data(home: Home) -> None:
    edition = edition_of(
        home, [{"area": VILLAGES[0], "registered_at": datetime(2026, 11, day)} for day in (3, 20)], AS_OF
    )
    periods = [period(text) for text in ("2026-09-01 2026-09-30", "2026-11-05 2026-11-10", "2026-11-22 2026-11-28")]
    ahead = period("2027-01-05 2027-02-09")
    frame = answer(edition, ["intake", "backlog"], DISTRICT, ahead, periods=[*periods, ahead])
    assert frame["quality"].tolist() == ["no data", "ok", "no data", "no data", "no data", "ok", "ok", "no data"]
    assert frame["value"].fillna(-1).tolist() == [-1, 0, -1, -1, -1, 1, 2, -1]

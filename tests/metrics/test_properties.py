"""Properties of every metric, scope and period."""

from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from data.editions.edition import Edition
from metrics.catalog import load
from metrics.period import Period
from tests.asking import answer, count_rows, why
from tests.factory import DISTRICT, TOWNS, VILLAGES
from tests.metrics.conftest import AS_OF

CATALOG = load()
TWO_ROADS = [m.id for m in CATALOG.metrics.values() if m.domain == "cases" and (m.value or m.numerator or m.quantile)]
SUMMED = [m.id for m in CATALOG.metrics.values() if m.domain == "cases" and (m.value or m.numerator)]
ADDITIVE = [m.id for m in CATALOG.metrics.values() if m.domain == "cases" and m.is_additive]
DAYS = st.dates(date(2025, 10, 1), date(2026, 12, 15))
PERIODS = st.tuples(DAYS, st.integers(1, 200)).map(lambda x: Period(x[0], x[0] + timedelta(days=x[1])))
NUMBERS = ["value", "numerator", "denominator", "n", "quality", "group"]


def metrics_at(code: int, by: str | None) -> list[str]:
    level = {"town": "town", "village": "village"}.get(by or "") or level_of(code)
    return [name for name in TWO_ROADS if level in CATALOG.metrics[name].levels]


def level_of(code: int) -> str:
    return "district" if code % 10**6 == 0 else "town" if code % 1000 == 0 else "village"


@given(
    code=st.sampled_from([DISTRICT, *TOWNS, *VILLAGES]),
    period=PERIODS,
    by=st.sampled_from([None, "town", "village", "category", "source", "department", "month", "week"]),
    where=st.sampled_from([None, {"category": "路灯照明"}, {"category": ""}, {"department": "区住建局"}]),
)
def test_roll_ups_and_facts_give_the_same_numbers(
    district: Edition, code: int, period: Period, by: str | None, where: dict[str, str] | None
) -> None:
    if (by == "town" and level_of(code) == "village") or (where and by == "category"):
        by = None
    names = metrics_at(code, by)
    rolled = answer(district, names, code, period, by=by, where=where)
    raw = answer(district, names, code, period, by=by, where=where, rolled=False)
    pd.testing.assert_frame_equal(rolled[NUMBERS], raw[NUMBERS], rtol=1e-12)


@given(
    period=PERIODS, scope=st.sampled_from([(DISTRICT, "town"), (DISTRICT, "village"), *((t, "village") for t in TOWNS)])
)
def test_children_and_own_level_add_up_to_the_parent(district: Edition, period: Period, scope: tuple[int, str]) -> None:
    code, by = scope
    totals = answer(district, ADDITIVE, code, period).set_index("metric")["value"]
    parts = answer(district, ADDITIVE, code, period, by=by).groupby("metric")["value"].sum(min_count=1)
    assert np.array_equal(parts.loc[ADDITIVE], totals.loc[ADDITIVE], equal_nan=True)


@given(
    code=st.sampled_from([DISTRICT, TOWNS[0], VILLAGES[0]]),
    period=PERIODS,
    name=st.sampled_from([m for m in SUMMED if m != "bounce_rate"]),
    back=st.integers(0, 120),
)
def test_the_rows_behind_a_number_are_as_many_as_it_counted(
    district: Edition, code: int, period: Period, name: str, back: int
) -> None:
    metric = CATALOG.metrics[name]
    if level_of(code) not in metric.levels:
        return
    as_of = AS_OF - timedelta(days=back, hours=3)
    row = answer(district, [name], code, period, as_of=as_of).fillna(0).iloc[0]  # no data: no rows
    assert count_rows(district, name, code, period, part="numerator", as_of=as_of) == row["numerator"]
    if metric.denominator:
        counted = count_rows(district, name, code, period, part="denominator", as_of=as_of)
        assert counted == row["denominator"]
        if metric.is_percent:
            rest = count_rows(district, name, code, period, part="rest", as_of=as_of)
            assert rest == counted - row["numerator"]


@given(period=PERIODS, back=st.integers(1, 300))
def test_a_stock_at_the_end_of_a_period_is_the_stock_as_of_that_instant(
    district: Edition, period: Period, back: int
) -> None:
    end = min(period.end, AS_OF.date()) - timedelta(days=back)
    instant = datetime.combine(end, datetime.min.time())
    stocks = ["backlog", "overdue_open", "oldest_open_days"]
    then = answer(district, stocks, DISTRICT, Period(end - timedelta(days=1), end))
    known = answer(district, stocks, DISTRICT, Period(end - timedelta(days=1), end + timedelta(days=30)), as_of=instant)
    assert np.allclose(then["value"], known["value"], equal_nan=True)


@given(
    name=st.sampled_from([m for m in SUMMED if "district" in CATALOG.metrics[m].levels]),
    code=st.sampled_from([DISTRICT, *TOWNS]),
    period=PERIODS,
    against=PERIODS,
)
def test_the_effects_of_every_split_add_up_exactly_to_the_change(
    district: Edition, name: str, code: int, period: Period, against: Period
) -> None:
    if period == against:
        return
    explanation = why(district, name, code, period, against)
    if explanation.change is None:
        return
    for by, moves in explanation.splits.items():
        assert sum(move.effect for move in moves) == pytest.approx(explanation.change, abs=1e-9), by


@given(period=PERIODS)
def test_opening_backlog_and_flows_give_the_closing_backlog(district: Edition, period: Period) -> None:
    assume(period.start <= district.as_of.date())  # of a period that lies ahead nothing is known
    before = Period(period.start - timedelta(days=1), period.start)
    names = ["backlog", "intake", "closed", "cancelled"]
    values = answer(district, names, DISTRICT, period).set_index("metric")["value"].fillna(0)
    opening = answer(district, ["backlog"], DISTRICT, before)["value"].fillna(0)[0]  # nothing is known before the first
    assert opening + values["intake"] - values["closed"] - values["cancelled"] == values["backlog"]


@given(
    code=st.sampled_from([DISTRICT, TOWNS[0]]),
    by=st.sampled_from([None, "town"]),
    periods=st.lists(PERIODS, min_size=2, max_size=5),
)
@example(code=DISTRICT, by=None, periods=[Period(date(2026, 12, 1), date(2026, 12, 2))] * 2)  # both lie ahead
def test_combined_periods_equal_single_ones(
    district: Edition, code: int, by: str | None, periods: list[Period]
) -> None:
    """Periods may overlap, lie apart or be the same; a quantile sorts each fact into its periods by another road."""
    names = ["first_response_median", "oldest_open_days", "backlog", "on_time_rate"]
    together = answer(district, names, code, periods[0], by=by, periods=periods)
    for period in periods:
        of_period = together[(together["period"] == period.start) & (together["end"] == period.end)].drop_duplicates()
        alone = answer(district, names, code, period, by=by)
        # an own-level group of one period is in the answers of all
        also = ~of_period["group"].isin(alone["group"])
        assert not of_period[also]["n"].any()
        assert of_period[~also][NUMBERS].reset_index(drop=True).equals(alone[NUMBERS])

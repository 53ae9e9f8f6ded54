"""What is kept or held is what the facts give: tables too large for memory are queried by SQL, with the same answers,
and the quantiles of whole months that publishing kept are those of the facts.
"""

from datetime import date, datetime

import pandas as pd
import pytest

from data.editions.edition import Edition
from metrics.catalog import Catalog, load
from metrics.engine import durations, quantiles, totals
from metrics.period import Period
from tests.asking import answer
from tests.factory import DISTRICT, TOWNS, VILLAGES

CATALOG = load()

NAMES = ["intake", "backlog", "on_time_rate", "days_to_clear", "first_response_median", "urgent_p90"]
PERIODS = [Period(date(2026, month, 1), date(2026, month + 1, 1)) for month in range(4, 11)]


@pytest.mark.parametrize("by", [None, "town"])
@pytest.mark.parametrize("periods", [PERIODS, PERIODS[-2:], PERIODS[-1:]])
def test_district_too_large_for_memory_gets_the_same_answers(
    district: Edition, monkeypatch: pytest.MonkeyPatch, by: str | None, periods: list[Period]
) -> None:
    held = answer(district, NAMES, DISTRICT, periods[0], by=by, periods=periods)
    monkeypatch.setattr(totals, "MOST_ROWS", 0)
    monkeypatch.setattr(durations, "MOST_VALUES", 0)
    caches = (totals._totals, durations._read)
    for cache in caches:
        cache.cache_clear()
    try:
        frame = answer(district, NAMES, DISTRICT, periods[0], by=by, periods=periods)
        assert caches[0](district.unscoped, "daily_cases_town") is None
    finally:
        for cache in caches:
            cache.cache_clear()
    pd.testing.assert_frame_equal(held, frame, rtol=1e-12)
    assert held["value"].notna().any()


@pytest.mark.parametrize(("level", "area"), [("district", DISTRICT), ("town", TOWNS[0]), ("village", VILLAGES[0])])
def test_quantiles_of_whole_months_are_kept_and_equal_those_of_the_facts(
    district: Edition, monkeypatch: pytest.MonkeyPatch, level: str, area: int
) -> None:
    names = [name for name, metric in CATALOG.metrics.items() if metric.quantile and level in metric.levels]
    periods = [*PERIODS, Period(date(2024, 1, 1), date(2024, 2, 1))]
    by_facts = answer(district, names, area, periods[0], periods=periods, rolled=False)
    with monkeypatch.context() as patched:
        patched.setattr(durations, "_held", lambda *_: pytest.fail("the facts are read"))
        patched.setattr(quantiles, "non_additive_sql", lambda *_: pytest.fail("the facts are read"))
        kept = answer(district, names, area, periods[0], periods=periods)
    pd.testing.assert_frame_equal(by_facts, kept, rtol=1e-12)
    assert kept["value"].notna().any()


@pytest.mark.parametrize(
    "period",
    [
        Period(date(2026, 11, 1), date(2026, 12, 1)),  # not over yet
        Period(date(2026, 9, 1), date(2026, 10, 2)),
        Period(date(2026, 9, 2), date(2026, 10, 1)),
        Period(date(2026, 9, 1), date(2026, 10, 1), datetime(2026, 9, 30, 9)),
    ],
)
def test_quantiles_of_other_periods_are_of_the_facts(district: Edition, period: Period) -> None:
    names = [name for name, metric in CATALOG.metrics.items() if metric.quantile]
    by_facts = answer(district, names, DISTRICT, period, rolled=False)
    pd.testing.assert_frame_equal(by_facts, answer(district, names, DISTRICT, period), rtol=1e-12)


def test_a_quantile_by_another_definition_is_not_taken_from_what_was_kept(district: Edition) -> None:
    domains = tuple(
        domain.model_copy(update={"terms": {**domain.terms, "cancelled": "closed_at IS NOT NULL"}})
        if "cancelled" in domain.terms else domain
        for domain in CATALOG.domains
    )  # fmt: skip
    period = PERIODS[-1]
    frame = answer(district, ["closing_hours"], DISTRICT, period, catalog=Catalog(domains))
    assert frame["n"].item() == 0, "no case counts by this definition"
    assert answer(district, ["closing_hours"], DISTRICT, period)["n"].item() > 0

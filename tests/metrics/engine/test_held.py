"""Tables too large for memory are queried by SQL, with the same answers."""

from datetime import date

import pandas as pd
import pytest

from data.editions.edition import Edition
from metrics.engine import durations, totals
from metrics.period import Period
from tests.asking import answer
from tests.factory import DISTRICT

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

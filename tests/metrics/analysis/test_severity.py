"""How many cases are what is wrong: of a volume only what exceeds the usual or the limit."""

from types import SimpleNamespace

import pytest

from metrics.analysis.severity import affected
from metrics.catalog import load

CATALOG = load()
NONE = float("nan")


def of(metric: str, excess: float | None = None, **row: float) -> int:
    known = {"value": NONE, "numerator": NONE, "denominator": NONE, "n": 0, **row}
    return affected(CATALOG, CATALOG.metrics[metric], SimpleNamespace(**known), excess)


@pytest.mark.parametrize(("excess", "expected"), [(37.6, 38), (0.2, 1), (-3.0, 1)])
@pytest.mark.parametrize("metric", ["intake", "backlog"])
def test_of_a_count_held_against_its_mean_it_is_the_excess(metric: str, excess: float, expected: int) -> None:
    assert of(metric, excess, value=1111, n=1111) == expected


def test_of_a_share_it_is_what_is_missing_or_wrong() -> None:
    assert of("on_time_rate", value=80, numerator=80, denominator=100, n=100) == 20
    assert of("repeat_rate", value=30, numerator=30, denominator=100, n=100) == 30


def test_of_another_ratio_it_is_the_part_beyond_its_limit() -> None:
    assert of("days_to_clear", value=30, numerator=200, denominator=200, n=200) == 100  # red above 15 days
    assert of("mean_wait", value=40, numerator=4000, denominator=100, n=100) == 25  # people, not the minutes they wait
    assert of("site_health", value=93, numerator=930, denominator=10, n=10) == 1  # red by a veto alone


def test_of_an_extreme_it_is_one_and_of_a_fault_each() -> None:
    assert of("oldest_open_days", value=200, n=900) == 1
    assert of("stale_columns", value=13, n=40) == 13
    assert of("urgent_p90", value=500, n=100) == 10

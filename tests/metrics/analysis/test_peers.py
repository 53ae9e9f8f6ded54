"""The mean of all and the median of a kind."""

from statistics import median
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.analysis.peers import mean_of, median_of
from metrics.answer import NO_DATA, OK, PARTIAL, SMALL
from metrics.catalog import Metric, load

METRICS = load().metrics
COUNTS = [m for m in METRICS.values() if m.is_additive and not m.is_rate]
OTHERS = [m for m in METRICS.values() if not m.is_additive or m.is_rate]
ROWS = st.lists(
    st.builds(
        lambda value, quality: SimpleNamespace(value=float("nan") if quality == NO_DATA else value, quality=quality),
        st.floats(-1e6, 1e6),
        st.sampled_from([OK, PARTIAL, SMALL, NO_DATA]),
    ),
    max_size=30,
)


@given(ROWS)
def test_the_median_is_that_of_values_with_a_sufficient_sample(rows: list[SimpleNamespace]) -> None:
    known = sorted(row.value for row in rows if row.quality in (OK, PARTIAL))
    typical = median_of(rows)
    assert typical.counted == len(known)
    assert typical.among == len(rows)
    if not known:
        assert typical.value is None
        return
    assert typical.value == median(known)
    assert sum(value < typical.value for value in known) <= len(known) / 2
    assert sum(value > typical.value for value in known) <= len(known) / 2


@given(ROWS, st.sampled_from(COUNTS))
def test_the_mean_of_a_count_is_the_sum_over_how_many_there_are(rows: list[SimpleNamespace], metric: Metric) -> None:
    known = [row.value for row in rows if row.quality in (OK, PARTIAL)]
    typical = mean_of(metric, rows, None)
    assert typical.value == (pytest.approx(sum(known) / len(known), abs=1e-6) if known else None)


@given(ROWS, st.sampled_from(OTHERS), st.floats(0, 100))
def test_non_additive_metrics_are_never_averaged(rows: list[SimpleNamespace], metric: Metric, value: float) -> None:
    assert mean_of(metric, rows, SimpleNamespace(value=value, quality=OK)).value == value
    for quality in (SMALL, NO_DATA):
        assert mean_of(metric, rows, SimpleNamespace(value=value, quality=quality)).value is None
    assert mean_of(metric, rows, None).value is None

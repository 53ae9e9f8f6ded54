"""Areas over time have the values that the metrics have."""

from datetime import date, datetime, timedelta

import numpy as np
import pytest

from data.editions.scoped import EVERYTHING
from data.home import Home
from metrics.answer import answer
from metrics.catalog import load
from metrics.errors import MetricsError
from metrics.mapping.series import KEYS, series
from metrics.period import Period
from metrics.query import Query
from metrics.scope import OutOfScope
from tests.factory import DISTRICT, TOWNS, VILLAGES, edition_of

AS_OF = datetime(2026, 11, 22, 8)


@pytest.fixture(scope="module")
def query(tmp_path_factory: pytest.TempPathFactory) -> Query:
    at = datetime(2026, 9, 3, 9)
    cases = [
        {"area": VILLAGES[i % 2], "registered_at": at + timedelta(hours=5 * i),
         "due_at": at + timedelta(hours=5 * i + 24), "closed_at": at + timedelta(hours=5 * i + i % 40)}
        for i in range(360)
    ]  # fmt: skip
    edition = edition_of(Home(tmp_path_factory.mktemp("series"), memory="1GB"), cases, AS_OF)
    period = Period(date(2026, 11, 1), date(2026, 12, 1))
    return Query(edition.scoped(EVERYTHING), load(), ("on_time_rate",), DISTRICT, period)


@pytest.mark.parametrize("metric", ["on_time_rate", "backlog", "intake"])
@pytest.mark.parametrize("unit", ["week", "month"])
def test_values_are_those_of_the_metric_in_each_period(query: Query, metric: str, unit: str) -> None:
    values = series(query.of(metric), unit, "town")
    assert values.codes == TOWNS
    assert values.buckets[0].start <= date(2026, 9, 3) < values.buckets[0].end
    for i, bucket in enumerate(values.buckets):
        asked = answer(Query(query.edition, query.catalog, (metric,), DISTRICT, bucket, by="town"))
        expected = dict(zip(asked["group"], asked["value"], strict=True))
        for j, code in enumerate(values.codes):
            assert np.isclose(values.values[i, j], expected.get(str(code), np.nan), equal_nan=True, rtol=1e-5)


def test_absent_is_not_zero_and_a_small_sample_has_no_state(query: Query) -> None:
    values = series(query, "month", "town")
    assert {KEYS[key] for key in values.keys[:, 1]} == {"absent"}
    assert np.isnan(values.values[:, 1]).all()
    weeks = series(query, "week", "village")
    assert "small" in {KEYS[key] for key in weeks.keys.ravel()}


def test_what_has_no_values_says_so(query: Query) -> None:
    with pytest.raises(MetricsError, match="is no unit of a layer"):
        series(query, "day")
    with pytest.raises(MetricsError, match="has no values by"):
        series(query, "month", "planet")
    narrow = Query(
        query.edition.within(VILLAGES[0], VILLAGES[0] + 1), query.catalog, query.metrics, DISTRICT, query.period
    )
    with pytest.raises(OutOfScope):
        series(narrow, "month", "town")

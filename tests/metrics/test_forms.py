"""Every metric of every fact, view and form: at every level, by every split, with its rows."""

from datetime import date, datetime, timedelta
from math import isclose

import pandas as pd
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from data.areas.levels import LEVELS
from data.editions.edition import Edition
from data.home import Home
from metrics.catalog.model import WAYS
from metrics.engine.plan import AREAS, BREAKDOWNS, exists_at, filters, splits
from metrics.errors import MetricsError
from metrics.period import Period
from metrics.rows import PARTS
from tests import forms
from tests.asking import answer, count_rows, rows, why
from tests.factory import DISTRICT, TOWNS, VILLAGES, areas, deliver, published
from tests.metrics.conftest import AS_OF, random_cases

CATALOG = forms.catalog()
METRICS = CATALOG.metrics
MONTH = Period(date(2026, 11, 1), date(2026, 12, 1))
BEFORE = Period(date(2026, 10, 1), date(2026, 11, 1))
PLACES = {"district": DISTRICT, "town": TOWNS[0], "village": VILLAGES[0]}
EVERY = [(name, level) for name in METRICS for level in PLACES if exists_at(METRICS[name], level)]


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Edition:
    """Published with the daily tables of every domain."""
    home = Home(tmp_path_factory.mktemp("forms"), memory="1GB")
    areas(home)
    deliver(home, "cases", [{"key": str(i), **case} for i, case in enumerate(random_cases(200, seed=3))])
    forms.deliver_all(home)
    return published(home, AS_OF, CATALOG)


def test_every_form_is_there_for_every_fact() -> None:
    ways = {
        (domain.fact, way)
        for domain in CATALOG.domains
        for metric in domain.metrics
        for way in WAYS
        if getattr(metric, way) is not None
    }
    every = {(fact, way) for fact in ("cases", "assets", "checks", "readings")
             for way in ("value", "numerator", "quantile", "oldest")}  # fmt: skip
    further = {("assets", "aggregate"), ("readings", "aggregate"), ("readings", "quotient"), ("cases", "composite"),
               ("cases", "concentration"), ("assets", "concentration")}  # fmt: skip
    assert every | further <= ways


@pytest.mark.parametrize(("name", "level"), EVERY)
def test_every_split_that_is_offered_is_answered(edition: Edition, name: str, level: str) -> None:
    metric, code = METRICS[name], PLACES[level]
    below = LEVELS[LEVELS.index(level) :]
    offered = [by for by in splits(CATALOG, metric) if by not in AREAS or by in below]
    total = answer(edition, [name], code, MONTH, catalog=CATALOG).iloc[0]
    raw = answer(edition, [name], code, MONTH, catalog=CATALOG, rolled=False).iloc[0]
    assert raw["value"] == total["value"] or (raw["n"], total["n"]) == (0, 0) or isclose(raw["value"], total["value"])
    for by in offered:
        frame = answer(edition, [name], code, MONTH, by=by, catalog=CATALOG)
        if metric.is_additive and by not in AREAS and (metric.basis == "flow" or by in filters(CATALOG, metric)):
            whole = 0 if pd.isna(total["value"]) else total["value"]
            assert isclose(frame["value"].fillna(0).sum(), whole, abs_tol=1e-6), by
    for by in set(BREAKDOWNS) - set(splits(CATALOG, metric)) - set(AREAS):
        with pytest.raises(MetricsError, match=f"{name} cannot be broken down by {by}: use .*day, week, month"):
            answer(edition, [name], code, MONTH, by=by, catalog=CATALOG)
        with pytest.raises(MetricsError, match=f"{name} (cannot be filtered by {by}: use |has no filters)"):
            answer(edition, [name], code, MONTH, where={by: "x"}, catalog=CATALOG)


@pytest.mark.parametrize(("name", "level"), [case for case in EVERY if not METRICS[case[0]].components])
def test_rows_are_as_many_as_were_counted(edition: Edition, name: str, level: str) -> None:
    metric, code = METRICS[name], PLACES[level]
    total = answer(edition, [name], code, MONTH, catalog=CATALOG).iloc[0]
    selected = rows(edition, name, code, MONTH, catalog=CATALOG)
    assert len(selected) == count_rows(edition, name, code, MONTH, catalog=CATALOG)
    sums = metric.aggregate and metric.aggregate.sum and not metric.aggregate.per  # rows that add zero are not listed
    counts_rows = metric.quantile or metric.oldest or (metric.aggregate and not sums)
    flows = {flow.name: flow for domain in CATALOG.domains for flow in domain.flows}
    if metric.value and (metric.value not in flows or flows[metric.value].value is None):
        counts_rows = True
    if counts_rows:
        assert len(selected) == total["n"]
    if metric.concentration:
        counted = [count_rows(edition, name, code, MONTH, part=part, catalog=CATALOG) for part in PARTS]
        over, per = (0 if pd.isna(total[part]) else total[part] for part in ("numerator", "denominator"))
        assert counted == [over, per, per - over]
    for part in PARTS:
        if part in metric.parts:
            rows(edition, name, code, MONTH, part=part, search="系统", limit=5, catalog=CATALOG)
        else:
            with pytest.raises(MetricsError, match=f"has no {part}"):
                rows(edition, name, code, MONTH, part=part, catalog=CATALOG)
    for column in selected.columns[-3:]:
        rows(edition, name, code, MONTH, order=column, limit=1, catalog=CATALOG)


@pytest.mark.parametrize(("name", "level"), EVERY)
def test_every_change_is_explained_by_splits_that_add_up(edition: Edition, name: str, level: str) -> None:
    explanation = why(edition, name, PLACES[level], MONTH, BEFORE, catalog=CATALOG)
    for by, moves in explanation.splits.items():
        assert by in splits(CATALOG, METRICS[name])
        if explanation.change is not None and moves:
            assert isclose(sum(move.effect for move in moves), explanation.change, abs_tol=1e-6), by


@given(
    name=st.sampled_from([name for name in METRICS if METRICS[name].domain not in ("sites", "mixed")]),
    days=st.tuples(st.dates(date(2026, 9, 20), date(2026, 11, 25)), st.integers(1, 60)),
    back=st.integers(0, 40),
)
@hypothesis(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_roll_ups_and_facts_agree_and_parts_add_up_in_every_period(
    edition: Edition, name: str, days: tuple[date, int], back: int
) -> None:
    metric, period = METRICS[name], Period(days[0], days[0] + timedelta(days=days[1]))
    level = next(level for level in PLACES if exists_at(metric, level))
    cut = datetime(2026, 11, 22, 8) - timedelta(days=back)
    for by in (None, *(by for by in ("village", "month") if by in splits(CATALOG, metric))):
        if by == "village" and not exists_at(metric, "village"):
            continue
        frames = [
            answer(edition, [name], PLACES[level], period, by=by, as_of=cut, catalog=CATALOG, rolled=rolled)
            for rolled in (True, False)
        ]
        columns = ["value", "numerator", "denominator", "n", "quality"]
        rolled, raw = (frame[frame["n"] > 0].set_index("group")[columns] for frame in frames)
        pd.testing.assert_frame_equal(rolled, raw, rtol=1e-9)
        if metric.is_additive and by == "village":
            total = answer(edition, [name], PLACES[level], period, as_of=cut, catalog=CATALOG).iloc[0]["value"]
            assert isclose(frames[0]["value"].fillna(0).sum(), 0 if pd.isna(total) else total, abs_tol=1e-6)

"""Hot spots: a planted cluster is found, chance is not, and of few cases nothing is said."""

from datetime import date, datetime
from typing import Any

import numpy as np
import pytest

from cockpit.i18n import using
from cockpit.screens.timemap.legends import sentence
from data.editions.edition import Edition
from data.editions.scoped import EVERYTHING
from data.home import Home
from metrics.catalog import load
from metrics.errors import MetricsError
from metrics.mapping.hotspots import changes, gi_star, hotspots
from metrics.mapping.layers import Layer
from metrics.period import Period
from metrics.query import Query
from tests.factory import DISTRICT, edition_of

AS_OF = datetime(2026, 11, 22, 8)
SIDE = 8
LAYER = Layer(id="hot", name={"zh": "聚集", "en": "Hot spots"}, of="hotspots")


def village(i: int) -> int:
    return 990101001200 + i + 1


def districts() -> list[dict[str, Any]]:
    """64 villages of equal population on a square grid, in one town."""
    top = {"code": DISTRICT, "name": "临江区", "level": "district"}
    town = {"code": 990101001000, "name": "北塘街道", "level": "town"}
    return [top, town] + [
        {"code": village(i), "name": f"村{i}", "level": "village", "population": 1000,
         "lon": 118 + i % SIDE / 50, "lat": 32 + i // SIDE / 50}
        for i in range(SIDE * SIDE)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Edition:
    """September: two cases everywhere. October: twenty more around village 27. November: ten cases in all."""
    cases = []
    for i in range(SIDE * SIDE):
        cases += [
            {"area": village(i), "registered_at": datetime(2026, month, 3, 9)} for month in (9, 10) for _ in (0, 1)
        ]
    cases += [
        {"area": village(at), "registered_at": datetime(2026, 10, 5 + n, 9)}
        for at in (26, 27, 28, 35)
        for n in range(20)
    ]
    cases += [{"area": village(n), "registered_at": datetime(2026, 11, 2, 9)} for n in range(10)]
    return edition_of(Home(tmp_path_factory.mktemp("hot"), memory="1GB"), cases, AS_OF, places=districts())


def query(edition: Edition, area: int = DISTRICT) -> Query:
    return Query(edition.scoped(EVERYTHING), load(), ("intake",), area, Period(date(2026, 11, 1), date(2026, 12, 1)))


def test_a_cluster_is_found_in_its_month_alone(edition: Edition) -> None:
    spots = hotspots(query(edition), "month", "village", LAYER)
    assert [bucket.start.month for bucket in spots.buckets] == [9, 10, 11]
    hot = {spots.places[i].name for i in np.flatnonzero(spots.grade[1])}
    assert {"村27", "村26", "村35"} <= hot
    assert len(hot) < 25
    assert not spots.grade[0].any()


def test_a_new_cluster_is_a_certain_rise_and_what_is_no_hot_spot_has_no_change(edition: Edition) -> None:
    spots = hotspots(query(edition), "month", "village", LAYER)
    risen = {spots.places[i].name for i in np.flatnonzero(spots.change[1] > 0)}
    assert {"村27", "村26"} <= risen
    assert not (spots.change[1] < 0).any()
    assert not spots.change[[0, 2]].any()
    assert not spots.change[1][spots.grade[1] == 0].any()
    with using("en"):
        said = [sentence(spots, i, "month") for i in range(3)]
    assert "rose around" in said[1]
    assert "rose" not in said[0] + said[2]
    assert "too few cases" in said[2]


def test_few_cases_make_no_statement(edition: Edition) -> None:
    spots = hotspots(query(edition), "month", "village", LAYER)
    assert [spots.is_known(i) for i in range(3)] == [True, True, False]
    assert not spots.grade[2].any()
    assert not hotspots(query(edition), "month", "town", LAYER).is_known(0)


def test_counts_are_those_of_the_metric(edition: Edition) -> None:
    spots = hotspots(query(edition), "month", "village", LAYER)
    assert spots.counts.sum(axis=1).tolist() == [128, 208, 10]
    one = hotspots(
        query(edition), "month", "village", LAYER.model_copy(update={"where": "registered_at::TIME > '10:00'"})
    )
    assert one.counts.sum() == 0


def test_chance_is_named_a_hot_spot_in_few_draws_only() -> None:
    """Under expectation at most one draw in twenty names any place, for few cases as well as for many."""
    rng = np.random.default_rng(7)
    points = np.array([(i % 20, i // 20) for i in range(400)])
    order = np.argsort(((points[:, None] - points[None]) ** 2).sum(axis=2), axis=1, kind="stable")[:, :9]
    share = rng.gamma(2, 1, 400)
    share /= share.sum()
    for cases in (60, 400, 2000):
        named = sum(gi_star(rng.multinomial(cases, share), share, order)[1].any() for _ in range(100))
        assert named <= 8, cases
        changed = sum(
            changes(*(rng.multinomial(cases, share) for _ in range(2)), order).any() for _ in range(100)
        )  # fmt: skip
        assert changed <= 8, cases


def test_an_area_outside_of_the_scope_is_refused(edition: Edition) -> None:
    narrow = Query(
        edition.scoped(((village(0), village(0) + 1),)), load(), ("intake",), DISTRICT, query(edition).period
    )
    with pytest.raises(MetricsError):
        hotspots(narrow, "month", "village", LAYER)

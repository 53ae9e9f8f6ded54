"""The list of reds names each thing once."""

from datetime import date, datetime
from typing import Any

import pytest

from data.editions.edition import Edition
from data.home import Home
from data.site_rules import site_rules
from metrics.analysis.reds import Red
from metrics.period import Period
from tests.asking import reds
from tests.factory import DISTRICT, TOWNS, VILLAGES, areas, deliver, published

AS_OF = datetime(2026, 11, 22, 8)
NOVEMBER = Period(date(2026, 11, 1), date(2026, 12, 1))
HOME_LIMIT = site_rules().vetoes["home_updated"].limit
OF_SITES = ("site_health", "site_pass_rate")
SITES = {"own": DISTRICT, "town": TOWNS[0], "fine": TOWNS[1]}


def visits(site: str, opened: bool) -> list[dict[str, Any]]:
    return [
        {
            "key": f"{site}-{hour}", "asset_source": "register", "asset": site, "rule": "site_open", "passed": opened,
            "checked_at": datetime(2026, 11, 21, hour),
        }
        for hour in range(20)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Edition:
    """A site of the district's own and one of a town that fail, one that does not; a unit and its area late alike."""
    home = Home(tmp_path_factory.mktemp("reds"), memory="1GB")
    areas(home)
    register = [{"key": key, "area": area, "kind": "site", "name": f"{key}网站"} for key, area in SITES.items()]
    deliver(home, "assets", register, source="register")
    checks = [check for key in SITES for check in visits(key, key == "fine")]
    deliver(home, "checks", checks, source="probe")
    late = {"registered_at": datetime(2026, 11, 2, 9), "due_at": datetime(2026, 11, 3), "unit": "区城管局"}
    cases = [{"key": f"{area}-{i}", "area": area, **late} for area in (DISTRICT, VILLAGES[0]) for i in range(30)]
    deliver(home, "cases", cases)
    return published(home, AS_OF)


def of(reds_listed: list[Red], metric: str) -> list[tuple[str, int, str]]:
    return sorted((red.kind, red.area, red.name) for red in reds_listed if red.metric == metric)


def test_a_failing_site_is_listed_by_name_and_not_again_by_its_area(edition: Edition) -> None:
    problems = reds(edition, DISTRICT, NOVEMBER)
    named = [("own", DISTRICT, ""), ("site", DISTRICT, "own网站"), ("site", DISTRICT, "town网站")]
    assert of(problems, "site_health") == named
    assert not [red for red in problems if red.metric in OF_SITES and red.kind == "below"]
    assert of(reds(edition, TOWNS[0], NOVEMBER), "site_health") == [
        ("own", TOWNS[0], ""),
        ("site", TOWNS[0], "town网站"),
    ]


def test_the_own_level_of_an_area_that_is_red_is_not_listed_again(edition: Edition) -> None:
    problems = reds(edition, DISTRICT, NOVEMBER)
    own = {red.metric for red in problems if red.kind == "own"}
    assert "on_time_rate" in own
    assert not [red for red in problems if red.kind == "below" and red.area == DISTRICT and red.metric in own]
    assert TOWNS[0] in [red.area for red in problems if red.kind == "below"], "an area below is no repeat"


def test_the_reds_of_some_metrics_are_taken_from_the_list_of_all(
    edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = reds(edition, DISTRICT, NOVEMBER)
    metrics = {red.metric for red in every}
    assert len(metrics) > 3
    monkeypatch.setattr("metrics.analysis.reds.beyond_limits", None)
    for metric in sorted(metrics):
        alone = reds(edition, DISTRICT, NOVEMBER, names=[metric])
        if metric != OF_SITES[1]:
            assert of(alone, metric) == of(every, metric)
        assert {red.metric for red in alone} == {metric}
    alone = of(reds(edition, DISTRICT, NOVEMBER, names=OF_SITES[1:]), OF_SITES[1])
    assert ("below", TOWNS[0], "") in alone, "without the sites themselves their areas say that they fail"


@pytest.mark.parametrize("area", [DISTRICT, *TOWNS, *VILLAGES])
def test_no_red_is_listed_twice(edition: Edition, area: int) -> None:
    identities = [(red.metric, red.kind, red.area, red.name, red.key) for red in reds(edition, area, NOVEMBER)]
    assert len(identities) == len(set(identities))


@pytest.fixture(scope="module")
def near(tmp_path_factory: pytest.TempPathFactory) -> Edition:
    """Two sites whose homepage was last changed one day before a veto and long before one."""
    home = Home(tmp_path_factory.mktemp("near"), memory="1GB")
    areas(home)
    ages = {"near": HOME_LIMIT - 1, "fine": 1}
    register = [
        {"key": key, "area": TOWNS[0], "kind": "site", "name": f"{key}网站", "unit": "区城管局"} for key in ages
    ]
    deliver(home, "assets", register, source="register")
    aged = [
        {
            "key": f"{key}-age", "asset_source": "register", "asset": key, "rule": "home_updated", "passed": True,
            "observed": float(age), "observed_unit": "days", "checked_at": datetime(2026, 11, 21, 9),
        }
        for key, age in ages.items()
    ]  # fmt: skip
    deliver(home, "checks", [*aged, *(check for key in ages for check in visits(key, True))], source="probe")
    return published(home, AS_OF)


def test_a_site_one_day_before_a_veto_is_listed_with_the_days_left(near: Edition) -> None:
    for area in (DISTRICT, TOWNS[0]):
        listed = [red for red in reds(near, area, NOVEMBER) if red.of_site]
        assert [(red.kind, red.name, red.rules, red.left) for red in listed] == [
            ("near", "near网站", ("home_updated",), 1)
        ]
        assert listed[0].of_unit("区城管局")
        assert not listed[0].of_unit("区住建局")
        assert not listed[0].makes_headline


def test_a_site_near_a_veto_is_not_listed_for_a_period_that_is_over(near: Edition) -> None:
    assert not [red for red in reds(near, DISTRICT, Period(date(2026, 10, 1), date(2026, 11, 1))) if red.of_site]

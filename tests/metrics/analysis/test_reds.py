"""The list of reds names each thing once."""

from datetime import date, datetime
from typing import Any

import pytest

from data.editions.edition import Edition
from data.home import Home
from metrics.analysis.reds import Red
from metrics.period import Period
from tests.asking import reds
from tests.factory import DISTRICT, TOWNS, VILLAGES, areas, deliver, published

AS_OF = datetime(2026, 11, 22, 8)
NOVEMBER = Period(date(2026, 11, 1), date(2026, 12, 1))
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


@pytest.mark.parametrize("area", [DISTRICT, *TOWNS, *VILLAGES])
def test_no_red_is_listed_twice(edition: Edition, area: int) -> None:
    identities = [(red.metric, red.kind, red.area, red.name, red.key) for red in reds(edition, area, NOVEMBER)]
    assert len(identities) == len(set(identities))

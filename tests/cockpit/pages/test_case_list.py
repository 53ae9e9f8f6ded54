"""From a list to a case, to the next case, and back to the same page of the list."""

from typing import Any
from urllib.parse import parse_qsl

import pytest

from cockpit import settings
from cockpit.access import guard
from tests.cockpit.conftest import session_of
from tests.cockpit.pages.conftest import Screen, drawn, parameters
from tests.factory import TOWNS, VILLAGES

DISTRICT = VILLAGES[0] // 10**6 * 10**6


def opened(screen: Screen, **requested: object) -> list[dict[str, str]]:
    """The parameters of the cases that a page of rows leads to, in its order."""
    table = drawn(screen("rows", **requested), "table")[0]
    return [parameters(row[0]["href"]) for row in table["rows"]]


def way(screen: Screen, case: dict[str, str]) -> dict[str, Any]:
    return drawn(screen("case", **case), "listnav")[0]


def test_case_links_to_the_next_in_the_sorted_and_filtered_list(screen: Screen) -> None:
    list_address = {"metric": "backlog", "category": "路灯照明", "sort": "-unit", "q": "件"}
    cases = opened(screen, **list_address)
    passed, here = [cases[0]["key"]], way(screen, cases[0])
    assert (here["place"], here["previous"]) == (f"第 1 件，共 {len(cases)} 件", "")
    for _step in range(2):
        there = parameters(here["next"])
        passed.append(there["key"])
        here = way(screen, there)
    assert passed == [case["key"] for case in cases[:3]]
    assert parameters(here["previous"])["key"] == passed[1]
    assert {name: parameters(here["back"]).get(name) for name in list_address} == list_address


def test_back_link_opens_the_list_page_with_the_case(screen: Screen) -> None:
    list_address = {"metric": "intake", "from_": "2026-10-01", "to": "2026-11-23"}
    second = opened(screen, **list_address, page=2)
    here = way(screen, second[0])
    assert here["place"] == "第 51 件，共 130 件"
    assert parameters(here["back"])["page"] == "2"
    before = parameters(here["previous"])
    assert "page" not in dict(parse_qsl(before["list"]))
    assert "page" not in parameters(way(screen, before)["back"])


@pytest.mark.parametrize(
    "address",
    [
        "", "nonsense", "metric=nothing", "metric=backlog&part=middle", "metric=backlog&area=123",
        "metric=site_pass_rate",
        "metric=backlog&edition=20200101-000000-0000", "metric=three_rate_score", "metric=backlog&age=9-1",
        f"metric=backlog&q={'x' * 7000}", "/login?next=http://elsewhere", "metric=backlog&report=R20200101-00000000",
    ],
)  # fmt: skip
def test_address_of_no_case_list_has_no_navigation(screen: Screen, address: str) -> None:
    page = screen("case", source="hotline", key="H003", list=address)
    assert drawn(page, "timeline")
    assert not drawn(page, "listnav")


def test_case_that_left_the_list_links_back_to_it(screen: Screen) -> None:
    here = way(screen, {"source": "hotline", "key": "H001", "list": "metric=backlog"})
    assert (here["place"], here["previous"], here["next"]) == ("已不在该列表中", "", "")
    assert here["back"] == "/rows?metric=backlog"


def test_a_list_of_other_areas_is_not_followed(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "token", lambda: session_of(settings.current().desk_url, ("official",), TOWNS[0]))
    case = {"source": "hotline", "key": "H000"}
    for area, shown in ((DISTRICT, False), (TOWNS[1], False), (TOWNS[0], True)):
        page = screen("case", **case, list=f"metric=backlog&area={area}")
        assert bool(drawn(page, "listnav")) is shown, area

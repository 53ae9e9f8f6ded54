"""Alert rules over sites and sources: a veto, a site near one, and a source that is silent, each by name or all."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from data.editions.edition import Edition
from data.home import Home
from metrics.alerting.rules import Rule
from metrics.alerting.signals import signals
from metrics.catalog import load
from tests.factory import DISTRICT, TOWNS, areas, deliver, published

AS_OF = datetime(2026, 11, 22, 8)
CHECKS = 200
DOWN = {"down": 40, "near": 9, "good": 0}
"""Failed visits of each site; a veto is at more than one in twenty."""


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edition]:
    home = Home(tmp_path_factory.mktemp("signals"), memory="1GB")
    areas(home)
    sites = [{"key": key, "area": TOWNS[0], "kind": "site", "name": f"网站 {key}"} for key in DOWN]
    deliver(home, "assets", sites, source="register")
    checks = [
        {
            "key": f"{site}{n}", "asset_source": "register", "asset": site, "rule": "site_open", "passed": n >= down,
            "checked_at": datetime(2026, 11, 21) + timedelta(minutes=7 * n),
        }
        for site, down in DOWN.items()
        for n in range(CHECKS)
    ]  # fmt: skip
    deliver(home, "checks", checks, source="probe", cycle_days=30)
    for source, day in (("old", 1), ("new", 21)):
        case = {"key": "1", "area": TOWNS[0], "registered_at": datetime(2026, 11, day, 9)}
        deliver(home, "cases", [case | {"updated_at": case["registered_at"]}], source=source, cycle_days=2)
    opened = published(home, AS_OF)
    yield opened
    opened.close()


def found(edition: Edition, over: str, when: str, **fields: object) -> list[tuple[int, str]]:
    name = {"zh": "规则", "en": "Rule"}
    rule = Rule.model_validate({"id": "one", "name": name, "over": over, "when": when} | fields)
    return [(s.subject.area, s.subject.key or s.subject.name) for s in signals(edition, load(), {"one": rule})]


def test_a_site_under_veto_and_one_near_it_fire_apart(edition: Edition) -> None:
    assert found(edition, "sites", "veto") == [(TOWNS[0], "down")]
    assert found(edition, "sites", "near_veto") == [(TOWNS[0], "near")]
    assert found(edition, "sites", "veto", names=["网站 near"]) == []
    assert found(edition, "sites", "veto", within=[TOWNS[1]]) == []


def test_a_source_without_a_delivery_for_two_cycles_is_silent(edition: Edition) -> None:
    assert (DISTRICT, "old") in found(edition, "sources", "silent")
    assert (DISTRICT, "new") not in found(edition, "sources", "silent")
    assert found(edition, "sources", "silent", names=["old"]) == [(DISTRICT, "old")]

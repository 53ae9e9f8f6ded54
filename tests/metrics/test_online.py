"""WS07 to WS09, the vetoes of service guides and messages, and dismissed findings."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from data.home import Home
from metrics.answer import NO_DATA
from metrics.period import Period
from tests.asking import answer, rows
from tests.factory import DISTRICT, TOWNS, deliver, edition_of, published
from tests.metrics.test_sites import AS_OF, NOVEMBER, SITE, found, verdict, visits


def items(*elements: int | None, parent: str | None = "site") -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Service items of the site and the checks of their guides; None: registered, not tested."""
    assets = [
        {"key": f"item{i}", "kind": "service_item", "parent": parent, "name": f"item{i}", "area": DISTRICT}
        for i in range(len(elements))
    ]
    checks = [
        found(f"item{i}", "guide_elements", element, passed=element == 8)
        for i, element in enumerate(elements)
        if element is not None
    ]
    return assets, checks


@pytest.mark.parametrize(
    ("elements", "vetoed"),
    [
        ([4, 4, 4, 4, 8, 8], False), ([4, 4, 4, 4, 4, 8], True), ([5, 5, 5, 5, 5, 5], False), ([4, 4, 4], True),
        ([4, 4, 5], False), ([8], False), ([0, 0, 0, 0], True),
    ],
    ids=["four guides", "five guides", "three classes missing", "fewer than five, all", "fewer than five, not all",
         "whole", "pages that do not open"],
)  # fmt: skip
def test_guides_without_four_classes_are_a_veto_from_five_on(home: Home, elements: list[int], vetoed: bool) -> None:
    assets, checks = items(*elements)
    site = verdict(home, [*visits(0), *checks], assets)
    assert list(site["vetoes"]) == (["guides"] if vetoed else [])


@pytest.mark.parametrize(("late", "vetoed"), [(0, False), (1, True)])
def test_messages_that_the_pages_show_unanswered_are_a_veto(home: Home, late: int, vetoed: bool) -> None:
    site = verdict(home, [*visits(0), found("site", "messages_unanswered", late, passed=not late)])
    assert (site["unanswered"], list(site["vetoes"])) == (late, ["unanswered"] if vetoed else [])


def test_guides_complete_are_those_with_all_eight_classes(home: Home) -> None:
    """What was tested counts before what the register says; what nobody says anything of does not count."""
    assets, checks = items(8, 7, None, None, None, parent=None)
    assets[0]["guide_elements"], assets[2]["guide_elements"], assets[3]["guide_elements"] = 0b1111, 255, 254
    edition = edition_of(home, [], AS_OF, assets=assets, checks=checks)
    row = answer(edition, ["guide_complete_rate"], DISTRICT, NOVEMBER).iloc[0]
    assert (row["numerator"], row["denominator"], row["value"]) == (2, 4, 50.0)
    missing = rows(edition, "guide_complete_rate", DISTRICT, NOVEMBER, part="rest")
    assert list(missing["key"]) == ["item1", "item3"]
    assert list(missing["elements"]) == [7, 7]


def test_functions_usable_are_those_that_answered_last(home: Home) -> None:
    names = ("works", "mended", "broken", "old")
    assets = [{"key": key, "kind": "function", "name": key, "area": DISTRICT} for key in names]
    yesterday = {"checked_at": AS_OF - timedelta(days=1)}
    checks = [
        found("works", "function_answers", 0.4),
        found("mended", "function_answers", 0.4),
        {**found("mended", "function_answers", 15, passed=False), **yesterday, "key": "mended before"},
        found("broken", "function_answers", 15, passed=False),
        {**found("broken", "function_answers", 0.3), **yesterday, "key": "broken before"},
        {**found("old", "function_answers", 15, passed=False), "checked_at": AS_OF - timedelta(days=15)},
    ]
    edition = edition_of(home, [], AS_OF, assets=assets, checks=checks)
    row = answer(edition, ["functions_usable_rate"], DISTRICT, NOVEMBER).iloc[0]
    assert (row["numerator"], row["denominator"]) == (2, 3)
    assert list(rows(edition, "functions_usable_rate", DISTRICT, NOVEMBER, part="rest")["key"]) == ["broken"]


def test_messages_on_time_are_those_answered_by_their_deadline(home: Home) -> None:
    due = datetime(2026, 11, 10, 17)
    message = {"kind": "message", "area": TOWNS[0], "registered_at": datetime(2026, 11, 3), "due_at": due}
    cases = [
        {**message, "closed_at": due},
        {**message, "closed_at": due + timedelta(seconds=1)},
        message,
        {**message, "closed_at": due, "close_kind": "void"},
        {**message, "closed_at": due, "deferred": True},
        {**message, "due_at": datetime(2026, 11, 30)},
        {**message, "kind": "hotline", "closed_at": due},
    ]
    edition = edition_of(home, cases, AS_OF)
    row = answer(edition, ["message_on_time_rate"], TOWNS[0], NOVEMBER).iloc[0]
    assert (row["numerator"], row["denominator"]) == (1, 3)
    assert answer(edition, ["message_on_time_rate"], TOWNS[1], NOVEMBER).iloc[0]["quality"] == NO_DATA
    assert len(rows(edition, "message_on_time_rate", TOWNS[0], NOVEMBER, part="rest")) == 2


# --- findings that were dismissed ---------------------------------------------------------------------------------


def dismissal(rule: str, *, days: int = 14, holds: int = 0, asset: str = "site", **more: Any) -> dict[str, Any]:
    """A decision of this morning that failed checks of the last `days` days do not count."""
    return {
        "key": f"{asset}-{rule}", "asset_source": "assets_source", "asset": asset, "rule": f"dismissed:{rule}",
        "checked_at": AS_OF - timedelta(hours=1), "window_days": days, "observed": holds, "passed": True,
        "evidence": "已公告停机检修", "checker": "督查", "method": "manual", **more,
    }  # fmt: skip


def verdict_of(home: Home, checks: list[dict[str, Any]], *decisions: dict[str, Any], at: datetime = AS_OF) -> Any:
    edition_of(home, [], AS_OF, assets=[SITE], checks=checks)
    deliver(home, "checks", list(decisions), source="findings")
    month = Period(date(2026, 11, 1), date(2026, 12, 1))
    return rows(published(home, at), "site_health", DISTRICT, month).iloc[0]


def test_dismissed_visits_are_no_visits(home: Home) -> None:
    site = verdict_of(home, visits(7), dismissal("site_open", days=7))
    assert (site["visits"], site["down"], list(site["vetoes"])) == (133, 0, [])


def test_a_dismissal_reaches_back_as_far_as_it_says(home: Home) -> None:
    """Visits fail every 70 minutes from an hour ago on: of seven, a day holds all, none lies before."""
    late = [{**visit, "checked_at": visit["checked_at"] - timedelta(days=2)} for visit in visits(7)]
    assert list(verdict_of(home, late, dismissal("site_open", days=1))["vetoes"]) == ["site_open"]


def test_a_dismissed_state_does_not_count_and_an_older_one_does_not_return(home: Home) -> None:
    yesterday = {"checked_at": AS_OF - timedelta(days=1, hours=2), "key": "yesterday"}
    old = {**found("site", "home_updated", 14, passed=False), **yesterday}
    new = found("site", "home_updated", 15, passed=False)
    site = verdict_of(
        home, [*visits(0), old, new], dismissal("home_updated", days=0, holds=1, checked_at=new["checked_at"])
    )
    assert list(site["vetoes"]) == []


def test_a_dismissal_taken_back_counts_again(home: Home) -> None:
    site = verdict_of(home, [*visits(0), found("site", "home_updated", 15, passed=False)],
                  dismissal("home_updated", passed=False))  # fmt: skip
    assert list(site["vetoes"]) == ["home_updated"]


@pytest.mark.parametrize(("holds", "vetoes"), [(0, ["home_updated"]), (3, [])])
def test_later_finding_counts_unless_the_dismissal_still_applies(home: Home, holds: int, vetoes: list[str]) -> None:
    later = {
        **found("site", "home_updated", 17, passed=False),
        "checked_at": AS_OF + timedelta(days=2),
        "key": "later",
    }
    checks = [*visits(0), found("site", "home_updated", 15, passed=False), later]
    site = verdict_of(home, checks, dismissal("home_updated", holds=holds), at=AS_OF + timedelta(days=2, hours=1))
    assert list(site["vetoes"]) == vetoes


def test_editions_before_the_decision_are_unchanged(home: Home) -> None:
    """As of a time before it was decided, the finding counted."""
    checks = [*visits(0), found("site", "home_updated", 15, passed=False)]
    site = verdict_of(home, checks, dismissal("home_updated"), at=AS_OF - timedelta(hours=1, minutes=1))
    assert list(site["vetoes"]) == ["home_updated"]


def test_dismissed_guides_and_functions_do_not_count(home: Home) -> None:
    assets, checks = items(8, 5, parent=None)
    assets.append({"key": "f", "kind": "function", "name": "f", "area": DISTRICT})
    checks.append(found("f", "function_answers", 15, passed=False))
    edition_of(home, [], AS_OF, assets=assets, checks=checks)
    deliver(home, "checks", [dismissal("guide_elements", asset="item1"), dismissal("function_answers", asset="f")],
            source="findings")  # fmt: skip
    edition = published(home, AS_OF)
    assert answer(edition, ["guide_complete_rate"], DISTRICT, NOVEMBER).iloc[0]["value"] == 100
    assert answer(edition, ["functions_usable_rate"], DISTRICT, NOVEMBER).iloc[0]["quality"] == NO_DATA


def test_a_dismissed_deduction_costs_nothing(home: Home) -> None:
    lost = found("site", "deduction:policy", 1, passed=False, points=5.0)
    assert verdict_of(home, [*visits(0), lost], dismissal("deduction:policy"))["score"] == 100

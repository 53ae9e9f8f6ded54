"""Decisions of the desk become checks of a source of their own, and the deductions cost what the table says."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from data.desk import deductions as table
from data.desk import findings
from data.desk.deductions import Deduction
from data.desk.errors import Refused
from data.desk.store import Desk, open_desk
from data.home import Home
from data.probe import decisions
from data.probe.deductions import deductions
from tests.factory import AREAS, DISTRICT, areas, deliver, published

AS_OF = datetime(2026, 11, 22, 8)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return open_desk(f"sqlite:///{tmp_path / 'desk.sqlite'}")


def decide(desk: Desk, **more: Any) -> int:
    fields = {"source": "register", "asset": "site", "rule": "site_open", "choice": "dismissed", "note": "停机检修",
            "at": AS_OF, "who": "督查", **more}  # fmt: skip
    return findings.decide(desk, **fields)


def test_a_decision_is_kept_with_its_note_and_can_be_taken_back(desk: Desk) -> None:
    number = decide(desk, holds=7)
    frame = findings.listing(desk, "register", ["site"])[0]
    assert (frame.id, frame.note, frame.window, frame.taken_back_at) == (number, "停机检修", 7, None)
    assert frame.covers(AS_OF - timedelta(days=7))
    assert frame.covers(AS_OF + timedelta(days=7))
    assert not frame.covers(AS_OF - timedelta(days=7, seconds=1))
    assert not frame.covers(AS_OF + timedelta(days=7, seconds=1))
    assert findings.take_back(desk, number).taken_back_at
    with pytest.raises(Refused, match="withdrawn before"):
        findings.take_back(desk, number)
    assert findings.listing(desk, "register", ["other"]) == []


@pytest.mark.parametrize(("more", "expected"), [({"note": " "}, "reason in a note"), ({"holds": 5}, "holds on for")])
def test_a_decision_without_a_note_is_refused(desk: Desk, more: dict[str, Any], expected: str) -> None:
    with pytest.raises(Refused, match=expected):
        decide(desk, **more)
    with pytest.raises(Refused, match="no decision 99"):
        findings.take_back(desk, 99)


def test_decisions_are_one_more_source(home: Home, desk: Desk) -> None:
    assert decisions.deliver(home, findings.listing(desk)) is None
    areas(home, AREAS)
    deliver(home, "assets", [{"key": "site", "kind": "site", "name": "s", "area": DISTRICT}], source="register")
    number = decide(desk, holds=30)
    first = decisions.deliver(home, findings.listing(desk))
    again = decisions.deliver(home, findings.listing(desk))
    assert first
    assert again
    assert (first.status, again.status) == ("accepted", "already loaded")
    sql = "SELECT source, rule, passed, window_days, observed, evidence, checker, area FROM checks"
    row = published(home, AS_OF + timedelta(days=1)).cursor().execute(sql).fetchall()
    assert row == [("findings", "dismissed:site_open", True, 7, 30.0, "停机检修", "督查", DISTRICT)]
    findings.take_back(desk, number)
    decisions.deliver(home, findings.listing(desk))
    assert published(home, AS_OF + timedelta(days=1)).cursor().execute(sql).fetchall()[0][2] is False


def probed(
    home: Home, *checks: tuple[str, str, bool, float], decided: str = "", at: datetime = AS_OF - timedelta(hours=1)
) -> Any:
    """An edition with a site of three columns and these checks of the prober: asset, rule, passed, observed."""
    areas(home, AREAS)
    columns = (("policy", "政策文件", "policy"), ("stats", "办事统计", "other"), ("mail", "留言答复公开", "other"))
    assets: list[dict[str, Any]] = [{"key": "site", "kind": "site", "name": "s", "area": DISTRICT}]
    assets += [
        {"key": key, "kind": "column", "parent": "site", "name": name, "column_kind": kind, "area": DISTRICT}
        for key, name, kind in columns
    ]
    deliver(home, "assets", assets, source="register")
    rows = [
        {"key": f"{asset}/{rule}", "asset_source": "register", "asset": asset, "rule": rule, "passed": passed,
         "observed": float(observed), "checked_at": AS_OF - timedelta(hours=2)}
        for asset, rule, passed, observed in checks
    ]  # fmt: skip
    deliver(home, "checks", rows, source="prober")
    if decided:
        row = {**rows[0], "rule": f"dismissed:{decided}", "passed": True, "window_days": 14, "key": "f",
               "checked_at": at}  # fmt: skip
        deliver(home, "checks", [row], source="findings")
    return published(home, AS_OF)


def lost(edition: Any, entries: list[Deduction]) -> dict[str, float | None]:
    return {check.rule.removeprefix("deduction:"): check.points for check in deductions(edition, entries, AS_OF)}


@pytest.mark.parametrize(
    ("policy", "stats", "mail", "expected"),
    [
        (184, 92, 61, {"policy_files": 0, "statistics": 0, "replies": 0}),
        (185, 93, 62, {"policy_files": 5, "statistics": 2, "replies": 3}),
    ],
    ids=["to the day", "a day more"],
)
def test_the_three_confirmed_deductions_at_their_limits(
    home: Home, desk: Desk, policy: int, stats: int, mail: int, expected: dict[str, float]
) -> None:
    """6, 3 and 2 calendar months before 22 November 2026 are 184, 92 and 61 days."""
    ages = (("policy", policy), ("stats", stats), ("mail", mail))
    edition = probed(home, *((key, "column_updated", True, float(age)) for key, age in ages))
    assert lost(edition, table.listing(desk)) == expected


def test_other_entries_count_when_they_are_enabled(home: Home, desk: Desk) -> None:
    edition = probed(home, ("site", "ipv6", False, 0), ("site", "https", True, 0))
    assert "ipv6" not in lost(edition, table.listing(desk))
    entries = {entry.name: entry for entry in table.listing(desk)}
    table.save(desk, replace(entries["ipv6"], points=2.5, enabled=True))
    table.save(desk, replace(entries["https"], points=1.0, enabled=True))
    deducted = lost(edition, table.listing(desk))
    assert (deducted["ipv6"], deducted["https"]) == (2.5, 0.0)


def test_dismissed_finding_costs_no_points_and_a_later_one_does(home: Home, tmp_path: Path) -> None:
    entry = Deduction("ipv6", "IPv6", "t", "ipv6", points=2.5, enabled=True)
    assert lost(probed(home, ("site", "ipv6", False, 0), decided="ipv6"), [entry]) == {}
    later = Home(tmp_path / "later", memory="1GB")
    before = AS_OF - timedelta(days=3)
    assert lost(probed(later, ("site", "ipv6", False, 0), decided="ipv6", at=before), [entry]) == {"ipv6": 2.5}

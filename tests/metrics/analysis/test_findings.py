"""Findings of site checks: the newest of each rule, without dismissed ones."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from data.editions.edition import Edition
from data.home import Home
from metrics.analysis.findings import COLUMNS, findings
from metrics.period import Period
from metrics.scope import OutOfScope
from tests.asking import scoped
from tests.factory import DISTRICT, TOWNS, areas, deliver, published

AS_OF = datetime(2026, 11, 22, 8)
NOVEMBER = Period(date(2026, 11, 1), date(2026, 12, 1))


def check(asset: str, rule: str, days: float, passed: bool, **more: Any) -> dict[str, Any]:
    at = AS_OF - timedelta(days=days)
    fields = {"key": f"{asset}/{rule}/{days}", "asset_source": "sites", "asset": asset, "rule": rule, "checked_at": at}
    return {"observed": 1.0, "observed_unit": "秒", "veto": False, "window_days": 1, **fields, "passed": passed, **more}


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Edition:
    home = Home(tmp_path_factory.mktemp("findings"), memory="1GB")
    areas(home)
    site = {"kind": "site", "area": TOWNS[0], "unit": "区住建局"}
    column = {"kind": "column", "area": TOWNS[0], "parent": "s1", "key": "c1", "name": "工作动态"}
    deliver(
        home, "assets", [{**site, "key": "s1", "name": "一网"}, {**site, "key": "s2", "name": "二网"}, column], "sites"
    )
    rows = [
        check("s1", "site_open", 3, False, evidence="shot-3.png", observed=20.0),
        check("s1", "site_open", 2, True, evidence="shot-2.png"),
        check("s1", "site_open", 20, False, evidence="too old"),
        check("c1", "column_items", 4, False, observed=0.0, veto=True, evidence="old.html"),
        check("c1", "column_items", 1, False, observed=0.0, veto=True, evidence="new.html"),
        check("s2", "home_updated", 1, False, observed=30.0),
    ]
    deliver(home, "checks", rows, "monitor")
    dismissed = check("s2", "dismissed:home_updated", 0.5, True, window_days=3, observed=30.0)
    deliver(home, "checks", [dismissed], "findings")
    return published(home, AS_OF)


def test_each_rule_has_one_row_with_its_failure_count(edition: Edition) -> None:
    frame = findings(scoped(edition), DISTRICT, NOVEMBER)
    assert tuple(frame.columns) == COLUMNS
    by_rule = {(row.site, row.name, row.rule): row for row in frame.itertuples()}
    visits = by_rule["一网", "一网", "site_open"]
    assert (visits.checks, visits.failed, visits.evidence, visits.observed) == (2, 1, "shot-3.png", 20.0)
    items = by_rule["一网", "工作动态", "column_items"]
    assert (items.checks, items.failed, items.evidence, items.veto, items.passed) == (2, 2, "new.html", True, False)


def test_dismissed_check_is_no_finding(edition: Edition) -> None:
    assert "二网" not in set(findings(scoped(edition), DISTRICT, NOVEMBER)["site"])


def test_only_failed_leaves_out_what_passed(edition: Edition) -> None:
    frame = findings(scoped(edition), TOWNS[0], NOVEMBER, only_failed=True)
    assert not frame["passed"].any()


def test_the_findings_of_others_are_refused(edition: Edition) -> None:
    with pytest.raises(OutOfScope):
        findings(edition.scoped(((TOWNS[1], TOWNS[1] + 1000),)), TOWNS[0], NOVEMBER)

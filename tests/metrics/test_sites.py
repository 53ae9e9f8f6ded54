"""The veto rules of the website check, at their exact limits."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from data.home import Home
from metrics.answer import NO_DATA
from metrics.catalog import load
from metrics.period import Period
from metrics.thresholds import GREEN, NONE, RED
from tests.asking import answer, reds, rows, states
from tests.factory import DISTRICT, TOWNS, edition_of

AS_OF = datetime(2026, 11, 22, 8)
NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 23))
SITE = {"key": "site", "kind": "site", "name": "区政府门户", "area": DISTRICT}


def visits(down: int, of: int = 140) -> list[dict[str, Any]]:
    """`of` spaced visits over the last week, the first `down` of them failed."""
    return [
        {
            "key": f"visit{i}",
            "asset_source": "assets_source",
            "asset": "site",
            "rule": "site_open",
            "checked_at": AS_OF - timedelta(minutes=(i + 1) * 70),
            "observed": 15.0 if i < down else 0.8,
            "passed": i >= down,
        }
        for i in range(of)
    ]


def found(asset: str, rule: str, observed: float, passed: bool = True, **more: Any) -> dict[str, Any]:
    return {
        "key": f"{asset}-{rule}",
        "asset_source": "assets_source",
        "asset": asset,
        "rule": rule,
        "checked_at": AS_OF - timedelta(hours=2),
        "observed": observed,
        "passed": passed,
        **more,
    }


def columns(*ages: tuple[str, float | None]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Columns of the site and their checks: (kind, days since the newest item; None = blank)."""
    assets, checks = [], []
    for i, (kind, age) in enumerate(ages):
        key = f"column{i}"
        limit = {"must_update_days": 30} if kind == "other" else {}
        assets.append(
            {
                "key": key,
                "kind": "column",
                "parent": "site",
                "name": key,
                "area": DISTRICT,
                "column_kind": kind,
                **limit,
            }
        )
        checks.append(found(key, "column_items", 0 if age is None else 12))
        if age is not None:
            checks.append(found(key, "column_updated", age))
    return assets, checks


def verdict(
    home: Home, checks: Sequence[dict[str, Any]], assets: Sequence[dict[str, Any]] = (), **more: Any
) -> pd.Series:
    edition = edition_of(home, more.get("cases", []), AS_OF, assets=[SITE, *assets], checks=list(checks))
    return rows(edition, "site_health", DISTRICT, NOVEMBER).iloc[0]


@pytest.mark.parametrize(("down", "vetoed"), [(6, False), (7, True)])
def test_five_percent_of_visits_is_a_veto_and_six_of_140_is_not(home: Home, down: int, vetoed: bool) -> None:
    site = verdict(home, visits(down))
    assert list(site["vetoes"]) == (["site_open"] if vetoed else [])
    assert site["score"] == (0 if vetoed else 100)


@pytest.mark.parametrize(("days", "vetoed"), [(13, False), (14, True)])
def test_home_page_not_updated_for_two_weeks_is_a_veto(home: Home, days: int, vetoed: bool) -> None:
    site = verdict(home, [*visits(0), found("site", "home_updated", days)])
    assert site["home_age"] == days
    assert bool(len(site["vetoes"])) is vetoed


def test_five_stale_notices_are_a_veto_and_four_blank_columns_are_not(home: Home) -> None:
    """Notices go stale after six months, blank columns veto from five on: the veto is of the first rule alone."""
    assets, checks = columns(*[("notice", 190)] * 5, *[("news", None)] * 4)
    site = verdict(home, [*visits(0), *checks], assets)
    assert list(site["vetoes"]) == ["stale_listed"]
    assert (site["stale_listed"], site["blank"]) == (5, 4)


def test_news_and_notices_count_together_and_each_by_its_own_limit(home: Home) -> None:
    assets, checks = columns(("news", 15), ("news", 13), ("policy", 190), ("notice", 170), ("other", 31), ("other", 29))
    site = verdict(home, [*visits(0), *checks], assets)
    assert (site["stale_listed"], site["stale_other"]) == (2, 1)
    assert list(site["vetoes"]) == []


def test_five_blank_columns_are_a_veto(home: Home) -> None:
    assets, checks = columns(*[("other", None)] * 5)
    assert list(verdict(home, [*visits(0), *checks], assets)["vetoes"]) == ["blank"]


def test_ten_other_stale_columns_are_a_veto(home: Home) -> None:
    assets, checks = columns(*[("other", 40)] * 10)
    assert list(verdict(home, [*visits(0), *checks], assets)["vetoes"]) == ["stale_other"]


@pytest.mark.parametrize(
    ("registered", "as_of", "vetoed"),
    [
        (datetime(2025, 5, 1), datetime(2025, 8, 1), False),
        (datetime(2025, 5, 1), datetime(2025, 8, 2), True),
        (datetime(2025, 2, 1), datetime(2025, 5, 2), True),
    ],
    ids=["three months to the day", "a day more", "ninety days that are three calendar months and a day"],
)
def test_a_message_open_for_more_than_three_calendar_months_is_a_veto(
    home: Home, registered: datetime, as_of: datetime, vetoed: bool
) -> None:
    visit = {**visits(0)[0], "checked_at": as_of - timedelta(hours=1)}
    message = {"kind": "message", "registered_at": registered, "asset": "site"}
    edition = edition_of(home, [message], as_of, assets=[SITE], checks=[visit])
    period = Period(registered.date(), as_of.date() + timedelta(days=1))
    selected = rows(edition, "site_health", DISTRICT, period).iloc[0]
    assert list(selected["vetoes"]) == (["unanswered"] if vetoed else [])


def test_deductions_lower_the_score(home: Home) -> None:
    lost = [found("site", "deduction:policy", 1, passed=False, points=5.0)]
    assert verdict(home, [*visits(0), *lost])["score"] == 95


def test_a_score_below_60_fails(home: Home) -> None:
    lost = [found("site", f"deduction:{i}", 1, passed=False, points=20.5) for i in range(2)]
    site = verdict(home, [*visits(0), *lost])
    assert (site["score"], site["passed"]) == (59, False)


def test_a_score_of_60_passes(home: Home) -> None:
    lost = [found("site", "deduction:a", 1, passed=False, points=40.0)]
    site = verdict(home, [*visits(0), *lost])
    assert (site["score"], site["passed"]) == (60, True)


def test_sites_sum_up_by_town_and_district(home: Home) -> None:
    town_site = {**SITE, "key": "town", "area": TOWNS[0]}
    checks = [*visits(7), *({**check, "key": f"t{check['key']}", "asset": "town"} for check in visits(0))]
    edition = edition_of(home, [], AS_OF, assets=[SITE, town_site], checks=checks)
    names = ["site_pass_rate", "site_health", "site_down_share"]
    frame = answer(edition, names, DISTRICT, NOVEMBER)
    assert frame["value"].round(2).tolist() == [50.0, 50.0, 2.5]
    assert answer(edition, names, TOWNS[0], NOVEMBER)["value"].tolist() == [100.0, 100.0, 0.0]
    assert set(answer(edition, names, TOWNS[1], NOVEMBER)["quality"]) == {NO_DATA}
    by_town = answer(edition, ["site_health"], DISTRICT, NOVEMBER, by="town")
    assert dict(zip(by_town["group"], by_town["n"], strict=True)) == {
        str(TOWNS[0]): 1,
        str(TOWNS[1]): 0,
        str(DISTRICT): 1,
    }


def test_site_health_is_red_where_a_site_fails_however_high_the_mean(home: Home) -> None:
    towns = [{**SITE, "key": f"town{i}", "area": TOWNS[0]} for i in range(9)]
    checks = [
        *visits(7),
        *(
            {**check, "key": f"{town['key']}{check['key']}", "asset": town["key"]}
            for town in towns
            for check in visits(0)
        ),
    ]
    edition = edition_of(home, [], AS_OF, assets=[SITE, *towns], checks=checks)
    frame = answer(edition, ["site_health"], DISTRICT, NOVEMBER)
    assert frame["value"].tolist() == [90.0]
    assert states(edition, frame, NOVEMBER) == [RED]
    by_town = answer(edition, ["site_health"], DISTRICT, NOVEMBER, by="town")
    by_group = dict(zip(by_town["group"], states(edition, by_town, NOVEMBER, by="town"), strict=True))
    assert by_group == {str(TOWNS[0]): GREEN, str(TOWNS[1]): NONE, str(DISTRICT): RED}
    own = {red.metric for red in reds(edition, DISTRICT, NOVEMBER) if red.kind == "own"}
    assert "site_health" in own


def test_site_metrics_do_not_exist_in_villages() -> None:
    assert all("village" not in metric.levels for metric in load().metrics.values() if metric.domain == "sites")

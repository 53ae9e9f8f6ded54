"""The worst problem: its conditions, since when it is red, and the responsible unit."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.editions.edition import Edition
from data.home import Home
from metrics.analysis.compare import Comparison
from metrics.analysis.headline import Headline, Holder, headline, holder, holders
from metrics.analysis.severity import LEAST_AFFECTED, severity
from metrics.period import Period
from tests.asking import query_of, reds
from tests.factory import DISTRICT, TOWNS, VILLAGES, areas, deliver, published

AS_OF = datetime(2026, 11, 22, 8)
NOVEMBER = Period(date(2026, 11, 1), date(2026, 12, 1))
TIMES, COUNTS, DAYS = st.floats(1, 8), st.integers(1, 10**6), st.integers(0, 60)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    opened_home = Home(tmp_path, memory="1GB")
    areas(opened_home)
    return opened_home


def case(key: str, area: int = VILLAGES[0], **more: Any) -> dict[str, Any]:
    return {"key": key, "area": area, "registered_at": datetime(2026, 9, 1), **more}


def edition_of(home: Home, cases: list[dict[str, Any]]) -> Edition:
    deliver(home, "cases", cases)
    return published(home, AS_OF)


def worst(edition: Edition, area: int = DISTRICT, *metrics: str) -> Headline | None:
    return headline(query_of(edition, metrics, area, NOVEMBER))


@given(TIMES, COUNTS, DAYS, TIMES, COUNTS, DAYS)
def test_severity_is_monotonic(b1: float, c1: int, d1: int, b2: float, c2: int, d2: int) -> None:
    less = severity(min(b1, b2), min(c1, c2), min(d1, d2))
    assert less <= severity(max(b1, b2), max(c1, c2), max(d1, d2))


def test_one_old_case_in_one_village_is_red_and_makes_no_headline(home: Home) -> None:
    edition = edition_of(home, [case("old", registered_at=datetime(2026, 1, 1))])
    assert "oldest_open_days" in {red.metric for red in reds(edition, DISTRICT, NOVEMBER)}
    assert worst(edition, DISTRICT, "oldest_open_days") is None


def test_the_headline_is_the_first_of_the_list_and_touches_enough(home: Home) -> None:
    late = {"registered_at": datetime(2026, 11, 2), "due_at": datetime(2026, 11, 5)}
    edition = edition_of(home, [case(f"a{i}", **late) for i in range(30)])
    problem, every = worst(edition), reds(edition, DISTRICT, NOVEMBER)
    assert problem
    assert problem.red == every[0]
    assert problem.red.affected >= LEAST_AFFECTED
    assert problem.red.severity == max(red.severity for red in every if red.makes_headline)


def test_a_backlog_says_since_which_day_it_has_been_red(home: Home) -> None:
    """Ten open for long; twenty more came on the 15th, at the end of which it was first above 1.5 times its mean."""
    surge = [case(f"new{i}", registered_at=datetime(2026, 11, 15, 9)) for i in range(20)]
    edition = edition_of(home, [*(case(f"old{i}") for i in range(10)), *surge])
    problem = worst(edition, VILLAGES[0], "backlog")
    assert problem
    assert (problem.red.kind, problem.red.value, problem.since) == ("own", 30, date(2026, 11, 15))
    assert problem.moved
    assert problem.moved.change == 20


def test_a_rate_of_the_period_looks_back_no_further_than_the_period(home: Home) -> None:
    late = {"registered_at": datetime(2026, 10, 20), "due_at": datetime(2026, 11, 1, 9)}
    new = case("new", registered_at=datetime(2026, 11, 20))
    edition = edition_of(home, [new, *(case(f"late{i}", **late) for i in range(30))])
    problem = worst(edition, VILLAGES[0], "on_time_rate")
    assert problem
    assert problem.since == NOVEMBER.start


def test_the_holder_is_the_unit_with_most_of_what_is_wrong(home: Home) -> None:
    late = {"registered_at": datetime(2026, 11, 2), "due_at": datetime(2026, 11, 5)}
    cases = [case(f"a{i}", unit="区住建局", **late) for i in range(30)]
    cases += [case(f"b{i}", unit="区城管局", **late) for i in range(10)]
    unit = {"key": "u1", "area": DISTRICT, "kind": "unit", "name": "区住建局", "phone": "0571-88886666"}
    deliver(home, "assets", [unit], source="register")
    edition = edition_of(home, cases)
    problem = worst(edition, TOWNS[0], "on_time_rate")
    assert problem
    assert problem.holder
    assert (problem.holder.unit, problem.holder.share, problem.holder.phone) == ("区住建局", 0.75, "0571-88886666")


def test_the_areas_own_unit_is_named_for_what_no_unit_has_a_quarter_of(home: Home) -> None:
    town = {"key": "t", "area": TOWNS[0], "kind": "unit", "unit_kind": "township", "name": "北塘街道办事处"}
    deliver(home, "assets", [town], source="register")
    late = {"registered_at": datetime(2026, 11, 2), "due_at": datetime(2026, 11, 5)}
    edition = edition_of(home, [case(f"a{i}", unit=f"第{i % 10}局", **late) for i in range(40)])
    problem = worst(edition, TOWNS[0], "on_time_rate")
    assert problem
    assert problem.holder
    assert (problem.holder.unit, problem.holder.share, problem.holder.phone) == ("北塘街道办事处", None, "")


UNITS = {
    "root": {
        "key": "g",
        "area": DISTRICT,
        "kind": "unit",
        "unit_kind": "department",
        "name": "区人民政府",
        "phone": "1",
    },
    "below": {
        "key": "b",
        "area": DISTRICT,
        "kind": "unit",
        "unit_kind": "department",
        "name": "区民政局",
        "parent": "g",
    },
    "other": {"key": "o", "area": DISTRICT, "kind": "unit", "unit_kind": "department", "name": "区管委会"},
    "under": {"key": "u", "area": DISTRICT, "kind": "unit", "unit_kind": "department", "name": "园区", "parent": "o"},
}


@pytest.mark.parametrize(
    ("directory", "expected"),
    [
        (["root", "below"], Holder("区人民政府", None, "1", administers=True)),
        (["root"], None),  # nothing shows that it leads
        (["root", "below", "other"], Holder("区人民政府", None, "1", administers=True)),
        (["root", "below", "other", "under"], None),  # two that lead
        ([], None),
    ],
)
def test_what_is_kept_by_no_unit_is_held_by_the_unit_that_leads_the_area(
    home: Home, directory: list[str], expected: Holder | None
) -> None:
    if directory:
        deliver(home, "assets", [UNITS[name] for name in directory], source="register")
    late = {"registered_at": datetime(2026, 11, 2), "due_at": datetime(2026, 11, 5)}
    edition = edition_of(home, [case(f"a{i}", **late) for i in range(40)])
    own = [red for red in reds(edition, DISTRICT, NOVEMBER) if red.kind == "own"]
    assert own
    assert set(holders(query_of(edition, (), DISTRICT, NOVEMBER), own)) == {expected}


@pytest.mark.parametrize("comparison", [None, "previous", "last_year"])
def test_the_holder_is_of_the_period_alone_and_of_what_is_wrong_alone(
    home: Home, comparison: Comparison | None
) -> None:
    """The period before was another unit's; a unit without anything late has no part in what is wrong."""
    late = {"registered_at": datetime(2026, 11, 2), "due_at": datetime(2026, 11, 5)}
    before = {"registered_at": datetime(2026, 10, 2), "due_at": datetime(2026, 10, 5)}
    cases = [case(f"a{i}", unit="区住建局", **late) for i in range(12)]
    cases += [case(f"b{i}", unit="区城管局", **before) for i in range(90)]
    cases += [case(f"c{i}", unit=f"第{i}局", closed_at=datetime(2026, 11, 3), **late) for i in range(9)]
    edition = edition_of(home, cases)
    query = replace(query_of(edition, ("on_time_rate",), TOWNS[0], NOVEMBER), comparison=comparison)
    own = next(red for red in reds(edition, TOWNS[0], NOVEMBER, names=["on_time_rate"]) if red.kind == "own")
    assert holder(query, own) == Holder("区住建局", 1.0)


def test_the_extreme_of_an_area_is_held_by_the_unit_that_has_it(home: Home) -> None:
    cases = [case(f"a{i}", unit="区住建局", registered_at=datetime(2026, 11, 2)) for i in range(40)]
    edition = edition_of(home, [*cases, case("old", unit="区城管局", registered_at=datetime(2026, 1, 1))])
    listed = [red for red in reds(edition, DISTRICT, NOVEMBER) if red.metric == "oldest_open_days"]
    found = holders(query_of(edition, (), DISTRICT, NOVEMBER), listed)
    assert {(red.kind, unit.unit, unit.share) for red, unit in zip(listed, found, strict=True) if unit} == {
        (red.kind, "区城管局", None) for red in listed
    }


def test_what_is_spread_over_many_units_says_over_how_many(home: Home) -> None:
    late = {"registered_at": datetime(2026, 11, 2), "due_at": datetime(2026, 11, 5)}
    edition = edition_of(home, [case(f"a{i}", unit=f"第{i % 10}局", **late) for i in range(40)])
    problem = worst(edition, TOWNS[0], "on_time_rate")
    assert problem
    assert problem.holder == Holder("", among=10)


def test_all_reds_are_held_as_each_alone(home: Home) -> None:
    late = {"registered_at": datetime(2026, 11, 2), "due_at": datetime(2026, 11, 5)}
    towns = [
        {
            "key": f"t{town}",
            "area": town,
            "kind": "unit",
            "unit_kind": "township",
            "name": f"镇政府{town}",
            "phone": "1",
        }
        for town in TOWNS
    ]
    deliver(home, "assets", towns, source="register")
    cases = [case(f"a{i}", VILLAGES[i % len(VILLAGES)], unit=f"第{i % 3}局", **late) for i in range(90)]
    edition = edition_of(home, cases)
    for area in (DISTRICT, *TOWNS):
        query, listed = query_of(edition, (), area, NOVEMBER), reds(edition, area, NOVEMBER)
        assert holders(query, listed) == tuple(holder(query, red) for red in listed)
        assert any(holders(query, listed))


def test_no_contact_is_shown_where_the_directory_has_no_unit(home: Home) -> None:
    late = {"registered_at": datetime(2026, 11, 2), "due_at": datetime(2026, 11, 5)}
    edition = edition_of(home, [case(f"a{i}", **late) for i in range(40)])
    problem = worst(edition, TOWNS[0], "on_time_rate")
    assert problem
    assert problem.holder is None


def test_a_surge_of_intake_counts_what_is_above_the_usual_day_and_has_no_past(home: Home) -> None:
    days = [datetime(2026, 11, 21, 9) - timedelta(weeks=week) for week in range(9)]
    usual = [case(f"{week}-{i}", registered_at=day) for week, day in enumerate(days) for i in range(2 + week % 2)]
    month = [case(f"m{i}", registered_at=datetime(2026, 11, 3, 9)) for i in range(200)]
    edition = edition_of(home, [*usual, *month, *(case(f"s{i}", registered_at=days[0]) for i in range(30))])
    (red,) = (red for red in reds(edition, VILLAGES[0], NOVEMBER) if red.metric == "intake")
    assert red.value > 200
    assert (red.affected, red.days) == (30, 1)  # 32 on the day, 2.5 on the others


def test_a_red_backlog_is_held_against_the_mean_of_its_own_days(home: Home) -> None:
    """Twenty for long, then four more each day: red for more than a week, though the mean rises."""
    surge = [case(f"n{day}-{i}", registered_at=datetime(2026, 11, 3 + day, 9)) for day in range(20) for i in range(4)]
    edition = edition_of(home, [*(case(f"old{i}") for i in range(20)), *surge])
    (red,) = (red for red in reds(edition, VILLAGES[0], NOVEMBER) if red.metric == "backlog")
    assert red.days == 7


def test_the_headline_names_the_count_behind_a_ratio_and_the_area_that_has_most_of_it(home: Home) -> None:
    surge = [case(f"new{i}", registered_at=datetime(2026, 11, 15, 9)) for i in range(40)]
    done = [case(f"d{i}", registered_at=datetime(2026, 11, 2), closed_at=datetime(2026, 11, 9)) for i in range(12)]
    elsewhere = [case(f"e{i}", VILLAGES[-1]) for i in range(12)]
    edition = edition_of(home, [*(case(f"old{i}") for i in range(8)), *surge, *done, *elsewhere])
    listed = {(red.metric, red.kind): red for red in reds(edition, DISTRICT, NOVEMBER)}
    assert {("days_to_clear", "own"), ("backlog", "own"), ("backlog", "below")} <= listed.keys()
    problem = worst(edition, DISTRICT, "backlog", "days_to_clear")
    assert problem
    assert (problem.red.metric, problem.red.kind, problem.red.area) == ("backlog", "below", TOWNS[0])
    assert problem.red.severity == max(red.severity for red in listed.values())

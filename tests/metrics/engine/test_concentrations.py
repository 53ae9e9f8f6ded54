"""The share of the ten most frequent categories: worked out by hand, by every way to it, and with its rows."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from data.editions.edition import Edition
from data.home import Home
from metrics.answer import NO_DATA, SMALL
from metrics.catalog import load
from metrics.engine.concentrations import concentration_sql, concentrations
from metrics.engine.plan import make_plan
from metrics.engine.sums import parameters
from metrics.errors import MetricsError
from metrics.period import Period
from tests.asking import answer, count_rows, query_of, rows
from tests.factory import DISTRICT, TOWNS, VILLAGES, areas, deliver, published

AS_OF = datetime(2026, 11, 22, 8)
NOVEMBER = Period(date(2026, 11, 1), date(2026, 12, 1))
OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1))
SHARE = "complaint_concentration"
METRIC = load().metrics[SHARE]


def complaints(area: int, counts: Iterable[tuple[str | None, int]], day: int = 2, **more: Any) -> list[dict[str, Any]]:
    """So many complaints of each category on a day of November."""
    at = datetime(2026, 11, day, 9)
    return [
        {"key": f"{area}/{day}/{category}/{i}", "kind": "hotline", "area": area, "registered_at": at,
         "category": category, **more}
        for category, count in counts
        for i in range(count)
    ]  # fmt: skip


FIRST = [(f"类别{n:02}", 13 - n) for n in range(1, 13)]
"""Twelve categories with 12, 11, … 1 complaints: 75 of 78 are of the first ten."""
SECOND = [("类别12", 20), ("类别11", 15), (None, 7)]
"""Of the other town: the two that are rare in the first, and some of no category."""


FEW, EQUAL, LATER = [("类别01", 9)], [(f"并列{n:02}", 2) for n in range(12)], [("类别12", 40)]


def days(first: int, last: int) -> Period:
    return Period(date(2026, 11, first), date(2026, 11, last) + timedelta(days=1))


START = days(1, 4)


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Edition:
    home = Home(tmp_path_factory.mktemp("home"), memory="1GB")
    areas(home)
    other = {"kind": "event", "area": VILLAGES[0], "category": "类别13"}
    events = [{"key": f"e{i}", "registered_at": datetime(2026, 11, 3), **other} for i in range(50)]
    of_days = ((FEW, 5), (EQUAL, 9), (LATER, 16))
    first = [
        *complaints(VILLAGES[0], FIRST),
        *(row for counts, day in of_days for row in complaints(VILLAGES[0], counts, day)),
    ]
    deliver(home, "cases", [*first, *complaints(VILLAGES[2], SECOND), *events])
    deliver(home, "cases", complaints(VILLAGES[1], SECOND, 16, unit="区住建局"), source="other")
    return published(home, AS_OF)


def test_the_ten_are_those_of_each_area_and_do_not_add_up(edition: Edition) -> None:
    whole = answer(edition, [SHARE], DISTRICT, START).iloc[0]
    # 21 and 17 of the two that both towns have, and 12, 11, … 5 of eight others
    assert (whole["numerator"], whole["denominator"]) == (21 + 17 + sum(range(5, 13)), 78 + 42)
    towns = answer(edition, [SHARE], DISTRICT, START, by="town").set_index("group")
    assert towns["numerator"].to_dict() == {str(TOWNS[0]): 75, str(TOWNS[1]): 35}
    assert towns["denominator"].to_dict() == {str(TOWNS[0]): 78, str(TOWNS[1]): 42}
    assert round(towns["value"], 1).to_dict() == {str(TOWNS[0]): 96.2, str(TOWNS[1]): 83.3}
    assert towns["numerator"].sum() != whole["numerator"]
    assert (METRIC.is_additive, METRIC.is_rate, METRIC.rollup) == (False, True, "recompute")


def test_nothing_registered_is_no_data_and_a_few_are_not_ranked(edition: Edition) -> None:
    for period in (Period(date(2026, 10, 1), date(2026, 11, 1)), days(3, 3)):
        row = answer(edition, [SHARE], DISTRICT, period).iloc[0]
        assert (row["quality"], row["value"] == row["value"]) == (NO_DATA, False), "events are no complaints"
    few = answer(edition, [SHARE], DISTRICT, days(5, 5)).iloc[0]
    assert (few["quality"], few["value"], few["n"]) == (SMALL, 100, 9)


def test_its_rows_are_those_of_the_ten_categories(edition: Edition) -> None:
    largest = rows(edition, SHARE, TOWNS[0], START, part="numerator")
    assert sorted(largest["category"].unique()) == [name for name, _ in FIRST[:10]]
    assert [count_rows(edition, SHARE, TOWNS[0], START, part=part) for part in METRIC.parts] == [75, 78, 3]
    rest = rows(edition, SHARE, TOWNS[1], START, part="rest")
    assert (len(rest), rest["category"].notna().any()) == (7, False), "no category is none of the ten"


def test_equal_categories_are_taken_by_name(edition: Edition) -> None:
    named = rows(edition, SHARE, DISTRICT, days(9, 9), part="numerator")["category"].unique()
    assert sorted(named) == [f"并列{n:02}" for n in range(10)]


@pytest.mark.parametrize("until", [None, datetime(2026, 11, 16, 9, 30), datetime(2026, 11, 2, 8, 59)])
def test_roll_up_facts_and_the_sql_that_is_shown_agree(edition: Edition, until: datetime | None) -> None:
    period, columns = replace(NOVEMBER, until=until), ["group", "value", "numerator", "denominator", "quality"]
    for by in (None, "town", "source", "department"):
        for where in (None, {"source": "hotline"}, {"department": "区住建局"}):
            asked: dict[str, Any] = {"by": by, "where": where}
            rolled, raw = (
                answer(edition, [SHARE], DISTRICT, NOVEMBER, periods=[period], rolled=rolled, **asked)[columns]
                for rolled in (True, False)
            )
            assert rolled.fillna(-1).to_dict("records") == raw.fillna(-1).to_dict("records"), asked
            plan = make_plan(query_of(edition, [SHARE], DISTRICT, NOVEMBER, **asked), [NOVEMBER, START])
            domain = plan.catalog.domain(METRIC)
            shown = edition.cursor().execute(concentration_sql(plan, domain, METRIC), parameters(plan)).fetchall()
            cells = concentrations(plan, domain, METRIC)
            given = {(str(g), i, cell["numerator"], cell["denominator"]) for (g, i), cell in cells.items()}
            assert {row for row in given if row[3]} == {row for row in shown if row[3]}, asked


def test_it_is_not_split_or_filtered_by_what_it_compares(edition: Edition) -> None:
    with pytest.raises(MetricsError, match="cannot be broken down by category"):
        answer(edition, [SHARE], DISTRICT, NOVEMBER, by="category")
    with pytest.raises(MetricsError, match="cannot be filtered by category"):
        answer(edition, [SHARE], DISTRICT, NOVEMBER, where={"category": "类别01"})


def test_what_comes_later_on_the_day_of_the_cut_is_left_out(edition: Edition) -> None:
    period = days(16, 20)
    for hour, numerator in ((8, None), (10, 40 + 35)):
        cut = replace(period, until=datetime(2026, 11, 16, hour))
        (row,) = answer(edition, [SHARE], TOWNS[0], period, periods=[cut]).itertuples()
        assert row.numerator == numerator or (numerator is None and row.quality == NO_DATA)

"""Collective incomes of villages: means and rises, before and after villages merge, and households that petition."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import pytest

from data.editions.edition import Edition
from data.home import Home
from metrics.answer import NO_DATA
from metrics.period import Period
from tests.asking import answer, rows
from tests.factory import AREAS, DISTRICT, TOWNS, VILLAGES, areas, deliver, published

AS_OF = datetime(2026, 11, 22, 8)
MERGED, NEW = 990101001203, 990101001206
AUGUST, SEPTEMBER, MONTH = (Period(date(2026, month, 1), date(2026, month + 1, 1)) for month in (8, 9, 11))
RISE = "village_income_increase"
ENDED = {"name": "小塘村", "level": "village", "valid_to": date(2026, 9, 1)}
THIS, LAST = datetime(2026, 1, 1), datetime(2025, 1, 1)


def income(area: int, at: datetime, value: float, measure: str = "income_wan", **more: Any) -> dict[str, Any]:
    key = f"{area}/{measure}/{at}"
    return {"key": key, "area": area, "measure": measure, "measured_at": at, "value": value, **more}


def incomes(given: Mapping[int, tuple[float | None, float | None]]) -> list[dict[str, Any]]:
    """Of each area last year's income and this year's."""
    return [
        income(area, at, value)
        for area, values in given.items()
        for at, value in zip((LAST, THIS), values, strict=True)
        if value is not None
    ]


def merged(home: Home, given: list[dict[str, Any]], heir: int = VILLAGES[0], *more: Mapping[str, Any]) -> Edition:
    areas(home, [*AREAS, {"code": MERGED, **ENDED, "merged_into": heir}, *more])
    deliver(home, "readings", given)
    return published(home, AS_OF)


def rise(edition: Edition, area: int = DISTRICT, period: Period = MONTH) -> tuple[float, float]:
    row = answer(edition, [RISE], area, period).iloc[0]
    return row["numerator"], row["denominator"]


def test_the_rise_is_a_mean_over_villages_with_both_years(home: Home) -> None:
    areas(home)
    given = incomes({VILLAGES[0]: (40, 56.14), VILLAGES[1]: (30, 30.14), VILLAGES[2]: (None, 90)})
    given.append(income(VILLAGES[0], datetime(2024, 1, 1), 500))
    deliver(home, "readings", given)
    edition = published(home, AS_OF)
    row = answer(edition, [RISE], DISTRICT, MONTH).iloc[0]
    assert (round(row["numerator"], 2), row["denominator"], round(row["value"], 2)) == (16.28, 2, 8.14)
    assert round(answer(edition, [RISE], VILLAGES[0], MONTH).iloc[0]["value"], 2) == 16.14
    listed = rows(edition, RISE, DISTRICT, MONTH).set_index("area")
    assert (listed["before"].to_dict(), len(listed)) == ({VILLAGES[0]: 40, VILLAGES[1]: 30}, 2)
    assert answer(edition, [RISE], VILLAGES[2], MONTH).iloc[0]["quality"] == NO_DATA
    assert answer(edition, [RISE], TOWNS[1], MONTH).iloc[0]["quality"] == NO_DATA


def test_of_a_year_the_newest_income_counts_and_a_fall_is_below_zero(home: Home) -> None:
    areas(home)
    given = [*incomes({VILLAGES[0]: (40, 90)}), income(VILLAGES[0], datetime(2026, 3, 1), 35)]
    deliver(home, "readings", given)
    edition = published(home, AS_OF)
    assert rise(edition) == (-5, 1)
    assert rise(edition, period=Period(date(2026, 1, 1), date(2026, 2, 1))) == (50, 1)


@pytest.mark.parametrize("years", [(2023, 2024), (2024, 2026)])
def test_a_year_that_is_over_or_missing_is_no_data(home: Home, years: tuple[int, int]) -> None:
    areas(home)
    deliver(home, "readings", [income(VILLAGES[0], datetime(year, 1, 1), 40) for year in years])
    assert answer(published(home, AS_OF), [RISE], DISTRICT, MONTH).iloc[0]["quality"] == NO_DATA


def test_a_merged_village_is_counted_with_its_heir(home: Home) -> None:
    edition = merged(home, incomes({VILLAGES[0]: (40, 50), MERGED: (10, 12), VILLAGES[1]: (20, 23)}))
    assert rise(edition, period=AUGUST) == (15, 3)
    assert rise(edition, period=SEPTEMBER) == (15, 2)
    assert rise(edition, VILLAGES[0], SEPTEMBER) == (12, 1)
    assert rise(edition, MERGED, AUGUST) == (2, 1)
    mean = answer(edition, ["village_income"], DISTRICT, SEPTEMBER).iloc[0]
    assert (mean["numerator"], mean["denominator"]) == (85, 2)
    assert answer(edition, ["village_income"], DISTRICT, AUGUST).iloc[0]["denominator"] == 3


def test_what_an_heir_reports_after_the_merger_is_of_both(home: Home) -> None:
    given = [*incomes({VILLAGES[0]: (40, 50), MERGED: (10, 12)}), income(VILLAGES[0], datetime(2026, 10, 1), 70)]
    edition = merged(home, given)
    assert rise(edition, period=SEPTEMBER) == (12, 1)
    assert rise(edition) == (20, 1)


def test_a_village_founded_by_a_merger_is_compared_with_those_it_is_made_of(home: Home) -> None:
    given = [*incomes({MERGED: (10, None), MERGED + 1: (20, None)}), income(NEW, datetime(2026, 10, 1), 36)]
    other = {"code": MERGED + 1, **ENDED, "merged_into": NEW}
    founded = {"code": NEW, "name": "新塘村", "level": "village", "valid_from": date(2026, 9, 1)}
    edition = merged(home, given, NEW, other, founded)
    assert rise(edition) == (6, 1)


def test_years_of_different_villages_are_not_compared(home: Home) -> None:
    edition = merged(home, incomes({VILLAGES[0]: (40, 50), MERGED: (10, None), VILLAGES[1]: (20, 23)}))
    assert rise(edition) == (3, 1)


def test_households_that_petition_add_up_and_are_absent_when_they_are_old(home: Home) -> None:
    areas(home)
    newest = datetime(2026, 11, 1)
    deliver(home, "readings", [
        income(VILLAGES[0], newest, 23, "petition_households"), income(VILLAGES[1], newest, 0, "petition_households"),
        income(VILLAGES[0], datetime(2026, 10, 1), 20, "petition_households"),
        income(VILLAGES[2], datetime(2026, 6, 1), 4, "petition_households"),
    ])  # fmt: skip
    edition = published(home, AS_OF)
    frame = answer(edition, ["petitioning_households"], DISTRICT, MONTH)
    assert (frame["value"].item(), frame["n"].item()) == (23, 2)
    assert answer(edition, ["petitioning_households"], VILLAGES[1], MONTH)["value"].item() == 0
    assert answer(edition, ["petitioning_households"], VILLAGES[2], MONTH).iloc[0]["quality"] == NO_DATA

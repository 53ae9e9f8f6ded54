"""Gaming checks: intervals and effects by hand, and what is and is not a sign."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.editions.scoped import EVERYTHING
from data.home import Home
from metrics.analysis.gaming import cohens_h, compare, difference
from metrics.catalog import load
from metrics.period import Period
from metrics.query import Query
from tests.factory import DISTRICT, TOWNS, VILLAGES, edition_of

AS_OF = datetime(2026, 11, 22, 8)
OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1))
DUE = datetime(2026, 10, 20, 17)


def closed(n: int, late: int, **fields: Any) -> Iterator[dict[str, Any]]:
    """Cases closed in time, `late` of them in the last hours before the deadline."""
    for i in range(n):
        before = timedelta(hours=1) if i < late else timedelta(days=3)
        yield {"registered_at": DUE - timedelta(days=9), "due_at": DUE, "closed_at": DUE - before, "returned": 0,
               "extended": 0, **fields}  # fmt: skip


def signs(home: Home, cases: list[dict[str, Any]], by: str) -> list[tuple[str, str]]:
    edition = edition_of(home, cases, AS_OF)
    query = Query(edition.scoped(EVERYTHING), load(), (), DISTRICT, OCTOBER)
    return [(sign.metric.id, sign.group) for sign in compare(query, by, "district").signs]


def test_a_unit_that_closes_in_bursts_is_a_sign_and_ordinary_variation_is_none(home: Home) -> None:
    cases = [*closed(60, 50, unit="甲"), *closed(200, 20, unit="乙"), *closed(200, 24, unit="丙")]
    assert ("closing_burst_rate", "甲") in signs(home, cases, "department")
    assert {group for _, group in signs(home, cases, "department")} == {"甲"}


def test_what_the_period_is_compared_with_counts_for_nothing(home: Home) -> None:
    """Screens compare with the period before: a unit that closed in bursts then is no sign now."""
    earlier = [
        {name: value - timedelta(days=31) if isinstance(value, datetime) else value for name, value in case.items()}
        for case in (*closed(60, 50, unit="甲"), *closed(200, 10, unit="乙"))
    ]
    cases = [*closed(100, 5, unit="甲"), *closed(100, 80, unit="乙"), *earlier]
    query = Query(edition_of(home, cases, AS_OF).scoped(EVERYTHING), load(), (), DISTRICT, OCTOBER)
    plain = compare(query, "department", "district")
    assert [(sign.group, sign.hits, sign.n) for sign in plain.signs] == [("乙", 80, 100)]
    for comparison in ("previous", "last_year"):
        assert compare(replace(query, comparison=comparison), "department", "district") == plain


def test_a_small_sample_is_never_a_sign(home: Home) -> None:
    cases = [*closed(29, 29, unit="甲"), *closed(300, 3, unit="乙")]
    assert signs(home, cases, "department") == []


def test_a_sure_but_tiny_difference_is_no_sign(home: Home) -> None:
    cases = [*closed(3000, 150, unit="甲"), *closed(3000, 90, unit="乙")]
    assert signs(home, cases, "department") == []


def test_complaints_after_closing_are_found_by_place_and_by_what_the_source_says(home: Home) -> None:
    ended = datetime(2026, 10, 10)
    first = {"registered_at": ended - timedelta(days=2), "closed_at": ended, "kind": "hotline", "category": "噪声"}
    again = {"registered_at": ended + timedelta(days=5), "kind": "hotline", "category": "噪声"}
    here, there = VILLAGES[0], VILLAGES[-1]
    assert TOWNS[0] < here < TOWNS[1] < there
    cases = [
        *({**first, "area": here, "place": f"{i}号"} for i in range(40)),
        *({**again, "area": here, "place": f"{i}号"} for i in range(30)),
        *({**first, "area": there, "place": f"{i}号"} for i in range(80)),
        {**again, "area": there, "place": "0号", "registered_at": ended + timedelta(days=45)},
    ]
    checks = signs(home, cases, "town")
    assert ("complaint_after_closing_rate", str(TOWNS[0])) in checks
    assert ("complaint_after_closing_rate", str(TOWNS[1])) not in checks


def test_newcombes_interval_and_cohens_h_of_published_examples() -> None:
    """Newcombe (1998), table II: 56 of 70 and 48 of 80 give 0.0524 to 0.3339."""
    low, high = difference(56, 70, 48, 80, z=1.96)
    assert (round(low, 4), round(high, 4)) == (0.0524, 0.3339)
    assert round(cohens_h(0.5, 0.25), 3) == 0.524


@given(st.integers(1, 400), st.integers(1, 400), st.data())
def test_the_interval_holds_the_difference_and_turns_with_it(n: int, others: int, data: st.DataObject) -> None:
    hits, rest = data.draw(st.integers(0, n)), data.draw(st.integers(0, others))
    low, high = difference(hits, n, rest, others)
    assert -1 - 1e-9 <= low <= hits / n - rest / others + 1e-9 <= high + 2e-9 <= 1 + 3e-9
    assert difference(rest, others, hits, n) == pytest.approx((-high, -low))

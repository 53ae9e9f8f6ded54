"""Repeated cases, compared with a plain implementation of the rule."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.ingest import repeats
from tests.examples import examples

DAY = timedelta(days=1)
START = datetime(2026, 1, 1)
VILLAGE, NEXT_VILLAGE, OTHER_DISTRICT = 990101001201, 990101001202, 990102001201
COLUMNS = ("key", "registered_at", "area", "reporter", "place", "category")
Case = tuple[int, datetime, int, str | None, str | None, str | None]


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(config={"threads": 1})
    con.execute(
        "CREATE TABLE cases (source VARCHAR, key INTEGER, registered_at TIMESTAMP, area BIGINT, "
        "reporter VARCHAR, place VARCHAR, category VARCHAR)"
    )
    return con


def found(con: duckdb.DuckDBPyConnection, cases: Sequence[Case]) -> set[int]:
    con.execute("DELETE FROM cases")
    if cases:
        con.executemany("INSERT INTO cases VALUES ('hotline', ?, ?, ?, ?, ?, ?)", cases)
    return {key for (key,) in con.execute(repeats.repeats(repeats.link_values("cases", "key"))).fetchall()}


def case(key: int, day: float, area: int = VILLAGE, **more: Any) -> Case:
    return key, START + day * DAY, area, more.get("reporter"), more.get("place"), more.get("category")


SPOT = {"place": "桥头", "category": "噪声"}


@pytest.mark.parametrize(
    ("cases", "expected"),
    [
        ([case(1, 0, reporter="a"), case(2, 30, reporter="a")], {2}),
        ([case(1, 0, reporter="a"), case(2, 30.01, reporter="a")], set()),
        ([case(1, 0, reporter="a"), case(2, 20, reporter="a"), case(3, 40, reporter="a")], {2, 3}),
        ([case(1, 0, reporter="a"), case(2, 1, NEXT_VILLAGE, reporter="a")], {2}),
        ([case(1, 0, reporter="a"), case(2, 1, OTHER_DISTRICT, reporter="a")], set()),
        ([case(1, 0), case(2, 1)], set()),
        ([case(1, 0, **SPOT), case(2, 1, **SPOT)], {2}),
        ([case(1, 0, **SPOT), case(2, 1, NEXT_VILLAGE, **SPOT)], set()),
        ([case(1, 0, place="桥头"), case(2, 1, place="桥头")], set()),
        ([case(1, 0, category="噪声"), case(2, 1, category="噪声")], set()),
        ([case(1, 0, reporter="a", **SPOT), case(2, 1, reporter="a"), case(3, 2, **SPOT)], {2, 3}),
        ([], set()),
    ],
)
def test_a_case_repeats_an_earlier_one(con: duckdb.DuckDBPyConnection, cases: list[Case], expected: set[int]) -> None:
    assert found(con, cases) == expected


def test_one_of_two_simultaneous_cases_repeats_deterministically(con: duckdb.DuckDBPyConnection) -> None:
    twins = [case(1, 0, reporter="a"), case(2, 0, reporter="a")]
    assert found(con, twins) == found(con, twins[::-1])
    assert len(found(con, twins)) == 1


def plainly(cases: Sequence[Case]) -> set[int]:
    """The rule word for word, a pair at a time. All instants differ."""

    def alike(one: Case, two: Case) -> bool:
        caller = one[3] is not None and one[3] == two[3] and one[2] // 10**6 == two[2] // 10**6
        return caller or (None not in one[4:] and (one[2], *one[4:]) == (two[2], *two[4:]))

    return {b[0] for b in cases if any(timedelta(0) < b[1] - a[1] <= 30 * DAY and alike(a, b) for a in cases)}


@settings(max_examples=examples(60))
@given(
    st.lists(
        st.tuples(
            st.integers(0, 90 * 24),
            st.sampled_from([VILLAGE, NEXT_VILLAGE, OTHER_DISTRICT]),
            st.sampled_from([None, "a", "b"]),
            st.sampled_from([None, "桥头", "桥尾"]),
            st.sampled_from([None, "噪声"]),
        ),
        max_size=25,
        unique_by=lambda case: case[0],
    )
)
def test_window_sql_equals_reference_implementation(
    con: duckdb.DuckDBPyConnection, drawn: list[tuple[Any, ...]]
) -> None:
    cases = [(key, START + timedelta(hours=hour), *more) for key, (hour, *more) in enumerate(drawn)]
    assert found(con, cases) == plainly(cases)

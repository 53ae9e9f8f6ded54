"""The log of a case, its units' contacts, and the chain of its repeats."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.editions.edition import AnyEdition, Edition
from data.home import Home
from data.schema import FACTS
from metrics.cases.casefile import contacts, lead_units_of, steps, units_of
from metrics.cases.chain import MOST, chain
from metrics.rows import fact
from tests.asking import scoped
from tests.examples import examples
from tests.factory import AREAS, TOWNS, VILLAGES, areas, deliver, edition_of, published

AS_OF = datetime(2026, 11, 22, 8)
START = datetime(2026, 9, 1, 9)
DISTRICT = int(AREAS[0]["code"])


def found(edition: AnyEdition, key: str) -> dict[str, Any]:
    case = fact(scoped(edition), "cases", "hotline", key)
    assert case is not None
    return case


def test_a_log_is_that_of_the_case_and_as_known_at_the_time(home: Home) -> None:
    areas(home)
    deliver(home, "cases", [{"key": "1", "area": VILLAGES[0], "registered_at": START}])
    of = {"case_source": "hotline", "case_key": "1", "action": "handle", "area": VILLAGES[0]}
    log = [
        {**of, "key": "a", "started_at": START, "ended_at": AS_OF + timedelta(days=1), "result": "later"},
        {**of, "key": "b", "started_at": AS_OF + timedelta(days=1)},
        {**of, "key": "c", "started_at": START - timedelta(days=1), "area": VILLAGES[1]},
        {**of, "key": "d", "started_at": START, "case_source": "other"},
    ]
    deliver(home, "steps", log, source="log")
    edition = published(home, AS_OF)
    steps_listed = [
        (step.started_at, step.ended_at, step.result) for step in steps(scoped(edition), found(edition, "1"))
    ]
    assert steps_listed == [(START - timedelta(days=1), None, None), (START, None, None)]


def test_of_units_of_one_name_it_is_the_nearest_above_the_case(home: Home) -> None:
    areas(home)
    unit = {"kind": "unit", "name": "综合执法队"}
    rows = [
        {**unit, "key": "d", "area": DISTRICT, "phone": "1000"},
        {**unit, "key": "t", "area": TOWNS[0], "phone": "2000"},
        {**unit, "key": "gone", "area": VILLAGES[0], "phone": "3000", "retired_at": START},
        {**unit, "key": "far", "name": "邻镇中心", "area": TOWNS[1], "phone": "4000"},
        *({**unit, "key": f"two{i}", "name": "某中心", "area": area, "phone": "5"} for i, area in enumerate(TOWNS)),
    ]
    deliver(home, "assets", rows, source="directory")
    edition = published(home, AS_OF)
    near = contacts(scoped(edition), VILLAGES[0], ["综合执法队", "邻镇中心", "某中心", "没有", ""])
    assert {name: contact.phone for name, contact in near.items()} == {
        "综合执法队": "2000", "邻镇中心": "4000", "某中心": "5",
    }  # fmt: skip
    assert contacts(scoped(edition), DISTRICT, ["综合执法队", "某中心"]).keys() == {"综合执法队"}


def test_an_edition_of_an_older_release_has_neither_log_nor_contacts(home: Home) -> None:
    edition = edition_of(home, [{"key": "1", "area": VILLAGES[0], "registered_at": START, "title": "old"}], AS_OF)
    edition.close()
    with duckdb.connect(str(edition.path)) as con:
        con.execute("DROP TABLE steps; ALTER TABLE cases DROP COLUMN description; ALTER TABLE assets DROP COLUMN phone")
    older = Edition(home, edition.id)
    case = found(older, "1")
    assert (case["title"], case["description"]) == ("old", None)
    assert (steps(scoped(older), case), contacts(scoped(older), VILLAGES[0], ["区城管局"])) == ([], {})
    assert chain(scoped(older), case).length == 1


def test_units_are_found_in_an_edition_whose_assets_have_fewer_columns(home: Home) -> None:
    areas(home)
    office = {"kind": "unit", "unit_kind": "township", "name": "镇政府", "key": "o", "area": TOWNS[0], "phone": "1000"}
    part = {**office, "key": "p", "name": "综合执法队", "unit_kind": "window", "parent": "o"}
    deliver(home, "assets", [office, part], source="directory")
    edition = published(home, AS_OF)
    edition.close()
    kept = {*office, "source", "area_then", "parent", "unit", "registered_at", "retired_at", "updated_at", "batch"}
    with duckdb.connect(str(edition.path)) as con:
        for name in {column.name for column in FACTS["assets"].columns} - kept:
            con.execute(f"ALTER TABLE assets DROP COLUMN {name}")
    older = scoped(Edition(home, edition.id))
    assert contacts(older, TOWNS[0], ["综合执法队"])["综合执法队"].phone == "1000"
    assert units_of(older, [TOWNS[0]])[TOWNS[0]].name == lead_units_of(older, [TOWNS[0]])[TOWNS[0]].name == "镇政府"


def test_a_chain_counts_the_cases_of_other_areas_and_shows_none(home: Home) -> None:
    cases = [
        {"key": str(i), "area": VILLAGES[i % 3], "registered_at": START + i * timedelta(days=20), "reporter": "one"}
        for i in range(4)
    ]
    edition = edition_of(home, cases, AS_OF)
    complete = chain(scoped(edition), found(edition, "0"))
    assert ([row["key"] for row in complete.cases], complete.hidden, complete.cut) == (["0", "1", "2", "3"], 0, False)
    narrow = edition.scoped(((VILLAGES[0], VILLAGES[0] + 1),))
    part = chain(narrow, found(narrow, "0"))
    assert ([row["key"] for row in part.cases], part.hidden, part.length) == (["0", "3"], 2, 4)


def test_a_named_repeat_of_another_area_is_counted(home: Home) -> None:
    cases = [
        {"key": "far", "area": VILLAGES[2], "registered_at": START},
        {"key": "own", "area": VILLAGES[0], "registered_at": AS_OF - timedelta(days=2), "repeat_of": "far"},
    ]
    edition = edition_of(home, cases, AS_OF).scoped(((VILLAGES[0], VILLAGES[0] + 1),))
    part = chain(scoped(edition), found(edition, "own"))
    assert ([row["key"] for row in part.cases], part.hidden) == (["own"], 1)


def test_long_chain_is_cut_and_flagged(home: Home) -> None:
    cases = [
        {"key": f"{i:03}", "area": VILLAGES[0], "registered_at": START + i * timedelta(hours=1), "reporter": "one"}
        for i in range(3 * MOST)
    ]
    edition = edition_of(home, cases, AS_OF)
    chain_of_case = chain(scoped(edition), found(edition, "100"))
    assert chain_of_case.cut
    keys = [int(row["key"]) for row in chain_of_case.cases]
    assert keys == list(range(keys[0], keys[0] + len(keys)))
    assert abs((keys[0] + keys[-1]) / 2 - 100) <= 1
    assert MOST <= len(keys) <= 2 * MOST


Case = dict[str, Any]
drawn = st.lists(
    st.fixed_dictionaries(
        {
            "day": st.integers(0, 75),
            "area": st.sampled_from(VILLAGES[:2]),
            "reporter": st.sampled_from([None, "a", "b"]),
            "place": st.sampled_from([None, "桥头"]),
            "category": st.sampled_from([None, "噪声"]),
            "repeat_of": st.sampled_from([None, None, None, "0", "5"]),
        }
    ),
    min_size=1,
    max_size=9,
)


@pytest.fixture
def homes(tmp_path: Path) -> Any:
    count = iter(range(10_000))
    return lambda: Home(tmp_path / str(next(count)), memory="1GB")


@settings(max_examples=examples(12), deadline=None, suppress_health_check=list(HealthCheck))
@given(drawn)
def test_a_chain_is_everything_that_is_tied_one_by_one(homes: Any, rows: list[Case]) -> None:
    cases = [
        {name: value for name, value in row.items() if name != "day"}
        | {"key": str(i), "registered_at": START + row["day"] * timedelta(days=1)}
        for i, row in enumerate(rows)
    ]
    edition = edition_of(homes(), cases, AS_OF)
    for case in cases:
        chain_of_case = chain(scoped(edition), found(edition, case["key"]))
        assert {row["key"] for row in chain_of_case.cases} == component(cases, case)
        assert [row["registered_at"] for row in chain_of_case.cases] == sorted(
            row["registered_at"] for row in chain_of_case.cases
        )


def component(cases: list[Case], start: Case) -> set[str]:
    """The keys tied to a case, by the words of the rule."""
    keys, open_ = {start["key"]}, [start]
    while open_:
        one = open_.pop()
        for other in cases:
            if other["key"] not in keys and tied(one, other):
                keys.add(other["key"])
                open_.append(other)
    return keys


def tied(one: Case, other: Case) -> bool:
    if one["repeat_of"] == other["key"] or other["repeat_of"] == one["key"]:
        return True
    if abs(one["registered_at"] - other["registered_at"]) > timedelta(days=30):
        return False
    caller = one["reporter"] is not None and one["reporter"] == other["reporter"]
    spot = all(one[name] is not None and one[name] == other[name] for name in ("area", "place", "category"))
    return caller or spot

"""Why a metric changed: its parts add up, and lead on."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.screens import why
from cockpit.view import View
from tests.cockpit.pages.conftest import (
    BY_CASES,
    METRICS,
    Screen,
    drawn,
    parameters,
    words,
)
from tests.factory import TOWNS


@pytest.mark.parametrize("metric", BY_CASES)
def test_the_parts_of_a_change_add_up_to_it_as_told(screen: Screen, view: Callable[..., View], metric: str) -> None:
    page = screen("why", metric=metric)
    found = why.ask(view(metric=metric), {})
    tables = drawn(page, "table")
    assert bool(tables) == bool(why.worth_telling(found))
    for table in tables:
        effects = [signed(row[-2]["text"]) for row in table["rows"]]
        assert sum(effects[:-1]) == pytest.approx(effects[-1], abs=1e-9)
        assert effects[-1] == pytest.approx(found.change, abs=0.05 if METRICS[metric].is_rate else 1e-9)
        if METRICS[metric].is_rate:
            for row in table["rows"]:
                assert signed(row[-4]["text"]) + signed(row[-3]["text"]) == pytest.approx(signed(row[-2]["text"]))


def signed(text: str) -> float:
    return float(text.replace("−", "-").replace(",", ""))


def test_the_sentence_names_what_moved_it(screen: Screen) -> None:
    page = screen("why", metric="intake", from_="2026-11-01", to="2026-11-11", vs="last_year")
    assert re.search(r"受理量从 0 件 升到 \d+ 件，\+\d+ 件：\S+ \+\d+，\S+ \+\d+", words(page))


def test_a_part_leads_to_its_own_why_and_rows(screen: Screen) -> None:
    towns, categories, *_others = drawn(screen("why", metric="intake"), "table")
    own = next(row for row in towns["rows"] if row[0]["text"] == "北塘街道")
    assert parameters(own[0]["href"]) == {"area": str(TOWNS[0]), "metric": "intake"}
    assert urlsplit(own[-1]["href"]).path == "/rows"
    lights = next(row for row in categories["rows"] if row[0]["text"] == "路灯照明")
    drilled = screen("why", **parameters(lights[0]["href"]))
    assert "类别: 路灯照明" in words(drilled)
    assert len(drawn(drilled, "table")) == 1, "a category is not split by category again"


def test_what_does_not_split_gives_before_and_after(screen: Screen) -> None:
    page = screen("why", metric="oldest_open_days")
    assert len(drawn(page, "tiles")[0]["tiles"]) == 2
    assert "不能拆成" in words(page)


@given(
    st.lists(st.floats(-500, 500), max_size=40),
    st.integers(0, 2),
)
def test_rounded_parts_add_up_to_the_rounded_whole(values: list[float], places: int) -> None:
    told = why.apportion(values, sum(values), places)
    assert sum(told) == pytest.approx(round(sum(values), places), abs=1e-6) or not values
    assert all(abs(a - b) <= 1.001 / 10**places for a, b in zip(values, told, strict=True))

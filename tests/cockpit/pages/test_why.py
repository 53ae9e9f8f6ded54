"""Why a metric changed: the parts add up and link further."""

from collections.abc import Callable
from datetime import date
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.screens.comparison import why
from cockpit.view import View
from metrics.analysis.why import Explanation, Move
from metrics.period import Period
from tests.cockpit.pages.conftest import (
    BY_CASES,
    METRICS,
    Screen,
    drawn,
    parameters,
    words,
)
from tests.factory import DISTRICT, TOWNS


@pytest.mark.parametrize("metric", BY_CASES)
def test_shown_parts_add_up_to_the_shown_change(screen: Screen, view: Callable[..., View], metric: str) -> None:
    page = screen("why", metric=metric)
    explanation = why.ask(view(metric=metric))
    tables = drawn(page, "table")
    assert bool(tables) == bool(why.worth_telling(explanation))
    for table in tables:
        effects = [signed(row[-2]["text"]) for row in table["rows"]]
        assert sum(effects[:-1]) == pytest.approx(effects[-1], abs=1e-9)
        assert effects[-1] == pytest.approx(explanation.change, abs=0.05 if METRICS[metric].is_rate else 1e-9)
        if METRICS[metric].is_rate:
            for row in table["rows"]:
                assert signed(row[-4]["text"]) + signed(row[-3]["text"]) == pytest.approx(signed(row[-2]["text"]))


def signed(text: str) -> float:
    return float(text.replace("−", "-").replace(",", ""))


def test_the_sentence_names_the_largest_movers_of_one_split(view: Callable[..., View]) -> None:
    """Both directions: +0.1 of the whole must not hide -0.6 of one town."""
    towns = moves((str(TOWNS[0]), 0.7), (str(TOWNS[1]), -0.6))
    units = moves(("区城管局", 0.3), ("区住建局", -0.2))
    explanation = explained(0.1, town=towns, department=units)
    sentence = why.sentence(view(metric="on_time_rate"), explanation)
    assert sentence == "按期办结率从 80.0 % 升到 80.1 %，+0.1 个百分点：按镇街 北塘街道 +0.7，沙洲镇 −0.6"


def test_unchanged_total_names_the_parts_that_moved(view: Callable[..., View]) -> None:
    explanation = explained(0.0, town=moves((str(TOWNS[0]), 0.6), (str(TOWNS[1]), -0.6)))
    sentence = why.sentence(view(metric="on_time_rate"), explanation)
    assert sentence == "按期办结率为 80.0 %，没有变动：按镇街 北塘街道 +0.6，沙洲镇 −0.6"


def test_split_with_one_part_is_skipped_in_the_sentence(view: Callable[..., View]) -> None:
    explanation = explained(
        -0.3, town=moves((str(TOWNS[0]), -0.3)), department=moves(("区城管局", -0.2), ("区住建局", -0.1))
    )
    assert why.sentence(view(metric="on_time_rate"), explanation).endswith("−0.3 个百分点：按责任单位 区城管局 −0.2")


def explained(change: float, **splits: tuple[Move, ...]) -> Explanation:
    november, october = (Period(date(2026, month, 1), date(2026, month, 23)) for month in (11, 10))
    return Explanation("on_time_rate", DISTRICT, november, october, 80.0, 80.0 + change, splits)


def moves(*effects: tuple[str, float]) -> tuple[Move, ...]:
    return tuple(Move(group, 80.0, 80.0, 0.0, effect) for group, effect in effects)


def test_the_page_compares_up_to_the_same_time_and_says_so(screen: Screen) -> None:
    assert "2026-11-01 至 2026-11-22 08:00 对比 2026-10-01 至 2026-10-22 08:00" in words(screen("why", metric="intake"))


def test_part_links_to_its_own_causes_and_rows(screen: Screen) -> None:
    towns, units, categories, *_others = drawn(screen("why", metric="intake"), "table")
    assert "unit" in parameters(units["rows"][0][0]["href"])
    own = next(row for row in towns["rows"] if row[0]["text"] == "北塘街道")
    assert parameters(own[0]["href"]) == {"area": str(TOWNS[0]), "metric": "intake"}
    assert urlsplit(own[-1]["href"]).path == "/rows"
    lights = next(row for row in categories["rows"] if row[0]["text"] == "路灯照明")
    drilled = screen("why", **parameters(lights[0]["href"]))
    assert "类别：路灯照明" in words(drilled)
    assert len(drawn(drilled, "table")) == 2, "a category is split by town and unit, not by category again"


def test_unsplittable_metric_shows_before_and_after(screen: Screen) -> None:
    page = screen("why", metric="oldest_open_days")
    assert len(drawn(page, "tiles")[0]["tiles"]) == 2
    assert "不能拆成" in words(page)


@given(
    st.lists(st.floats(-500, 500), max_size=40),
    st.integers(0, 2),
)
def test_rounded_parts_add_up_to_the_rounded_whole(values: list[float], places: int) -> None:
    rounded = why.apportion(values, sum(values), places)
    assert sum(rounded) == pytest.approx(round(sum(values), places), abs=1e-6) or not values
    assert all(abs(a - b) <= 1.001 / 10**places for a, b in zip(values, rounded, strict=True))

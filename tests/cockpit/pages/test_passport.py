"""The passport of a number: how it is made, from what, and by which SQL."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cockpit.screens import passport
from cockpit.view import View
from data.home import Home
from tests.asking import answer
from tests.cockpit.pages.conftest import (
    AS_OF,
    METRICS,
    Screen,
    drawn,
    lines,
    parameters,
    words,
)
from tests.factory import AREAS, TOWNS, VILLAGES, areas, deliver, published


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_has_a_passport(screen: Screen, metric: str) -> None:
    page = screen("passport", metric=metric)
    items = lines(page)
    assert METRICS[metric].definition.zh in words(page)
    assert items["算法"]["text"]
    assert items["得出该数的 SQL"]["text"].startswith(("SELECT", "WITH"))
    assert len(drawn(page, "tiles")[0]["tiles"]) == 1


def test_the_sql_of_a_passport_gives_its_number(view: Callable[..., View], screen: Screen) -> None:
    view_state = view(metric="on_time_rate", area=TOWNS[0])
    items = lines(screen("passport", metric="on_time_rate", area=TOWNS[0]))
    row = view_state.edition.unscoped.cursor().execute(items["得出该数的 SQL"]["text"]).fetchone()
    assert row is not None
    assert [f"{n:,}" for n in row[2:]] == [items["分子"]["text"], items["分母"]["text"]]
    number = answer(view_state.edition, ["on_time_rate"], TOWNS[0], view_state.period).iloc[0]
    assert tuple(row[2:]) == (number["numerator"], number["denominator"])


def test_a_passport_says_how_many_areas_have_data(screen: Screen) -> None:
    """A zero of an area that delivers is data; a rate of nothing is none."""
    assert lines(screen("passport", metric="intake"))["有数区划"]["text"] == "镇街 2 / 2；村社 3 / 3"
    assert lines(screen("passport", metric="on_time_rate"))["有数区划"]["text"] == "镇街 1 / 2；村社 2 / 3"
    assert lines(screen("passport", metric="message_on_time_rate"))["有数区划"]["text"] == "镇街 0 / 2"
    assert "有数区划" not in lines(screen("passport", metric="intake", area=VILLAGES[0]))


def test_a_default_that_no_text_supports_says_so(screen: Screen) -> None:
    assert "待确认" in lines(screen("passport", metric="backlog"))["阈值依据"]["note"]
    assert "待确认" not in lines(screen("passport", metric="on_time_rate"))["阈值依据"]["note"]


def test_the_rest_is_offered_only_where_it_means_something(screen: Screen) -> None:
    some, none = (
        [name for name, _href in drawn(screen("passport", metric=metric), "actions")[0]["links"] if "明细" in name]
        for metric in ("on_time_rate", "bounce_rate")
    )
    assert some == ["明细：分子", "明细：分母", "明细：到期未按期办结"]
    assert none == ["明细：分子", "明细：分母"]


def test_copied_address_has_every_parameter(screen: Screen, view: Callable[..., View]) -> None:
    copied = parameters(drawn(screen("passport", metric="due"), "actions")[0]["copy"])
    assert set(copied) == {"area", "metric", "from", "to", "vs", "edition", "lang"}
    assert copied["edition"] == view().edition.id


def test_passport_covers_every_way_a_metric_is_computed(view: Callable[..., View]) -> None:
    view_state = view()
    assert all(passport.formula(view_state, metric) for metric in METRICS.values())


def test_a_sample_is_of_what_the_denominator_adds_up(screen: Screen) -> None:
    """The dispatches of a case are one more than its returns."""
    page = lines(screen("passport", metric="bounce_rate", area=TOWNS[0]))
    assert page["样本"]["text"].startswith(f"全部派单 {page['分母']['text']}")
    assert (
        lines(screen("passport", metric="on_time_rate", area=TOWNS[0]))["样本"]["text"]
        .partition("；")[0]
        .endswith(" 件")
    )


def test_a_passport_lists_what_each_source_gave_where_sources_disagree(
    screen: Screen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path, memory="1GB")
    areas(home)
    for source, residents in {"yearbook": (1000, 2000, 3000), "police": (1100, 2000, 3300)}.items():
        of_year = {"measure": "resident_pop", "measured_at": AS_OF.replace(day=1)}
        read = [
            {"key": str(village), "area": village, "value": float(n), **of_year}
            for village, n in zip(VILLAGES, residents, strict=True)
        ]
        deliver(home, "readings", read, source=source)
    published(home, AS_OF)
    line = lines(screen("passport", home.root, metric="residents"))["各来源数值"]
    first, last = (area["name"] for area in AREAS if area["code"] in (VILLAGES[0], VILLAGES[2]))
    assert line["text"] == f"{last} yearbook 3,000、police 3,300；{first} yearbook 1,000、police 1,100"
    assert parameters(line["href"])["sort"] == "-highest"
    monkeypatch.setattr(passport, "MOST_DISPUTES", 1)
    line = lines(screen("passport", home.root, metric="residents"))["各来源数值"]
    assert line["text"] == f"{last} yearbook 3,000、police 3,300；另有 1 项见明细"
    assert "各来源数值" not in lines(screen("passport", home.root, metric="residents", area=VILLAGES[1]))

"""Comparison of areas and units: numbers, rights, and subjects that cannot be compared."""

import csv
import json
from collections.abc import Callable
from statistics import fmean, median
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plotly.graph_objects import Figure
from streamlit.testing.v1 import AppTest

from cockpit import settings as cockpit_settings
from cockpit.access import guard
from cockpit.drawing import comparison
from cockpit.drawing.comparison import Line, Point
from cockpit.screens.comparison import compare, compared
from cockpit.view import View
from metrics.answer import answer
from metrics.engine.frames import each
from metrics.engine.plan import exists_at
from tests.cockpit.conftest import session_of
from tests.cockpit.pages.conftest import GONE, METRICS, Screen, drawn, parameters, texts, words
from tests.factory import DISTRICT, TOWNS, VILLAGES

BOTH = ",".join(map(str, TOWNS))
UNITS = ("区城管局", "区住建局")
KNOWN = ("ok", "partial", "stale")


def choice(view: View, **given: str) -> compared.Choice:
    return compared.read(view, given)


def chart(page: AppTest) -> dict[str, object]:
    (element,) = page.get("plotly_chart")
    return json.loads(element.proto.spec)


@pytest.mark.parametrize("metric", [name for name, m in METRICS.items() if exists_at(m, "town")])
def test_mean_and_median_equal_an_independent_computation(view: Callable[..., View], metric: str) -> None:
    view_state = view(metric=metric)
    chosen = choice(view_state, areas=BOTH)
    at = compared.narrowed(view_state, chosen)
    by_subject = {id: part.now for id, part in compare.parts(at, chosen, METRICS[metric]).items()}
    total = next(each(answer(view_state.ask(metric)))) if exists_at(METRICS[metric], "district") else None
    alone = [next(each(answer(view(metric=metric, area=town).ask(metric)))) for town in TOWNS]
    values = [row.value for row in alone if row.quality in KNOWN]
    typical = compare.median(at, chosen, "", by_subject)
    assert typical.counted == len(values)
    assert typical.value == (pytest.approx(median(values)) if values else None)
    average = compare.mean(at, chosen, METRICS[metric], by_subject, total)
    if METRICS[metric].is_additive and not METRICS[metric].is_rate:
        assert average.value == (pytest.approx(fmean(values)) if values else None)
    elif total is not None and total.quality in KNOWN:
        assert average.value == pytest.approx(total.value)
    else:
        assert average.value is None


def test_the_page_shows_each_value_with_the_mean_and_the_median(screen: Screen) -> None:
    page = screen("compare", areas=BOTH, metric="intake")
    (table, _values) = drawn(page, "table")[::-1]
    headings = [column["text"] for column in table["columns"]]
    assert headings == ["指标", "北塘街道", "沙洲镇", "临江区平均", "镇街中位数"]
    row = next(row for row in table["rows"] if row[0]["text"] == METRICS["intake"].name.zh)
    numbers = [float(cell["text"].split()[0].replace(",", "")) for cell in row[1:]]
    assert numbers[2] == pytest.approx(fmean(numbers[:2]), abs=0.05)
    assert numbers[3] == pytest.approx(median(numbers[:2]), abs=0.05)


@pytest.mark.parametrize("by", ["areas", "units"])
def test_each_value_opens_the_rows_it_counts(screen: Screen, by: str) -> None:
    subjects = {"areas": list(map(str, TOWNS)), "units": list(UNITS)}[by]
    page = screen("compare", **{by: ",".join(subjects)})
    opened = 0
    for row in drawn(page, "table")[-1]["rows"]:
        for subject, cell in zip(subjects, row[1:], strict=False):
            if not cell["href"]:
                continue
            given = {key: value[0] for key, value in parse_qs(urlsplit(cell["href"]).query).items()}
            assert given["area" if by == "areas" else "unit"] == subject
            number = cell["text"].split()[0]
            metric = METRICS[given["metric"]]
            if metric.is_additive and not metric.is_rate:
                assert number in words(screen("rows", **given))
                opened += 1
    assert opened >= 4


def test_the_chart_says_what_its_table_says(screen: Screen) -> None:
    page = screen("compare", areas=BOTH, metric="intake")
    (table,) = [table for table in drawn(page, "table") if table["columns"][0]["text"] == "首日"]
    spec = chart(page)
    traces = spec["data"]
    assert [trace["name"] for trace in traces] == [column["text"] for column in table["columns"][1:]]
    assert [trace["x"] for trace in traces] == [texts(table, "首日")] * len(traces)
    for trace in traces[:2]:
        shown = [text.split()[0] for text in texts(table, trace["name"])]
        assert shown == ["–" if y is None else f"{y:g}" for y in trace["y"]]
    assert len({(trace["mode"], trace["line"]["dash"]) for trace in traces}) == len(traces)


def test_units_are_compared_by_their_facts(screen: Screen, view: Callable[..., View]) -> None:
    page = screen("compare", units=compared.written("units", UNITS), metric="intake")
    table = drawn(page, "table")[-1]
    row = next(row for row in table["rows"] if row[0]["text"] == METRICS["intake"].name.zh)
    frame = answer(view(metric="intake").asking(comparison=None).ask("intake", by="department"))
    own = dict(zip(frame["group"], frame["value"], strict=True))
    assert [float(cell["text"].split()[0]) for cell in row[1:3]] == [own.get(unit, 0) for unit in UNITS]


@pytest.mark.parametrize(("metric", "over"), [(name, ("", "months")[i % 2]) for i, name in enumerate(METRICS)])
def test_every_metric_can_be_chosen(screen: Screen, metric: str, over: str) -> None:
    assert "▲" not in words(screen("compare", areas=BOTH, metric=metric, over=over))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"areas": f"{TOWNS[0]},123"}, "123：区划用 12 位代码表示"),
        ({"areas": f"{TOWNS[0]},999999999999"}, "999999999999：区划用 12 位代码表示"),
        ({"areas": f"{TOWNS[0]},９９０１０１１０１０００"}, "区划用 12 位代码表示"),
        ({"areas": f"{TOWNS[0]},<script>alert(1)</script>"}, "区划用 12 位代码表示"),
        ({"areas": f"{TOWNS[0]},{TOWNS[0]}"}, "北塘街道重复"),
        ({"areas": f"{TOWNS[0]},{VILLAGES[0]}"}, "只能对比同一级的区划"),
        ({"areas": f"{VILLAGES[0]},{GONE}"}, "旧渡村已撤销，现属新河村"),
        ({"areas": ",".join(map(str, (DISTRICT, *TOWNS, *VILLAGES, GONE)))}, "选了 7 个，最多对比 6 个"),
        ({"areas": "1," * 2000}, "网址过长"),
        ({"areas": BOTH, "units": "区城管局"}, "不能同时对比"),
        ({"units": "区城管局,不存在的局"}, "不存在的局：临江区没有这个单位"),
        ({"units": "区城管局,区城管局"}, "区城管局重复"),
        ({"units": '"区城管局'}, "无法识别单位名称"),
        ({"units": "区城管局\n区住建局"}, "无法识别单位名称"),
    ],
)
def test_incomparable_subjects_are_refused_in_one_line(screen: Screen, given: dict[str, str], expected: str) -> None:
    page = screen("compare", **given)
    said = words(page)
    assert said.count("▲") == 1
    assert expected in said
    assert not page.get("plotly_chart")
    assert not drawn(page, "table")


def test_comparison_of_one_area_offers_its_neighbours(screen: Screen) -> None:
    page = screen("compare", areas=TOWNS[0])
    assert "请选择二至六个" in words(page)
    (offered,) = drawn(page, "actions")
    added = {text: parameters(href)["areas"] for text, href in offered["links"]}
    assert added == {"+ 沙洲镇": BOTH}


def test_a_search_finds_areas_by_initials_and_units_by_name(screen: Screen) -> None:
    for text, matches in (("szz", "+ 沙洲镇"), ("城管", "+ 区城管局")):
        (offered,) = drawn(screen("compare", areas=TOWNS[0], add=text), "actions")
        assert matches in [label for label, _href in offered["links"]]
    assert "没有找到" in words(screen("compare", areas=TOWNS[0], add="没有的地方"))


def test_an_area_outside_the_scope_is_refused_and_shows_nothing(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    def token() -> str:
        return session_of(cockpit_settings.current().desk_url, ("official",), TOWNS[0])

    monkeypatch.setattr(guard, "token", token)
    outside = words(screen("compare", areas=f"{VILLAGES[0]},{VILLAGES[2]}"))
    assert f"{VILLAGES[2]}不在您可查看的范围内" in outside
    assert "区划用 12 位代码表示" in words(screen("compare", areas=f"{VILLAGES[0]},990101101299"))
    assert "苇塘" not in outside
    assert "苇塘" not in words(screen("compare", areas=VILLAGES[0], add="苇塘"))
    inside = screen("compare", areas=f"{VILLAGES[0]},{VILLAGES[1]}", metric="intake")
    assert inside.get("plotly_chart")


def test_two_granted_towns_are_compared_without_the_district(
    view: Callable[..., View], screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    view_state = view(metric="intake")
    scope = tuple((town, town + 1000) for town in TOWNS)
    apart = view_state.asking(edition=type(view_state.edition)(view_state.edition.unscoped, scope), area=TOWNS[0])
    chosen = choice(apart, areas=BOTH)
    assert chosen.place is None
    assert compare.headings(apart, chosen) == ["北塘街道", "沙洲镇"]
    parts = compare.parts(apart, chosen, METRICS["intake"])
    assert {id: part.now.value for id, part in parts.items()} == {
        str(town): next(each(answer(view(area=town).ask("intake")))).value for town in TOWNS
    }
    lines = compare.chart_lines(apart, chosen, METRICS["intake"], False)
    assert [line.name for line in lines] == ["北塘街道", "沙洲镇"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=60), by=st.sampled_from(["areas", "units"]))
def test_any_text_is_read_or_refused(view: Callable[..., View], text: str, by: str) -> None:
    try:
        matches = compared.read(view(), {by: text})
    except compared.Refused:
        return
    assert len(matches.subjects) <= compared.MOST


@given(st.lists(st.text(min_size=1, max_size=20), min_size=2, max_size=6))
def test_names_of_units_survive_an_address(ids: list[str]) -> None:
    assert next(csv.reader([compared.written("units", ids)], strict=True)) == ids


def test_plotly_takes_the_figure_and_no_name_is_read_as_markup() -> None:
    line = Line("<b>甲</b>", (Point("2026-11-01", 1.0, "<i>"), Point("2026-11-02", None)))
    figure = comparison.figure(METRICS["on_time_rate"], [line, Line("平均", line.points, "mean")])
    Figure(figure)
    assert "<" not in "".join(text for trace in figure["data"] for text in (trace["name"], *trace["text"]))

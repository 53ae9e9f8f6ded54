"""Components word what they are given, and hand the browser plain data that it escapes."""

import json
import re
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cockpit import i18n
from cockpit.components import base
from cockpit.components.charts import areamap, ranking
from cockpit.components.lists import table
from cockpit.components.navigation import header
from cockpit.components.status import tiles
from cockpit.drawing import charts
from metrics.catalog import Metric, load
from metrics.period import Period

ON_TIME, BACKLOG, INTAKE = (load().metrics[name] for name in ("on_time_rate", "backlog", "intake"))
FOLDER = Path(base.__file__).parent


@pytest.fixture(autouse=True)
def _chinese():
    with i18n.using("zh"):
        yield


VIEW = SimpleNamespace(
    catalog=load(), area=SimpleNamespace(level="district"), as_of=datetime(2026, 11, 22, 8), compared="较上月",
    running=True, size="m",
)  # fmt: skip


def answer(value: float | None, over: float | None = None, per: float | None = None, n: int = 100, quality: str = "ok"):
    """One row of an answer of `metrics.answer.query`."""
    nan = float("nan")
    numbers = (nan if number is None else number for number in (value, over, per))
    return SimpleNamespace(
        **dict(zip(("value", "numerator", "denominator"), numbers, strict=True)), n=n, quality=quality
    )


def test_a_tile_says_value_change_state_basis() -> None:
    tile = tiles.tile(VIEW, ON_TIME, answer(95.09, 3120, 3281), state="green", before=answer(95.9, 1, 2))
    assert (tile.name, tile.value, tile.unit) == ("按期办结率", "95.1", "%")
    assert (tile.change, tile.tone) == ("−0.8 个百分点", "bad")
    assert (tile.state, tile.word, tile.faint) == ("green", "正常", False)
    assert dict(tile.rows) == {
        "较对比期": "较上月", "限值": "目标 ≥ 95 %", "样本": "3,120 / 3,281", "数据时点": "2026-11-22 08:00",
    }  # fmt: skip


def test_a_table_leaves_out_columns_that_say_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[dict] = []
    monkeypatch.setattr(table, "_table", lambda *, key, data: drawn.append(data))
    columns = [table.Column(text, sort=sort) for text, sort in (("A", ""), ("B", ""), ("C", "?sort=c"), ("D", ""))]
    table.table(columns, [["1", "", "", table.Cell("", state="red")], ["2", "", "", ""]], key="t")
    table.table(columns, [["1", "", "", ""]], total=["", "9", "", ""], key="t")
    table.table(columns, [], key="t")
    assert ["".join(column.text for column in data["columns"]) for data in drawn] == ["ACD", "ABC", "ABCD"]
    assert [[cell.text or cell.state for cell in row] for row in drawn[0]["rows"]] == [["1", "", "red"], ["2", "", ""]]


def test_a_tile_says_that_sources_disagree_in_place_of_a_change_and_a_state() -> None:
    tile = tiles.tile(VIEW, ON_TIME, answer(95.09, 1, 2, quality="conflict"), state="green", before=answer(95.9, 1, 2))
    assert (tile.value, tile.why, tile.change, tile.state) == ("95.1", "来源不一致", "", "none")
    assert "两个数值见明细" in dict(tile.rows)["说明"]


def test_a_tile_without_data_says_why_and_never_zero() -> None:
    tile = tiles.tile(VIEW, ON_TIME, answer(None, 0, 0, n=0, quality="no data"), state="green", before=answer(95.9))
    assert (tile.value, tile.unit, tile.state, tile.change) == ("无数据", "", "none", "")
    assert tile.why == "本期没有可统计的对象"


def test_a_tile_with_a_small_sample_is_grey_and_without_state_or_change() -> None:
    tile = tiles.tile(VIEW, ON_TIME, answer(85.7, 6, 7, n=7, quality="small sample"), state="red", before=answer(95.9))
    assert (tile.value, tile.state, tile.change, tile.why, tile.faint) == ("85.7", "none", "", "样本 7，不排名", True)


def test_a_trend_keeps_its_gaps() -> None:
    tile = tiles.tile(VIEW, BACKLOG, answer(5), trend=[1, float("nan"), None, 4])
    assert tile.trend == (1.0, None, None, 4.0)


def test_a_rate_is_ranked_with_its_interval_and_a_small_sample_is_not_ranked() -> None:
    row = ranking.row(VIEW, ON_TIME, answer(95.0, 95, 100), name="沙洲镇", state="amber", largest=100)
    assert (row.value, row.interval, row.sample, row.share) == ("95.0 %", "88.8–97.8", "100", 0.95)
    small = ranking.row(VIEW, ON_TIME, answer(50.0, 1, 2, n=2, quality="small sample"), name="新河村", state="red")
    assert (small.small, small.state, small.note) == (True, "none", "样本 2")
    assert row.bounds
    assert row.bounds[1] < row.bounds[0] == 95.0 < row.bounds[2]
    assert row.order == (95.0, 100.0, None)
    count = ranking.row(VIEW, BACKLOG, answer(412.0), name="沙洲镇", before=answer(400.0))
    assert (count.bounds, count.order) == (None, (412.0, None, 12.0))
    assert (count.value, count.interval, count.sample) == ("412 件", "", "")


def test_presets_end_with_the_last_known_day() -> None:
    offered = header.presets(datetime(2026, 11, 22, 8))
    assert offered["本月"] == Period(date(2026, 11, 1), date(2026, 11, 23))
    assert offered["上月"] == Period(date(2026, 10, 1), date(2026, 11, 1))
    assert offered["近7日"].days == 7
    assert offered["本季"].start == date(2026, 10, 1)
    assert header.presets(datetime(2026, 11, 1))["本月"] == Period(date(2026, 10, 1), date(2026, 11, 1))


def test_a_trend_lays_earlier_periods_on_the_days_of_this_one() -> None:
    days = [date(2026, 11, 1), date(2026, 11, 2), date(2026, 11, 3)]
    lines = [charts.Line("本期", [1.0, None, 3.0]), charts.Line("上期", [2.0, 2.0], "before", [date(2026, 10, 1)] * 2)]
    chart = charts.trend(BACKLOG, days, lines, hrefs=["/rows?a", "/rows?b", "/rows?c"])
    assert [point.x for point in chart.points] == [0, 0.5, 1]
    assert [line.y for line in chart.lines] == [(0.3333, None, 1.0), (0.6667, 0.6667)]
    assert chart.points[0].text == "本期 2026-11-01 1 件\n上期 2026-10-01 2 件"
    assert [point.href for point in chart.points] == ["/rows?a", "/rows?b", "/rows?c"]
    assert chart.points[2].text == "本期 2026-11-03 3 件"


def test_running_period_is_marked() -> None:
    days = [date(2026, 11, 1), date(2026, 11, 2)]
    chart = charts.trend(BACKLOG, days, [charts.Line("本期", [1.0, 2.0], unfinished="未完")])
    assert chart.lines[0].unfinished == "未完"
    assert [("未完" in point.text) for point in chart.points] == [False, True]


def test_long_trend_names_months_in_chinese() -> None:
    days = [date.fromordinal(date(2026, 9, 1).toordinal() + i) for i in range(150)]
    chart = charts.trend(BACKLOG, days, [charts.Line("本期", [1.0] * 150)])
    assert [tick.text for tick in chart.days] == ["9月\n2026年", "10月", "11月", "12月", "1月\n2027年"]


def test_thresholds_are_drawn_in_the_trend() -> None:
    chart = charts.trend(ON_TIME, [date(2026, 11, 1)], [charts.Line("本期", [97.0])])
    assert [(tick.text, tick.state) for tick in chart.limits] == [("≥ 95", "green"), ("< 85", "red")]
    assert all(0 <= tick.at <= 1 for tick in chart.limits)
    assert chart.points[0].x == 0.5


numbers = st.floats(-1e9, 1e9, allow_nan=False).map(lambda value: round(value, 3))


@example([800000001.0, -0.5], ON_TIME)
@example([0.3, 0.9], ON_TIME)
@given(st.lists(numbers, max_size=20), st.sampled_from([ON_TIME, BACKLOG, INTAKE]))
def test_axis_covers_every_value_in_a_few_round_steps(values: list[float], metric: Metric) -> None:
    steps = charts.scale(values, metric)
    assert 2 <= len(steps) <= charts.STEPS + 3
    assert all(steps[0] <= value <= steps[-1] for value in values)
    sizes = {round(after - before, 6) for before, after in pairwise(steps)}
    assert len(sizes) == 1
    if not metric.is_percent:
        assert 0 in steps
        assert metric.decimals or all(step == int(step) for step in steps)


@given(st.lists(st.none() | numbers, min_size=1, max_size=40))
def test_a_chart_draws_what_there_is_and_a_gap_for_what_there_is_not(values: list[float | None]) -> None:
    days = [date(2026, 1, 1) + timedelta(days=i) for i in range(len(values))]
    chart = charts.trend(BACKLOG, days, [charts.Line("本期", values)])
    (line,) = chart.lines
    assert [y is None for y in line.y] == [value is None for value in values]
    assert all(0 <= y <= 1 for y in line.y if y is not None)
    assert [point.x for point in chart.points] == sorted({point.x for point in chart.points})
    assert len(chart.points) == len(values)
    texts = [row.text for row in chart.rows]
    assert len(texts) == len(set(texts)), "two steps read the same"


OTHERS = ("vendor", "build", "node_modules")
"""Folders of the drawing library of the map, which tests/cockpit/server/test_bundle.py is about."""


@pytest.mark.parametrize(
    "script",
    sorted(path for path in FOLDER.rglob("*.js") if not {*path.parts} & {*OTHERS}),
    ids=lambda path: path.name,
)
def test_no_script_evaluates_text_or_names_another_host(script: Path) -> None:
    source = script.read_text("utf-8")
    assert not re.search(r"\beval\(|new Function|https?://", source)


def test_every_component_has_its_files() -> None:
    for module in FOLDER.rglob("*.py"):
        for name in re.findall(r'define\("(\w+)"\)', module.read_text("utf-8")):
            assert module.with_name(f"{name}.js").is_file(), name
            assert module.with_name(f"{name}.css").is_file(), name


def test_plain_reaches_into_everything() -> None:
    plain = base.plain({"a": [header.Chip("x", "/y")], "b": (1, None)})
    assert plain == {"a": [{"text": "x", "remove": "/y"}], "b": [1, None]}


def test_packed_is_the_json_of_everything_inside() -> None:
    chip, steps = header.Chip("“路灯”\n", "/y?a=1&b=<"), (areamap.Entry("red", "1–2", 1), areamap.Entry("none", "3", 0))
    data = {"a": [chip], "b": (1, None, 0.5), "c": steps, "d": {"é": True}, "e": ([chip],)}
    assert json.loads(base.packed(data)) == base.plain(data)
    assert json.loads(base.packed(data)) == base.plain(data), "the second time from what is kept"
    assert "路灯".encode() in base.packed(data)

"""Rankings and maps of the areas below: the worst first, small samples marked, the states of both equal."""

from collections import Counter

import pytest

from cockpit.panels import answers
from cockpit.panels.kinds import areas
from tests.asking import answer
from tests.cockpit.panels.conftest import METRICS, See, parameters
from tests.factory import DISTRICT, TOWNS


def test_the_ranking_has_the_worst_first_and_leads_down(see: See) -> None:
    rows = areas.area_rows(see(metric="on_time_rate"))
    assert [row.name for row in rows][:2] == ["沙洲镇", "北塘街道"]
    assert [row.state for row in rows][:2] == ["red", "green"]
    assert rows[0].interval
    assert rows[0].sample
    assert parameters(rows[0].href)["area"] == str(TOWNS[1])


def test_small_samples_are_marked(see: See) -> None:
    view = see(area=TOWNS[0], metric="on_time_rate", **{"from": "2026-11-01", "to": "2026-11-06"})
    rows = areas.area_rows(view)
    assert all(row.small for row in rows)
    drawn, legend = areas.map_areas(view)
    assert {area.key for area in drawn} == {"small"}
    assert [(entry.key, entry.label, entry.count) for entry in legend] == [("small", "样本不足（少于 10）", len(drawn))]


def test_own_level_facts_are_a_row_of_their_own_and_the_rows_add_up(see: See) -> None:
    view = see()
    parts = answers.parts(view.ask(view.metric.id, by="town"))
    total = answer(view.edition, ["backlog"], DISTRICT, view.period)["value"].item()
    assert sum(part.now.value for part in parts) == total
    own = next(row for row in areas.area_rows(view) if row.name == "区本级")
    assert own.href == ""
    assert "区本级" not in [area.name for area in areas.map_areas(view)[0]]


@pytest.mark.parametrize("area", [DISTRICT, *TOWNS[:2]])
@pytest.mark.parametrize("metric", METRICS)
def test_the_map_has_the_states_of_the_ranking(see: See, area: int, metric: str) -> None:
    """Of all areas below; the ranking has the area's own level as well, which lies nowhere."""
    view = see(area=area, metric=metric)
    drawn, legend = areas.map_areas(view)
    rows = [row for row in areas.area_rows(view) if row.href]
    assert {entry.key: entry.count for entry in legend if entry.count} == Counter(shown.key for shown in drawn)
    assert sum(entry.count for entry in legend) == len(rows) == len(drawn)
    keys = {shown.name: shown.key for shown in drawn}
    assert all(keys[row.name] == row.state for row in rows if row.state != "none")
    assert {name for name, key in keys.items() if key in ("small", "absent")} == {r.name for r in rows if r.small}
    steps = any(key.startswith("step") for key in keys.values())
    assert steps is (not any(row.state != "none" for row in rows) and not all(row.small for row in rows))


def test_limits_colour_the_map_by_state_and_the_legend_says_them(see: See) -> None:
    drawn, legend = areas.map_areas(see(metric="on_time_rate"))
    assert [(area.name, area.key, area.value) for area in drawn] == [
        ("沙洲镇", "red", "31.4 % · 预警"), ("北塘街道", "green", "96.8 % · 正常")
    ]  # fmt: skip
    assert [(e.key, e.label, e.bound, e.count) for e in legend] == [
        ("green", "正常", "目标 ≥ 95 %", 1), ("amber", "关注", "", 0), ("red", "预警", "< 85 %", 1)
    ]  # fmt: skip


def test_a_metric_unknown_below_is_replaced_and_said_so(see: See) -> None:
    view = see(area=TOWNS[0], metric="three_rate_score")
    assert areas.compared(view)[1].id == "backlog"
    assert areas.note(view) == "三率综合分不在村社一级计算"
    assert areas.note(see(metric="three_rate_score")) == ""

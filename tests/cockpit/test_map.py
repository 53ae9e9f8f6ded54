"""The map: keys and legend of values without limits, anchors inside their areas, and short names."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from cockpit import i18n
from cockpit.drawing.anchors import anchors, short_names
from cockpit.panels.answers import Part
from cockpit.panels.colours import coloured, steps
from data.areas.levels import LEVELS
from metrics.answer import CONFLICT
from metrics.catalog import load

CLOSED, BACKLOG = (load().metrics[name] for name in ("closed", "backlog"))
VALUES = st.lists(st.integers(0, 1000).map(float), max_size=40)


@pytest.fixture(autouse=True)
def _chinese():
    with i18n.using("zh"):
        yield


def part(value: float | None, state: str = "none", quality: str = "ok") -> Part:
    return Part("1", SimpleNamespace(value=value, quality="no data" if value is None else quality, n=3), None, state)


def test_without_limits_the_values_are_cut_into_fifths_from_the_least() -> None:
    known, place = steps(CLOSED, [100, 20, 30, 40, 50, 60, 70, 80, 90, 10])
    assert [label for _, label, _ in known] == ["10–20", "30–40", "50–60", "70–80", "90–100"]
    assert [place(value) for value in (10, 30, 60, 70, 100)] == ["step0", "step1", "step2", "step3", "step4"]


@given(VALUES)
def test_more_is_never_a_fainter_step(values: list[float]) -> None:
    known, place = steps(CLOSED, values)
    placed = [place(value) for value in sorted(values)]
    assert placed == sorted(placed)
    assert set(placed) == {key for key, _, _ in known}
    assert len(set(values)) < 2 or (placed[0], placed[-1]) == ("step0", "step4")


@given(
    st.lists(
        st.tuples(
            st.none() | st.integers(0, 50).map(float),
            st.sampled_from(["red", "amber", "green", "none"]),
            st.sampled_from(["ok", "small sample", "partial"]),
        ),
        max_size=30,
    )
)
def test_the_legend_counts_each_area_once(given: list[tuple[float | None, str, str]]) -> None:
    parts = [part(value, "none" if quality == "small sample" else state, quality) for value, state, quality in given]
    with i18n.using("zh"):
        legend, keys = coloured(load(), BACKLOG, "town", parts)
    assert [entry.count for entry in legend] == [keys.count(entry.key) for entry in legend]
    assert sum(entry.count for entry in legend) == len(parts)
    assert len({entry.key for entry in legend}) == len(legend)


def test_limits_that_no_area_can_be_held_against_leave_the_steps() -> None:
    legend, keys = coloured(
        load(), BACKLOG, "town", [part(3.0), part(9.0), part(None), part(2.0, quality="small sample")]
    )
    assert keys == ["step0", "step4", "absent", "small"]
    assert [entry.label for entry in legend] == ["3", "9", "样本不足（少于 0）", "无数据"]


def test_a_value_that_is_not_ranked_has_no_step() -> None:
    """Such as one that two sources disagree on."""
    legend, keys = coloured(load(), BACKLOG, "town", [part(3.0), part(8.1, quality=CONFLICT)])
    assert keys == ["step2", "none"]
    assert sum(entry.count for entry in legend) == 2


@given(
    st.lists(st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), min_size=3, max_size=12), min_size=1, max_size=4),
    st.floats(-80, 80),
)
def test_anchor_is_inside_its_area(clouds: list[list[tuple[float, float]]], south: float) -> None:
    hulls = [
        shapely.transform(shapely.convex_hull(shapely.MultiPoint(cloud)), lambda xy: xy + np.array([100, south]))
        for cloud in clouds
    ]
    areas = [hull for hull in hulls if hull.geom_type == "Polygon" and hull.area > 1e-3]
    points = anchors([json.dumps(shapely.geometry.mapping(area)) for area in areas])
    for area, anchor in zip(areas, points, strict=True):
        assert anchor is not None
        assert area.contains(shapely.Point(anchor))


def test_the_anchor_of_a_horseshoe_is_not_in_its_gap() -> None:
    horseshoe = shapely.Polygon([(0, 0), (9, 0), (9, 9), (6, 9), (6, 3), (3, 3), (3, 9), (0, 9)])
    (anchor,) = anchors([shapely.to_geojson(horseshoe)])
    assert horseshoe.contains(shapely.Point(anchor))
    assert not horseshoe.contains(horseshoe.centroid)


def test_area_without_polygon_has_no_anchor() -> None:
    assert anchors([]) == []
    assert anchors([None, '{"type": "Polygon", "coordinates": []}']) == [None, None]
    assert anchors([None, shapely.to_geojson(shapely.box(0, 0, 2, 2))])[1] == pytest.approx([1, 1], abs=0.01)
    assert np.shape(anchors([shapely.to_geojson(shapely.box(0, 89, 2, 91))])) == (1, 2)


def test_a_name_is_shortened_where_it_stays_its_own() -> None:
    names = ["沙洲镇", "新河镇", "新河街道", "城镇", "Ward 3", "龙潭民族乡"]
    assert short_names(names, ["town"] * 6) == ["沙洲", "新河镇", "新河街道", "城镇", "Ward 3", "龙潭"]
    assert short_names(["新河", "新河镇"], ["town"] * 2) == ["新河", "新河镇"]
    assert short_names(["杭州市", "朝阳区"], ["city", "district"]) == ["杭州", "朝阳"]


@given(
    st.lists(
        st.tuples(st.text("新河沙镇乡街道", min_size=1, max_size=4), st.sampled_from(LEVELS)),
        max_size=12,
        unique_by=lambda named: named[0],
    )
)
def test_different_names_stay_different_when_shortened(named: list[tuple[str, str]]) -> None:
    names, levels = [name for name, _ in named], [level for _, level in named]
    short = short_names(names, levels)
    assert len(set(short)) == len(set(names))
    assert all(name.startswith(bare) for name, bare in zip(names, short, strict=True))

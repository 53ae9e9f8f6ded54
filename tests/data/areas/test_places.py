"""The area of a row: by code, by path, by point."""

import json
from typing import Any

import pytest

from data.areas.loading import load_areas
from data.home import Home
from tests.data.hotline import ENDED, VILLAGE, deliver, facts, rejects, settle

AMBIGUOUS = "ambiguous area: 北塘街道/同名村 (990101001205 北塘街道/同名村, 990101001206 北塘街道/同名村)"


@pytest.fixture
def home(home: Home) -> Home:
    return settle(home)


def square(code: int, west: float, south: float, size: float) -> dict[str, Any]:
    east, north = west + size, south + size
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "type": "Feature",
        "properties": {"code": str(code)},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def test_first_resolving_way_wins(home: Home) -> None:
    ways = [{"code": "a"}, {"path": "b"}]
    header = "id,a,b,registered"
    columns = {"kind": "'event'", "registered_at": "registered"}
    rows = [
        "1,990101001201,沙洲镇",
        "2,1,北塘街道/新河村",
        "3,,临江区 / 北塘街道／东桥村",
        "4,,沙洲镇",
        "5,2,无名村",
        "6,,",
    ]
    deliver(home, *(f"{line},2026-01-01" for line in rows), header=header, area=ways, columns=columns)
    assert facts(home, "key, area") == [("1", VILLAGE), ("2", VILLAGE), ("3", ENDED), ("4", 990101002000)]
    assert rejects(home) == [(6, "5", ["unknown area: 2"]), (7, "6", ["missing area"])]


def test_path_resolves_to_area_valid_on_day(home: Home) -> None:
    (home.root / "more.csv").write_text(
        "code,name,valid_from,valid_to,merged_into\n990101001203,双名村,,2025-01-01,990101001204\n"
        "990101001204,双名村,2025-01-01,,\n990101001205,同名村,,,\n990101001206,同名村,,,\n",
        "utf-8",
    )
    load_areas(home, home.root / "more.csv")
    rows = ["1,北塘街道/双名村,2024-12-31", "2,北塘街道/双名村,2025-01-01", "3,北塘街道/同名村,2025-01-01"]
    columns = {"kind": "'event'", "registered_at": "registered"}
    deliver(home, *rows, header="id,p,registered", area={"path": "p"}, columns=columns)
    assert facts(home, "key, area") == [("1", 990101001203), ("2", 990101001204)]
    assert rejects(home) == [(4, "3", [AMBIGUOUS])]


def test_point_resolves_to_smallest_area(home: Home) -> None:
    features = [square(990101001000, 119, 30, 1), square(VILLAGE, 119, 30, 0.5), square(ENDED, 119.5, 30, 0.5)]
    shapes = home.root / "shapes.geojson"
    shapes.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    load_areas(home, shapes)
    rows = [
        "village,119.2,30.2,2026-01-01",
        "ended,119.7,30.2,2026-02-28",
        "town,119.7,30.2,2026-03-01",
        "town too,119.2,30.7,2026-01-01",
        "border,119.5,30.2,2026-01-01",
        "outside,121,30,2026-01-01",
        "nowhere,,30,2026-01-01",
    ]
    columns = {"kind": "'event'", "registered_at": "registered", "lon": "x", "lat": "y"}
    point = {"point": {"lon": "x", "lat": "y"}}
    deliver(home, *rows, header="id,x,y,registered", area=point, columns=columns)
    assert facts(home, "key, area") == [
        ("border", VILLAGE),
        ("ended", ENDED),
        ("town", 990101001000),
        ("town too", 990101001000),
        ("village", VILLAGE),
    ]
    assert rejects(home) == [(7, "outside", ["unknown area: 121.0,30.0"]), (8, "nowhere", ["missing area"])]

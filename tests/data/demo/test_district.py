"""The demo district's ground: areas, codes, people, polygons."""

import json

import duckdb
import pytest
import shapely
from shapely.geometry import shape

from data.demo import Delivery, geography, stories
from tests.data.demo.conftest import one


def test_one_district_22_towns_549_villages(db: duckdb.DuckDBPyConnection) -> None:
    live = "SELECT level, count(*) FROM areas WHERE valid_to IS NULL GROUP BY level"
    assert dict(db.execute(live).fetchall()) == {"district": 1, "town": 22, "village": 549}
    assert one(db, "SELECT count(*) FROM areas") == 573
    assert one(db, "SELECT count(DISTINCT name) FROM areas") == 573


def test_codes_follow_the_blocks_of_their_kind(db: duckdb.DuckDBPyConnection) -> None:
    town, village = "code // 1000 % 1000", "code % 1000"
    blocks = {"街道": (town, 1, 99), "镇": (town, 100, 199), "乡": (town, 200, 399)}
    blocks |= {"社区": (village, 1, 199), "村": (village, 200, 399)}
    for kind, (part, low, high) in blocks.items():
        sql = f"SELECT count(*) > 0, count(*) FILTER ({part} NOT BETWEEN $1 AND $2) FROM areas WHERE kind = $3"
        assert one(db, sql, low, high, kind) == (True, 0)
    assert one(db, "SELECT count(*) FROM areas WHERE code // 1000000 <> 990101") == 0


def test_people_add_up(db: duckdb.DuckDBPyConnection) -> None:
    levels = "SELECT sum(population), sum(households) FROM areas WHERE level = $1 AND valid_to IS NULL"
    district = one(db, levels, "district")
    assert one(db, levels, "town") == district
    assert one(db, levels, "village") == district
    assert 900_000 < district[0] < 1_000_000
    assert one(db, "SELECT min(population), min(households) FROM areas") > (100, 40)


def test_polygons_cover_the_ground_without_gaps_and_overlaps(made: Delivery, db: duckdb.DuckDBPyConnection) -> None:
    features = json.loads(made.areas[1].read_text("utf-8"))["features"]
    shapes = {int(feature["properties"]["code"]): shape(feature["geometry"]) for feature in features}
    live = dict(db.execute("SELECT code, level FROM areas WHERE valid_to IS NULL").fetchall())
    assert shapes.keys() == live.keys()
    assert all(polygon.geom_type == "Polygon" and polygon.is_valid for polygon in shapes.values())
    district = shapes[stories.DISTRICT]
    for level in ("town", "village"):
        parts = [shapes[code] for code in live if live[code] == level]
        assert shapely.coverage_is_valid(parts)
        assert sum(part.area for part in parts) == pytest.approx(district.area, rel=1e-6)
        assert shapely.union_all(parts).symmetric_difference(district).area < 1e-6 * district.area
    for town in (code for code in live if live[code] == "town"):
        inside = shapely.union_all(
            [shapes[code] for code in live if live[code] == "village" and code // 1000 == town // 1000]
        )
        assert inside.symmetric_difference(shapes[town]).area < 1e-6 * shapes[town].area
    for code, lon, lat in db.execute("SELECT code, lon, lat FROM areas WHERE valid_to IS NULL").fetchall():
        assert shapes[code].contains(shapely.Point(lon, lat)), code


def test_cases_lie_in_their_villages(db: duckdb.DuckDBPyConnection) -> None:
    outlines = {area.code: area.outline for area in geography.areas() if area.outline}
    for code, lon, lat in db.execute("SELECT area, lon, lat FROM cases WHERE area % 1000 > 0 LIMIT 3000").fetchall():
        assert code == stories.MERGED_VILLAGE or outlines[code].contains(shapely.Point(lon, lat))

import gzip
import json
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
import shapely

from data.areas.loading import AreaReport, load_areas
from data.areas.shapes import polygon_parts
from data.errors import DataError
from data.home import Home
from data.store import one, read_store
from tests import trees

DISTRICT, TOWN, VILLAGE = 990101000000, 990101001000, 990101001201


def take(home: Home, content: str, file: str = "areas.csv") -> AreaReport:
    path = home.root / file
    path.write_text(content, "utf-8")
    return load_areas(home, path)


def stored(home: Home, columns: str = "code, name, level, parent", condition: str = "true") -> list[tuple]:
    with read_store(home) as store:
        return store.execute(f"SELECT {columns} FROM areas WHERE {condition} ORDER BY code, valid_from").fetchall()


def version(home: Home) -> int:
    with read_store(home) as store:
        return one(store, "SELECT value FROM counters WHERE name = 'areas_version'")[0]


def test_codes_of_any_length_make_a_tree(home: Home) -> None:
    report = take(home, "code,name\n990101,临江区\n990101001,北塘街道\n990101001201,新河村\n990101002000,沙洲镇\n")
    assert (report.read, report.added, report.changed, report.polygons) == (4, 4, 0, 0)
    assert stored(home) == [
        (DISTRICT, "临江区", "district", None),
        (TOWN, "北塘街道", "town", DISTRICT),
        (VILLAGE, "新河村", "village", TOWN),
        (990101002000, "沙洲镇", "town", DISTRICT),
    ]


@pytest.mark.parametrize(
    ("code", "level"),
    [("99", "province"), ("9901", "city"), ("990000", "province"), ("990100", "city"), ("990101000000", "district")],
)
def test_zeros_give_the_level(home: Home, code: str, level: str) -> None:
    take(home, f"code,name\n{code},某地\n")
    assert stored(home, "level, parent", f"code = {code.ljust(12, '0')}") == [(level, None)]


def test_ancestors_are_added_up_to_common_top(home: Home) -> None:
    take(home, "code,name,streetCode\n990101001201,甲村,990101001\n990101002201,乙村,990101002\n")
    assert stored(home, "code, name, level", "level <> 'village'") == [
        (DISTRICT, "990101", "district"),
        (TOWN, "990101001", "town"),
        (990101002000, "990101002", "town"),
    ]
    take(home, "code,name\n990203001201,丙村\n")
    assert stored(home, "name, parent", "level IN ('province', 'city', 'district')") == [
        ("99", None),
        ("9901", 990000000000),
        ("990101", 990100000000),
        ("9902", 990000000000),
        ("990203", 990200000000),
    ]


def test_unnamed_ancestor_is_named_by_its_digits(home: Home) -> None:
    take(home, "code,name\n990101001201,新河村\n")
    report = take(home, "code,name\n990101,临江区\n")
    assert (report.added, report.changed) == (0, 1)
    assert stored(home, "name") == [("临江区",), ("990101001",), ("新河村",)]


def test_a_named_parent_that_is_missing_is_made(home: Home) -> None:
    take(home, "code,name,parent\n990101001,北塘街道,9901\n")
    assert stored(home, "code, level, parent") == [
        (990100000000, "city", None),
        (DISTRICT, "district", 990100000000),
        (TOWN, "town", DISTRICT),
    ]


def test_city_without_district_level(home: Home) -> None:
    take(home, "code,name,level\n990100,Boston,city\n990100001,Ward 1,town\n990100001001,Precinct 1,village\n")
    assert stored(home, "level, parent") == [("city", None), ("town", 990100000000), ("village", 990100001000)]


@pytest.mark.parametrize("tree", trees.TREES)
def test_children_follow_the_list(home: Home, tree: str) -> None:
    expected = trees.places(tree)
    take(home, "code,name\n" + "".join(f"{place['code']},{place['name']}\n" for place in expected))
    assert [code for (code,) in stored(home, "code")] == trees.codes(tree)
    assert stored(home, "code", "parent IS NULL") == [(trees.ROOTS[tree],)]
    assert {code for (code,) in stored(home, "code", f"parent = {trees.ROOTS[tree]}")} == trees.CHILDREN[tree]
    rows = reversed(expected)
    take(home, "code,name\n" + "".join(f"{place['code']},{place['name']}\n" for place in rows))
    assert [code for (code,) in stored(home, "code")] == trees.codes(tree)


def test_provinces_get_a_named_nation(home: Home) -> None:
    take(home, "code,name\n98,江北省\n99,江南省\n")
    assert stored(home)[0] == (0, "全国", "nation", None)


def test_named_province_suppresses_unnamed_city(home: Home) -> None:
    take(home, "code,name,parent\n11,某市,\n110101,东城区,11\n110105001001,永安里社区,\n")
    assert stored(home, "code, level, parent", "level <> 'village'") == [
        (110000000000, "province", None),
        (110101000000, "district", 110000000000),
        (110105000000, "district", 110000000000),
        (110105001000, "town", 110105000000),
    ]


def test_chinese_headers_and_level_words_are_understood(home: Home) -> None:
    take(
        home,
        "名称,代码,级别,人口,户数,经度,纬度\n临江区,990101,区,60000,20000,119.8,30.1\n"
        "北塘街道,990101001,街道,,,,\n新河社区,990101001001,社区,,,,\n东桥村,990101001201,village,,,,\n",
    )
    assert stored(home, "name, level, kind, population, households, lon") == [
        ("临江区", "district", "区", 60000, 20000, 119.8),
        ("北塘街道", "town", "街道", None, None, None),
        ("新河社区", "village", "社区", None, None, None),
        ("东桥村", "village", None, None, None, None),
    ]


def test_gzipped_gb18030_file_is_read(home: Home) -> None:
    path = home.root / "areas.csv.gz"
    path.write_bytes(gzip.compress("CODE,Name\n990101,临江区\n".encode("gb18030")))
    assert load_areas(home, path).added == 1
    assert stored(home, "name") == [("临江区",)]


def test_the_same_file_again_changes_nothing(home: Home) -> None:
    content = "code,name,population\n990101,临江区,60000\n990101001201,新河村,\n"
    take(home, content)
    before = version(home)
    report = take(home, content)
    assert (report.read, report.added, report.changed) == (2, 0, 0)
    assert version(home) == before == 1


def test_row_updates_in_place_and_keeps_missing_columns(home: Home) -> None:
    take(home, "code,name,level,population,lon,lat,valid_from\n990101001,旧名,town,5,119.5,30.5,2020-01-01\n")
    report = take(home, "code,name,population\n990101001,新名,\n")
    assert (report.added, report.changed) == (0, 1)
    assert stored(home, "name, level, population, lon, valid_from", "level = 'town'") == [
        ("新名", "town", None, 119.5, date(2020, 1, 1))
    ]
    assert version(home) == 2


def test_a_code_has_versions_that_follow_each_other(home: Home) -> None:
    take(home, "code,name,valid_from,valid_to\n990101001,旧镇,,2025-01-01\n990101001,新街道,2025-01-01,\n")
    assert stored(home, "name, valid_from, valid_to", "level = 'town'") == [
        ("新街道", date(2025, 1, 1), None),
        ("旧镇", None, date(2025, 1, 1)),
    ]
    take(home, "code,name,population\n990101001,新街道,9\n")
    assert stored(home, "name, population", "level = 'town'") == [("新街道", 9), ("旧镇", None)]
    take(home, "code,name,valid_from\n990101001,新街道,\n")
    assert stored(home, "name, population, valid_from", "level = 'town'") == [("新街道", None, None)]


def test_merged_village_stores_its_successor(home: Home) -> None:
    take(home, "code,name,valid_to,merged_into\n990101001201,新河村,,\n990101001202,东桥村,2026-03-01,990101001201\n")
    assert stored(home, "valid_to, merged_into", "code = 990101001202") == [(date(2026, 3, 1), VILLAGE)]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("code,name\n99010,a\n", "row 2: code 99010 does not have 2, 4, 6, 9 or 12 digits"),
        ("code,name\nabcdef,a\n", "row 2: code abcdef does not have"),
        ("code,name\n990101,a\n,b\n", "row 3: code is missing"),
        ("code,name\n990101,\n", "row 2: name is missing"),
        ("code,name,level\n990101,a,hamlet\n", "row 2: level hamlet is none of nation, province, city"),
        ("code,name,level\n990101001,a,village\n", "row 2: 990101001000 is no code of a village"),
        ("code,name,level\n990101001201,a,town\n", "row 2: 990101001201 is no code of a town"),
        ("code,name,level\n990101,a,town\n", "row 2: 990101000000 is no code of a town"),
        ("code,name,population\n990101,a,many\n", "row 2: population many is no number"),
        ("code,name,valid_to\n990101,a,soon\n", "row 2: valid_to soon is no date"),
        ("code,name,lon,lat\n990101,a,190,30\n", "row 2: lon or lat is not in degrees"),
        ("code,name\n990101,a\n990101000000,b\n", "row 3: 990101000000 is given twice for the same time"),
        (
            "code,name,valid_from,valid_to\n990101,a,,2025-01-02\n990101,b,2025-01-01,\n",
            "row 3: 990101000000 is given twice for the same time",
        ),
        ("code,name,valid_from,valid_to\n990101,a,2025-01-01,2025-01-01\n", "row 2: valid_to is not after valid_from"),
        ("code,name,parent\n990101001,a,990102\n", "row 2: 990101001000 is outside its parent 990102000000"),
        ("code,name,parent\n990101,a,990101001\n", "row 2: 990101000000 is outside its parent 990101001000"),
        ("code,name,merged_into\n990101001201,a,990101001\n", "row 2: merged_into without valid_to"),
        (
            "code,name,valid_to,merged_into\n990101001201,a,2025-01-01,990101001209\n",
            "row 2: 990101001201 is merged into 990101001209, which is not there",
        ),
        (
            "code,name,valid_to,merged_into\n990101001201,a,2025-01-01,990101001202\n"
            "990101001202,b,2025-01-01,990101001201\n",
            "row 2: 990101001201 is merged into itself in the end; row 3: 990101001202 is merged into itself",
        ),
        (
            "code,name,valid_to,merged_into\n990101001,a,2025-01-01,990101002\n990101002,b,,\n990101001201,c,,\n",
            "row 4: 990101001201 is alive below 990101001000, which has ended",
        ),
        ("code,name\n990101,a,b\n", "row 2: Expected Number of Columns: 2 Found: 3"),
        ("kode,name\n990101,a\n", "has no code, of the columns of an area it has name"),
        ("", "is empty"),
        ("\n\n", "row 1: is blank"),
    ],
)
def test_a_fault_names_its_row_and_nothing_is_changed(home: Home, content: str, fault: str) -> None:
    take(home, "code,name\n880101,旧区\n")
    with pytest.raises(DataError) as error:
        take(home, content)
    assert f"areas.csv: {fault}" in str(error.value)
    assert "\n" not in str(error.value)
    assert stored(home, "code") == [(880101000000,)]
    assert version(home) == 1


def test_the_first_faults_are_shown_and_the_others_counted(home: Home) -> None:
    with pytest.raises(DataError, match=r"row 2: .*row 6: .*; and 4 more; nothing was changed"):
        take(home, "code,name\n" + "".join(f"{i},a\n" for i in range(9)))


def test_an_area_below_one_that_ends_must_end_too(home: Home) -> None:
    take(home, "code,name\n990101001,北塘街道\n990101001201,新河村\n990101002,沙洲镇\n")
    with pytest.raises(DataError, match="990101001201 is alive below 990101001000, which has ended"):
        take(home, "code,name,valid_to,merged_into\n990101001,北塘街道,2026-01-01,990101002\n")
    report = take(
        home,
        "code,name,valid_to,merged_into\n990101001,北塘街道,2026-01-01,990101002\n"
        "990101001201,新河村,2026-01-01,990101002201\n990101002201,新河村,,\n",
    )
    assert (report.added, report.changed) == (1, 2)


# Polygons


def feature(code: int, ring: list[list[float]], **properties: Any) -> dict[str, Any]:
    geometry = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    return {"type": "Feature", "properties": {"code": str(code), **properties}, "geometry": geometry}


def square(code: int, west: float, south: float, size: float, **properties: Any) -> dict[str, Any]:
    east, north = west + size, south + size
    return feature(code, [[west, south], [east, south], [east, north], [west, north]], **properties)


def polygons(home: Home, *features: dict[str, Any]) -> AreaReport:
    return take(home, json.dumps({"type": "FeatureCollection", "features": features}), "areas.geojson")


def shapes(home: Home) -> dict[int, Any]:
    with read_store(home) as store:
        return {
            code: shapely.from_geojson(g) for code, g in store.execute("SELECT code, geometry FROM shapes").fetchall()
        }


def test_polygons_come_with_or_without_a_table(home: Home) -> None:
    report = polygons(home, square(TOWN, 119, 30, 1, name="北塘街道", level="镇"), square(VILLAGE, 119, 30, 0.5))
    assert (report.read, report.added, report.polygons) == (2, 3, 2)
    assert stored(home, "code, name, level, kind, lon, lat") == [
        (DISTRICT, "990101", "district", None, None, None),
        (TOWN, "北塘街道", "town", "镇", 119.5, 30.5),
        (VILLAGE, "990101001201", "village", None, 119.25, 30.25),
    ]
    assert shapes(home)[TOWN].equals(shapely.box(119, 30, 120, 31))


def test_polygons_leave_names_and_points_as_they_are(home: Home) -> None:
    take(home, "code,name,lon,lat\n990101001,北塘街道,119.1,30.1\n990101002,沙洲镇,,\n")
    report = polygons(home, square(TOWN, 119, 30, 1), square(990101002000, 120, 30, 1))
    assert (report.added, report.changed) == (0, 1)
    assert stored(home, "name, lon, lat", "level = 'town'") == [("北塘街道", 119.1, 30.1), ("沙洲镇", 120.5, 30.5)]


def test_the_same_polygons_again_change_nothing(home: Home) -> None:
    polygons(home, square(TOWN, 119, 30, 1))
    report = polygons(home, square(TOWN, 119, 30, 1))
    assert (report.added, report.changed, report.polygons, version(home)) == (0, 0, 1, 1)
    polygons(home, square(TOWN, 119, 30, 2))
    assert version(home) == 2
    assert shapes(home)[TOWN].equals(shapely.box(119, 30, 121, 32))


def test_neighbours_are_simplified_without_gaps(home: Home) -> None:
    """Two areas share a border of 2,000 corners; drawn, it has few, and they still share it."""
    y = np.linspace(30, 31, 2000)
    x = 119.5 + 0.01 * np.sin(y * 9) + 0.0001 * np.sin(y * 5000)
    border = np.column_stack([x, y]).tolist()
    west = feature(TOWN, [[119, 31], [119, 30], *border])
    right = feature(990101002000, [*border, [120, 31], [120, 30]])
    polygons(home, west, right)
    drawn = shapes(home)
    first, second = drawn[TOWN], drawn[990101002000]
    assert first.is_valid
    assert second.is_valid
    assert shapely.get_num_coordinates(first) < 300
    assert shapely.union_all([first, second]).area == pytest.approx(1, abs=1e-6)
    assert first.intersection(second).area == pytest.approx(0, abs=1e-9)
    assert all(round(value, 5) == value for value in shapely.get_coordinates(first).ravel())


def test_a_feature_without_geometry_is_an_area_without_a_polygon(home: Home) -> None:
    report = polygons(home, {"type": "Feature", "properties": {"code": 990101, "name": "临江区"}, "geometry": None})
    assert (report.added, report.polygons) == (1, 0)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("{", "is no GeoJSON FeatureCollection"),
        ("[" * 100_000, "is no GeoJSON FeatureCollection"),
        ("[]", 'is no GeoJSON FeatureCollection (it has no list "features")'),
        ('{"features": {"a": 1}}', 'it has no list "features"'),
        (json.dumps({"features": [square(99, 1, 1, 1), 3]}), "(feature 2 is none); export it as one"),
        ('{"features": [{"properties": [1]}]}', "(feature 1 is none); export it as one"),
        ('{"type": "Feature"}', "is no GeoJSON FeatureCollection"),
        (json.dumps({"features": [{"properties": {"name": "a"}, "geometry": None}]}), "has no code"),
        (
            json.dumps({"features": [square(99, 1, 1, 1) | {"properties": {"code": "1"}}]}),
            "row 1: code 1 does not have",
        ),
        (
            json.dumps({"features": [square(99, 1, 1, 1) | {"geometry": {"type": "Point", "coordinates": [1, 2]}}]}),
            "row 1: its geometry holds no polygon",
        ),
        (json.dumps({"features": [square(99, 500_000, 3_000_000, 9)]}), "row 1: its polygon is not in degrees"),
    ],
)
def test_invalid_polygons_are_reported(home: Home, content: str, fault: str) -> None:
    with pytest.raises(DataError) as error:
        take(home, content, "areas.geojson")
    assert fault in str(error.value)
    assert stored(home) == []


def test_missing_area_file_is_reported(home: Home) -> None:
    with pytest.raises(DataError, match=r"none\.csv: there is no such file"):
        load_areas(home, home.root / "none.csv")


def test_a_public_list_of_all_villages_loads_and_loads_again(home: Home, tmp_path: Path) -> None:
    """620,000 villages take some 4 s; a tenth of them is enough to see that it is done in sets."""
    path = tmp_path / "villages.csv"
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            COPY (
                SELECT printf('%02d%02d%02d%03d%03d', p, c, d, t, v) AS code, '第' || v || '村' AS name
                FROM range(10, 41) p(p), range(1, 5) c(c), range(1, 6) d(d), range(1, 11) t(t), range(200, 210) v(v)
            ) TO '{path}' (HEADER)"""
        )
    report = load_areas(home, path)
    assert (report.read, report.added) == (62_000, 62_000 + 6_200 + 620 + 124 + 31 + 1)
    assert report.seconds < 20
    assert (load_areas(home, path).added, version(home)) == (0, 1)


RING = [[120, 30], [120.01, 30], [120.01, 30.01], [120, 30.01], [120, 30]]
SPIKE = [[120, 30], [120.01, 30], [120.01, 30.005], [120.02, 30.005], [120.01, 30.005], *RING[2:]]
BOW = [[120, 30], [120.01, 30.01], [120.01, 30], [120, 30.01], [120, 30]]
LINE = {"type": "LineString", "coordinates": RING[:2]}


@pytest.mark.parametrize(
    ("geometry", "area"),
    [
        ({"type": "Polygon", "coordinates": [SPIKE]}, 1e-4),
        ({"type": "Polygon", "coordinates": [BOW]}, 5e-5),
        ({"type": "MultiPolygon", "coordinates": [[SPIKE], [RING]]}, 1e-4),
        ({"type": "GeometryCollection", "geometries": [LINE, {"type": "Polygon", "coordinates": [RING]}]}, 1e-4),
        (
            {
                "type": "GeometryCollection",
                "geometries": [
                    {"type": "GeometryCollection", "geometries": [{"type": "Polygon", "coordinates": [SPIKE]}]},
                    {"type": "Point", "coordinates": [1, 2]},
                ],
            },
            1e-4,
        ),
    ],
)
def test_the_polygon_parts_of_a_repaired_shape_are_kept(geometry: dict[str, Any], area: float) -> None:
    shape = polygon_parts(shapely.from_geojson(json.dumps(geometry)))
    assert shape is not None
    assert shape.geom_type in ("Polygon", "MultiPolygon")
    assert shape.is_valid
    assert shape.area == pytest.approx(area, rel=1e-6)


@pytest.mark.parametrize("geometry", [LINE, {"type": "GeometryCollection", "geometries": [LINE]}])
def test_a_shape_without_an_area_names_its_row(home: Home, geometry: dict[str, Any]) -> None:
    polygon = square(DISTRICT, 120, 30, 1)
    with pytest.raises(DataError, match="row 2: its geometry holds no polygon"):
        polygons(home, polygon, square(TOWN, 120, 30, 1) | {"geometry": geometry})


def test_a_spike_is_stored_and_drawn_as_a_polygon(home: Home) -> None:
    assert (
        polygons(
            home, square(DISTRICT, 120, 30, 1) | {"geometry": {"type": "Polygon", "coordinates": [SPIKE]}}
        ).polygons
        == 1
    )

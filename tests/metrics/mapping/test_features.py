"""A district's own GeoJSON: in WGS-84, inside the viewer's area, without properties that the layer does not name."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.areas.loading import load_areas
from data.editions.edition import Edition
from data.editions.scoped import EVERYTHING
from data.home import Home
from data.values.crs import gcj02_of
from metrics.areas import area
from metrics.errors import MetricsError
from metrics.mapping.features import own_features
from metrics.mapping.layers import Layer
from metrics.scope import OutOfScope
from tests.factory import AREAS, DISTRICT, TOWNS, VILLAGES, areas, published

SQUARE = [[[118.0, 32.0], [118.1, 32.0], [118.1, 32.1], [118.0, 32.1], [118.0, 32.0]]]
POINTS = {"泵站": (118.05, 32.05), "水库": (118.3, 32.3)}


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Edition:
    home = Home(tmp_path_factory.mktemp("features"), memory="1GB")
    areas(home)
    shape = {"type": "Feature", "properties": {**AREAS[1]}, "geometry": {"type": "Polygon", "coordinates": SQUARE}}
    file = home.root / "shapes.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [shape]}), "utf-8")
    load_areas(home, file)
    return published(home, datetime(2026, 11, 22, 8))


def layer(folder: Path, **more: Any) -> Layer:
    crs = more.get("crs", "wgs84")
    features = []
    for name, (lon, lat) in POINTS.items():
        there = gcj02_of(np.array([lon]), np.array([lat])) if crs == "gcj02" else (np.array([lon]), np.array([lat]))
        point = {"type": "Point", "coordinates": [float(there[0][0]), float(there[1][0])]}
        properties = {"name": name, "kind": "水利", "phone": "13812345678"}
        features.append({"type": "Feature", "properties": properties, "geometry": point})
    (folder / "own.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    given = {"id": "water", "name": {"zh": "水利", "en": "Water"}, "of": "geojson", "file": "own.geojson"}
    return Layer(**{**given, "colour": "kind", **more}, folder=str(folder))


@pytest.mark.parametrize("crs", ["wgs84", "gcj02"])
def test_features_are_in_wgs84_with_label_and_group_alone(edition: Edition, tmp_path: Path, crs: str) -> None:
    scoped = edition.scoped(EVERYTHING)
    features = json.loads(own_features(scoped, area(edition, DISTRICT), layer(tmp_path, crs=crs)))["features"]
    assert [feature["properties"] for feature in features] == [{"name": name, "group": "水利"} for name in POINTS]
    for feature, place in zip(features, POINTS.values(), strict=True):
        assert np.allclose(feature["geometry"]["coordinates"], place, atol=2e-5)


def test_an_area_has_the_features_inside_its_outline(edition: Edition, tmp_path: Path) -> None:
    scoped = edition.scoped(EVERYTHING)
    for code, names in {TOWNS[0]: ["泵站"], TOWNS[1]: [], VILLAGES[0]: []}.items():
        features = json.loads(own_features(scoped, area(edition, code), layer(tmp_path)))["features"]
        assert [feature["properties"]["name"] for feature in features] == names
    own = edition.scoped(((VILLAGES[0], VILLAGES[0] + 1),))
    with pytest.raises(OutOfScope):
        own_features(own, area(edition, TOWNS[0]), layer(tmp_path))


def test_a_file_that_went_bad_is_one_line(edition: Edition, tmp_path: Path) -> None:
    given = layer(tmp_path)
    for content in ("", "{}", '{"features": [{"geometry": 3}]}'):
        (tmp_path / "own.geojson").write_text(content, "utf-8")
        with pytest.raises(MetricsError, match="the file of the layer water is not readable"):
            own_features(edition.scoped(EVERYTHING), area(edition, DISTRICT), given)

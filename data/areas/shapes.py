"""Polygons from GeoJSON, and how they are drawn: fewer corners, without gaps between neighbours, rounded."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely

from data.errors import DataError
from data.messages import Message
from data.system_errors import line_of

DETAIL = 2000
"""A border is simplified to this part of the extent it is looked at in: that of all areas below one parent."""

DECIMALS = 5
"""About a metre."""

POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


@dataclass(frozen=True)
class Features:
    """The features of a file: their properties as text, the polygon of each (None if it has none), and what is wrong
    with some: number of the feature from 1, and the fault.
    """

    properties: list[dict[str, str | None]]
    polygons: np.ndarray
    faults: list[tuple[int, str]]


def read_features(path: Path) -> Features:
    """The features of a GeoJSON FeatureCollection. Raises DataError if it is none."""
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise _not_geojson(path, line_of(error)) from error
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list):
        raise _not_geojson(path, Message("shapes.no_features", 'it has no list "features"'))
    for n, feature in enumerate(features, 1):
        if not (isinstance(feature, dict) and isinstance(feature.get("properties") or {}, dict)):
            raise _not_geojson(path, Message("shapes.no_feature", "feature {n} is none", n=n))
    properties = [{str(k): _plain(v) for k, v in (f.get("properties") or {}).items()} for f in features]
    texts = [json.dumps(f["geometry"]) if f.get("geometry") else None for f in features]
    shapes = shapely.from_geojson(np.array(texts, dtype=object), on_invalid="ignore")
    polygons = np.array([polygon_parts(shape) for shape in shapes], dtype=object)
    faults = []
    for number, (text, polygon) in enumerate(zip(texts, polygons, strict=True), 1):
        if text is not None and polygon is None:
            faults.append((number, "its geometry holds no polygon: a Polygon or MultiPolygon with an area is needed"))
        elif polygon is not None and not _on_earth(polygon.bounds):
            faults.append((number, "its polygon is not in degrees of WGS-84"))
    return Features(properties, polygons, faults)


def _not_geojson(path: Path, why: Message | str) -> DataError:
    return DataError(
        "shapes.not_geojson",
        "{path}: is no GeoJSON FeatureCollection ({why}); export it as one, in WGS-84",
        path=path,
        why=why,
    )


def polygon_parts(shape: shapely.Geometry | None) -> shapely.Geometry | None:
    """The valid Polygon or MultiPolygon that a geometry covers; None if it covers no area.

    The repair of a spike, and a collection, hold lines and points as well: they are left out.
    """
    if shape is None:
        return None
    parts = shapely.get_parts(shapely.make_valid(shapely.get_parts(shape)))
    while (nested := shapely.get_type_id(parts) == shapely.GeometryType.GEOMETRYCOLLECTION).any():
        parts = np.concatenate([parts[~nested], shapely.get_parts(parts[nested])])
    areas = parts[np.isin(shapely.get_type_id(parts), POLYGONS) & ~shapely.is_empty(parts)]
    if not len(areas):
        return None
    return areas[0] if len(areas) == 1 else shapely.union_all(areas)


def draw(polygons: np.ndarray, layers: Sequence[str], parents: Sequence[int]) -> list[str]:
    """GeoJSON of polygons for the screen. Those of one layer share their borders and still do when simplified.

    parents: what each is looked at together with.
    """
    layer, parent = np.array(layers), np.array(parents)
    simplified = polygons.copy()
    for name in np.unique(layer):
        at = np.flatnonzero(layer == name)
        groups = [shapely.total_bounds(polygons[at[parent[at] == p]]) for p in np.unique(parent[at])]
        extent = np.median([max(east - west, north - south) for west, south, east, north in groups])
        simplified[at] = shapely.coverage_simplify(polygons[at], extent / DETAIL)
    rounded = shapely.transform(simplified, lambda xy: np.round(xy, DECIMALS))
    collapsed = shapely.is_empty(rounded) | ~shapely.is_valid(rounded)
    return list(shapely.to_geojson(np.where(collapsed, simplified, rounded)))


def points_inside(polygons: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Longitudes and latitudes of a point inside each polygon."""
    points = shapely.point_on_surface(polygons)
    return np.round(shapely.get_x(points), DECIMALS), np.round(shapely.get_y(points), DECIMALS)


def _plain(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _on_earth(bounds: tuple[float, float, float, float]) -> bool:
    west, south, east, north = bounds
    return -180 <= west <= east <= 180 and -90 <= south <= north <= 90

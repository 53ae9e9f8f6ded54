"""Polygons from GeoJSON: simplified for a screen without gaps between neighbours, rounded, with a point inside each."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.errors import GEOSException

from data.errors import DataError

DETAIL = 2000
"""What a screen can show: borders are simplified to this part of the extent."""
DECIMALS = 5
"""About a metre."""


@dataclass(frozen=True)
class Shapes:
    """What a file of polygons holds: properties and GeoJSON geometry a feature, and a point inside it."""

    properties: list[dict[str, Any]]
    geometry: list[str]
    lon: list[float]
    lat: list[float]


def read_shapes(path: Path) -> Shapes:
    """The features of a GeoJSON FeatureCollection. Raises DataError that names the feature and what is wrong."""
    try:
        content = json.loads(path.read_text("utf-8"))
        features = content["features"]
        properties = [{str(k).lower(): v for k, v in (f.get("properties") or {}).items()} for f in features]
        shapes = [json.dumps(feature["geometry"]) for feature in features]
    except FileNotFoundError:
        raise DataError(f"{path} does not exist: check the path") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path} is not a GeoJSON FeatureCollection with a geometry each: {error}") from error
    if not features:
        raise DataError(f"{path} holds no features: nothing to load")
    geometries = shapely.from_geojson(shapes, on_invalid="ignore")
    kinds = shapely.get_type_id(geometries)
    bad = np.flatnonzero(shapely.is_missing(geometries) | shapely.is_empty(geometries) | ~np.isin(kinds, (3, 6)))
    if len(bad):
        code = properties[bad[0]].get("code", "without code")
        raise DataError(f"{path}: feature {bad[0] + 1} ({code}) is not a polygon: draw it as Polygon or MultiPolygon")
    geometries = _for_a_screen(shapely.make_valid(geometries))
    points = shapely.point_on_surface(geometries)
    return Shapes(
        properties,
        list(shapely.to_geojson(geometries)),
        np.round(shapely.get_x(points), DECIMALS).tolist(),
        np.round(shapely.get_y(points), DECIMALS).tolist(),
    )


def _for_a_screen(geometries: np.ndarray) -> np.ndarray:
    """Fewer corners, each level of areas on its own, so that shared borders stay shared."""
    bounds = shapely.total_bounds(geometries)
    tolerance = float(max(bounds[2] - bounds[0], bounds[3] - bounds[1]) / DETAIL)
    try:
        simple = shapely.coverage_simplify(geometries, tolerance)
    except GEOSException:
        simple = shapely.simplify(geometries, tolerance)
    rounded = shapely.transform(simple, lambda xy: np.round(xy, DECIMALS))
    gone = shapely.is_empty(rounded) | ~shapely.is_valid(rounded)
    return np.where(gone, geometries, rounded)

"""Features of a district's own GeoJSON file as a layer."""

import json
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from data.areas.shapes import DECIMALS
from data.editions.scoped import ScopedEdition
from data.values.crs import to_wgs84
from metrics import areas
from metrics.areas import Area
from metrics.errors import MetricsError
from metrics.mapping.layers import Layer
from metrics.scope import require


def own_features(edition: ScopedEdition, area: Area, layer: Layer) -> bytes:
    """The features of the layer's file that lie in an area, as a FeatureCollection in WGS-84.

    Properties: `name` (the layer's label) and `group` (its colour); others do not leave the file. Where the area's
    outline is unknown only the top of the tree has features. OutOfScope for an area that may not be seen.
    """
    require(edition, area.code, area.end)
    try:
        given = json.loads(layer.content)["features"]
        shapes = shapely.from_geojson(np.array([json.dumps(feature["geometry"]) for feature in given], dtype=object))
    except (OSError, ValueError, KeyError, TypeError, shapely.errors.GEOSException) as error:
        raise MetricsError("layer.file", "the file of the layer {layer} is not readable", layer=layer.id) from error
    shapes = shapely.transform(shapes, lambda points: _converted(points, layer))
    inside = shapely.intersects(shapes, _outline(edition, area))
    features = (
        {"type": "Feature", "properties": _properties(feature.get("properties") or {}, layer),
         "geometry": json.loads(shapely.to_geojson(shapely.set_precision(shape, 10.0**-DECIMALS)))}
        for feature, shape, here in zip(given, shapes, inside, strict=True) if here
    )  # fmt: skip
    return json.dumps({"type": "FeatureCollection", "features": list(features)}, ensure_ascii=False).encode()


def _converted(points: npt.NDArray[np.float64], layer: Layer) -> npt.NDArray[np.float64]:
    return np.column_stack(to_wgs84(points[:, 0], points[:, 1], layer.crs))


def _properties(given: dict[str, Any], layer: Layer) -> dict[str, str]:
    group = given.get(layer.colour, "") if layer.colour != "state" else ""
    return {"name": str(given.get(layer.label or "name") or ""), "group": str(group or "")}


def _outline(edition: ScopedEdition, area: Area) -> shapely.Geometry:
    """The area's outline; all of the earth for the top of the tree, nothing for another without an outline."""
    row = edition.unscoped.cursor().execute("SELECT geometry FROM shapes WHERE code = $1", [area.code]).fetchone()
    if areas.root(edition).code == area.code:
        return shapely.box(-180, -90, 180, 90)
    return shapely.from_geojson(row[0]) if row else shapely.Point()

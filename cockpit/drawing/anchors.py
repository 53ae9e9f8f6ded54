"""Position of an area's name on a map, and its short form."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import shapely

from data.areas.levels import BY_ID
from data.areas.shapes import polygon_parts

DECIMALS = 5
LEAST_LETTERS = 2
"""A name is not shortened to fewer letters."""


def anchors(geometries: Sequence[str | None]) -> list[list[float] | None]:
    """The pole of inaccessibility of each GeoJSON polygon, longitude and latitude: the point furthest from its border.

    None where there is no polygon. Degrees of longitude are shrunk as the map shrinks them, so that the circle around
    the point is one on the screen.
    """
    parsed = shapely.from_geojson(np.array(geometries, dtype=object), on_invalid="ignore")
    polygons = np.array([polygon_parts(shape) for shape in parsed], dtype=object)
    points: list[list[float] | None] = [None] * len(polygons)
    at = [i for i, polygon in enumerate(polygons) if polygon is not None]
    if not at:
        return points
    _, south, _, north = shapely.total_bounds(polygons[at])
    shrink = np.array([max(np.cos(np.radians((south + north) / 2)), 1e-6), 1.0])
    with np.errstate(divide="ignore", invalid="ignore"):  # GEOS divides by the length of a side, and leaves the flag
        circles = shapely.maximum_inscribed_circle(shapely.transform(polygons[at], lambda xy: xy * shrink))
    middles = np.round(shapely.get_coordinates(shapely.get_point(circles, 0)) / shrink, DECIMALS)
    for i, middle in zip(at, middles.tolist(), strict=True):
        points[i] = middle
    return points


def short_names(names: Sequence[str], levels: Sequence[str]) -> list[str]:
    """`沙洲` of `沙洲镇`: each name without the ending of its kind; the whole name where the short one is not its own.

    A short name is of two letters at least, and of no other area of the list: 新河镇 and 新河街道 keep theirs.
    """
    bare = [_bare(name, level) for name, level in zip(names, levels, strict=True)]
    uses = Counter([*bare, *(name for name, short in zip(names, bare, strict=True) if short != name)])
    return [short if uses[short] == 1 else name for name, short in zip(names, bare, strict=True)]


def _bare(name: str, level: str) -> str:
    endings = sorted((end for of_kind in BY_ID[level].endings.values() for end in of_kind), key=len, reverse=True)
    ending = next((end for end in endings if name.endswith(end)), "")
    short = name.removesuffix(ending)
    return short if len(short) >= LEAST_LETTERS else name

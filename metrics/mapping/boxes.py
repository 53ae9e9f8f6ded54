"""Where an area lies, and which places are too far from it to belong there."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import shapely

from data.editions.edition import AnyEdition, Edition

FEW = 50
"""So few places do not say where most of them are."""
LEAST_MARGIN = 0.02
"""Degrees, about two kilometres."""
Places = npt.NDArray[np.float64]
Box = tuple[float, float, float, float]
"""West, south, east, north in degrees."""


def own_box(edition: AnyEdition, first: int, end: int) -> Box | None:
    """The box of an area's outline, or else of the points of its areas; None where neither is known."""
    return _own_box(edition.unscoped, first, end)


@lru_cache(maxsize=64)
def _own_box(edition: Edition, first: int, end: int) -> Box | None:
    cursor = edition.cursor()
    shape = cursor.execute("SELECT geometry FROM shapes WHERE code = $1", [first]).fetchone()
    if shape:
        west, south, east, north = shapely.from_geojson(shape[0]).bounds
    else:
        sql = "SELECT min(lon), min(lat), max(lon), max(lat) FROM areas WHERE code >= $1 AND code < $2"
        west, south, east, north = cursor.execute(sql, [first, end]).fetchall()[0]
    return (west, south, east, north) if west is not None and south is not None else None


def near(lon: Places, lat: Places, placed: npt.NDArray[np.bool_], own: Box | None) -> npt.NDArray[np.bool_]:
    """Whether a place lies in the surroundings of the area, or of most of the other places where these are unknown.

    One row with a wrong place far away would else make the places of all others coarse.
    """
    boxes = [own] if own else []
    if own is None or own[0] == own[2] or own[1] == own[3]:
        if placed.sum() < FEW:
            return placed
        (west, east), (south, north) = (np.quantile(values[placed], (0.02, 0.98)) for values in (lon, lat))
        boxes.append((west, south, east, north))
    west, south, east, north = (side(box[i] for box in boxes) for i, side in enumerate((min, min, max, max)))
    wide, high = max(east - west, LEAST_MARGIN), max(north - south, LEAST_MARGIN)
    return (lon >= west - wide) & (lon <= east + wide) & (lat >= south - high) & (lat <= north + high)

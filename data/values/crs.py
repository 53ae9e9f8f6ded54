"""Coordinate systems of Chinese maps, converted to WGS-84.

GCJ-02 (the national offset of public maps) and BD-09 (a further offset of one provider) are irregular by up to 700 m;
CGCS2000 differs from WGS-84 by centimetres and is taken as it is. The offset is defined forwards only: the way back
is found by iteration, to less than a centimetre.
"""

from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

CRS = Literal["wgs84", "cgcs2000", "gcj02", "bd09"]
OFFSET: tuple[CRS, ...] = ("gcj02", "bd09")
"""Those that have to be converted."""
AXES: tuple[Literal["lon", "lat"], ...] = ("lon", "lat")
Degrees = npt.NDArray[np.float64]

AXIS, ECCENTRICITY = 6378245.0, 0.00669342162296594323
"""Of the Krasovsky ellipsoid, in metres and squared: the offset is defined on it."""
BOUNDS = (72.004, 137.8347, 0.8293, 55.8271)
"""Longitude and latitude outside of which there is no offset."""
TURN = np.pi * 3000.0 / 180.0
ROUNDS = 6


def to_wgs84(lon: Degrees, lat: Degrees, crs: CRS) -> tuple[Degrees, Degrees]:
    """Longitudes and latitudes in WGS-84 degrees. NaN stays NaN."""
    lon, lat = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    if crs == "bd09":
        lon, lat = _bd09_to_gcj02(lon, lat)
    if crs in ("bd09", "gcj02"):
        lon, lat = _gcj02_to_wgs84(lon, lat)
    return lon, lat


class ToWgs84:
    """Longitude or latitude in WGS-84, as a function of SQL of columns of longitudes and latitudes."""

    def __init__(self, crs: CRS, axis: Literal["lon", "lat"]) -> None:
        self.crs, self.axis = crs, axis

    def __call__(self, lon: pa.ChunkedArray, lat: pa.ChunkedArray) -> pa.Array:
        converted = to_wgs84(lon.to_numpy(), lat.to_numpy(), self.crs)
        return pa.array(converted[AXES.index(self.axis)])


def gcj02_of(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """GCJ-02 degrees of WGS-84 degrees."""
    lon, lat = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    east, north = _offset(lon, lat)
    return lon + east, lat + north


def bd09_of(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """BD-09 degrees of WGS-84 degrees."""
    lon, lat = gcj02_of(lon, lat)
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * TURN)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * TURN)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def _bd09_to_gcj02(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    x, y = lon - 0.0065, lat - 0.006
    radius = np.hypot(x, y) - 0.00002 * np.sin(y * TURN)
    angle = np.arctan2(y, x) - 0.000003 * np.cos(x * TURN)
    return radius * np.cos(angle), radius * np.sin(angle)


def _gcj02_to_wgs84(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    guess_lon, guess_lat = lon, lat
    for _ in range(ROUNDS):
        east, north = _offset(guess_lon, guess_lat)
        guess_lon, guess_lat = lon - east, lat - north
    return guess_lon, guess_lat


def _offset(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Degrees to add to WGS-84 for GCJ-02."""
    x, y = lon - 105.0, lat - 35.0
    waves = (20 * np.sin(6 * x * np.pi) + 20 * np.sin(2 * x * np.pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x)) + waves
    north += (20 * np.sin(y * np.pi) + 40 * np.sin(y / 3 * np.pi)) * 2 / 3
    north += (160 * np.sin(y / 12 * np.pi) + 320 * np.sin(y * np.pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x)) + waves
    east += (20 * np.sin(x * np.pi) + 40 * np.sin(x / 3 * np.pi)) * 2 / 3
    east += (150 * np.sin(x / 12 * np.pi) + 300 * np.sin(x / 30 * np.pi)) * 2 / 3
    radians = np.radians(lat)
    curve = 1 - ECCENTRICITY * np.sin(radians) ** 2
    north_degrees = np.degrees(north * curve * np.sqrt(curve) / (AXIS * (1 - ECCENTRICITY)))
    east_degrees = np.degrees(east * np.sqrt(curve) / (AXIS * np.cos(radians)))
    inside = (lon >= BOUNDS[0]) & (lon <= BOUNDS[1]) & (lat >= BOUNDS[2]) & (lat <= BOUNDS[3])
    return np.where(inside, east_degrees, 0.0), np.where(inside, north_degrees, 0.0)

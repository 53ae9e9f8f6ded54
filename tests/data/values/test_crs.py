"""Coordinates of Chinese maps are converted on loading; tested at known points and both ways."""

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.home import Home
from data.values.crs import CRS, bd09_of, gcj02_of, to_wgs84
from tests.factory import AREAS, VILLAGES, areas, deliver, published

CENTRE = (116.404, 39.915)
"""A point of Beijing, of which the values below are published with the common implementations of the offsets."""
MILLIMETRES = 1e-8


def pair(lon: float, lat: float) -> tuple[np.ndarray, np.ndarray]:
    return np.array([lon]), np.array([lat])


def test_known_points() -> None:
    assert np.allclose(np.ravel(gcj02_of(*pair(*CENTRE))), (116.41024449916938, 39.91640428150164), atol=1e-7)
    assert np.allclose(np.ravel(to_wgs84(*pair(*CENTRE), "gcj02")), (116.39775550083061, 39.91359571849836), atol=1e-5)
    offset = np.ravel(gcj02_of(*to_wgs84(*pair(*CENTRE), "bd09")))
    assert np.allclose(offset, (116.39762729119315, 39.90865673957631), atol=1e-7)


@given(st.floats(74, 134), st.floats(4, 53))
def test_there_and_back_is_the_same_place(lon: float, lat: float) -> None:
    there = pair(lon, lat)
    assert np.allclose(to_wgs84(*gcj02_of(*there), "gcj02"), there, atol=MILLIMETRES)
    assert np.allclose(to_wgs84(*bd09_of(*there), "bd09"), there, atol=3e-5)
    assert np.allclose(to_wgs84(*there, "cgcs2000"), there, atol=0)


@given(st.floats(-180, 70), st.floats(-80, 80))
def test_outside_of_china_nothing_is_moved(lon: float, lat: float) -> None:
    assert np.array_equal(to_wgs84(*pair(lon, lat), "gcj02"), pair(lon, lat))


@pytest.mark.parametrize("crs", ["wgs84", "cgcs2000", "gcj02", "bd09"])
def test_a_delivery_is_stored_in_wgs84(tmp_path: Path, crs: CRS) -> None:
    home = Home(tmp_path, memory="1GB")
    areas(home, AREAS)
    delivered = {"gcj02": gcj02_of, "bd09": bd09_of}.get(crs, lambda *there: there)(*pair(118.1, 32.1))
    row = {"key": "1", "area": VILLAGES[0], "registered_at": datetime(2026, 11, 2, 9)}
    place = {"lon": float(delivered[0][0]), "lat": float(delivered[1][0])}
    report = deliver(home, "cases", [row | place, row | {"key": "2", "lon": None, "lat": None}], crs=crs)
    assert report.rejected == 0
    edition = published(home, datetime(2026, 11, 22, 8))
    rows = edition.cursor().execute("SELECT lon, lat FROM cases ORDER BY key").fetchall()
    assert np.allclose(rows[0], (118.1, 32.1), atol=3e-5)
    assert rows[1] == (None, None)


def test_a_place_that_is_no_number_is_still_rejected(tmp_path: Path) -> None:
    home = Home(tmp_path, memory="1GB")
    areas(home, AREAS)
    row = {"key": "1", "area": VILLAGES[0], "registered_at": datetime(2026, 11, 2, 9), "lon": "here", "lat": "32.1"}
    report = deliver(home, "cases", [row, {**row, "key": "2", "lon": "118.1"}], crs="gcj02")
    assert (report.accepted, report.rejected) == (1, 1)

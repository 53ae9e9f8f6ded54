"""Marks too many to send at once: counts by hexagon and day from afar, and marks by tile when near."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from metrics.mapping.marks import NEVER, STEPS, Marks

MOST_POINTS = 250_000
"""A layer with more marks is sent as bins."""
ACROSS = 24
"""Hexagons side by side in the box of the marks."""
TILES = 16
"""Tiles of the box, in each direction."""
Counts = npt.NDArray[np.uint16]


@dataclass(frozen=True)
class Bins:
    """opened, closed: counts by day and cell, flattened. overdue: cells times days of what is overdue at the day's end.

    x, y: the centres of the cells, in steps of the box as those of marks. radius: of a cell, in degrees of longitude.
    """

    x: Counts
    y: Counts
    radius: float
    days: int
    opened: Counts
    closed: Counts
    overdue: Counts


def bins(marks: Marks) -> Bins:
    """The marks of a layer counted by hexagon and day."""
    west, south, east, north = marks.box
    shrink = float(np.cos(np.radians((south + north) / 2)))
    radius = max((east - west) * shrink / ACROSS / np.sqrt(3), 1e-7)
    lon = marks.x / STEPS * (east - west) * shrink / radius
    lat = marks.y / STEPS * (north - south) / radius
    q, r = _hexagons(lon, lat)
    least, wide = r.min(initial=0), int(np.ptp(r)) + 1 if len(r) else 1
    names = q * wide + (r - least)  # a small whole number: counting is quicker than sorting
    low = names.min(initial=0)
    taken = np.bincount(names - low) > 0
    cell = (taken.cumsum() - 1)[names - low]
    names = np.flatnonzero(taken) + low
    q, r = names // wide, names % wide + least
    x = np.clip(radius * np.sqrt(3) * (q + r / 2) / shrink / (east - west), 0, 1)
    y = np.clip(radius * 1.5 * r / (north - south), 0, 1)
    start = marks.start.astype(np.int64)
    # signed before -1 is put in: it would wrap to NEVER in the unsigned columns
    end, due = (np.where(days == NEVER, -1, days.astype(np.int64)) for days in (marks.end, marks.due))
    days, cells = int(max(start.max(initial=0), end.max(initial=0))) + 2, len(names)

    def count(day: npt.NDArray[np.int64], where: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        placed = where & (day >= 0) & (day < days)
        return np.bincount(day[placed] * cells + cell[placed], minlength=days * cells)

    late = np.maximum(start, due)
    falls = (due >= 0) & ((end < 0) | (end > late))
    change = (count(late, falls) - count(end, falls & (end >= 0))).reshape(days, cells)
    return Bins(
        np.rint(x * STEPS).astype(np.uint16),
        np.rint(y * STEPS).astype(np.uint16),
        radius / shrink,
        days,
        count(start, start >= 0).astype(np.uint16),
        count(end, end >= 0).astype(np.uint16),
        change.cumsum(axis=0).astype(np.uint16).ravel(),
    )


def tile(marks: Marks, number: int) -> npt.NDArray[np.int64]:
    """The positions of the marks in a tile: column + TILES * row, from the west and the south."""
    column, row = marks.x.astype(np.int64) * TILES >> 16, marks.y.astype(np.int64) * TILES >> 16
    return np.flatnonzero(column + TILES * row == number)


def _hexagons(
    x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The axial coordinates of the hexagon of radius 1 that each place lies in."""
    qf, rf = x * np.sqrt(3) / 3 - y / 3, y * 2 / 3
    q, r, s = np.rint(qf), np.rint(rf), np.rint(-qf - rf)
    dq, dr, ds = np.abs(q - qf), np.abs(r - rf), np.abs(s + qf + rf)
    most_q, most_r = (dq > dr) & (dq > ds), dr > ds
    return np.where(most_q, -r - s, q).astype(np.int64), np.where(~most_q & most_r, -q - s, r).astype(np.int64)

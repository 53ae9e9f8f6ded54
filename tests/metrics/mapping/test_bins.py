"""Bins count what the marks are, on every day, and tiles share the marks out."""

from datetime import date

import numpy as np
import pytest

from metrics.mapping.bins import ACROSS, TILES, bins, tile
from metrics.mapping.marks import NEVER, STEPS, Marks


@pytest.fixture(scope="module")
def marks() -> Marks:
    rng = np.random.default_rng(3)
    n, days = 5000, 200
    start = np.sort(rng.integers(0, days, n))
    end = np.where(rng.random(n) < 0.2, NEVER, start + rng.integers(0, 60, n))
    due = np.where(rng.random(n) < 0.3, NEVER, start + rng.integers(0, 20, n))
    x, y = (np.clip(rng.normal(STEPS / 2, STEPS / 6, n), 0, STEPS).astype(np.uint16) for _ in range(2))
    return Marks(
        date(2026, 1, 1), (118.0, 32.0, 118.5, 32.3), x, y, start.astype(np.uint16), end.astype(np.uint16),
        due.astype(np.uint16), np.arange(n), np.zeros(0, np.float32), 0,
    )  # fmt: skip


def test_every_day_has_the_counts_of_the_marks(marks: Marks) -> None:
    binned = bins(marks)
    assert binned.days <= int(marks.start.max()) + 62, "a mark without an end adds no days"
    cells = len(binned.x)
    opened, closed, overdue = (
        values.astype(np.int64).reshape(binned.days, cells).sum(axis=1)
        for values in (binned.opened, binned.closed, binned.overdue)
    )
    there = opened.cumsum() - closed.cumsum()
    for day in range(binned.days):
        is_there = (marks.start <= day) & (marks.end > day)
        assert (opened[day], closed[day]) == ((marks.start == day).sum(), (marks.end == day).sum())
        assert there[day] == is_there.sum()
        assert overdue[day] == (is_there & (marks.due <= day)).sum()


def test_a_mark_counts_in_the_nearest_cell(marks: Marks) -> None:
    binned = bins(marks)
    assert ACROSS / 3 < np.unique(binned.y).size < 3 * ACROSS
    shrink = np.cos(np.radians(32.15))
    centres = np.column_stack([binned.x * 0.5 * shrink, binned.y * 0.3]) / STEPS
    places = np.column_stack([marks.x * 0.5 * shrink, marks.y * 0.3]) / STEPS
    nearest = np.sqrt(((places[:, None] - centres[None]) ** 2).sum(axis=2)).min(axis=1)
    assert (nearest <= binned.radius * shrink * 1.02).mean() > 0.99


def test_tiles_share_the_marks_out(marks: Marks) -> None:
    positions = np.concatenate([tile(marks, number) for number in range(TILES**2)])
    assert sorted(positions.tolist()) == list(range(len(marks)))


def test_no_marks_make_no_cells(marks: Marks) -> None:
    none = Marks(
        marks.first, marks.box, *(getattr(marks, name)[:0] for name in ("x", "y", "start", "end", "due")),
        marks.rows[:0], marks.value, 0,
    )  # fmt: skip
    assert len(bins(none).x) == 0

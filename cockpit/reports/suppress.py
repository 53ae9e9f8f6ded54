"""Small counts are left out of what is published, and with them whatever would give them away."""

from collections.abc import Sequence
from typing import Any

from cockpit.i18n import _
from cockpit.reports.model import Cell
from metrics.catalog import Metric


def suppressed(
    rows: Sequence[Sequence[Cell]],
    samples: Sequence[Sequence[Any]],
    metrics: Sequence[Metric],
    least: int,
    *,
    first: int,
) -> list[list[Cell]]:
    """The rows with every number left out that counts fewer than `least`, zero aside.

    samples: the row of `metrics.query.query` behind each cell, from column `first` on. Where one number of a column
    alone would be left out, the total less the others would tell it: the next smallest goes with it.
    """
    kept = [list(row) for row in rows]
    for j, metric in enumerate(metrics):
        column = [line[j] for line in samples]
        small = [i for i, row in enumerate(column) if row is not None and 0 < _counted(row) < least]
        if len(small) == 1 and metric.is_additive:
            others = [i for i, row in enumerate(column) if row is not None and i not in small and _counted(row) > 0]
            small += sorted(others, key=lambda i: (_counted(column[i]), i))[:1]
        for i in small:
            kept[i][first + j] = Cell(_("left out"))
    return kept


def _counted(row: Any) -> float:
    """What a number rests on: its own count; of a rate the smaller of its two sides, of which one tells the other."""
    n = float(row.n)
    if row.denominator == row.denominator and row.denominator is not None:
        inside = float(row.numerator)
        sides = [side for side in (n, inside, n - inside) if side > 0]
        return min(sides, default=0.0)
    return n

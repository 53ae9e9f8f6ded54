"""Sums over a few spans of days, read as one row a group and piece: the days are cut at every end of a span.

A filter a measure and span costs five times as much: DuckDB plans and runs each as a sum of its own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from data.editions.edition import Edition


@dataclass(frozen=True, eq=False)
class Pieces:
    """cuts: days, ascending; piece n ends before the n-th of them, the last one never.

    groups: what the sums are of. group, piece: of each row, as an index. values: by flow, one a row.
    """

    cuts: tuple[date, ...]
    groups: list[object]
    group: np.ndarray
    piece: np.ndarray
    values: dict[str, np.ndarray]

    def total(self, flow: str, first: date | None, stop: date) -> np.ndarray:
        """The sum of a flow by group, from `first` (None: from the beginning) to before `stop`, both of the cuts."""
        rows = self._among(first, stop)
        return np.bincount(self.group[rows], self.values[flow][rows], len(self.groups))

    def any(self, first: date | None, stop: date) -> np.ndarray:
        """Whether each group has a row in these days."""
        return np.bincount(self.group[self._among(first, stop)], minlength=len(self.groups)) > 0

    def _among(self, first: date | None, stop: date) -> np.ndarray:
        before = self.piece <= self.cuts.index(stop)
        return before if first is None else before & (self.piece > self.cuts.index(first))


def read_pieces(
    edition: Edition, daily: str, flows: Sequence[str], days: Iterable[date], parameters: Sequence[str]
) -> Pieces:
    """The flows of a relation with the columns g, day and one a flow, cut at the days."""
    cuts = tuple(sorted(set(days)))
    piece = " + ".join(f"(day >= DATE '{cut.isoformat()}')::INTEGER" for cut in cuts)
    sums = ", ".join(f"coalesce(sum({flow}), 0)::DOUBLE AS {flow}" for flow in flows)
    sql = f"SELECT g, {piece} AS piece, {sums} FROM ({daily}) GROUP BY g, piece"
    g, pieces, *columns = (np.ma.getdata(c) for c in edition.cursor().execute(sql, parameters).fetchnumpy().values())
    groups, group = np.unique(g, return_inverse=True)
    return Pieces(cuts, groups.tolist(), group, pieces, dict(zip(flows, columns, strict=True)))

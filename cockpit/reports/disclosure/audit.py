"""Bounds that published counts imply for hidden ones, computed by linear programming."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

TOLERANCE = 1e-6

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Attack:
    """Everything published, as a system over the hidden counts: `matrix @ x == known`, x >= 0.

    columns: the indices of the hidden counts. block: of each of them, the part of the system it belongs to.
    """

    matrix: csr_matrix
    known: Floats
    columns: NDArray[np.int64]
    block: NDArray[np.int32]
    highest: float

    def block_of(self, count: int) -> int:
        """The part of the system that a hidden count (an index) belongs to."""
        return int(self.block[np.searchsorted(self.columns, count)])

    def only(self, position: NDArray[np.int64], values: Floats) -> "Attack":
        """The attack with every hidden count but `position` (positions in `columns`) known as well."""
        others = values[self.columns].copy()
        others[position] = 0
        inside = self.matrix[:, position]
        rows = np.diff(inside.indptr) > 0
        known = (self.known - self.matrix @ others)[rows]
        return Attack(inside[rows], known, self.columns[position], self.block[position], self.highest)


def attack(equations: csr_matrix, values: Floats, hidden: Mask, least: float) -> Attack:
    """The system that remains once the published counts are put in."""
    columns = np.flatnonzero(hidden)
    inside = equations[:, columns]
    open_rows = np.diff(inside.indptr) > 0
    inside = inside[open_rows]
    known = -(equations[open_rows] @ np.where(hidden, 0.0, values))
    linked = abs(inside).T @ abs(inside)
    _n, block = connected_components(linked, directed=False)
    # twice the largest count and more: no bound of an attacker's, it keeps the program from running off
    highest = 2 * float(values.max(initial=0)) + least
    return Attack(inside, known, columns, block, highest)


def exact(attack: Attack, values: Floats, target: int, least: float) -> tuple[Floats, Floats] | None:
    """Two solutions in which a hidden count (an index) differs by at least `least`; None if there are none."""
    at = int(np.searchsorted(attack.columns, target))
    objective = np.zeros(len(attack.columns))
    objective[at] = 1.0
    high = _solved(attack, -objective)
    low = values[attack.columns] if high[at] - values[target] >= least else _solved(attack, objective)
    return (low, high) if high[at] - low[at] >= least - TOLERANCE else None


def _solved(attack: Attack, objective: Floats) -> Floats:
    """The solution with the least `objective`. The true values are one, so that there always is one."""
    some = attack.matrix.shape[0] > 0
    answer = linprog(  # type: ignore[call-overload]  # its stub has no sparse matrices, which it takes
        objective, A_eq=attack.matrix if some else None, b_eq=attack.known if some else None,
        bounds=(0, attack.highest), method="highs-ds", options={"presolve": False},
    )  # fmt: skip
    if answer.x is None:
        raise RuntimeError(f"the audit of suppressed cells failed: {answer.message}")
    return np.asarray(answer.x, dtype=float)

"""Chooses cells to suppress: small counts, and others until the small ones cannot be computed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from cockpit.reports.disclosure.audit import Attack, attack, exact
from cockpit.reports.disclosure.relations import Relations
from cockpit.reports.disclosure.swaps import Swaps

SMALL = 400
"""Hidden counts that one linear program looks at together. Of more, those far from a count are taken as known to
an attacker: this suppresses more cells than necessary, never fewer."""
FEW = 250
"""So many counts at most are bounded a second time, with everything hidden taken as unknown: 10 to 30 ms each."""
Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Published:
    """One cell of a table: the counts that somebody knows once it is published, the one it is about first.

    total: the last row of a table, kept as long as another cell will do.
    """

    counts: tuple[int, ...]
    total: bool = False


def suppressed(relations: Relations, cells: Sequence[Published], least: float) -> list[bool]:
    """Whether each cell is suppressed.

    Primary: each cell that reveals a count in (0, least). Complements are added until the bounds of every such count,
    and of every count a left-out cell is about, lie at least `least` apart (`audit.exact` proves it).
    """
    values, matrix = np.array(relations.values, dtype=float), relations.matrix()
    sensitive = (values > 0) & (values < least)
    out = [bool(sensitive[list(cell.counts)].any()) for cell in cells]
    weight = _costs(len(values), values, cells)
    holders: dict[int, list[int]] = {}
    for i, cell in enumerate(cells):
        for count in cell.counts:
            holders.setdefault(count, []).append(i)
    swaps = Swaps(relations)
    safe: set[int] = set()  # hiding more only widens bounds, so that what is proved once stays proved
    while True:
        hidden = _hidden(len(values), cells, out)
        about = np.zeros(len(values), dtype=bool)
        about[[cell.counts[0] for cell, gone in zip(cells, out, strict=True) if gone]] = True
        targets = np.flatnonzero(hidden & (sensitive | (about & (values > 0))))
        system = attack(matrix, values, hidden, least)
        doubtful = swaps.unproven(values, hidden, [t for t in targets.tolist() if t not in safe], least)
        weak = _weak(system, swaps, values, doubtful, least)
        safe |= set(targets.tolist()) - set(weak)
        chosen = _complements(matrix, values, hidden, weight, system, weak, holders, least)
        if not chosen:
            return out
        for count in chosen:
            for i in holders[count]:
                out[i] = True


def _weak(system: Attack, swaps: Swaps, values: Floats, targets: Sequence[int], least: float) -> list[int]:
    """The `targets` that are, or in a large block may be, bounded more tightly than `least`.

    A block is looked at by itself: nothing links it to the others. One that is large is looked at near the count first.
    """
    room = np.zeros(len(values))
    blocks: dict[int, Attack] = {}

    def block(target: int) -> Attack:
        number = system.block_of(target)
        if number not in blocks:
            blocks[number] = system.only(np.flatnonzero(system.block == number), values)
        return blocks[number]

    def near(target: int) -> Attack:
        unknowns = block(target)
        return unknowns if len(unknowns.columns) <= SMALL else swaps.near(unknowns, values, target)

    weak = _unproved(targets, near, values, room, least)
    return weak if len(weak) > FEW else _unproved(weak, block, values, room, least)


def _unproved(
    targets: Sequence[int], part: Callable[[int], Attack], values: Floats, room: Floats, least: float
) -> list[int]:
    """The `targets` without proof. part: the counts to examine for a target. room: the proved range of each count.

    Two solutions prove the room of every count that differs enough between them.
    """
    weak = []
    for target in targets:
        if room[target] >= least:
            continue
        looked_at = part(target)
        proof = exact(looked_at, values, target, least)
        if proof is None:
            weak.append(target)
        else:
            low, high = proof
            room[looked_at.columns] = np.maximum(room[looked_at.columns], abs(high - low))
    return weak


def _hidden(n: int, cells: Sequence[Published], out: Sequence[bool]) -> Mask:
    """The counts that no published cell shows."""
    hidden = np.ones(n, dtype=bool)
    for cell, gone in zip(cells, out, strict=True):
        if not gone:
            hidden[list(cell.counts)] = False
    return hidden


def _costs(n: int, values: Floats, cells: Sequence[Published]) -> Floats:
    """The cost of hiding a count: its size, and far more for a total."""
    cost = values.copy()
    for cell in cells:
        if cell.total:
            cost[list(cell.counts)] += values.max(initial=0) * 10 + 1
    return cost


def _complements(
    matrix: csr_matrix, values: Floats, hidden: Mask, costs: Floats, system: Attack, weak: Sequence[int],
    holders: Mapping[int, Sequence[int]], least: float,
) -> set[int]:  # fmt: skip
    """One published count for each relation that pins a weak one down: the cheapest that gives enough room."""
    chosen: set[int] = set()
    eased: set[int] = set()
    by_count = matrix.tocsc()
    block = dict(zip(system.columns.tolist(), system.block.tolist(), strict=True))

    def rows_of(count: int) -> list[int]:
        return [int(row) for row in by_count.indices[by_count.indptr[count] : by_count.indptr[count + 1]]]

    def counts_of(row: int) -> list[int]:
        return [int(count) for count in matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]]

    def room(row: int, target: int) -> float:
        return sum(float(values[c]) for c in counts_of(row) if hidden[c] and c != target)

    for target in weak:
        rows = sorted(rows_of(target), key=lambda row: (room(row, target), row))
        if rows and rows[0] in eased:
            continue
        beyond = (row for c in block if block[c] == block[target] for row in rows_of(c))
        for row in chain(rows, beyond):
            candidates = [c for c in counts_of(row) if not hidden[c] and values[c] > 0 and c in holders]
            if candidates:
                chosen.add(min(candidates, key=lambda c: (values[c] < least, costs[c], c)))
                eased.add(row)
                break
    return chosen

"""Proofs without a linear program: cases moved from one row of a table to another leave its totals as they are.

A move takes a set of counts that hang together (one case satisfied: `satisfied` and `called back`) from other rows of
the same total. What can be moved from the true values on is room that an attacker cannot rule out.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

from cockpit.reports.disclosure.audit import Attack
from cockpit.reports.disclosure.relations import TOTAL, Place, Relations

MOST_COUNTS = 4
"""Of one place that a move changes."""
MOST_DONORS = 40
MOST_BELOW = 3
Move = tuple[tuple[object, int], ...]
"""Quantities and their signs."""
Counts = list[tuple[int, int]]
"""Indexes of counts and their signs."""


class Swaps:
    """The moves that relations within a place allow, and the places that share a total."""

    def __init__(self, relations: Relations) -> None:
        self.at: dict[Place, dict[object, int]] = {}
        self.where: dict[int, tuple[object, Place]] = {}
        for (quantity, place), i in relations.keys.items():
            if place is not None:
                self.at.setdefault(place, {})[quantity] = i
                self.where[i] = (quantity, place)
        self.siblings: dict[object, list[Place]] = {}
        for place in self.at:
            self.siblings.setdefault(place.total, []).append(place)
        self.moves = self._moves(relations)
        self.rows: dict[int, list[tuple[int, float]]] = {}
        for row, terms in enumerate(relations.equations):
            for count, factor in terms.items():
                self.rows.setdefault(count, []).append((row, factor))

    def _moves(self, relations: Relations) -> dict[object, list[Move]]:
        """By quantity, the sets of signed quantities that satisfy every relation within a place."""
        names = list({name: None for name, _place in self.where.values()})
        index = {name: i for i, name in enumerate(names)}
        inner = set()
        for terms in relations.equations:
            shown = [(*self.where[count], factor) for count, factor in terms.items() if count in self.where]
            if len(shown) == len(terms) and len({place for _name, place, _factor in shown}) == 1:
                inner.add(tuple(sorted((index[name], factor) for name, _place, factor in shown)))
        table = np.zeros((len(inner), len(names)))
        for row, terms_of in enumerate(inner):
            for column, factor in terms_of:
                table[row, column] = factor
        moves: dict[object, list[Move]] = {}
        for size in range(1, min(MOST_COUNTS, len(names)) + 1):
            chosen = np.array(list(combinations(range(len(names)), size)))
            for signs in product((1, -1), repeat=size):
                good = ~np.einsum("rck,k->rc", table[:, chosen], np.array(signs)).any(axis=0)
                for columns in chosen[good]:
                    move = tuple((names[c], sign) for c, sign in zip(columns, signs, strict=True))
                    for name, sign in move:
                        if sign > 0:
                            moves.setdefault(name, []).append(move)
        return moves

    def unproven(
        self, values: NDArray[np.float64], hidden: NDArray[np.bool_], targets: Iterable[int], least: float
    ) -> list[int]:
        """The `targets` for which a range of at least `least` is not proved here."""
        return [target for target in targets if not self._room(values, hidden, target, least)]

    def _room(self, values: NDArray[np.float64], hidden: NDArray[np.bool_], target: int, least: float) -> bool:
        if target not in self.where:  # what a file does not show has no row to exchange with
            return False
        name, place = self.where[target]
        others = [other for other in self.siblings[place.total] if other != place][:MOST_DONORS]
        for move in self.moves.get(name, ()):
            here = self._hidden(place, move, hidden)
            if not here:
                continue
            lower = min((values[i] for i, sign in here if sign < 0), default=np.inf)
            down = min(values[i] for i, sign in here if sign > 0)
            up, takes = 0.0, False
            for there in self._partners(others, move, hidden, here):
                up += min((values[i] for i, sign in there if sign > 0), default=0)
                takes = takes or all(sign > 0 for _i, sign in there)
                if min(up, lower) + (down if takes else 0) >= least:
                    return True
        return False

    def _hidden(self, place: Place, move: Move, hidden: NDArray[np.bool_]) -> Counts:
        """The counts of a place that a move changes, with their signs; none unless all of them are hidden."""
        at = self.at[place]
        counts = [(at[quantity], sign) for quantity, sign in move if quantity in at and hidden[at[quantity]]]
        return counts if len(counts) == len(move) else []

    def _partners(
        self, others: Sequence[Place], move: Move, hidden: NDArray[np.bool_], here: Counts
    ) -> Iterator[Counts]:
        """The counts of each other place that can take part, where the exchange breaks no relation."""
        for other in others:
            there = self._hidden(other, move, hidden)
            if not there:
                continue
            left: dict[int, float] = {}
            for side, pairs in ((1, here), (-1, there)):
                for i, sign in pairs:
                    for row, factor in self.rows.get(i, ()):
                        left[row] = left.get(row, 0.0) + side * sign * factor
            if not any(left.values()):
                yield there

    def near(self, attack: Attack, values: NDArray[np.float64], target: int) -> Attack:
        """The attack with most hidden counts known: not those of the target's total and of the totals above it, nor
        those of the largest places below any of these.

        Somebody who knows more bounds more tightly: what this proves holds of the whole as well.
        """
        if target not in self.where:
            return attack
        place: Place | None = self.where[target][1]
        places: set[Place] = set()
        while place:
            places |= {place, *self.siblings.get(place.total, ())}
            place = place.parent
        for above in tuple(places):
            below = [p for p in self.siblings.get((above.area,), ()) if p not in places] if above.by == TOTAL else []
            places.update(sorted(below, key=lambda p: -sum(values[i] for i in self.at[p].values()))[:MOST_BELOW])
        columns = [
            i for i, column in enumerate(attack.columns.tolist())
            if column not in self.where or self.where[column][1] in places
        ]  # fmt: skip
        return attack.only(np.array(columns), values)

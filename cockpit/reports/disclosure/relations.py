"""Counts of a file and the public linear relations among them."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations, pairwise, product
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

from data.areas.levels import BASE, TABLE

OWN, TOTAL = "own level", ""
TOLERANCE = 1e-9
MOST_TERMS = 4
"""Of a relation between quantities: stock at the end = stock at the start + came in - went out."""
MOST_QUANTITIES = 24
"""Beyond it relations between quantities are searched for with three terms only."""


class Place(NamedTuple):
    """The cell of a count: an area, and one group of its breakdown."""

    area: int
    by: str = TOTAL
    group: str = ""

    @property
    def total(self) -> tuple[object, ...]:
        """The same for all places whose counts add up to one count above them."""
        if self.by not in (TOTAL, OWN):
            return (self.area, self.by)
        span = above(self.area)
        return (self.area,) if self.by == OWN or span is None else (self.area // span * span,)

    @property
    def parent(self) -> "Place | None":
        """The place whose count that total is; None above all."""
        code = int(str(self.total[0]))
        return None if self == Place(code) else Place(code)


def above(code: int) -> int | None:
    """Number of codes that an area of the level above covers, by the code of the area; None above a district."""
    spans = [level.span for level in TABLE[TABLE.index(BASE) :]]
    return next((high for high, own in pairwise(spans) if code % own == 0 and code % high), None)


Key = tuple[Hashable, Place | None]
"""A quantity and where it was counted; no place for what a file does not show."""


@dataclass
class Relations:
    """Counts by key, each >= 0, and homogeneous equations over them that hold for the true values."""

    keys: dict[Key, int] = field(default_factory=dict)
    values: list[float] = field(default_factory=list)
    equations: list[dict[int, float]] = field(default_factory=list)

    def count(self, key: Key, value: float) -> int:
        """The index of a count; the first value of a key stays."""
        if key not in self.keys:
            self.keys[key] = len(self.values)
            self.values.append(float(value))
        return self.keys[key]

    def sums(self, total: Key, parts: Iterable[Key]) -> None:
        """whole = parts, and what is not shown where that is more than nothing: a count of its own then.

        Left out where the parts are more than the whole, as the months of a stock are.
        """
        columns = [self.keys[key] for key in parts if key in self.keys]
        if total not in self.keys or not columns:
            return
        rest = self.values[self.keys[total]] - sum(self.values[i] for i in columns)
        if rest < -TOLERANCE:
            return
        terms = {self.keys[total]: 1.0, **dict.fromkeys(columns, -1.0)}
        if rest > TOLERANCE:
            terms[self.count((("not shown", total, tuple(columns)), None), rest)] = -1.0
        self.equations.append(terms)

    def holds(self, terms: Mapping[Key, float]) -> None:
        """An equation with zero on its other side, where all of its counts exist and the true values satisfy it."""
        if all(key in self.keys for key in terms):
            factors = {self.keys[key]: factor for key, factor in terms.items()}
            if abs(sum(self.values[i] * factor for i, factor in factors.items())) < TOLERANCE:
                self.equations.append(factors)

    def between(self, quantities: Iterable[Hashable], places: Iterable[Place]) -> None:
        """Relations such as open = registered - closed: those that the values obey in every place.

        Keys of counts are (quantity, place). A relation that holds by chance in a small file counts as well: that
        leaves out more than need be, never less.
        """
        places = list(places)
        names = [q for q in quantities if any(self._value(q, place) > 0 for place in places)]
        columns = {q: np.array([self._value(q, place) for place in places], dtype=float) for q in names}
        most = MOST_TERMS if len(names) <= MOST_QUANTITIES else MOST_TERMS - 1
        for size in range(2, most + 1):
            for chosen in combinations(names, size):
                table = np.column_stack([columns[q] for q in chosen])
                complete = ~np.isnan(table).any(axis=1)
                if not table[complete].any():
                    continue
                for signs in product((1.0, -1.0), repeat=size - 1):
                    factors = np.array((1.0, *signs))
                    if (factors < 0).any() and not (table[complete] @ factors).any():
                        for place in (p for p, there in zip(places, complete, strict=True) if there):
                            self.holds({(q, place): f for q, f in zip(chosen, factors, strict=True)})

    def _value(self, quantity: Hashable, place: Place) -> float:
        i = self.keys.get((quantity, place))
        return float("nan") if i is None else self.values[i]

    def matrix(self) -> csr_matrix:
        """Equations by counts."""
        rows = [i for i, terms in enumerate(self.equations) for _ in terms]
        columns = [j for terms in self.equations for j in terms]
        factors = [factor for terms in self.equations for factor in terms.values()]
        return csr_matrix((factors, (rows, columns)), shape=(len(self.equations), len(self.values)))

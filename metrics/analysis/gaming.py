"""Signs of work done for the sake of a number: rates that are clearly higher in one area or unit than in the others."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import asin, sqrt

from metrics.analysis.interval import wilson
from metrics.answer import WITHOUT_VALUE, answer
from metrics.catalog import Metric
from metrics.engine.frames import each
from metrics.engine.plan import exists_at, splits
from metrics.query import Query

Z = 2.576
"""Two-sided 99 %: many areas and checks are compared at once."""
LEAST = 30
"""Smaller samples are not compared."""
EFFECT = 0.2
"""A small effect by Cohen's h; less is no sign, however sure."""
MEDIUM, LARGE = 0.5, 0.8


@dataclass(frozen=True)
class Sign:
    """One rate of one group against all others together. share, others, difference, low, high: in %.

    low, high: the 99 % interval of the difference. effect: Cohen's h. group: an area's code or a unit.
    """

    metric: Metric
    by: str
    group: str
    hits: int
    n: int
    share: float
    others: float
    difference: float
    low: float
    high: float
    effect: float

    @property
    def clear(self) -> bool:
        """Whether the group is higher by at least a small effect, and surely so."""
        return self.low > 0 and self.effect >= EFFECT


@dataclass(frozen=True)
class Compared:
    """What was compared: signs, the strongest first, and how many groups had too small a sample."""

    signs: tuple[Sign, ...]
    compared: int
    small: int


def compare(query: Query, by: str, level: str) -> Compared:
    """The signs of each gaming check of the catalog in the groups of a breakdown: units, or areas of a level.

    Never of people: only areas and units are compared. level: of the query's area. The query's period alone counts,
    whatever it is compared with.
    """
    query = replace(query, comparison=None)
    signs, compared, small = list[Sign](), 0, 0
    for metric in query.catalog.gaming:
        if not exists_at(metric, level) or by not in splits(query.catalog, metric):
            continue
        rows = [
            row for row in each(answer(query.of(metric.id, by=by))) if row.group and row.quality not in WITHOUT_VALUE
        ]
        counts = {row.group: (int(row.numerator), int(row.denominator)) for row in rows if row.denominator > 0}
        least = max(metric.min_n, LEAST)
        small += sum(n < least for _, n in counts.values())
        checks = list(_signs(metric, by, counts, least))
        compared += len(checks)
        signs += [sign for sign in checks if sign.clear]
    return Compared(tuple(sorted(signs, key=lambda sign: -sign.effect)), compared, small)


def _signs(metric: Metric, by: str, counts: dict[str, tuple[int, int]], least: int) -> Iterator[Sign]:
    hits, total = (sum(column) for column in zip(*counts.values(), strict=True)) if counts else (0, 0)
    for group, (own, n) in counts.items():
        if n < least or total - n < least:
            continue
        rest, others = (hits - own), (total - n)
        low, high = difference(own, n, rest, others)
        share, other = own / n, rest / others
        yield Sign(
            metric, by, group, own, n, 100 * share, 100 * other, 100 * (share - other), 100 * low, 100 * high,
            cohens_h(share, other),
        )  # fmt: skip


def difference(hits: int, n: int, other_hits: int, others: int, z: float = Z) -> tuple[float, float]:
    """The interval of the difference of two shares: Newcombe's method 10, of two Wilson intervals.

    ValueError for an empty sample. Newcombe, R. G. (1998), "Interval estimation for the difference between independent
    proportions".
    """
    first, second = wilson(hits, n, z), wilson(other_hits, others, z)
    if first is None or second is None:
        raise ValueError("an interval takes two samples")
    a, b = hits / n, other_hits / others
    below = sqrt((a - first[0]) ** 2 + (second[1] - b) ** 2)
    above = sqrt((first[1] - a) ** 2 + (b - second[0]) ** 2)
    return a - b - below, a - b + above


def cohens_h(share: float, other: float) -> float:
    """The effect size of two shares: 0.2 small, 0.5 medium, 0.8 large; negative if the first is smaller.

    Cohen, J. (1988), "Statistical power analysis for the behavioral sciences".
    """
    return 2 * asin(sqrt(share)) - 2 * asin(sqrt(other))

"""The area of a breakdown that a fact belongs to, by the code of its area."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from data.areas.levels import LEVELS, SPANS, TABLE
from data.editions.edition import AnyEdition, Edition
from metrics.areas import Area, children, lower_levels


@dataclass(frozen=True)
class Groups:
    """The areas of one level, or those right below an area.

    span: a code belongs to the multiple of it at or below. listed: the live areas of the breakdown, by code.
    apart: ranges [first, end) whose codes belong to another code instead, as (first, end, code): where the tree leaves
    the level out, the area above; an area right below that is of a lower level, itself. The first that fits counts.
    """

    span: int
    listed: tuple[int, ...] = ()
    apart: tuple[tuple[int, int, int], ...] = ()

    @property
    def finest(self) -> int:
        """The least number of codes that a group covers."""
        return min(self.span, *(end - first for first, end, _ in self.apart), self.span)

    def sql(self, column: str) -> str:
        """SQL of the group of a column of codes."""
        plain = f"{column} // {self.span} * {self.span}" if self.span > 1 else column
        if not self.apart:
            return plain
        arms = (f"WHEN {column} >= {first} AND {column} < {end} THEN {code}" for first, end, code in self.apart)
        return f"CASE {' '.join(arms)} ELSE {plain} END"

    def of(self, codes: np.ndarray) -> np.ndarray:
        """The group of each code."""
        result = codes // self.span * self.span
        for first, end, code in reversed(self.apart):
            result[(codes >= first) & (codes < end)] = code
        return result


def of_level(edition: AnyEdition, place: Area, level: str) -> Groups:
    """The areas of a level within a place. A fact in none of them belongs to the area above."""
    listed = _live(edition.unscoped, place.code, place.end, level)
    return Groups(SPANS[level], listed, _gaps(edition.unscoped, level, place))


def right_below(edition: Edition, place: Area) -> Groups:
    """The areas right below a place, which may be of several levels."""
    highest, *others = lower_levels(edition, place)
    if not others:
        return of_level(edition, place, highest)
    areas = children(edition, place)
    apart = tuple((child.code, child.end, child.code) for child in areas if child.level != highest)
    gaps = _gaps(edition, highest, place)
    return Groups(SPANS[highest], tuple(child.code for child in areas), (*apart, *gaps))


@lru_cache(maxsize=256)
def _live(edition: Edition, low: int, high: int, level: str) -> tuple[int, ...]:
    sql = (
        "SELECT DISTINCT code FROM areas WHERE code >= $1 AND code < $2 AND level = $3 AND holder = code ORDER BY code"
    )
    return tuple(code for (code,) in edition.cursor().execute(sql, [low, high, level]).fetchall())


def _gaps(edition: Edition, level: str, place: Area) -> tuple[tuple[int, int, int], ...]:
    """The codes within a place that would be areas of a level and are none, and the area above each of them."""
    return tuple(gap for gap in _all_gaps(edition, level) if place.code <= gap[0] < place.end)


@lru_cache(maxsize=64)
def _all_gaps(edition: Edition, level: str) -> tuple[tuple[int, int, int], ...]:
    span, higher = SPANS[level], reversed(TABLE[: LEVELS.index(level)])
    above = [f"(SELECT any_value(code) FROM areas WHERE code = gap // {h.span} * {h.span})" for h in higher]
    if span == 1 or not above:
        return ()
    sql = (
        f"WITH g AS (SELECT DISTINCT code // {span} * {span} AS gap FROM areas WHERE code % {span} <> 0) "
        f"SELECT gap, gap + {span}, coalesce({', '.join(above)}) AS code FROM g "
        "WHERE gap NOT IN (SELECT code FROM areas) ORDER BY gap"
    )
    rows = edition.cursor().execute(sql).fetchall()
    return tuple((first, end, code) for first, end, code in rows if code is not None)

"""The area tree of an edition: look up, climb, descend. Queries the edition; keeps no tree in memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import pairwise

from data.areas.levels import CODES, LEVELS, SPANS, is_above
from data.editions.edition import AnyEdition, Edition
from data.messages import Message
from metrics.errors import MetricsError

FIELDS = (
    "code", "name", "level", "kind", "parent", "population", "households", "lon", "lat",
    "valid_from", "valid_to", "merged_into", "holder",
)  # fmt: skip
BELOW = "below"
"""The breakdown of an area into those right below it, whatever their level."""
_SELECT = f"SELECT {', '.join(FIELDS)} FROM areas"
_NEWEST = "QUALIFY row_number() OVER (PARTITION BY code ORDER BY valid_from DESC NULLS LAST) = 1"


@dataclass(frozen=True)
class Area:
    """An area of the hierarchy. `holder` is the code of the area that it is part of now; itself if live."""

    code: int
    name: str
    level: str
    kind: str | None
    parent: int | None
    population: int | None
    households: int | None
    lon: float | None
    lat: float | None
    valid_from: date | None
    valid_to: date | None
    merged_into: int | None
    holder: int

    @property
    def live(self) -> bool:
        return self.holder == self.code

    @property
    def end(self) -> int:
        """The first code behind its scope [code, end)."""
        return self.code + SPANS[self.level]


def area(edition: AnyEdition, code: int) -> Area:
    """The area of a code, live or ended. Raises MetricsError for a code this edition does not know."""
    spans = (*SPANS.values(),)
    above, own = next(pair for pair in pairwise((spans[0], *spans)) if code % pair[1] == 0)
    place = _siblings(edition.unscoped, code // above * above, above, own).get(code) if code in CODES else None
    if place is None:
        raise MetricsError(
            "area.unknown", "area {area} is not in edition {id}: {hint}", area=code, id=edition.id,
            hint=_near(edition.unscoped, min(max(code, CODES.start), CODES.stop - 1)),
        )  # fmt: skip
    return place


@lru_cache(maxsize=1024)
def _siblings(edition: Edition, first: int, span: int, step: int) -> dict[int, Area]:
    """The areas of a level within one area above, by code: who asks for one of them asks for more."""
    sql = f"{_SELECT} WHERE code >= $1 AND code < $2 AND code % $3 = 0 {_NEWEST}"
    rows = edition.cursor().execute(sql, [first, first + span, step]).fetchall()
    return {row[0]: Area(*row) for row in rows}


def root(edition: AnyEdition) -> Area:
    """The top of the tree: the live area without a parent, the first by code; MetricsError if there is none."""
    return _root(edition.unscoped)


@lru_cache(maxsize=8)
def _root(edition: Edition) -> Area:
    sql = f"{_SELECT} WHERE parent IS NULL AND holder = code ORDER BY code LIMIT 1"
    row = edition.cursor().execute(sql).fetchone()
    if row is None:
        raise MetricsError(
            "areas.none", "this edition holds no areas: load them with `python -m cockpit areas FILE`, then publish"
        )
    return Area(*row)


def path(edition: AnyEdition, place: Area) -> list[Area]:
    """The path from the top down to and including `place`."""
    climbed = [place]
    while climbed[0].parent is not None:
        climbed.insert(0, area(edition, climbed[0].parent))
    return climbed


def children(edition: AnyEdition, place: Area) -> tuple[Area, ...]:
    """The live areas right below, by code."""
    return _children(edition.unscoped, place)


@lru_cache(maxsize=256)
def _children(edition: Edition, place: Area) -> tuple[Area, ...]:
    sql = f"{_SELECT} WHERE parent = $1 AND holder = code {_NEWEST} ORDER BY code"
    return tuple(Area(*row) for row in edition.cursor().execute(sql, [place.code]).fetchall())


def of_level(edition: AnyEdition, place: Area, level: str) -> tuple[Area, ...]:
    """The live areas of a level within a place, by code."""
    return _of_level(edition.unscoped, place, level)


@lru_cache(maxsize=64)
def _of_level(edition: Edition, place: Area, level: str) -> tuple[Area, ...]:
    sql = f"{_SELECT} WHERE code >= $1 AND code < $2 AND level = $3 AND holder = code {_NEWEST} ORDER BY code"
    return tuple(Area(*row) for row in edition.cursor().execute(sql, [place.code, place.end, level]).fetchall())


def common(edition: AnyEdition, places: Sequence[Area]) -> Area | None:
    """The lowest area above all of the places, if there is one."""
    paths = [path(edition, place)[:-1] for place in places]
    shared = [above[0] for above in zip(*paths, strict=False) if len(set(above)) == 1]
    return shared[-1] if shared else None


def lower_levels(edition: AnyEdition, place: Area) -> tuple[str, ...]:
    """The levels of the areas right below, highest first: one as a rule, none below a village."""
    return _lower_levels(edition.unscoped, place)


@lru_cache(maxsize=256)
def _lower_levels(edition: Edition, place: Area) -> tuple[str, ...]:
    present = {child.level for child in children(edition, place)}
    if not place.live:
        sql = "SELECT DISTINCT level FROM areas WHERE parent = $1"
        present = {level for (level,) in edition.cursor().execute(sql, [place.code]).fetchall()}
    return tuple(level for level in LEVELS if level in present)


def below(edition: AnyEdition, place: Area) -> str | None:
    """The breakdown into the areas right below: their level, BELOW if they are of several, None if there are none."""
    levels = lower_levels(edition, place)
    return levels[0] if len(levels) == 1 else BELOW if levels else None


def levels(edition: AnyEdition) -> tuple[str, ...]:
    """The levels that the tree has areas of, highest first."""
    return _levels(edition.unscoped)


@lru_cache(maxsize=8)
def _levels(edition: Edition) -> tuple[str, ...]:
    present = edition.cursor().execute("SELECT DISTINCT level FROM areas WHERE holder = code").fetchall()
    return tuple(level for level in LEVELS if (level,) in present)


def at_level(edition: AnyEdition, code: int, level: str) -> Area:
    """The area of a level that contains a code; the one above if the tree leaves the level out, or for an own level."""
    climbed = path(edition, area(edition, code))
    return [place for place in climbed if not is_above(level, place.level)][-1]


def _near(edition: Edition, code: int) -> Message:
    sql = "SELECT code, name FROM areas ORDER BY abs(code - $1) LIMIT 1"
    row = edition.cursor().execute(sql, [code]).fetchone()
    if row:
        return Message("area.nearest", "the nearest one is {area} {name}", area=row[0], name=row[1])
    return Message("area.none", "it holds no areas at all")

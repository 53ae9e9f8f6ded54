"""Hot spots: areas around which more cases were registered than expected, by week or month.

Getis-Ord Gi* over the areas of a level. What is tested is the excess over expectation: the area's share of the
inhabitants, or an equal share where a population is unknown, of all cases of the period. The neighbourhood of an area
is itself and its nearest neighbours. A p-value is the greater one of Gi* and of the exact Poisson test of the
neighbourhood; those of a period are corrected for their number by Benjamini and Hochberg.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree
from scipy.stats import binom, false_discovery_control, norm, poisson

from data.schema import FACTS, known
from metrics import areas
from metrics.areas import Area
from metrics.mapping.layers import Layer
from metrics.mapping.series import buckets_of
from metrics.period import Period
from metrics.query import Query
from metrics.scope import area_in_scope

NEIGHBOURS = 8
LEVELS = (0.05, 0.01)
"""False discovery rates: of the areas named at 0.05, one in twenty is expected to be none."""
LEAST_AREAS = 20
"""Fewer areas are too few for the normal approximation."""
LEAST_CASES = 30
"""Of a period; with fewer nothing is said."""
LEAST_NEAR = 5
"""Cases that the neighbourhood of a hot spot has at least."""
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class HotSpots:
    """counts, z, grade, change: a row for each bucket, a column for each area.

    z: Gi* as a standard score, NaN where nothing is said. grade: 0 none, 1 at 95 %, 2 at 99 %, of LEVELS.
    change: 1 where the neighbourhood's share of all cases rose from the bucket before, -1 where it fell, at 95 %; 0
    where neither is certain, and where it is a hot spot in neither bucket.
    """

    buckets: tuple[Period, ...]
    places: tuple[Area, ...]
    counts: npt.NDArray[np.int64]
    z: Floats
    grade: npt.NDArray[np.uint8]
    change: npt.NDArray[np.int8]

    def is_known(self, bucket: int) -> bool:
        """Whether the sample of a bucket is large enough to say anything."""
        return bool(np.isfinite(self.z[bucket]).any())


def hotspots(query: Query, unit: str, level: str, layer: Layer) -> HotSpots:
    """The hot spots of a layer's cases among the areas of a level. OutOfScope for an area that may not be seen."""
    place = area_in_scope(query.edition, query.area)
    buckets = buckets_of(query, unit)
    places = tuple(one for one in areas.of_level(query.edition, place, level) if one.lon is not None)
    counts = _counts(query, place, places, buckets, layer)
    z = np.full(counts.shape, np.nan)
    grade = np.zeros(counts.shape, np.uint8)
    change = np.zeros(counts.shape, np.int8)
    if len(places) >= LEAST_AREAS:
        near, share = _neighbours(places), _shares(places)
        for i, row in enumerate(counts):
            if row.sum() >= LEAST_CASES:
                z[i], grade[i] = gi_star(row, share, near)
            if i and np.isfinite(z[[i - 1, i]]).all():
                hot = (grade[i] > 0) | (grade[i - 1] > 0)
                change[i] = np.where(hot, changes(counts[i - 1], row, near), 0)
    return HotSpots(buckets, places, counts, z, grade, change)


def gi_star(
    counts: npt.NDArray[np.int64], share: Floats, near: npt.NDArray[np.int64]
) -> tuple[Floats, npt.NDArray[np.uint8]]:
    """Gi* of each area as a standard score, and its grade.

    share: of each area in what is expected, 1 in all. near: the indexes of each area's neighbourhood, itself included.
    """
    expected = counts.sum() * share
    excess = (counts - expected) / np.sqrt(np.maximum(expected, 1e-9))
    n, size, spread = len(counts), near.shape[1], excess.std()
    if spread == 0:
        return np.zeros(n), np.zeros(n, np.uint8)
    sums = excess[near].sum(axis=1)
    z = (sums - size * excess.mean()) / (spread * np.sqrt((n * size - size**2) / (n - 1)))
    local = counts[near].sum(axis=1)
    # with few cases the score is no normal one: the exact chance of so many cases near must be small as well
    chance = np.maximum(norm.sf(z), poisson.sf(local - 1, expected[near].sum(axis=1)))
    corrected = false_discovery_control(chance)
    enough = local >= LEAST_NEAR
    return z, np.sum([(corrected <= level) & enough for level in LEVELS], axis=0).astype(np.uint8)


def changes(
    before: npt.NDArray[np.int64], now: npt.NDArray[np.int64], near: npt.NDArray[np.int64]
) -> npt.NDArray[np.int8]:
    """The sign of each area's change of share, where it is certain at the first of LEVELS; else 0.

    By the exact binomial test, of the cases of both periods near an area: so many of them are expected in the later one
    as of all cases, so that a period still running is compared fairly. All areas are tested and corrected for, not hot
    spots alone: those are chosen by the same cases.
    """
    later = now[near].sum(axis=1)
    both, share = later + before[near].sum(axis=1), now.sum() / (now.sum() + before.sum())
    chance = 2 * np.minimum(binom.sf(later - 1, both, share), binom.cdf(later, both, share))
    certain = false_discovery_control(np.minimum(chance, 1)) <= LEVELS[0]
    return np.where(certain, np.sign(later - both * share), 0).astype(np.int8)


def _neighbours(places: tuple[Area, ...]) -> npt.NDArray[np.int64]:
    """The indexes of each area and its nearest neighbours by their points, itself first."""
    lat = np.array([place.lat for place in places], np.float64)
    lon = np.array([place.lon for place in places], np.float64)
    points = np.column_stack([lon * np.cos(np.radians(lat.mean())), lat])
    return np.asarray(cKDTree(points).query(points, k=min(NEIGHBOURS + 1, len(places)))[1], np.int64)


def _shares(places: tuple[Area, ...]) -> Floats:
    people = np.array([place.population or 0 for place in places], np.float64)
    people = people if (people > 0).all() else np.ones(len(places))
    shares: Floats = people / people.sum()
    return shares


def _counts(
    query: Query, place: Area, places: tuple[Area, ...], buckets: tuple[Period, ...], layer: Layer
) -> npt.NDArray[np.int64]:
    """Cases registered in each bucket, by area; a row of a lower level counts for the area above."""
    edition, fact = query.edition.unscoped, FACTS["cases"]
    now = f"TIMESTAMP '{query.known_at.isoformat(sep=' ')}'"
    where = [(name, value) for name, value in query.where if name in fact.splits]
    kept = "".join(f" AND coalesce({fact.splits[name]}, '') = ${i}" for i, (name, _value) in enumerate(where, 4))
    span = places[0].end - places[0].code if places else 1
    sql = (
        f"SELECT area // {span} * {span} AS code, registered_at::DATE AS day, count(*) "
        f"FROM ({known(fact, now)}) WHERE area >= $1 AND area < $2 AND registered_at >= $3 "
        f"AND ({layer.where or 'true'}){kept} GROUP BY ALL"
    )
    values = [place.code, place.end, buckets[0].start, *(value for _name, value in where)]
    starts = np.array([bucket.start for bucket in buckets], "datetime64[D]")
    column = {one.code: i for i, one in enumerate(places)}
    counts = np.zeros((len(buckets), len(places)), np.int64)
    for code, day, n in edition.cursor().execute(sql, values).fetchall():
        if code in column:
            counts[_bucket(starts, day), column[code]] += n
    return counts


def _bucket(starts: npt.NDArray[np.datetime64], day: date) -> int:
    return int(np.searchsorted(starts, np.datetime64(day), side="right")) - 1

"""Find areas, cases, units, metrics and sites by a text, within what the caller may see."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import numpy as np

from data.areas.levels import LEVELS
from data.editions.edition import AnyEdition, Edition
from data.editions.scoped import EVERYTHING, ScopedEdition
from data.errors import TooSlow
from data.search import grams, index, names
from data.search.folding import LONGEST, fold, pattern
from data.search.names import EXACT, NOT, Names
from metrics.areas import Area, area, path
from metrics.catalog import Catalog, Metric
from metrics.errors import MetricsError

SECONDS = 0.1
"""How long cases are looked for; what is found by then is the answer, and it says that there may be more."""
FIRST_STRETCHES, MOST_STRETCHES = 4, 64
"""How many stretches are read at once: a few first, then twice as many each time."""
FEW_RANGES = 16
"""Up to so many ranges of rows are compared; more are joined."""
LANGUAGES = ("zh", "en")


@dataclass(frozen=True)
class AreaResult:
    """An area, and the names of those above it, the top first."""

    area: Area
    above: tuple[str, ...]


@dataclass(frozen=True)
class CaseResult:
    source: str
    key: str
    title: str | None
    place: str | None
    category: str | None
    area: int
    registered_at: datetime
    is_open: bool


@dataclass(frozen=True)
class SiteResult:
    source: str
    key: str
    name: str
    url: str | None
    unit: str | None


@dataclass(frozen=True)
class SearchResults:
    """Results of a search, the best of each kind first.

    more: the kinds with more results than the limit. is_complete: False if time ran out before all cases
    were looked at.
    """

    areas: tuple[AreaResult, ...] = ()
    cases: tuple[CaseResult, ...] = ()
    units: tuple[str, ...] = ()
    metrics: tuple[Metric, ...] = ()
    sites: tuple[SiteResult, ...] = ()
    more: frozenset[str] = frozenset()
    is_complete: bool = True


KINDS = ("areas", "cases", "units", "metrics", "sites")


def search(
    edition: ScopedEdition, catalog: Catalog, text: str, *, limit: int = 5, seconds: float = SECONDS
) -> SearchResults:
    """At most `limit` of each kind of the edition's scope; nothing for a text without visible characters.

    A case is found by the beginning of its number and by any part of its title or place; what has a name by any part
    of it, by pinyin and by initials. seconds: how long cases are looked for.
    Raises MetricsError for a text of more than LONGEST characters.
    """
    if len(text.strip()) > LONGEST:
        raise MetricsError("search.too_long", "a search has at most {n} characters: shorten it", n=LONGEST)
    if not fold(text):
        return SearchResults()
    end = time.perf_counter() + seconds
    kinds: dict[str, Sequence[Any]] = {
        "areas": _areas(edition, text, limit + 1),
        "units": _units(edition, text, limit + 1),
        "metrics": _metrics(catalog, text, limit + 1),
        "sites": _sites(edition, text, limit + 1),
    }
    kinds["cases"], is_complete = _cases(edition, fold(text), limit + 1, end)
    more = frozenset(name for name, items in kinds.items() if len(items) > limit)
    return SearchResults(
        **{name: tuple(items[:limit]) for name, items in kinds.items()}, more=more, is_complete=is_complete
    )


def warm(edition: AnyEdition, catalog: Catalog) -> None:
    """Make ready what a first search would wait for."""
    full = edition.unscoped
    _area_names(full), _unit_names(full), _site_names(full), _stretches(full), _metric_names(catalog)


def areas_like(edition: ScopedEdition, text: str, limit: int) -> list[Area]:
    """Areas of the edition's scope by any part of their name, by pinyin, or by the first digits of their code."""
    return [hit.area for hit in _areas(edition, text, limit)]


def units_like(edition: ScopedEdition, text: str, limit: int) -> list[str]:
    """Units with a case in the edition's scope, by any part of their name or by pinyin."""
    return _units(edition, text, limit)


def units(edition: ScopedEdition) -> list[str]:
    """All units with a case in the edition's scope, those with most cases first."""
    known = _unit_names(edition.unscoped)
    inside = sorted(set(known.owners[_within(edition, known.codes)].tolist()))
    return [known.units[at] for at in inside]


# --- what has a name ----------------------------------------------------------------------------------------------


def _areas(edition: ScopedEdition, text: str, limit: int) -> list[AreaResult]:
    known = _area_names(edition.unscoped)
    matches = known.names.find(text)
    digits = fold(text)
    if digits.isdecimal() and digits.isascii() and 2 <= len(digits) <= 12:
        step = 10 ** (12 - len(digits))
        matches[known.codes // step == int(digits)] = EXACT
    matches[~_within(edition, known.codes)] = NOT
    places = [area(edition, int(known.codes[at])) for at in names.best(matches, known.order, limit)]
    return [AreaResult(place, tuple(above.name for above in path(edition, place)[:-1])) for place in places]


def _units(edition: ScopedEdition, text: str, limit: int) -> list[str]:
    known = _unit_names(edition.unscoped)
    if not len(known.names):
        return []
    matches = known.names.find(text)
    inside = np.zeros(len(known.names), bool)
    inside[known.owners[_within(edition, known.codes)]] = True
    matches[~inside] = NOT
    return [known.units[at] for at in names.best(matches, np.arange(len(matches)), limit)]


def _metrics(catalog: Catalog, text: str, limit: int) -> list[Metric]:
    known, owners = _metric_names(catalog)
    best = names.best(known.find(text), np.arange(len(known)), len(known))
    ids = dict.fromkeys(owners[at] for at in best)
    return [catalog.metrics[id] for id in list(ids)[:limit]]


def _sites(edition: ScopedEdition, text: str, limit: int) -> list[SiteResult]:
    known = _site_names(edition.unscoped)
    if not known.sites:
        return []
    matches = known.names.find(text)
    matches[~_within(edition, known.codes)] = NOT
    return [known.sites[at] for at in names.best(matches, np.arange(len(matches)), limit)]


def _within(edition: ScopedEdition, codes: np.ndarray) -> np.ndarray:
    """Area codes in the scope."""
    inside = np.zeros(len(codes), bool)
    for low, end in edition.scope:
        inside |= (codes >= low) & (codes < end)
    return inside


@dataclass(frozen=True)
class _AreaNames:
    names: Names
    codes: np.ndarray
    order: np.ndarray


@lru_cache(maxsize=2)
def _area_names(edition: Edition) -> _AreaNames:
    sql = (
        "SELECT code, name, level FROM areas WHERE holder = code "
        "QUALIFY row_number() OVER (PARTITION BY code ORDER BY valid_from DESC NULLS LAST) = 1 ORDER BY code"
    )
    rows = edition.cursor().execute(sql).fetchall()
    rank = {level: at for at, level in enumerate(LEVELS)}
    order = np.array([rank.get(level, len(rank)) for _code, _name, level in rows], np.int64)
    codes = np.array([code for code, *_ in rows], np.int64)
    return _AreaNames(Names(name for _code, name, _level in rows), codes, order)


@dataclass(frozen=True)
class _UnitNames:
    """owners, codes: for each unit and area with a case of it, the position of the unit and the area's code."""

    names: Names
    units: tuple[str, ...]
    owners: np.ndarray
    codes: np.ndarray


@lru_cache(maxsize=2)
def _unit_names(edition: Edition) -> _UnitNames:
    sql = (
        "SELECT unit, list(DISTINCT area) FROM cases WHERE unit IS NOT NULL "
        f"AND registered_at < {_known_at(edition)} GROUP BY unit ORDER BY count(*) DESC, unit"
    )
    rows = edition.cursor().execute(sql).fetchall()
    owners = np.repeat(np.arange(len(rows)), [len(codes) for _unit, codes in rows])
    codes = np.array([code for _unit, area_codes in rows for code in area_codes], np.int64)
    units = tuple(unit for unit, _codes in rows)
    return _UnitNames(Names(units), units, owners, codes)


@lru_cache(maxsize=4)
def _metric_names(catalog: Catalog) -> tuple[Names, tuple[str, ...]]:
    """Names in both languages, ids and codes; and whose each is."""
    entries = [
        (text, metric.id)
        for metric in catalog.metrics.values()
        for text in (*(metric.name[lang] for lang in LANGUAGES), metric.id, metric.code)
        if text
    ]
    return Names(text for text, _id in entries), tuple(id for _text, id in entries)


@dataclass(frozen=True)
class _SiteNames:
    names: Names
    sites: tuple[SiteResult, ...]
    codes: np.ndarray


@lru_cache(maxsize=2)
def _site_names(edition: Edition) -> _SiteNames:
    """Sites by name, address and number, one row each."""
    sql = (
        "SELECT source, key, name, url, unit, area FROM assets WHERE kind = 'site' AND area IS NOT NULL "
        f"AND (retired_at IS NULL OR retired_at >= {_known_at(edition)}) "
        f"AND (registered_at IS NULL OR registered_at < {_known_at(edition)}) ORDER BY name, key"
    )
    rows = edition.cursor().execute(sql).fetchall()
    sites = tuple(SiteResult(*row[:5]) for row in rows)
    return _SiteNames(
        Names(" ".join(filter(None, (site.name, site.url))) for site in sites),
        sites,
        np.array([row[5] for row in rows], np.int64),
    )


# --- cases --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Stretches:
    """The stretches of indexed cases: their first and last area, by number; and the order to read them in.

    cases: rows below are indexed. has_more: whether there are others.
    """

    cases: int
    has_more: bool
    first: np.ndarray
    last: np.ndarray
    order: np.ndarray


@lru_cache(maxsize=4)
def _stretches(edition: Edition) -> _Stretches:
    cursor = edition.cursor()
    cases = index.indexed(cursor)
    if cases == 0:
        none = np.zeros(0, np.int64)
        return _Stretches(0, True, none, none, none)
    sql = f"SELECT stretch, first, last FROM {index.STRETCHES} ORDER BY has_open DESC, newest DESC"
    rows = cursor.execute(sql).fetchnumpy()
    order = np.asarray(rows["stretch"], np.int64)
    first, last = (np.full(order.max() + 1, -1) for _ in range(2))
    first[order], last[order] = rows["first"], rows["last"]
    more = cursor.execute(f"SELECT count(*) FROM cases WHERE rowid >= {cases}").fetchone()
    return _Stretches(cases, more != (0,), first, last, order)


def _cases(edition: ScopedEdition, text: str, limit: int, end: float) -> tuple[list[CaseResult], bool]:
    """Cases that match, those by number and open ones first; and whether all were looked at.

    end: when to stop, by the performance counter; the first cases are looked at whatever it says.
    """
    rows_by_key: dict[tuple[str, str], tuple[Any, ...]] = {}
    started = False
    for by, ranges in _reads(edition, text):
        if started and time.perf_counter() > end:
            return _best(rows_by_key, limit), False
        started = True
        try:
            rows = edition.unscoped.cursor().execute(_sql(edition, text, by, ranges, limit)).fetchall()
        except TooSlow:
            return _best(rows_by_key, limit), False
        rows_by_key = {(row[0], row[1]): row for row in rows} | rows_by_key
        if len(rows_by_key) >= limit:
            break
    return _best(rows_by_key, limit), True


def _best(rows_by_key: dict[tuple[str, str], tuple[Any, ...]], limit: int) -> list[CaseResult]:
    """The best of what was found: by number first, then what is open, then the newest."""
    rows = sorted(rows_by_key.values(), key=lambda row: row[6], reverse=True)
    rows.sort(key=lambda row: (not row[8], not row[7]))
    return [CaseResult(*row[:8]) for row in rows[:limit]]


NUMBER, TEXTS = "number", "texts"
Ranges = list[tuple[int, int]]
"""Row numbers, from and below."""


def _reads(edition: ScopedEdition, text: str) -> Iterator[tuple[tuple[str, ...], Ranges]]:
    """The comparisons and their row ranges, in order: columns of the other kind are not read from the file."""
    indexed = _stretches(edition.unscoped)
    if indexed.has_more:  # what is not indexed: all of a small edition, the newest of a patched one
        yield (NUMBER, TEXTS), [(indexed.cases, 2**62)]
    if not indexed.cases:
        return
    inside = np.zeros(len(indexed.first), bool)
    for low, stop in edition.scope:
        inside |= (indexed.last >= low) & (indexed.first < stop)
    kinds = [(NUMBER, grams.slots_of_number(text)), (TEXTS, grams.slots_of_text(text))]
    for by, slots in kinds if any(map(str.isdigit, text)) else reversed(kinds):
        candidates = index.candidates(edition.unscoped.cursor(), slots, len(indexed.first)) & inside
        stretches = indexed.order[candidates[indexed.order]]
        at, size = 0, FIRST_STRETCHES
        while at < len(stretches):
            yield (by,), _joined(np.sort(stretches[at : at + size]), indexed.cases)
            at, size = at + size, min(2 * size, MOST_STRETCHES)


def _joined(stretches: np.ndarray, cases: int) -> list[tuple[int, int]]:
    """Stretches as ranges of rows; neighbours as one."""
    begins = np.flatnonzero(np.diff(stretches, prepend=-2) != 1)
    ends = np.r_[begins[1:], len(stretches)] - 1
    return [
        (int(stretches[a]) * index.STRETCH, min((int(stretches[b]) + 1) * index.STRETCH, cases))
        for a, b in zip(begins, ends, strict=True)
    ]


def _sql(edition: ScopedEdition, text: str, by: Sequence[str], ranges: Ranges, limit: int) -> str:
    """SQL of the best cases in ranges of rows. A pattern contains no quote: folding escapes all signs."""
    scope = "" if edition.scope == EVERYTHING else f" AND {edition.scope_sql('area')}"
    number = f"regexp_matches(key, '{pattern(text, begins=True)}')" if NUMBER in by else "false"
    columns = index.TEXTS if TEXTS in by else ()
    texts = [f"coalesce(regexp_matches({name}, '{pattern(text)}'), false)" for name in columns]
    now = _known_at(edition)
    hits = (
        "SELECT source, key, title, place, category, area, registered_at, "
        f"(closed_at IS NULL OR closed_at >= {now}) AS is_open, {number} AS by_number FROM cases "
        f"WHERE {_rows_in(ranges)}{scope} AND registered_at < {now} AND ({' OR '.join([number, *texts])})"
    )
    # DuckDB 2.0 fails on row numbers below ORDER BY and LIMIT unless the rows are materialized
    return (
        f"WITH hits AS MATERIALIZED ({hits}) FROM hits "
        f"ORDER BY by_number DESC, is_open DESC, registered_at DESC, source, key LIMIT {int(limit)}"
    )


def _rows_in(ranges: Ranges) -> str:
    if len(ranges) <= FEW_RANGES:
        return f"({' OR '.join(f'(rowid >= {low} AND rowid < {stop})' for low, stop in ranges)})"
    lows, stops = ([pair[at] for pair in ranges] for at in (0, 1))
    return f"rowid IN (SELECT unnest(range(low, stop)) FROM (SELECT unnest({lows}) AS low, unnest({stops}) AS stop))"


def _known_at(edition: AnyEdition) -> str:
    return f"TIMESTAMP '{edition.as_of.isoformat(sep=' ')}'"

"""Newest readings in memory: the valid ones at any number of instants, from one reading of their measures.

As SQL (`metrics.catalog.generated.latest_sql`), every instant and every metric reads and compares all of them again.
"""

import re
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np

from data.editions.edition import Edition
from metrics.catalog import Catalog, Domain, Metric
from metrics.catalog.generated import DISPUTED, EXISTING
from metrics.engine.plan import COLUMNS, Plan

MEASURES = re.compile(r"measure (?:= ('[^']*')|IN \(('[^']*'(?:, *'[^']*')*)\))( AND (?!.*\bOR\b).*)?", re.I | re.S)
"""The condition of a metric that certainly takes no more than the measures it begins with."""
AT_INSTANT = re.compile(rf"\b(?:i|moment|{EXISTING}|{'|'.join(DISPUTED)})\b", re.I)
"""What a reading is at an instant, and not in itself."""
RECENT_DAYS = 400
"""So far back most screens look: this month and the twelve before. For a look further back all readings are held."""
MOST_READINGS = 500_000
"""Of more, SQL finds the newest."""
WORDS = ("unit", "source")
EPOCH = datetime(1970, 1, 1)
DAY_US = 86_400_000_000

T = TypeVar("T")
Sums = tuple[Any, float | None, int, int]
"""What a metric adds up (of a quantile the values), what it divides by, how many rows it counts, and disputed ones."""
Found = dict[str, dict[tuple[object, int], list[Sums]]]
"""Of each metric the sums by group and bucket, one for each measure."""


class _NotHeld(Exception):
    """What is asked cannot be answered from memory."""


@dataclass(frozen=True, eq=False)
class History:
    """The readings of a measure. The newest valid ones at an instant t have begin < t <= end, in microseconds.

    lapse: the microseconds for which one is valid. words: hashes by column. values: numbers by SQL expression, NaN for
    NULL. by_source: order by area, source and time, and the number of the area and source in that order; of a measure
    of one source None. merged: of each the unit, the area that its own was merged into, and when; None without mergers.
    """

    areas: np.ndarray
    areas_then: np.ndarray
    begin: np.ndarray
    end: np.ndarray
    lapse: int
    words: dict[str, np.ndarray]
    values: dict[str, np.ndarray]
    by_source: tuple[np.ndarray, np.ndarray] | None
    merged: tuple[np.ndarray, np.ndarray, np.ndarray] | None

    def valid(self, instant: int) -> np.ndarray:
        return np.asarray((self.begin < instant) & (self.end >= instant))

    def existing(self, instant: int) -> np.ndarray:
        """One valid reading of each unit and area that exists: its own, else the first of those merged into it."""
        valid = np.flatnonzero(self.valid(instant))
        if self.merged is not None and len(valid):
            part, heir, ended = (column[valid] for column in self.merged)
            former, areas = ended < instant, self.areas_then[valid]
            holder = np.where(former, heir, areas)
            order = np.lexsort((areas, former, holder, part))
            heads = np.r_[True, (np.diff(holder[order]) != 0) | (part[order][1:] != part[order][:-1])]
            valid = valid[order[heads]]
        found = np.zeros(len(self.begin), bool)
        found[valid] = True
        return found

    def disputed(self, instant: int) -> np.ndarray:
        """Which readings are of areas whose sources disagree: their newest values differ by over 1 % and over 1."""
        if self.by_source is None:
            return np.zeros(len(self.begin), bool)
        order, pair = self.by_source
        begin = self.begin[order]
        valid = np.flatnonzero((begin < instant) & (begin >= instant - self.lapse))
        last = valid[np.r_[np.diff(pair[valid]) > 0, True]] if len(valid) else valid
        areas, value = self.areas_then[order[last]], self.values["value"][order[last]]
        if not len(areas):
            return np.zeros(len(self.begin), bool)
        heads = np.flatnonzero(np.r_[True, np.diff(areas) > 0])
        low, high = np.minimum.reduceat(value, heads), np.maximum.reduceat(value, heads)
        apart = high - low > np.maximum(1, 0.01 * np.maximum(abs(low), abs(high)))
        return np.isin(self.areas_then, areas[heads][apart])

    def at_moments(
        self, of: Callable[[int], np.ndarray], rows: np.ndarray, at: np.ndarray, moments: np.ndarray
    ) -> np.ndarray:
        """What a method says of some readings, of each at the moment with the index `at`."""
        result = np.zeros(len(rows), bool)
        for index in np.unique(at).tolist():
            then = at == index
            result[then] = of(int(moments[index]))[rows[then]]
        return result


def newest(plan: Plan, domain: Domain, metrics: list[Metric], shared: Iterable[str]) -> Found | None:
    """The sums of metrics over the newest valid readings; None where SQL has to find them.

    shared: the measures that several sources report.
    """
    texts = [*domain.terms.values(), domain.where or "", *(sql for metric in metrics for sql in _expressions(metric))]
    columns = [COLUMNS[name] for name, _ in plan.where] + ([plan.column] if plan.column else [])
    if any(AT_INSTANT.search(text) for text in texts) or not set(columns) <= set(WORDS):
        return None
    measures = {name for metric in metrics for name in _measures(domain, metric)}
    instants = [(plan.instant(i) - EPOCH) // timedelta(microseconds=1) for i in range(len(plan.buckets))]
    store = _store(plan.edition, plan.catalog, domain.id, tuple(shared))
    try:
        histories = store.histories(measures, min(instants, default=0))
        return {metric.id: _sums(plan, domain, metric, histories, instants) for metric in metrics}
    except _NotHeld:
        return None


def _measures(domain: Domain, metric: Metric) -> list[str]:
    """The measures that a metric can count."""
    named = MEASURES.fullmatch((metric.aggregate.where if metric.aggregate else None) or "")
    if not named:
        return list(domain.latest)
    listed = re.findall(r"'([^']*)'", named[1] or named[2])
    return [name for name in dict.fromkeys(listed) if name in domain.latest]


def measures_of(domain: Domain, metrics: Iterable[Metric]) -> dict[str, int]:
    """The measures that any of the metrics can count, and for how many days a reading of each is valid."""
    named = {name for metric in metrics for name in _measures(domain, metric)}
    return {name: days for name, days in domain.latest.items() if name in named} or dict(domain.latest)


def _condition(metric: Metric) -> str:
    """What a reading must be for the metric besides one of its measures."""
    where = (metric.aggregate.where if metric.aggregate else None) or ""
    named = MEASURES.fullmatch(where)
    return where if where and not (named and not named[3]) else ""


def _expressions(metric: Metric) -> Iterator[str]:
    a = metric.aggregate
    assert a is not None
    yield from (sql for sql in (a.sum, a.max, a.quantile, a.per) if sql)
    if condition := _condition(metric):
        yield condition


def _sums(
    plan: Plan, domain: Domain, metric: Metric, histories: dict[str, History], instants: list[int]
) -> dict[tuple[object, int], list[Sums]]:
    found: dict[tuple[object, int], list[Sums]] = {}
    moments, places = np.unique(np.array(instants, "int64"), return_inverse=True)
    buckets = [np.flatnonzero(places == at).tolist() for at in range(len(moments))]
    for measure in _measures(domain, metric):
        history = histories[measure]
        rows = np.flatnonzero(_within(plan, domain, metric, history))
        names, group = _groups(plan, domain, history, rows)
        for name, at, sums in _by_group(metric, history, rows, names, group, moments):
            for i in buckets[at]:
                found.setdefault((name, i), []).append(sums)
    return found


def _within(plan: Plan, domain: Domain, metric: Metric, history: History) -> np.ndarray:
    """Which readings the metric counts within the area and the filters."""
    areas = history.areas if plan.area.live else history.areas_then
    among = (areas >= plan.area.code) & (areas < plan.area.end)
    for name, word in plan.where:
        among &= history.words[COLUMNS[name]] == _hash(plan.edition, word)
    for condition in (domain.where, _condition(metric)):
        among &= history.values[condition] == 1 if condition else True
    return np.asarray(among)


def _groups(plan: Plan, domain: Domain, history: History, rows: np.ndarray) -> tuple[list[object], np.ndarray]:
    """The groups of some readings, and the index of each one's."""
    if plan.groups:
        areas = history.areas if plan.area.live else history.areas_then
        codes, index = np.unique(plan.groups.of(areas[rows]), return_inverse=True)
        return codes.tolist(), index
    if plan.column:
        hashes, index = np.unique(history.words[plan.column][rows], return_inverse=True)
        names = _names(plan.edition, plan.column, tuple(domain.latest))
        return [names[hash] for hash in hashes.tolist()], index
    return [""], np.zeros(len(rows), int)


def _by_group(
    metric: Metric, history: History, rows: np.ndarray, names: list[object], group: np.ndarray, moments: np.ndarray
) -> Iterator[tuple[object, int, Sums]]:
    """Each group that has any of the readings valid at a moment, the index of the moment, and the sums."""
    a, times = metric.aggregate, len(moments)
    assert a is not None
    begin, end = (np.searchsorted(moments, column[rows], "right") for column in (history.begin, history.end))
    of, at = _ranges(begin, end)
    rows, key, size = rows[of], group[of] * times + at, len(names) * times
    existing = history.at_moments(history.existing, rows, at, moments) if a.existing and history.merged else None
    if existing is not None and not a.per:
        rows, key, at, existing = rows[existing], key[existing], at[existing], None
    count = np.bincount(key, minlength=size)
    apart = history.at_moments(history.disputed, rows, at, moments) if history.by_source else np.zeros(len(rows))
    disputed = np.bincount(key, apart, size)
    per: list[float | None] = [None] * size
    if a.per:
        areas = slice(None) if existing is None else existing
        per = combined(added, history.values[a.per][rows[areas]], key[areas], size)
    combine: Callable[..., list[Any]] = added if a.sum else greatest if a.max else listed
    over = combined(combine, history.values[a.sum or a.max or a.quantile or ""][rows], key, size)
    for cell in np.flatnonzero(count).tolist():
        yield names[cell // times], cell % times, (over[cell], per[cell], int(count[cell]), int(disputed[cell]))


def _ranges(first: np.ndarray, stop: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of ranges, one behind the other: of each the index of its range, and itself."""
    sizes = np.maximum(stop - first, 0)
    of = np.repeat(np.arange(len(sizes)), sizes)
    return of, np.arange(len(of)) - np.repeat(np.cumsum(sizes) - sizes, sizes) + first[of]


def combined(combine: Callable[..., list[T]], values: np.ndarray, key: np.ndarray, size: int) -> list[T]:
    """The known values combined by key, for each of the keys 0 to size - 1. NaN is unknown."""
    known = ~np.isnan(values)
    return combine(values[known], key[known], size)


def added(values: np.ndarray, key: np.ndarray, size: int) -> list[float | None]:
    """The sum of the values of each key, in their order; None without any."""
    sums, counts = np.bincount(key, values, size).tolist(), np.bincount(key, minlength=size).tolist()
    return [total if count else None for total, count in zip(sums, counts, strict=True)]


def greatest(values: np.ndarray, key: np.ndarray, size: int) -> list[float | None]:
    """The greatest value of each key; None without any."""
    return [float(own.max()) if len(own) else None for own in listed(values, key, size)]


def listed(values: np.ndarray, key: np.ndarray, size: int) -> list[np.ndarray]:
    """The values of each key."""
    order = np.argsort(key, kind="stable")
    return np.split(values[order], np.searchsorted(key[order], np.arange(1, size))) if size else []


class _Store:
    """The histories of an edition's measures that were asked for."""

    def __init__(self, edition: Edition, domain: Domain, shared: tuple[str, ...]) -> None:
        self.edition, self.domain, self.shared = edition, domain, shared
        self.recent = (edition.as_of - timedelta(days=RECENT_DAYS) - EPOCH) // timedelta(microseconds=1)
        self.held: dict[tuple[str, bool], History | None] = {}
        self.lock = threading.Lock()

    def histories(self, measures: Iterable[str], earliest: int) -> dict[str, History]:
        """Raises _NotHeld if one of them has too many readings."""
        wanted, recent = sorted(measures), earliest >= self.recent
        with self.lock:
            if missing := [name for name in wanted if (name, recent) not in self.held]:
                self.held |= {(name, recent): history for name, history in self._read(missing, recent).items()}
            found = {name: history for name in wanted if (history := self.held[name, recent])}
        if len(found) < len(wanted):
            raise _NotHeld
        return found

    def _read(self, measures: list[str], recent: bool) -> dict[str, History | None]:
        rows = self._rows(measures, recent, exact=bool({*self.shared} & {*measures}))
        if rows is None:
            return dict.fromkeys(measures)
        values = {sql: rows[f"_{at}"] for at, sql in enumerate(self._values(measures))}
        return {name: self._history(name, rows, values, rows["which"] == at) for at, name in enumerate(measures)}

    def _rows(self, measures: list[str], recent: bool, *, exact: bool) -> dict[str, np.ndarray] | None:
        """The readings by unit, area and time, and by what was delivered later; None if there are too many."""
        listed = ", ".join(map(_text, measures))
        days = " ".join(f"WHEN {_text(name)} THEN {self.domain.latest[name]}" for name in measures)
        since = f" AND measured_at >= {_time(self.recent)} - to_days(CASE measure {days} END)" if recent else ""
        terms = "".join(f", ({sql}) AS {name}" for name, sql in self.domain.terms.items())
        # equal times are rare, and texts are slow to order by
        tie = "row_number() OVER (ORDER BY updated_at NULLS FIRST, source DESC, key DESC)" if exact else "0"
        words = "".join(f", hash(coalesce({name}, '')) AS _{name}" for name in WORDS)
        values = "".join(f", ({sql})::DOUBLE AS _{at}" for at, sql in enumerate(self._values(measures)))
        sql = (
            f"SELECT list_position([{listed}], measure) - 1 AS which, area, area_then, hash(unit) AS part{words}, "
            f"epoch_us(measured_at::TIMESTAMP) AS begin, {tie} AS tie{values} "
            f"FROM (SELECT *{terms} FROM readings WHERE measure IN ({listed}){since} LIMIT {MOST_READINGS + 1})"
        )
        columns = self.edition.cursor().execute(sql).fetchnumpy()
        rows = {name: _plain(column) for name, column in columns.items()}
        if len(rows["begin"]) > MOST_READINGS:
            return None
        keys = ("which", "part", "area_then", "begin")
        order = np.lexsort((rows["tie"], *(rows[name] for name in reversed(keys))))
        rows = {name: column[order] for name, column in rows.items()}
        same = np.logical_and.reduce([rows[name][1:] == rows[name][:-1] for name in keys])
        return self._rows(measures, recent, exact=True) if same.any() and not exact else rows

    def _values(self, measures: list[str]) -> list[str]:
        """The expressions of all metrics that can count any of the measures, and the domain's condition."""
        metrics = (m for m in self.domain.metrics if m.aggregate and {*_measures(self.domain, m)} & {*measures})
        named = (sql for metric in metrics for sql in _expressions(metric) if not AT_INSTANT.search(sql))
        return list(dict.fromkeys(("value", *named, *([self.domain.where] if self.domain.where else []))))

    def _history(
        self, measure: str, rows: dict[str, np.ndarray], values: dict[str, np.ndarray], among: np.ndarray
    ) -> History:
        own = {name: column[among] for name, column in rows.items()}
        lapse = self.domain.latest[measure] * DAY_US
        end = own["begin"] + lapse
        follows = (own["area_then"][1:] == own["area_then"][:-1]) & (own["part"][1:] == own["part"][:-1])
        end[:-1] = np.where(follows, np.minimum(end[:-1], own["begin"][1:]), end[:-1])
        end = _succeeded(self.edition, own, end, trait=measure in self.domain.traits)
        return History(
            own["area"], own["area_then"], own["begin"], end, lapse,
            {name: own[f"_{name}"] for name in WORDS}, {sql: column[among] for sql, column in values.items()},
            _by_source(own) if measure in self.shared else None, _moved(self.edition, own),
        )  # fmt: skip


def _by_source(own: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    order = np.lexsort((own["begin"], own["_source"], own["area_then"]))
    areas, sources = own["area_then"][order], own["_source"][order]
    starts = np.r_[True, (np.diff(areas) != 0) | (sources[1:] != sources[:-1])] if len(order) else np.zeros(0, bool)
    return order, np.cumsum(starts)


def _moved(edition: Edition, own: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Of each reading the unit, the area that its own was merged into, and when; never for the others."""
    if not (merged := _merged(edition)):
        return None
    codes, heirs, days = np.array(merged, "int64").T
    at = np.minimum(np.searchsorted(codes, own["area_then"]), len(codes) - 1)
    former = codes[at] == own["area_then"]
    return own["part"], heirs[at], np.where(former, days[at], np.iinfo("int64").max)


def _succeeded(edition: Edition, own: dict[str, np.ndarray], end: np.ndarray, *, trait: bool) -> np.ndarray:
    """The ends, for a merged area no later than the first reading of the area that it became part of.

    trait: readings describe the area itself, and end with it.
    """
    end = end.copy()
    for code, heir, ended in _merged(edition):
        if trait:
            former = own["area_then"] == code
            end[former] = np.minimum(end[former], ended)
            continue
        for part in np.unique(own["part"][own["area_then"] == code]):
            same = own["part"] == part
            since = own["begin"][same & (own["area_then"] == heir) & (own["begin"] >= ended)]
            if len(since):
                former = same & (own["area_then"] == code)
                end[former] = np.minimum(end[former], since.min())
    return end


@lru_cache(maxsize=16)
def _merged(edition: Edition) -> tuple[tuple[int, int, int], ...]:
    """Code, heir and day of each merged area, the day in microseconds."""
    sql = (
        "SELECT code, any_value(holder), epoch_us(max(valid_to)::TIMESTAMP) FROM areas "
        "WHERE holder <> code GROUP BY code HAVING max(valid_to) IS NOT NULL ORDER BY code"
    )
    return tuple(edition.cursor().execute(sql).fetchall())


@lru_cache(maxsize=32)
def _store(edition: Edition, catalog: Catalog, id: str, shared: tuple[str, ...]) -> _Store:
    return _Store(edition, next(domain for domain in catalog.domains if domain.id == id), shared)


@lru_cache(maxsize=64)
def _names(edition: Edition, column: str, measures: tuple[str, ...]) -> dict[int, str]:
    """The values of a column of readings by their hashes."""
    listed, text = ", ".join(map(_text, measures)), f"coalesce({column}, '')"
    sql = f"SELECT DISTINCT hash({text}), {text} FROM readings WHERE measure IN ({listed})"
    return dict(edition.cursor().execute(sql).fetchall())


@lru_cache(maxsize=256)
def _hash(edition: Edition, text: str) -> int:
    return int((edition.cursor().execute("SELECT hash($1::VARCHAR)", [text]).fetchone() or (0,))[0])


def _plain(column: Any) -> np.ndarray:
    """A column without its mask: NaN for NULL. Raises _NotHeld for a NaN or an infinity among the values."""
    values = np.ma.getdata(column)
    if values.dtype.kind != "f":
        return np.asarray(values)
    if not np.isfinite(values[~np.ma.getmaskarray(column)]).all():
        raise _NotHeld
    return np.asarray(np.where(np.ma.getmaskarray(column), np.nan, values))


def _time(moment: int) -> str:
    return f"TIMESTAMP '{EPOCH + timedelta(microseconds=moment)}'"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"

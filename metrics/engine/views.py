"""Metrics over a view: one row an asset and instant, made by the SQL file that the catalog names.

A view is evaluated at an instant once an edition, for all areas: planning such a query is most of its cost.
"""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import Any

import duckdb
import numpy as np

from data.editions.edition import AnyEdition, Edition
from metrics.catalog import Domain, Metric
from metrics.catalog.generated import EXISTING, latest_sql
from metrics.engine.durations import quantile_of
from metrics.engine.newest import Sums, added, greatest, listed, measures_of, newest
from metrics.engine.plan import COLUMNS, Plan
from metrics.engine.sums import group_sql, parameters
from metrics.engine.totals import Cells
from metrics.period import DAY, last_day

LOOK_BACK_DAYS = 14
"""No rule of a view looks further back from its instant than the two weeks of the home page rule."""
COMPARED_DAYS = (1, 7, 28)
"""Days before the end of the newest one that the list of reds looks back at; read together with the first instant."""
MOST_INSTANTS = 5000
"""When so many are held of a view, they are let go."""

WIDTH = 4
"""Columns of a metric among those of a view: one for each number of its `Sums`."""
Column = tuple[np.ndarray, np.ndarray]
"""The numbers of some rows, and which of them are known; of a quantile the values that each row has."""


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of a view at an instant, one an area now and then; the columns of each metric one behind the other."""

    areas: np.ndarray
    areas_then: np.ndarray
    columns: list[Column]


def views(plan: Plan, domain: Domain, metrics: list[Metric]) -> dict[str, Cells]:
    """`numerator`, `denominator` and `n` of each metric by group and bucket; unknown ones are left out."""
    if not metrics:
        return {}
    found = newest(plan, domain, metrics, _shared(plan.edition)) if domain.latest else None
    if found is not None:
        return {metric.id: _of_measures(metric, found[metric.id]) for metric in metrics}
    if plan.column or plan.where:
        return _split(plan, domain, metrics)
    instants = [plan.instant(i) for i in range(len(plan.buckets))]
    moments = sorted(set(instants))
    every = tuple(metric for metric in domain.metrics if metric.aggregate)
    computed = tuple(metrics) if domain.latest else every
    try:
        rows_at = _cache(plan, domain, computed).at(moments)
    except duckdb.Error:  # another metric of the view may be to blame
        computed = tuple(metrics)
        rows_at = _cache(plan, domain, computed).at(moments)
    places = {metric.id: place for place, metric in enumerate(computed)}
    sums = _by_group(plan, [(metric, places[metric.id]) for metric in metrics], rows_at)
    buckets = [[i for i, instant in enumerate(instants) if instant == moment] for moment in moments]
    return {
        name: {(group, i): _cell(*numbers) for group, at, numbers in found for i in buckets[at]}
        for name, found in sums.items()
    }


def _by_group(
    plan: Plan, metrics: list[tuple[Metric, int]], rows_at: list[Rows]
) -> dict[str, list[tuple[object, int, Sums]]]:
    """Each group with rows in scope at an instant, the index of the instant, and the sums, of each metric.

    metrics: each with its place among the columns. A merged area is queried by the original codes of its assets.
    """
    codes = np.concatenate([rows.areas if plan.area.live else rows.areas_then for rows in rows_at])
    at = np.repeat(np.arange(len(rows_at)), [len(rows.areas) for rows in rows_at])
    inside = (codes >= plan.area.code) & (codes < plan.area.end)
    groups = plan.groups.of(codes[inside]) if plan.groups else np.zeros(int(inside.sum()), "int64")
    distinct, index = np.unique(groups, return_inverse=True)
    names: list[object] = distinct.tolist() if plan.groups else [""]
    key, size = index * len(rows_at) + at[inside], len(distinct) * len(rows_at)
    present = np.flatnonzero(np.bincount(key, minlength=size)).tolist()

    def column(place: int) -> Column:
        values, known = (np.concatenate([rows.columns[place][part] for rows in rows_at])[inside] for part in (0, 1))
        return values, known

    found = {}
    for metric, place in metrics:
        sums = _sums(metric, [column(WIDTH * place + number) for number in range(WIDTH)], key, size)
        found[metric.id] = [(names[cell // len(rows_at)], cell % len(rows_at), sums[cell]) for cell in present]
    return found


def _sums(metric: Metric, columns: list[Column], key: np.ndarray, size: int) -> list[Sums]:
    """The sums of a metric by key."""
    aggregate = metric.aggregate
    assert aggregate is not None
    (values, known), *others = columns
    if aggregate.q is not None:
        each = [quantile_of(own, aggregate.q) if len(own) else None for own in _listed(values[known], key[known], size)]
    else:
        each = (greatest if aggregate.max is not None else added)(values[known], key[known], size)
    per, n, disputed = (added(values[known], key[known], size) for values, known in others)
    numbers = zip(each, per, n, disputed, strict=True)
    return [(over, under, int(count or 0), int(apart or 0)) for over, under, count, apart in numbers]


def _listed(lists: np.ndarray, key: np.ndarray, size: int) -> list[np.ndarray]:
    """The values of each key, from a list of them a row."""
    if not len(lists):
        return listed(np.zeros(0), key, size)
    return listed(np.concatenate(lists), np.repeat(key, [len(own) for own in lists]), size)


def _of_measures(metric: Metric, found: dict[tuple[object, int], list[Sums]]) -> Cells:
    """The numbers of a metric from the sums of its measures."""
    cells: Cells = {}
    for key, sums in found.items():
        over, per, n, disputed = zip(*sums, strict=True)
        cells[key] = _cell(_combined(metric, over), _sum(per), sum(n), sum(disputed))
    return cells


def _cache(plan: Plan, domain: Domain, metrics: tuple[Metric, ...]) -> "_ViewCache":
    view, columns = _view_of(plan.edition, domain, metrics), _columns(metrics, domain)
    return _view_cache(plan.edition, view, columns, WIDTH * len(metrics))


def _view_of(edition: Edition, domain: Domain, metrics: Iterable[Metric]) -> str:
    """SQL of the view; of newest readings without the measures that the metrics' conditions leave out, and without
    what the edition has none of: merged areas, and measures that sources share.
    """
    if not domain.latest:
        return domain.view or ""
    valid = measures_of(domain, metrics)
    disputed = any(measure in valid for measure in _shared(edition))
    merged = _has_merged(edition)
    existing = any(metric.aggregate.existing for metric in metrics if metric.aggregate)
    return latest_sql(
        valid, domain.where, domain.terms, domain.traits, merged=merged, disputed=disputed, existing=existing
    )


def _split(plan: Plan, domain: Domain, metrics: list[Metric]) -> dict[str, Cells]:
    """By a column of the rows, or under filters: asked for the plan alone."""
    sql = views_sql(plan, domain, metrics)
    cells: dict[str, Cells] = {metric.id: {} for metric in metrics}
    same: dict[datetime, list[int]] = {instant: [] for instant in map(plan.instant, range(len(plan.buckets)))}
    for i in range(len(plan.buckets)):
        same[plan.instant(i)].append(i)
    for group, first, *numbers in plan.edition.cursor().execute(sql, parameters(plan)).fetchall():
        for metric, (over, per, n, disputed) in zip(metrics, _by_metric(numbers), strict=True):
            cell = _cell(_combined(metric, (over,)), per, n, disputed)
            known = bool(n) or "numerator" in cell
            cells[metric.id].update({(group, i): cell for i in same[plan.instant(first)] if known})
    return cells


def _combined(metric: Metric, parts: Iterable[Any]) -> float | None:
    """What several measures add up as one number."""
    aggregate = metric.aggregate
    assert aggregate is not None
    if aggregate.q is not None:
        values = np.concatenate([np.zeros(0), *(part for part in parts if part is not None)])
        return quantile_of(values, aggregate.q) if len(values) else None
    return max(_known(parts), default=None) if aggregate.max is not None else _sum(parts)


def _cell(numerator: float | None, denominator: float | None, n: int, disputed: int) -> dict[str, float]:
    numbers = {"numerator": numerator, "denominator": denominator, "n": n, "disputed": disputed or None}
    return {name: number for name, number in numbers.items() if number is not None}


def _by_metric(numbers: list[Any]) -> tuple[Sums, ...]:
    return tuple(zip(*(numbers[at::WIDTH] for at in range(WIDTH)), strict=True))


def _known(numbers: Iterable[float | None]) -> list[float]:
    return [number for number in numbers if number is not None]


def _sum(numbers: Iterable[float | None]) -> float | None:
    known = _known(numbers)
    return sum(known) if known else None


class _ViewCache:
    """The rows of a view for all areas of an edition, at the instants requested so far."""

    def __init__(self, edition: Edition, view: str, columns: str, width: int) -> None:
        self.edition, self.view, self.columns = edition, view, columns
        self.names = [f"c{place}" for place in range(width)]
        end = datetime.combine(last_day(edition.as_of) + DAY, time.min)
        self.ahead = {end - timedelta(days=days) for days in COMPARED_DAYS}
        self.rows: dict[datetime, Rows] = {}
        self.lock = threading.Lock()

    def at(self, instants: Sequence[datetime]) -> list[Rows]:
        with self.lock:
            if len(self.rows) > MOST_INSTANTS:
                self.rows.clear()
            missing = set(instants) - set(self.rows)
            if missing:
                self._read(sorted((missing | self.ahead) - set(self.rows)))
            return [self.rows[instant] for instant in instants]

    def _read(self, instants: list[datetime]) -> None:
        rows = verdicts(self.view, dict(enumerate(instants)), self.edition)
        keys = "i, area, area_then"
        sql = (
            f"SELECT * FROM (SELECT {keys}, {self.columns} FROM ({rows}) GROUP BY {keys}) "
            f"AS t({keys}, {', '.join(self.names)}) ORDER BY {keys}"
        )
        found = self.edition.cursor().execute(sql).fetchnumpy()
        columns = [_column(found[name]) for name in self.names]
        starts = np.searchsorted(np.asarray(found["i"]), np.arange(len(instants) + 1))
        for instant, own in zip(instants, map(slice, starts[:-1], starts[1:]), strict=True):
            areas, then = (np.asarray(found[name])[own] for name in ("area", "area_then"))
            self.rows[instant] = Rows(areas, then, [(values[own], known[own]) for values, known in columns])


def _column(column: Any) -> Column:
    values = np.ma.getdata(column)
    known = ~np.ma.getmaskarray(column)
    return (values if values.dtype == object else values.astype("float64")), known


@lru_cache(maxsize=32)
def _view_cache(edition: Edition, view: str, columns: str, width: int) -> _ViewCache:
    return _ViewCache(edition, view, columns, width)


def views_sql(plan: Plan, domain: Domain, metrics: Iterable[Metric]) -> str:
    """SQL of one row a group and bucket of this plan alone: g, i, and for each metric its `Sums`."""
    metrics = tuple(metrics)
    columns = f"{group_sql(plan)} AS g, i, {_columns(metrics, domain)}"
    return f"SELECT {columns} FROM ({view_sql(plan, domain, _view_of(plan.edition, domain, metrics))}) GROUP BY g, i"


def view_sql(plan: Plan, domain: Domain, view: str = "") -> str:
    """SQL of the view's rows in scope, one an asset and instant: the view as of the end of each bucket.

    Buckets that end at the same instant are returned once, as the first of them. view: SQL in place of the domain's.
    """
    instants: dict[datetime, int] = {}
    for i in range(len(plan.buckets)):
        instants.setdefault(plan.instant(i), i)
    rows = verdicts(view or domain.view or "", {i: instant for instant, i in instants.items()}, plan.edition)
    filters = "".join(f" AND coalesce({COLUMNS[name]}, '') = ${i}" for i, (name, _) in enumerate(plan.where, 1))
    return f"{rows} WHERE {plan.within()}{filters}"


def verdicts(view: str, instants: dict[int, datetime], edition: Edition) -> str:
    """SQL of the view's rows of all areas at the instants, `i` being the key of each."""
    values = ", ".join(f"({i}, TIMESTAMP '{at.isoformat(sep=' ')}')" for i, at in instants.items())
    oldest = min(instants.values()) - timedelta(days=LOOK_BACK_DAYS)
    shared = f"shared_measures(measure) AS ({shared_measures(edition)}), " if "shared_measures" in view else ""
    return (
        f"WITH instants(i, moment) AS (VALUES {values}), "
        f"bounds AS (SELECT TIMESTAMP '{oldest.isoformat(sep=' ')}' AS oldest), {shared}"
        f"verdicts AS ({view.strip().rstrip(';')}) SELECT * FROM verdicts"
    )


def shared_measures(edition: Edition) -> str:
    """SQL of the measures that several sources report, looked up once an edition: usually there is none."""
    measures = ", ".join("('" + measure.replace("'", "''") + "')" for measure in _shared(edition))
    return f"VALUES {measures}" if measures else "SELECT NULL::VARCHAR WHERE false"


def has_shared_measures(edition: AnyEdition) -> bool:
    """Whether several sources report the same measure, so that they can disagree."""
    return bool(_shared(edition.unscoped))


@lru_cache(maxsize=16)
def _shared(edition: Edition) -> tuple[str, ...]:
    sql = "SELECT measure FROM readings GROUP BY measure HAVING min(source) <> max(source) ORDER BY measure"
    return tuple(measure for (measure,) in edition.cursor().execute(sql).fetchall())


@lru_cache(maxsize=16)
def _has_merged(edition: Edition) -> bool:
    return edition.cursor().execute("SELECT 1 FROM areas WHERE holder <> code LIMIT 1").fetchone() is not None


def _columns(metrics: Iterable[Metric], domain: Domain) -> str:
    """SQL of the `Sums` of each metric. Newest readings say whether sources disagree on them.

    Of a register, a sum over none of its rows is zero: it is complete. A reading that is not there is unknown.
    """
    columns, disputable, complete = [], bool(domain.latest), bool(domain.snapshot)
    for metric in metrics:
        a = metric.aggregate
        assert a is not None
        chosen = [f"({a.where})" if a.where else "", EXISTING if a.existing and not a.per else ""]
        counted, over_areas = _filter(chosen), _filter([*chosen, EXISTING if a.existing else ""])
        if a.quantile:
            given = " AND ".join(condition for condition in (*chosen, f"({a.quantile}) IS NOT NULL") if condition)
            columns.append(f"list(({a.quantile})::DOUBLE) FILTER (WHERE {given})")
        elif a.sum and complete and not a.per:
            columns.append(f"coalesce(sum({a.sum}){counted}, 0)::DOUBLE")
        else:
            columns.append(f"sum({a.sum}){counted}::DOUBLE" if a.sum else f"max({a.max}){counted}::DOUBLE")
        columns.append(f"sum({a.per}){over_areas}::DOUBLE" if a.per else "NULL")
        columns.append(f"count(*){counted}")
        columns.append(f"count(by_highest){counted}" if disputable else "0")
    return ", ".join(columns)


def _filter(conditions: Iterable[str]) -> str:
    """SQL of the FILTER of an aggregate, empty without conditions."""
    given = " AND ".join(condition for condition in conditions if condition)
    return f" FILTER (WHERE {given})" if given else ""

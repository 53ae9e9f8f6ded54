"""Metrics over a view: one row an asset and instant, made by the SQL file that the catalog names.

What a view says at an instant is asked once an edition, for all areas: planning such a query costs most of it.
"""

import threading
from collections.abc import Collection, Iterable
from datetime import datetime, time, timedelta
from functools import lru_cache

import duckdb
import numpy as np

from data.editions.edition import Edition
from metrics.catalog import Domain, Metric
from metrics.engine.plan import Plan
from metrics.engine.sums import group_sql
from metrics.engine.totals import Cells
from metrics.period import last_day

LOOK_BACK_DAYS = 14
"""No rule of a view looks further back from its instant than the two weeks of the home page rule."""
MOST_INSTANTS = 5000
"""When so many are held of a view, they are let go."""

Row = tuple[int, int, int, tuple[tuple[float | None, float | None], ...]]
"""Area now and then, how many assets, and of each metric of the domain what it adds up and what it divides by."""


def views(plan: Plan, domain: Domain, metrics: list[Metric]) -> dict[str, Cells]:
    """`numerator`, `denominator` and `n` of each metric by group and bucket; unknown ones are left out."""
    if not metrics:
        return {}
    computed = tuple(metric for metric in domain.metrics if metric.aggregate)
    instants = [plan.instant(i) for i in range(len(plan.buckets))]
    try:
        rows_at = _view_cache(plan.edition, domain.view or "", _columns(computed)).at(set(instants))
    except duckdb.Error:  # another metric of the view may be to blame
        computed = tuple(metrics)
        rows_at = _view_cache(plan.edition, domain.view or "", _columns(computed)).at(set(instants))
    cells: dict[str, Cells] = {metric.id: {} for metric in metrics}
    for i, instant in enumerate(instants):
        for group, rows in _by_group(plan, rows_at[instant]).items():
            n = sum(row[2] for row in rows)
            for metric in metrics:
                over, per = zip(*(row[3][computed.index(metric)] for row in rows), strict=True)
                greatest = metric.aggregate is not None and metric.aggregate.max is not None
                numerator = max(_known(over), default=None) if greatest else _sum(over)
                numbers = {"numerator": numerator, "denominator": _sum(per), "n": n}
                cells[metric.id][group, i] = {name: number for name, number in numbers.items() if number is not None}
    return cells


def _by_group(plan: Plan, rows: Iterable[Row]) -> dict[object, list[Row]]:
    """The rows in scope; an area that was merged away is asked by the codes its assets came with."""
    coded = [(row[0] if plan.area.live else row[1], row) for row in rows]
    inside = [(code, row) for code, row in coded if plan.area.code <= code < plan.area.end]
    codes = np.array([code for code, _ in inside], "int64")
    groups = plan.groups.of(codes).tolist() if plan.groups else [""] * len(inside)
    by_group: dict[object, list[Row]] = {}
    for group, (_, row) in zip(groups, inside, strict=True):
        by_group.setdefault(group, []).append(row)
    return by_group


def _known(numbers: Iterable[float | None]) -> list[float]:
    return [number for number in numbers if number is not None]


def _sum(numbers: Iterable[float | None]) -> float | None:
    known = _known(numbers)
    return sum(known) if known else None


class _ViewCache:
    """The rows of a view for all areas of an edition, at the instants requested so far."""

    def __init__(self, edition: Edition, view: str, columns: str) -> None:
        self.edition, self.view, self.columns = edition, view, columns
        self.yesterday = datetime.combine(last_day(edition.as_of), time.min)
        self.rows: dict[datetime, list[Row]] = {}
        self.lock = threading.Lock()

    def at(self, instants: Collection[datetime]) -> dict[datetime, list[Row]]:
        with self.lock:
            if len(self.rows) > MOST_INSTANTS:
                self.rows.clear()
            missing = set(instants) - set(self.rows)
            if missing:
                # and with them what the next queries for alerts read
                self._read(sorted((missing | {self.yesterday}) - set(self.rows)))
            return {instant: self.rows[instant] for instant in instants}

    def _read(self, instants: list[datetime]) -> None:
        sql = (
            f"SELECT i, area, area_then, count(*), {self.columns} "
            f"FROM ({verdicts(self.view, dict(enumerate(instants)))}) GROUP BY i, area, area_then ORDER BY ALL"
        )
        fresh: dict[datetime, list[Row]] = {instant: [] for instant in instants}
        for i, area, then, n, *numbers in self.edition.cursor().execute(sql).fetchall():
            pairs = tuple(zip(numbers[::2], numbers[1::2], strict=True))
            fresh[instants[i]].append((area, then, n, pairs))
        self.rows.update(fresh)


@lru_cache(maxsize=32)
def _view_cache(edition: Edition, view: str, columns: str) -> _ViewCache:
    return _ViewCache(edition, view, columns)


def views_sql(plan: Plan, domain: Domain, metrics: Iterable[Metric]) -> str:
    """SQL of one row a group and bucket of this plan alone: g, i, n, and for each metric its sum and divisor."""
    columns = f"{group_sql(plan)} AS g, i, count(*) AS n, {_columns(metrics)}"
    return f"SELECT {columns} FROM ({view_sql(plan, domain)}) GROUP BY g, i"


def view_sql(plan: Plan, domain: Domain) -> str:
    """SQL of the view's rows in scope, one an asset and instant: the view as of the end of each bucket.

    Buckets that end at the same instant are returned once, as the first of them.
    """
    instants: dict[datetime, int] = {}
    for i in range(len(plan.buckets)):
        instants.setdefault(plan.instant(i), i)
    rows = verdicts(domain.view or "", {i: instant for instant, i in instants.items()})
    return f"{rows} WHERE {plan.within()}"


def verdicts(view: str, instants: dict[int, datetime]) -> str:
    """SQL of the view's rows of all areas at the instants, `i` being the key of each."""
    values = ", ".join(f"({i}, TIMESTAMP '{at.isoformat(sep=' ')}')" for i, at in instants.items())
    oldest = min(instants.values()) - timedelta(days=LOOK_BACK_DAYS)
    return (
        f"WITH instants(i, moment) AS (VALUES {values}), "
        f"bounds AS (SELECT TIMESTAMP '{oldest.isoformat(sep=' ')}' AS oldest), "
        f"verdicts AS ({view.strip().rstrip(';')}) SELECT * FROM verdicts"
    )


def _columns(metrics: Iterable[Metric]) -> str:
    """SQL of what each metric adds up and what it divides by."""
    columns = []
    for metric in metrics:
        a = metric.aggregate
        assert a is not None
        columns.append(f"sum({a.sum})::DOUBLE" if a.sum else f"max({a.max})::DOUBLE")
        columns.append(f"sum({a.per})::DOUBLE" if a.per else "NULL")
    return ", ".join(columns)

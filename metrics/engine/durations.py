"""Quantiles of the facts of a whole edition: those of whole months as publishing kept them, others of values in
memory, so that those of 22 towns, of a period and of the one compared with, rest on one reading.
"""

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

import numpy as np

from data.editions.edition import Edition
from data.schema import FACTS, words_of
from metrics.areas import Area, root
from metrics.catalog import Domain, Metric
from metrics.catalog.model import Quantile, rollup
from metrics.engine.plan import Bucket, Plan
from metrics.engine.sums import as_of_sql, definitions, facts_sql
from metrics.engine.totals import Cells
from metrics.period import DAY, Period, last_day

RECENT_DAYS = (70, 400)
"""So far back screens look: this month and the one before, or the twelve before. For others all values are read."""
MOST_VALUES = 2_000_000
"""Of more, SQL takes the quantiles."""


@dataclass(frozen=True, eq=False)
class Values:
    """One value a fact that counts, by day: the day it counts on, since 1970, the instant in microseconds, its area.

    prompt: all that the values rest on was known at these instants: they were the same at any earlier time.
    """

    days: np.ndarray
    instants: np.ndarray
    areas: np.ndarray
    values: np.ndarray
    prompt: bool


def quantiles(plan: Plan, domain: Domain, metric: Metric) -> Cells | None:
    """`value` and `n` of a quantile by group and bucket, as `metrics.engine.quantiles` has them; else None."""
    top, edition, quantile = root(plan.edition), plan.edition, metric.quantile
    assert quantile
    inside = top.code <= plan.area.code and plan.area.end <= top.end
    narrowed = plan.column or plan.where or plan.sources is not None
    if narrowed or not (inside and plan.as_of <= edition.as_of and plan.area.live):
        return None
    kept = _of_months(plan, domain, metric)
    others = [(i, bucket) for i, bucket in enumerate(plan.buckets) if i not in kept]
    cells: Cells = {("", i): cell for i, cell in kept.items() if cell}
    if not others:
        return cells
    held = _held(plan, domain, quantile, min(bucket.period.start for _, bucket in others))
    if held is None or not (plan.is_current or held.prompt):
        return None
    return {**cells, **dict(_quantiles_by_group(held, plan, others, quantile.q))}


def _of_months(plan: Plan, domain: Domain, metric: Metric) -> dict[int, dict[str, float]]:
    """The buckets that publishing kept, by index: whole months of the area itself; empty cells are of no facts."""
    if plan.groups or not plan.is_current:
        return {}
    this_month = plan.as_of.date().replace(day=1)
    whole = {
        i: period.start
        for i, period in enumerate(bucket.period for bucket in plan.buckets)
        if period.until is None and period.end <= this_month and _is_month(period)
    }
    months = _months(plan.edition, domain, metric, plan.area) if whole else None
    return {} if months is None else {i: months.get(month, {}) for i, month in whole.items()}


def _is_month(period: Period) -> bool:
    return period.start.day == 1 and period.end == (period.start + 31 * DAY).replace(day=1)


def _months(edition: Edition, domain: Domain, metric: Metric, area: Area) -> dict[date, dict[str, float]] | None:
    """What publishing kept of a metric and area, by month; None where it kept none by today's definition."""
    table = rollup(domain)
    quantile = next((quantile for quantile in table.quantiles if quantile.name == metric.id), None)
    noted = definitions(edition).get(table.monthly, {}).get(metric.id)
    if quantile is None or noted != table.definition_of(quantile):
        return None
    return _kept(edition, table.monthly, area.code, area.end).get(metric.id, {})


@lru_cache(maxsize=512)
def _kept(edition: Edition, table: str, area: int, stop: int) -> dict[str, dict[date, dict[str, float]]]:
    sql = f"SELECT quantile, month, value, n FROM {table} WHERE area = {area} AND stop = {stop}"
    kept: dict[str, dict[date, dict[str, float]]] = {}
    for name, month, value, n in edition.cursor().execute(sql).fetchall():
        kept.setdefault(name, {})[month] = {"value": value, "n": n}
    return kept


def _held(plan: Plan, domain: Domain, quantile: Quantile, first: date) -> Values | None:
    """The values of the edition from a day on that is at most this one, read once."""
    edition = plan.edition
    ago = (last_day(edition.as_of) - timedelta(days=days) for days in RECENT_DAYS)
    since = next((day for day in ago if first >= day), None)
    whole = replace(plan, area=root(edition), as_of=edition.as_of)
    within = f"{quantile.anchor} < {as_of_sql(whole)}" + (f" AND {quantile.anchor} >= '{since}'" if since else "")
    stored = within if quantile.anchor in FACTS[domain.fact].by_name else ""
    condition_sql = " AND ".join(f"({condition})" for condition in (within, quantile.where) if condition)
    known = f"greatest({', '.join(_known_at(domain, quantile))})"
    facts = facts_sql(whole, domain, stored, used_in=f"{condition_sql} {quantile.value} {known} area")
    return _values(edition, quantile.anchor, quantile.value, known, f"FROM ({facts}) WHERE {condition_sql}")


def _known_at(domain: Domain, quantile: Quantile) -> list[str]:
    """The times at which the columns that a quantile rests on became known."""
    fact = FACTS[domain.fact]
    words = words_of(quantile.anchor, quantile.value, quantile.where or "", domain.where or "")
    words |= words_of(*domain.terms_of(words).values())
    return sorted({column.known_at for column in fact.columns if column.name in words and column.known_at})


def _quantiles_by_group(
    stored: Values, plan: Plan, buckets: Iterable[tuple[int, Bucket]], share: float
) -> Iterator[tuple[tuple[object, int], dict[str, float]]]:
    known_until = int(np.datetime64(plan.as_of, "us").astype("int64"))
    for i, bucket in buckets:
        first, stop = np.array([bucket.period.start, bucket.period.end], "datetime64[D]").astype("int32")
        low, high = np.searchsorted(stored.days, (first, stop))
        areas, selected = stored.areas[low:high], stored.values[low:high]
        among = (areas >= plan.area.code) & (areas < plan.area.end) & (stored.instants[low:high] < known_until)
        if not among.any():
            continue
        areas, selected = areas[among], selected[among]
        if not plan.groups:
            yield ("", i), {"value": quantile_of(selected, share), "n": len(selected)}
            continue
        group_codes = plan.groups.of(areas)
        order = np.argsort(group_codes, kind="stable")
        codes, heads = np.unique(group_codes[order], return_index=True)
        for group, part in zip(codes.tolist(), np.split(selected[order], heads[1:]), strict=True):
            yield (group, i), {"value": quantile_of(part, share), "n": len(part)}


def quantile_of(values: np.ndarray, share: float) -> float:
    """As SQL's quantile_cont: between the two values that are next to the place, in proportion."""
    place = share * (len(values) - 1)
    below = int(place)
    above = min(below + 1, len(values) - 1)
    low, high = np.partition(values, (below, above))[[below, above]].tolist()
    return float(low + (high - low) * (place - below))


_reading = threading.Lock()


def _values(edition: Edition, anchor: str, value: str, known: str, facts: str) -> Values | None:
    """Read once, by the first caller."""
    with _reading:
        return _read(edition, anchor, value, known, facts)


@lru_cache(maxsize=12)
def _read(edition: Edition, anchor: str, value: str, known: str, facts: str) -> Values | None:
    """None if there are more values than may be held."""
    columns = (
        f"(({anchor})::DATE - DATE '1970-01-01')::INTEGER AS day, epoch_us(({anchor})::TIMESTAMP) AS at, "
        f"area, ({value})::DOUBLE AS value, coalesce({known} > ({anchor}), false) AS late"
    )
    sql = f"SELECT {columns} {facts} AND ({value}) IS NOT NULL LIMIT {MOST_VALUES + 1}"
    cursor = edition.cursor().execute(sql)
    days, instants, areas, values, late = (np.ma.getdata(column) for column in cursor.fetchnumpy().values())
    if len(areas) > MOST_VALUES:
        return None
    since = days - days.min(initial=0)
    few = int(since.max(initial=0)) < 1 << 16  # numbers of 16 bits are sorted in one pass
    order = np.argsort(since.astype("uint16") if few else since, kind="stable")
    return Values(days[order], instants[order], areas[order], values[order], not late.any())

"""Values for quantiles, in memory: the medians of thirteen months, and those of 22 towns, then
rest on one reading of the facts.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache

import numpy as np

from data.editions.edition import Edition
from data.schema import FACTS
from metrics.areas import root
from metrics.catalog import Domain
from metrics.catalog.model import Quantile
from metrics.engine.plan import Plan
from metrics.engine.sums import as_of_sql, facts_sql
from metrics.engine.totals import Cells
from metrics.period import last_day

RECENT_DAYS = 400
"""So far back most screens look: this month and the twelve before. For a look further back all values are read."""
MOST_VALUES = 2_000_000
"""Of more, SQL takes the quantiles."""


@dataclass(frozen=True, eq=False)
class Values:
    """One value a fact that counts: its area, ascending, the day it counts on, since 1970, and the value."""

    areas: np.ndarray
    days: np.ndarray
    values: np.ndarray


def quantiles(plan: Plan, domain: Domain, quantile: Quantile) -> Cells | None:
    """`value` and `n` of a quantile by group and bucket, as `metrics.engine.quantiles` has them; else None."""
    top = root(plan.edition)
    inside = top.code <= plan.area.code and plan.area.end <= top.end
    narrowed = plan.column or plan.where or plan.sources is not None
    if narrowed or not (inside and plan.is_current and plan.area.live):
        return None
    recent = last_day(plan.edition.as_of) - timedelta(days=RECENT_DAYS)
    since = recent if min(bucket.period.start for bucket in plan.buckets) >= recent else None
    within = f"{quantile.anchor} < {as_of_sql(plan)}" + (f" AND {quantile.anchor} >= '{since}'" if since else "")
    stored = within if quantile.anchor in FACTS[domain.fact].by_name else ""
    facts = facts_sql(replace(plan, area=top), domain, stored)
    conditions = [within, quantile.where]
    condition_sql = " AND ".join(f"({condition})" for condition in conditions if condition)
    values = _values(plan.edition, quantile.anchor, quantile.value, f"FROM ({facts}) WHERE {condition_sql}")
    return None if values is None else dict(_quantiles_by_group(values, plan, quantile.q))


def _quantiles_by_group(
    stored: Values, plan: Plan, share: float
) -> Iterator[tuple[tuple[object, int], dict[str, float]]]:
    low, high = np.searchsorted(stored.areas, (plan.area.code, plan.area.end))
    areas, days, values = (column[low:high] for column in (stored.areas, stored.days, stored.values))
    for i, bucket in enumerate(plan.buckets):
        first, stop = np.array([bucket.period.start, bucket.period.end], "datetime64[D]").astype("int32")
        among = (days >= first) & (days < stop)
        if not among.any():
            continue
        selected = values[among]
        groups: list[object] = [""]
        heads = np.array([0])
        if plan.groups:
            group_codes = plan.groups.of(areas[among])
            if plan.groups.apart:
                order = np.argsort(group_codes, kind="stable")
                group_codes, selected = group_codes[order], selected[order]
            codes, heads = np.unique(group_codes, return_index=True)
            groups = codes.tolist()
        for group, part in zip(groups, np.split(selected, heads[1:]), strict=True):
            yield (group, i), {"value": quantile_of(part, share), "n": len(part)}


def quantile_of(values: np.ndarray, share: float) -> float:
    """As SQL's quantile_cont: between the two values that are next to the place, in proportion."""
    place = share * (len(values) - 1)
    below = int(place)
    above = min(below + 1, len(values) - 1)
    low, high = np.partition(values, (below, above))[[below, above]].tolist()
    return float(low + (high - low) * (place - below))


_reading = threading.Lock()


def _values(edition: Edition, anchor: str, value: str, facts: str) -> Values | None:
    """Read once, by the first caller."""
    with _reading:
        return _read(edition, anchor, value, facts)


@lru_cache(maxsize=8)
def _read(edition: Edition, anchor: str, value: str, facts: str) -> Values | None:
    """None if there are more values than may be held."""
    columns = f"area, (({anchor})::DATE - DATE '1970-01-01')::INTEGER AS day, ({value})::DOUBLE AS value"
    sql = f"SELECT {columns} {facts} AND ({value}) IS NOT NULL LIMIT {MOST_VALUES + 1}"
    cursor = edition.cursor().execute(sql)
    areas, days, values = (np.ma.getdata(column) for column in cursor.fetchnumpy().values())
    if len(areas) > MOST_VALUES:
        return None
    order = np.argsort(areas, kind="stable")
    return Values(areas[order], days[order], values[order])

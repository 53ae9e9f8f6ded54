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
from data.schema import FACTS, words_of
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
    """One value a fact that counts, by day: the day it counts on, since 1970, the instant in microseconds, its area.

    prompt: all that the values rest on was known at these instants: they were the same at any earlier time.
    """

    days: np.ndarray
    instants: np.ndarray
    areas: np.ndarray
    values: np.ndarray
    prompt: bool


def quantiles(plan: Plan, domain: Domain, quantile: Quantile) -> Cells | None:
    """`value` and `n` of a quantile by group and bucket, as `metrics.engine.quantiles` has them; else None."""
    top, edition = root(plan.edition), plan.edition
    inside = top.code <= plan.area.code and plan.area.end <= top.end
    narrowed = plan.column or plan.where or plan.sources is not None
    if narrowed or not (inside and plan.as_of <= edition.as_of and plan.area.live):
        return None
    recent = last_day(edition.as_of) - timedelta(days=RECENT_DAYS)
    since = recent if min(bucket.period.start for bucket in plan.buckets) >= recent else None
    whole = replace(plan, area=top, as_of=edition.as_of)
    within = f"{quantile.anchor} < {as_of_sql(whole)}" + (f" AND {quantile.anchor} >= '{since}'" if since else "")
    stored = within if quantile.anchor in FACTS[domain.fact].by_name else ""
    condition_sql = " AND ".join(f"({condition})" for condition in (within, quantile.where) if condition)
    known = f"greatest({', '.join(_known_at(domain, quantile))})"
    facts = facts_sql(whole, domain, stored, used_in=f"{condition_sql} {quantile.value} {known} area")
    held = _values(edition, quantile.anchor, quantile.value, known, f"FROM ({facts}) WHERE {condition_sql}")
    if held is None or not (plan.is_current or held.prompt):
        return None
    return dict(_quantiles_by_group(held, plan, quantile.q))


def _known_at(domain: Domain, quantile: Quantile) -> list[str]:
    """The times at which the columns that a quantile rests on became known."""
    fact, texts = FACTS[domain.fact], [quantile.anchor, quantile.value, quantile.where or "", domain.where or ""]
    words = words_of(*texts)
    for _term in domain.terms:  # a term may name others
        words |= {word for name in words & domain.terms.keys() for word in words_of(domain.terms[name])}
    return sorted({column.known_at for column in fact.columns if column.name in words and column.known_at})


def _quantiles_by_group(
    stored: Values, plan: Plan, share: float
) -> Iterator[tuple[tuple[object, int], dict[str, float]]]:
    known_until = int(np.datetime64(plan.as_of, "us").astype("int64"))
    for i, bucket in enumerate(plan.buckets):
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


@lru_cache(maxsize=8)
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

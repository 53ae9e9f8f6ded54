"""Running totals by town and day in memory: most queries of a screen need no SQL.

What a period counted is the total at its end less that at its start, for any number of periods. The totals of a
district of 22 towns take five megabytes and are read once an edition, in the time of one query.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np

from data.editions.edition import Edition
from data.editions.rollups import Rollup
from metrics.catalog import Domain, Stock, Trailing
from metrics.engine.plan import Plan
from metrics.period import DAY, last_day

Cells = dict[tuple[object, int], dict[str, float]]
"""Numbers by (group, index of the bucket)."""
MOST_ROWS = 500_000
"""A table with more, such as that of a whole province, is queried by SQL instead."""
DAYS = 1 << 22
"""More than any day's number since 1970, so that town and day make one number that rises."""


@dataclass(frozen=True, eq=False)
class Totals:
    """The rows of a roll-up by town, ordered by town and day.

    towns: ascending. starts: where each town's rows begin, and behind the last where they end. keys: of each row the
    index of its town times DAYS, and its day. running: by measure the sum of all rows before the n-th, n from 0 on.
    """

    towns: np.ndarray
    starts: np.ndarray
    keys: np.ndarray
    running: dict[str, np.ndarray]

    def before(self, towns: slice, days: list[date]) -> np.ndarray:
        """Number of rows before each day of each town: towns x days."""
        index = np.arange(towns.start, towns.stop)[:, None] * DAYS
        keys = index + np.array(days, "datetime64[D]").astype("int64")
        return np.asarray(np.searchsorted(self.keys, keys))


def totals(edition: Edition, table: Rollup) -> Totals | None:
    """The running totals of a roll-up by town; None if that is another kind of table or too large to hold."""
    return _totals(edition, table.table) if table.by_town and table.dimension is None else None


@lru_cache(maxsize=8)
def _totals(edition: Edition, table: str) -> Totals | None:
    cursor = edition.cursor()
    if cursor.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0] > MOST_ROWS:
        return None
    arrays = cursor.execute(f"SELECT * REPLACE (day - DATE '1970-01-01' AS day) FROM {table}").fetchnumpy()
    rows = {name: np.ma.getdata(values) for name, values in arrays.items()}
    if not all(np.isfinite(values).all() for values in rows.values()):
        return None  # one such value would spoil all days behind it
    towns, town = np.unique(rows.pop("area"), return_inverse=True)
    keys = town * DAYS + rows.pop("day")
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    running = {name: np.concatenate(([0], np.cumsum(values[order]))) for name, values in rows.items()}
    return Totals(towns, np.searchsorted(keys, np.arange(len(towns) + 1) * DAYS), keys, running)


def sums_from_totals(stored: Totals, plan: Plan, domain: Domain, names: list[str]) -> Cells:
    """The values of measures by group and bucket, as `metrics.engine.sums.sums` returns them."""
    low, high = np.searchsorted(stored.towns, (plan.area.code, plan.area.end)).tolist()
    if low == high:
        return {}
    towns = slice(low, high)
    known_until = last_day(plan.as_of) + DAY
    stops = [min(bucket.period.end, known_until) for bucket in plan.buckets]
    stop = stored.before(towns, stops)
    first = stored.before(towns, [bucket.period.start for bucket in plan.buckets])
    groups, order, heads = _groups(plan, stored.towns[towns])

    def total(name: str) -> np.ndarray:
        """Groups x buckets."""
        match domain.measures[name]:
            case Stock(adds=adds, less=less):
                before, added, removed = stored.starts[low:high, None], stored.running[adds], stored.running[less]
                by_town = (added[stop] - added[before]) - (removed[stop] - removed[before])
            case Trailing(of=of, days=days):
                since = stored.before(towns, [end - days * DAY for end in stops])
                by_town = stored.running[of][stop] - stored.running[of][since]
            case _:
                by_town = stored.running[name][stop] - stored.running[name][first]
        return np.add.reduceat(by_town[order], heads, axis=0)

    # a cell is there if it rests on any row: for what is held, all rows before its end
    counts_flows = not any(isinstance(domain.measures[name], (Stock, Trailing)) for name in names)
    rows = stop - (first if counts_flows else stored.starts[low:high, None])
    rests_on = np.add.reduceat(rows[order], heads, axis=0)
    values = np.stack([total(name) for name in names], axis=2).tolist()
    return {(groups[g], i): dict(zip(names, values[g][i], strict=True)) for g, i in np.argwhere(rests_on > 0).tolist()}


def _groups(plan: Plan, towns: np.ndarray) -> tuple[list[object], np.ndarray | slice, np.ndarray]:
    """The groups that towns belong to, an order of the towns by group, and where each group begins in it."""
    if plan.groups is None:
        return [""], slice(None), np.array([0])
    codes_of = plan.groups.of(towns)
    order = np.argsort(codes_of, kind="stable")
    codes, heads = np.unique(codes_of[order], return_index=True)
    return codes.tolist(), order, heads

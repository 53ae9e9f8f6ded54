"""Measures that are not additive: quantiles and oldest ages, always computed from the facts.

Quantiles of a whole edition's facts are taken in memory (`metrics.engine.durations`), others by SQL.
"""

from datetime import datetime, time

from data.schema import FACTS
from metrics.catalog import Domain, Metric, Stock
from metrics.catalog.model import Oldest, Quantile
from metrics.engine.durations import quantiles
from metrics.engine.plan import Plan
from metrics.engine.sums import facts_sql, group_sql, latest, parameters
from metrics.engine.totals import Cells


def non_additive(plan: Plan, domain: Domain, metric: Metric, *, rolled: bool = True) -> Cells:
    """`value` and `n` of a quantile or oldest-age metric by group and bucket; a group without facts is left out.

    rolled=False asks the facts by SQL even where values are kept or held.
    """
    values = quantiles(plan, domain, metric) if rolled and metric.quantile else None
    if values is not None:
        return values
    sql = non_additive_sql(plan, domain, metric)
    rows = plan.edition.cursor().execute(sql, parameters(plan)).fetchall()
    return {(g, i): {"value": value, "n": n} for g, i, value, n in rows}


def non_additive_sql(plan: Plan, domain: Domain, metric: Metric) -> str:
    """SQL of one row a group and bucket: g, i, value, n."""
    if metric.quantile:
        return _quantile(plan, domain, metric.quantile)
    assert metric.oldest
    return _oldest(plan, domain, metric.oldest)


def _quantile(plan: Plan, domain: Domain, quantile: Quantile) -> str:
    where = f" AND ({quantile.where})" if quantile.where else ""
    first = min(b.period.start for b in plan.buckets)
    stop = min(datetime.combine(max(b.period.end for b in plan.buckets), time.min), plan.as_of)
    columns = f"{group_sql(plan)} AS g, {quantile.anchor} AS moment, {quantile.value} AS v"
    within = f"{quantile.anchor} >= {_time(first)} AND {quantile.anchor} < {_time(stop)}"
    stored = within if quantile.anchor in FACTS[domain.fact].by_name else ""
    known = facts_sql(plan, domain, stored, used_in=f"{columns} {within}{where}")
    facts = f"SELECT {columns} FROM ({known}) WHERE {within}{where}"
    value = f"quantile_cont(v, {quantile.q}) AS value, count(v) AS n"
    if len(plan.buckets) == 1:
        return f"SELECT g, 0 AS i, {value} FROM ({facts}) GROUP BY g"
    arms = (
        f"SELECT g, i, {value} FROM (SELECT g, {_bucket(plan, apart)} AS i, v FROM f) WHERE i IS NOT NULL GROUP BY g, i"
        for apart in _apart(plan)
    )
    return f"WITH f AS ({facts}) {' UNION ALL '.join(arms)}"


def _apart(plan: Plan) -> list[list[int]]:
    """The buckets, latest first, in as few groups as it takes for those of a group not to overlap."""
    groups: list[list[int]] = []
    for index in sorted(range(len(plan.buckets)), key=lambda i: plan.buckets[i].period.start, reverse=True):
        end = plan.buckets[index].period.end
        fits = (group for group in groups if plan.buckets[group[-1]].period.start >= end)
        group = next(fits, None)
        if group is None:
            groups.append(group := [])
        group.append(index)
    return groups


def _bucket(plan: Plan, apart: list[int]) -> str:
    """SQL of the bucket that `moment` lies in, of buckets apart from each other; half the cost of a join with them."""
    arms = []
    for index, later in zip(apart, [None, *apart], strict=False):
        period = plan.buckets[index].period
        gap = later is not None and period.end < plan.buckets[later].period.start
        if gap or later is None:
            arms.append(f"WHEN moment >= {_time(period.end)} THEN NULL")
        arms.append(f"WHEN moment >= {_time(period.start)} THEN {index}")
    return f"CASE {' '.join(arms)} END"


def _oldest(plan: Plan, domain: Domain, oldest: Oldest) -> str:
    arms = []
    for i in range(len(plan.buckets)):
        at = plan.instant(i)
        age = f"max(date_diff('second', {oldest.since}, {_time(at)})) // 86400 AS value, count(*) AS n"
        held = in_stock_sql(domain, oldest.stock, _time(at))
        stored = stored_in_stock_sql(plan, domain, oldest.stock, at)
        facts = facts_sql(plan, domain, stored, used_in=f"{age} {held}")
        arms.append(f"SELECT {group_sql(plan)} AS g, {i} AS i, {age} FROM ({facts}) WHERE {held} GROUP BY g")
    return " UNION ALL ".join(arms)


def in_stock_sql(domain: Domain, name: str, at: str) -> str:
    """SQL condition: a fact is in the stock at the instant `at`: it came in before and has not gone out before."""
    stock = domain.measures[name]
    assert isinstance(stock, Stock)
    measures = {m.name: m for m in domain.flows}
    adds, less = measures[stock.adds], measures[stock.less]
    entered = f"({adds.anchor}) < {at}" + (f" AND ({adds.where})" if adds.where else "")
    left = f"({less.anchor}) < {at}" + (f" AND ({less.where})" if less.where else "")
    return f"{entered} AND NOT coalesce({left}, false)"


def stored_in_stock_sql(plan: Plan, domain: Domain, name: str, at: datetime) -> str:
    """SQL condition on the columns as stored, true of all that the stock holds at `at`, an instant not after as-of.

    Where nothing that is known ends later, what has no end is all there is: DuckDB finds that without reading the rest.
    """
    stock = domain.measures[name]
    assert isinstance(stock, Stock)
    if stock.until is None:
        return ""
    if FACTS[domain.fact].by_name[stock.until].known_at == stock.until:
        newest = latest(plan.edition, domain.fact)
        if newest and newest < at:
            return f"{stock.until} IS NULL"
    return f"{stock.until} IS NULL OR {stock.until} >= {_time(at)}"


def _time(at: object) -> str:
    return f"TIMESTAMP '{at.isoformat(sep=' ') if isinstance(at, datetime) else at}'"

"""What does not add up: quantiles and oldest ages, always computed from the facts."""

from datetime import datetime, time

from metrics.catalog import Domain, Metric, Stock
from metrics.catalog.model import Oldest, Quantile, flows
from metrics.question import Question
from metrics.sums import Cells, facts_sql, group_sql, parameters


def spread(q: Question, domain: Domain, metric: Metric) -> Cells:
    """`value` and `n` of a quantile or oldest-age metric by group and bucket; a group without facts is left out."""
    sql = spread_sql(q, domain, metric)
    rows = q.edition.cursor().execute(sql, parameters(q)).fetchall()
    return {(g, i): {"value": value, "n": n} for g, i, value, n in rows}


def spread_sql(q: Question, domain: Domain, metric: Metric) -> str:
    """SQL of one row a group and bucket: g, i, value, n."""
    if metric.quantile:
        return _quantile(q, domain, metric.quantile)
    assert metric.oldest
    return _oldest(q, domain, metric.oldest)


def _quantile(q: Question, domain: Domain, quantile: Quantile) -> str:
    where = f" AND ({quantile.where})" if quantile.where else ""
    first = min(b.period.start for b in q.buckets)
    stop = min(datetime.combine(max(b.period.end for b in q.buckets), time.min), q.as_of)
    facts = (
        f"SELECT {group_sql(q)} AS g, {quantile.anchor} AS at, {quantile.value} AS v FROM ({facts_sql(q, domain)}) "
        f"WHERE {quantile.anchor} >= {_time(first)} AND {quantile.anchor} < {_time(stop)}{where}"
    )
    value = f"quantile_cont(v, {quantile.q}) AS value, count(v) AS n"
    if len(q.buckets) == 1:
        return f"SELECT g, 0 AS i, {value} FROM ({facts}) GROUP BY g"
    values = ", ".join(f"({i}, {_time(b.period.start)}, {_time(b.period.end)})" for i, b in enumerate(q.buckets))
    return (
        f"WITH b(i, first, stop) AS (VALUES {values}), f AS ({facts}) "
        f"SELECT g, i, {value} FROM f JOIN b ON f.at >= b.first AND f.at < b.stop GROUP BY g, i"
    )


def _oldest(q: Question, domain: Domain, oldest: Oldest) -> str:
    arms = []
    for i, bucket in enumerate(q.buckets):
        at = min(datetime.combine(bucket.period.end, datetime.min.time()), q.as_of)
        age = f"max(date_diff('second', {oldest.since}, {_time(at)})) / 86400.0 AS value, count(*) AS n"
        arms.append(
            f"SELECT {group_sql(q)} AS g, {i} AS i, {age} "
            f"FROM ({facts_sql(q, domain, held_only(domain, oldest.stock, _time(at)))}) "
            f"WHERE {held(domain, oldest.stock, _time(at))} GROUP BY g"
        )
    return " UNION ALL ".join(arms)


def held(domain: Domain, name: str, at: str) -> str:
    """SQL condition: a fact is in the stock at the instant `at`: it came in before and has not gone out before."""
    stock = domain.measures[name]
    assert isinstance(stock, Stock)
    measures = {m.name: m for m in flows(domain)}
    adds, less = measures[stock.adds], measures[stock.less]
    came = f"({adds.anchor}) < {at}" + (f" AND ({adds.where})" if adds.where else "")
    went = f"({less.anchor}) < {at}" + (f" AND ({less.where})" if less.where else "")
    return f"{came} AND NOT coalesce({went}, false)"


def held_only(domain: Domain, name: str, at: str) -> str:
    """SQL condition on the columns as stored, true of all that the stock holds at `at`, an instant not after as-of."""
    stock = domain.measures[name]
    assert isinstance(stock, Stock)
    return f"{stock.until} IS NULL OR {stock.until} >= {at}"


def _time(at: object) -> str:
    return f"TIMESTAMP '{at.isoformat(sep=' ') if isinstance(at, datetime) else at}'"

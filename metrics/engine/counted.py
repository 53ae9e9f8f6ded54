"""SQL conditions of the facts that a metric counts in a period."""

from datetime import date, datetime

from metrics.catalog import Domain, Flow, Metric, Stock, Trailing
from metrics.engine.concentrations import largest_values
from metrics.engine.plan import COLUMNS, Plan
from metrics.engine.quantiles import in_stock_sql, stored_in_stock_sql
from metrics.engine.sums import as_of_sql
from metrics.period import DAY, Period, last_day


def counted_sql(plan: Plan, domain: Domain, metric: Metric, part: str | None) -> str:
    """SQL condition: the metric counts this fact in a part; all that it counts by default (the denominator)."""
    if metric.oldest:
        return _counted(plan, domain, metric.oldest.stock)
    if metric.quantile:
        x = metric.quantile
        where = f" AND ({x.where})" if x.where else ""
        return f"{_between(plan, x.anchor)} AND ({x.value}) IS NOT NULL{where}"
    if metric.value:
        return _counted(plan, domain, metric.value)
    if metric.concentration:
        return _of_values(plan, domain, metric, part)
    numerator, denominator = metric.numerator or "", metric.denominator or ""
    if part == "numerator":
        return _counted(plan, domain, numerator)
    if part == "rest":
        return f"{_counted(plan, domain, denominator)} AND NOT coalesce({_counted(plan, domain, numerator)}, false)"
    return _counted(plan, domain, denominator)


def stored_sql(plan: Plan, domain: Domain, metric: Metric, part: str | None) -> str:
    """The SQL condition on the stored columns of a stock's facts; empty for a flow."""
    whole = metric.concentration.of if metric.concentration else metric.denominator
    counted = metric.numerator if metric.numerator and part == "numerator" else whole
    name = metric.oldest.stock if metric.oldest else metric.value or counted or ""
    return (
        stored_in_stock_sql(plan, domain, name, plan.instant()) if isinstance(domain.measures.get(name), Stock) else ""
    )


def _of_values(plan: Plan, domain: Domain, metric: Metric, part: str | None) -> str:
    """SQL condition: the facts of the largest values of a column, all facts, or the others."""
    assert metric.concentration is not None
    counted = _counted(plan, domain, metric.concentration.of)
    if part in (None, "denominator"):
        return counted
    words = largest_values(plan, domain, metric)
    listed = ", ".join("'" + word.replace("'", "''") + "'" for word in words) or "NULL"
    among = f"coalesce(coalesce({COLUMNS[metric.concentration.by]}, '') IN ({listed}), false)"
    return f"{counted} AND {'NOT ' if part == 'rest' else ''}{among}"


def _counted(plan: Plan, domain: Domain, name: str) -> str:
    """SQL condition: the measure counts this fact in the query's period."""
    period = plan.buckets[0].period
    match domain.measures[name]:
        case Stock():
            return f"({in_stock_sql(domain, name, _time(plan.instant()))})"
        case Trailing(of=of, days=days):
            stop = min(period.end, last_day(plan.as_of) + DAY)
            return _flow(plan, domain, of, Period(stop - days * DAY, stop))
        case Flow():
            return _flow(plan, domain, name, period)
    raise AssertionError(name)


def _flow(plan: Plan, domain: Domain, name: str, period: Period) -> str:
    measure = {m.name: m for m in domain.flows}[name]
    where = f" AND ({measure.where})" if measure.where else ""
    some = f" AND ({measure.value}) <> 0" if measure.value else ""
    return f"({_between(plan, measure.anchor, period)}{where}{some})"


def _between(plan: Plan, anchor: str, period: Period | None = None) -> str:
    period = period or plan.buckets[0].period
    return (
        f"({anchor}) >= {_time(period.start)} AND ({anchor}) < {_time(period.end)} AND ({anchor}) < {as_of_sql(plan)}"
    )


def _time(at: date | datetime) -> str:
    return f"TIMESTAMP '{at.isoformat(sep=' ') if isinstance(at, datetime) else at.isoformat()}'"

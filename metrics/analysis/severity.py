"""Severity of a metric beyond its limit: how far, how many cases are affected, and for how long."""

from math import log2
from types import SimpleNamespace

from metrics.catalog import Catalog, Metric

MOST_BEYOND = 8.0
"""Further beyond a limit makes nothing graver."""
LEAST_AFFECTED = 10
"""Cases that make a headline: one case in one village does not."""
OF_PEOPLE = "cases"
"""The fact whose rows are each about somebody who waits for something."""
THING_WEIGHT = 0.05
"""Cases that a camera, a column, a figure or any other thing stands for."""
SITE_WEIGHT = 60
"""Cases that a site under veto stands for."""


def times_beyond(metric: Metric, compared: float | None) -> float:
    """How many times the limit a compared value is, at least 1. A share is measured by what it lacks to 100 %."""
    if metric.thresholds is None or compared is None:
        return 1.0
    limit = metric.thresholds.red.limit
    if metric.thresholds.red.op in (">", ">="):
        times = compared / limit if limit > 0 else 1 + compared
    elif metric.is_percent and limit < 100:
        times = (100 - compared) / (100 - limit)
    else:
        times = limit / compared if compared > 0 else MOST_BEYOND
    return min(max(times, 1.0), MOST_BEYOND)


def affected(
    catalog: Catalog, metric: Metric, row: SimpleNamespace, excess: float | None = None, *, least: int = 1
) -> int:
    """How many cases, or whatever the metric counts, are what is wrong in a row of an answer; 1 of an extreme.

    Of a volume it is what exceeds the usual or the limit, since most of its cases are ordinary ones. excess: above the
    mean that a limit compares with (`metrics.thresholds.Verdict`), None for any other limit. least: a row that is
    beyond its limit has something wrong; a row that need not be may have nothing.
    """
    if metric.rollup == "max":
        return 1
    if excess is not None:
        return max(least, round(excess))
    if q := metric.quantile.q if metric.quantile else metric.aggregate.q if metric.aggregate else None:
        return max(least, round(int(row.n) * (1 - q)))
    if metric.rollup == "ratio of sums" and row.denominator == row.denominator:
        return max(least, _wrong(catalog, metric, row))
    if metric.is_additive:
        return max(least, int(row.value))
    return max(least, int(row.n))


def _wrong(catalog: Catalog, metric: Metric, row: SimpleNamespace) -> int:
    """Of a share, the facts that are not as they should be; of any other ratio, the part of them beyond its limit."""
    if row.numerator != row.numerator:
        return 0
    if metric.is_percent:
        return int(row.denominator - row.numerator if metric.direction == "up" else row.numerator)
    numerator = catalog.domain(metric).measures[metric.numerator] if metric.numerator else None
    facts = row.n if numerator is None or getattr(numerator, "value", None) else row.numerator
    return round(float(facts) * _share_beyond(metric, row.value))


def _share_beyond(metric: Metric, value: float) -> float:
    """The share of a value that is beyond its limit, 0 to 1; all of it without a limit for the value itself."""
    limits = metric.thresholds
    if limits is None or limits.against != "value":
        return 1.0
    if not limits.red.holds(value):
        return 0.0
    most = max(value, limits.red.limit)
    return min(1.0, abs(value - limits.red.limit) / most) if most > 0 else 1.0


def in_cases(catalog: Catalog, metric: Metric, count: int) -> float:
    """What is affected, as the number of cases that it stands for."""
    return count if catalog.domain(metric).fact == OF_PEOPLE else count * THING_WEIGHT


def severity(beyond: float, count: float, days: int) -> float:
    """A number that orders what is red; count: in cases. Doubling one of the three adds about as much as doubling
    another.
    """
    return log2(1 + beyond) * log2(1 + count) * (1 + log2(1 + days) / 5)

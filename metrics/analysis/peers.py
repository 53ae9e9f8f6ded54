"""Reference values for areas or units: the mean of all, and the median of their kind."""

from collections.abc import Iterable
from math import isfinite
from statistics import fmean, median
from typing import Any, NamedTuple

from metrics.answer import SMALL, UNRANKED, WITHOUT_VALUE
from metrics.catalog import Metric


class Typical(NamedTuple):
    """A mean or median. counted: how many values it is made of; among: how many there are, with or without a value."""

    value: float | None
    counted: int
    among: int


def mean_of(metric: Metric, rows: Iterable[Any], total: Any) -> Typical:
    """The mean of all areas or units.

    What adds up is divided by how many there are. Anything else is never averaged: it is the value of all facts
    together, `total`, a row of the answer for the area that holds them all. rows: rows of `metrics.answer.answer`.
    """
    rows = list(rows)
    if metric.is_additive and not metric.is_rate:
        values = counted(rows)
        return Typical(fmean(values) if values else None, len(values), len(rows))
    known = total is not None and str(total.quality) not in (*WITHOUT_VALUE, SMALL)
    return Typical(float(total.value) if known else None, len(rows), len(rows))


def median_of(rows: Iterable[Any]) -> Typical:
    """The median of those with a value and a sufficient sample. rows: rows of `metrics.answer.answer`."""
    rows = list(rows)
    values = counted(rows)
    return Typical(median(values) if values else None, len(values), len(rows))


def counted(rows: Iterable[Any]) -> list[float]:
    """The values with a sufficient sample."""
    known = (float(row.value) for row in rows if str(row.quality) not in (*WITHOUT_VALUE, *UNRANKED))
    return [value for value in known if isfinite(value)]

"""The share of the largest values of a column, such as the ten most frequent categories of an area and period.

Which values are the largest depends on the area and the period, so that the shares of the parts of an area say nothing
of its own: it is counted again for each group, from the roll-up by the column.
"""

from collections.abc import Iterator
from dataclasses import replace

from metrics.catalog import Domain, Metric
from metrics.catalog.model import Concentration
from metrics.engine.plan import APART, COLUMNS, Plan
from metrics.engine.sums import sums, sums_sql
from metrics.engine.totals import Cells

Counts = list[tuple[str, float]]
"""Values of the column and what each counts."""


def concentrations(plan: Plan, domain: Domain, metric: Metric, *, rolled: bool = True) -> Cells:
    """`numerator` (of the largest values) and `denominator` (of all, those without a value too) by group and bucket."""
    share = _share(metric)
    return {
        key: {"numerator": sum(count for _, count in largest(share, counts)), "denominator": sum(n for _, n in counts)}
        for key, counts in _counts(plan, domain, share, rolled=rolled)
    }


def largest_values(plan: Plan, domain: Domain, metric: Metric) -> list[str]:
    """The largest values of the plan's area and only period."""
    share = _share(metric)
    every = (counts for _, counts in _counts(replace(plan, by=None, groups=None), domain, share))
    return [word for counts in every for word, _ in largest(share, counts)]


def largest(share: Concentration, counts: Counts) -> Counts:
    """The largest of the counts, of equal ones the first by name. Facts without a value are none of them."""
    return sorted((c for c in counts if c[0] and c[1] > 0), key=lambda c: (-c[1], c[0]))[: share.most]


def concentration_sql(plan: Plan, domain: Domain, metric: Metric) -> str:
    """SQL of one row a group and bucket: g, i, numerator, denominator."""
    share = _share(metric)
    counts = sums_sql(_apart(plan, share), domain, [share.of])
    group, value = (f"split_part(g, chr({ord(APART)}), {part})" for part in (1, 2))
    parts = f"{group} AS g, i, {value} AS value, {share.of} AS n"
    place = "row_number() OVER (PARTITION BY g, i ORDER BY value <> '' DESC, n DESC, value)"
    return (
        f"SELECT g, i, coalesce(sum(n) FILTER (value <> '' AND place <= {share.most}), 0) AS numerator, "
        f"sum(n) AS denominator FROM (SELECT *, {place} AS place FROM (SELECT {parts} FROM ({counts}))) GROUP BY g, i"
    )


def _share(metric: Metric) -> Concentration:
    assert metric.concentration is not None
    return metric.concentration


def _apart(plan: Plan, share: Concentration) -> Plan:
    return replace(plan, along=COLUMNS[share.by])


def _counts(
    plan: Plan, domain: Domain, share: Concentration, *, rolled: bool = True
) -> Iterator[tuple[tuple[object, int], Counts]]:
    """What each value of the column counts, by group and bucket."""
    by_group: dict[tuple[object, int], Counts] = {}
    for (name, i), cell in sums(_apart(plan, share), domain, [share.of], rolled=rolled).items():
        group, _, word = str(name).partition(APART)
        by_group.setdefault((int(group) if plan.groups else group, i), []).append((word, cell[share.of]))
    yield from by_group.items()

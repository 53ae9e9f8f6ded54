"""Metrics over a view: one row an asset and instant, made by the SQL file that the catalog names."""

from datetime import datetime, timedelta

from metrics.catalog import Domain, Metric
from metrics.question import Question
from metrics.sums import Cells, group_sql

LOOK_BACK_DAYS = 14
"""No rule of a view looks further back from its instant than the two weeks of the home page rule."""


def views(q: Question, domain: Domain, metrics: list[Metric]) -> dict[str, Cells]:
    """Of every metric the `value`, `numerator`, `denominator` and `n` by group and bucket."""
    if not metrics:
        return {}
    rows = q.edition.cursor().execute(views_sql(q, domain, metrics)).fetchall()
    found: dict[str, Cells] = {metric.id: {} for metric in metrics}
    buckets = {same[0]: same for same in _instants(q).values()}
    for g, first, n, *numbers in rows:
        for metric, over, per in zip(metrics, numbers[::2], numbers[1::2], strict=True):
            cell = {"numerator": over, "denominator": per, "n": n}
            found[metric.id].update({(g, i): cell for i in buckets[first]})
    return found


def views_sql(q: Question, domain: Domain, metrics: list[Metric]) -> str:
    """SQL of one row a group and bucket: g, i, n, and for each metric what it sums and what it divides by."""
    columns = []
    for metric in metrics:
        a = metric.aggregate
        assert a is not None
        columns.append(f"sum({a.sum})" if a.sum else f"max({a.max})")
        columns.append(f"sum({a.per})" if a.per else "NULL")
    return (
        f"SELECT {group_sql(q)} AS g, i, count(*) AS n, {', '.join(columns)} FROM ({view_sql(q, domain)}) GROUP BY g, i"
    )


def view_sql(q: Question, domain: Domain) -> str:
    """SQL of the view's rows in scope, one an asset and instant: the view as of the end of each bucket.

    Buckets that end at the same instant are told once, as the first of them.
    """
    assert domain.view is not None
    instants = _instants(q)
    values = ", ".join(f"({same[0]}, TIMESTAMP '{at.isoformat(sep=' ')}')" for at, same in instants.items())
    oldest = min(instants) - timedelta(days=LOOK_BACK_DAYS)
    return (
        f"WITH instants(i, moment) AS (VALUES {values}), "
        f"bounds AS (SELECT TIMESTAMP '{oldest.isoformat(sep=' ')}' AS oldest), "
        f"verdicts AS ({domain.view.strip().rstrip(';')}) SELECT * FROM verdicts WHERE {q.within()}"
    )


def _instants(q: Question) -> dict[datetime, list[int]]:
    """The indices of the buckets by the instant their state is taken at."""
    found: dict[datetime, list[int]] = {}
    for i in range(len(q.buckets)):
        found.setdefault(q.instant(i), []).append(i)
    return found

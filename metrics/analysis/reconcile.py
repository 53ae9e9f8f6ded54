"""The reconciliations of domain.md 4.6: whether an edition's numbers agree with each other and with its facts.

Each check takes another road than the screens do, so that it can fail: states are counted from the facts and
held against the running sums, parents are counted from the facts and held against the sums of the roll-ups.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from itertools import product
from math import isclose
from typing import Any

import pandas as pd

from data.areas.levels import ROLLED, is_above
from data.editions.edition import Edition
from metrics.areas import levels, root
from metrics.catalog import Catalog, current
from metrics.engine.failures import Uncomputable
from metrics.engine.frames import each
from metrics.engine.question import exists_at
from metrics.freshness import freshness
from metrics.period import DAY, Period, last_day, month_start, shift
from metrics.query import COLUMNS, FAILED, query

MONTHS = 12
TOLERANCE = 0.01
"""Two sources of one reading may differ by 1 % or one unit, whichever is more."""


@dataclass(frozen=True)
class Finding:
    """One check and what it found. `faults` = how many of `tried` did not agree; `passed` is None if none was tried."""

    check: str
    passed: bool | None
    tried: int
    faults: int
    detail: str


def reconcile(edition: Edition, catalog: Catalog | None = None) -> pd.DataFrame:
    """All findings of an edition, one row a check with the columns of Finding."""
    catalog = catalog or current()
    return pd.DataFrame([asdict(finding) for finding in _findings(edition, catalog)])


def _findings(edition: Edition, catalog: Catalog) -> Iterator[Finding]:
    months = _months(edition)
    yield _balance(edition, months, catalog)
    yield _children(edition, months, catalog)
    yield from _orders(edition, months, catalog)
    yield _sources(edition)
    yield from _impossible(edition)
    yield from _fresh(edition)


def _months(edition: Edition) -> list[Period]:
    first = month_start(last_day(edition.as_of))
    return [Period(shift(first, -i), shift(first, 1 - i)) for i in range(MONTHS - 1, -1, -1)]


def _balance(edition: Edition, months: list[Period], catalog: Catalog) -> Finding:
    """Opening backlog + intake - closed - cancelled = closing backlog, a town and month; states counted from facts."""
    top = root(edition)
    names = ["intake", "closed", "cancelled"]
    flows = query(edition, names, top.code, months[0], by=ROLLED.id, periods=months, catalog=catalog)
    told = flows.pivot_table(index=["group", "period"], columns="metric", values="value", aggfunc="sum")
    instants = [*(m.start for m in months), min(months[-1].end, last_day(edition.as_of) + DAY)]
    values = ", ".join(f"(DATE '{day}')" for day in instants)
    # a closure after the edition's time is not known yet
    sql = f"""
        WITH f AS (
            SELECT area // {ROLLED.span} * {ROLLED.span} AS g, date_trunc('day', registered_at) AS r,
                date_trunc('day', CASE WHEN closed_at < $1 THEN closed_at END) AS c, count(*) AS n
            FROM cases WHERE registered_at < $1 GROUP BY ALL
        ), t(instant) AS (VALUES {values})
        SELECT g::VARCHAR, instant, sum(n) FROM f JOIN t ON r < instant AND (c IS NULL OR c >= instant) GROUP BY ALL
    """
    state = {(g, at): int(n) for g, at, n in edition.cursor().execute(sql, [edition.as_of]).fetchall()}
    faults = []
    for row in each(told.reset_index()):
        group, start = row.group, row.period
        end = next(day for day in instants if day > start)
        closing = state.get((group, start), 0) + row.intake - row.closed - row.cancelled
        if closing != state.get((group, end), 0):
            faults.append(f"{group} {start:%Y-%m}: {closing:.0f} ≠ {state.get((group, end), 0)}")
    return _finding("balance", len(told), faults)


def _children(edition: Edition, months: list[Period], catalog: Catalog) -> Finding:
    """Own level and children together equal the parent, for every metric that adds up, at every level of the tree."""
    top, period = root(edition), Period(months[-2].start, months[-1].end)
    tried, faults = 0, []
    for domain, level in product(catalog.domains, [level for level in levels(edition) if is_above(top.level, level)]):
        names = [m.id for m in domain.metrics if m.is_additive and exists_at(m, top.level) and exists_at(m, level)]
        whole = _answered(edition, names, top.code, period, catalog=catalog, rolled=False)
        parts = _answered(edition, names, top.code, period, by=level, catalog=catalog)
        expected = whole.set_index("metric")["value"].fillna(0.0)
        found = parts.groupby("metric")["value"].sum()
        for name in (name for name in names if name in expected and name in found):
            tried += 1
            if not isclose(found[name], expected[name], rel_tol=1e-9, abs_tol=1e-9):
                faults.append(f"{name} by {level}: {found[name]:g} ≠ {expected[name]:g}")
    return _finding("children", tried, faults)


def _orders(edition: Edition, months: list[Period], catalog: Catalog) -> Iterator[Finding]:
    """What is part of something is not more than it: numerator ≤ denominator wherever both count facts."""
    rates = [
        m.id
        for domain in catalog.domains
        for m in domain.metrics
        if m.is_percent and m.numerator and exists_at(m, ROLLED.id)
    ]
    told = _answered(edition, rates, root(edition).code, months[0], by=ROLLED.id, periods=months, catalog=catalog)
    wrong = told[told["numerator"] > told["denominator"]]
    faults = [f"{r.metric} {r.group} {r.period:%Y-%m}: {r.numerator:g} > {r.denominator:g}" for r in each(wrong)]
    yield _finding("parts", len(told), faults)


def _answered(edition: Edition, names: list[str], area: int, period: Period, **asked: Any) -> pd.DataFrame:
    """The answers of the metrics that can be computed. What fails is named by `trials`; it has no number to hold."""
    try:
        told = query(edition, names, area, period, **asked) if names else None
    except Uncomputable:
        told = None
    return pd.DataFrame(columns=[*COLUMNS, "period", "end"]) if told is None else told[told["quality"] != FAILED]


def _sources(edition: Edition) -> Finding:
    """Two sources of one reading of one area and day agree within the tolerance."""
    sql = (
        "SELECT area, measure, measured_at::DATE AS day, min(value), max(value), count(DISTINCT source) AS sources "
        "FROM readings GROUP BY ALL HAVING count(DISTINCT source) > 1"
    )
    found = edition.cursor().execute(sql).fetchall()
    faults = [
        f"{place} {measure} {day}: {low:g} and {high:g}"
        for place, measure, day, low, high, _ in found
        if high - low > max(TOLERANCE * abs(high), 1)
    ]
    return _finding("conflict", len(found), faults)


def _impossible(edition: Edition) -> Iterator[Finding]:
    """Orders of time and place that no fact may break; the loader rejects the first, the rest are told."""
    for name, condition in {
        "closed_before_registered": "closed_at < registered_at",
        "due_before_registered": "due_at < registered_at",
        "unknown_area": "area NOT IN (SELECT code FROM areas)",
        "from_the_future": "registered_at >= $1",
    }.items():
        values = [edition.as_of] if "$1" in condition else []
        broken = f"FILTER (WHERE {condition})"
        sql = f"SELECT count(*), count(*) {broken}, min(key) {broken} FROM cases"
        tried, faults, key = edition.cursor().execute(sql, values).fetchone() or (0, 0, None)
        yield Finding(name, faults == 0 if tried else None, tried, faults, f"{key} …" if faults else "")


def _fresh(edition: Edition) -> Iterator[Finding]:
    """A source silent for more than two of its cycles."""
    sources = freshness(edition)
    late = [source for source in sources if source.silent(edition.as_of)]
    yield _finding(
        "fresh", len(sources), [f"{s.source}: {s.last_at:%Y-%m-%d %H:%M}" if s.last_at else s.source for s in late]
    )


def _finding(check: str, tried: int, faults: list[str]) -> Finding:
    return Finding(check, not faults if tried else None, tried, len(faults), "; ".join(faults[:3]))


def agrees(numerator: int, denominator: int, printed: str) -> bool:
    """Whether a rate printed in a bulletin is numerator / denominator in %, rounded or cut to its own decimals.

    A bulletin that does not reconcile is flagged, never taken over: 126 of 134 is 94.0 %, not the printed 94.3 %.
    """
    if not denominator:
        return False
    told = Decimal(printed)
    exact = Decimal(numerator) * 100 / Decimal(denominator)
    step = Decimal(1).scaleb(int(told.as_tuple().exponent))
    return told in (exact.quantize(step, ROUND_HALF_UP), exact.quantize(step, ROUND_DOWN))

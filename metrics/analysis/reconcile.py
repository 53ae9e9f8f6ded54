"""Reconciliation: whether an edition's numbers agree with each other and with its facts.

Each check takes another road than the screens do, so that it can fail: states are counted from the facts and
held against the running sums, parents are counted from the facts and held against the sums of the roll-ups.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from itertools import product
from math import isclose

import pandas as pd

from data.areas.levels import ROLLED, is_above
from data.editions.edition import Edition
from data.editions.scoped import EVERYTHING
from data.messages import Message, Name, joined
from metrics.answer import COLUMNS, FAILED, answer
from metrics.areas import levels, root
from metrics.availability.freshness import Freshness, freshness
from metrics.catalog import Catalog
from metrics.engine.failures import Uncomputable
from metrics.engine.frames import each
from metrics.engine.plan import exists_at
from metrics.period import DAY, Period, last_day, month_start, shift
from metrics.query import Query

MONTHS = 12
TOLERANCE = 0.01
"""Two sources of one reading may differ by 1 % or one unit, whichever is more."""


@dataclass(frozen=True)
class Finding:
    """One check and what it found. `faults` = how many of `tried` did not agree; `passed` is None if none was tried.

    detail: where and by how much the first of them do not.
    """

    check: str
    passed: bool | None
    tried: int
    faults: int
    detail: Message


def reconcile(edition: Edition, catalog: Catalog) -> pd.DataFrame:
    """All findings of an edition, one row a check with the columns of Finding."""
    return pd.DataFrame([vars(finding) for finding in _findings(edition, catalog)])


def _findings(edition: Edition, catalog: Catalog) -> Iterator[Finding]:
    months = _months(edition)
    query = Query(edition.scoped(EVERYTHING), catalog, (), root(edition).code, months[0])
    yield _balance(query, months)
    yield _children(query, months)
    yield from _orders(query, months)
    yield _sources(edition)
    yield from _impossible(edition)
    yield from _fresh(edition)


def _months(edition: Edition) -> list[Period]:
    first = month_start(last_day(edition.as_of))
    return [Period(shift(first, -i), shift(first, 1 - i)) for i in range(MONTHS - 1, -1, -1)]


def _balance(query: Query, months: list[Period]) -> Finding:
    """Opening backlog + intake - closed - cancelled = closing backlog, a town and month; states counted from facts."""
    edition, catalog = query.edition.unscoped, query.catalog
    intake, closed, cancelled = (catalog.id_of("intake"), catalog.id_of("closed"), catalog.id_of("cancelled"))
    flows = answer(query.of(intake, closed, cancelled, by=ROLLED.id), periods=months)
    by_month = flows.pivot_table(index=["group", "period"], columns="metric", values="value", aggfunc="sum")
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
    for row in by_month.reset_index().to_dict("records"):
        group, start = row["group"], row["period"]
        end = next(day for day in instants if day > start)
        closing = state.get((group, start), 0) + row[intake] - row[closed] - row[cancelled]
        if closing != state.get((group, end), 0):
            faults.append(
                Message(
                    "reconciled.balance", "{area} {month}: {n} ≠ {came}", area=group, month=f"{start:%Y-%m}",
                    n=f"{closing:.0f}", came=state.get((group, end), 0),
                )
            )  # fmt: skip
    return _finding("balance", len(by_month), faults)


def _children(query: Query, months: list[Period]) -> Finding:
    """Own level and children together equal the parent, for every metric that adds up, at every level of the tree."""
    top = root(query.edition)
    query = replace(query, period=Period(months[-2].start, months[-1].end))
    lower = [level for level in levels(query.edition) if is_above(top.level, level)]
    tried, faults = 0, []
    for domain, level in product(query.catalog.domains, lower):
        names = [m.id for m in domain.metrics if m.is_additive and exists_at(m, top.level) and exists_at(m, level)]
        parents = _answered(query.of(*names), rolled=False)
        parts = _answered(query.of(*names, by=level))
        expected = parents.set_index("metric")["value"].fillna(0.0)
        totals = parts.groupby("metric")["value"].sum()
        for name in (name for name in names if name in expected and name in totals):
            tried += 1
            if not isclose(totals[name], expected[name], rel_tol=1e-9, abs_tol=1e-9):
                faults.append(
                    Message(
                        "reconciled.children", "{metric} by {level}: {n} ≠ {came}",
                        metric=query.catalog.metrics[name].label, level=Name("level", level), n=f"{totals[name]:g}",
                        came=f"{expected[name]:g}",
                    )
                )  # fmt: skip
    return _finding("children", tried, faults)


def _orders(query: Query, months: list[Period]) -> Iterator[Finding]:
    """A part is not larger than the whole: numerator ≤ denominator wherever both count facts."""
    rates = [
        m.id
        for domain in query.catalog.domains
        for m in domain.metrics
        if m.is_percent and m.numerator and exists_at(m, ROLLED.id)
    ]
    frame = _answered(query.of(*rates, by=ROLLED.id), periods=months)
    wrong = frame[frame["numerator"] > frame["denominator"]]
    faults = [
        Message(
            "reconciled.parts", "{metric} {area} {month}: {n} > {came}", metric=query.catalog.metrics[r.metric].label,
            area=r.group, month=f"{r.period:%Y-%m}", n=f"{r.numerator:g}", came=f"{r.denominator:g}",
        )
        for r in each(wrong)
    ]  # fmt: skip
    yield _finding("parts", len(frame), faults)


def _answered(query: Query, *, periods: Sequence[Period] = (), rolled: bool = True) -> pd.DataFrame:
    """The answers of the metrics that can be computed. What fails is named by `trials`; it has no number to hold."""
    try:
        frame = answer(query, periods=periods, rolled=rolled) if query.metrics else None
    except Uncomputable:
        frame = None
    return pd.DataFrame(columns=[*COLUMNS, "period", "end"]) if frame is None else frame[frame["quality"] != FAILED]


def _sources(edition: Edition) -> Finding:
    """Two sources of one reading of one area and day agree within the tolerance."""
    sql = (
        "SELECT area, measure, measured_at::DATE AS day, min(value), max(value), count(DISTINCT source) AS sources "
        "FROM readings GROUP BY ALL HAVING count(DISTINCT source) > 1"
    )
    rows = edition.cursor().execute(sql).fetchall()
    faults = [
        Message(
            "reconciled.conflict", "{area} {name} {day}: {n} and {came}", area=place, name=measure, day=str(day),
            n=f"{low:g}", came=f"{high:g}",
        )
        for place, measure, day, low, high, _ in rows
        if high - low > max(TOLERANCE * abs(high), 1)
    ]  # fmt: skip
    return _finding("conflict", len(rows), faults)


def _impossible(edition: Edition) -> Iterator[Finding]:
    """Orders of time and place that no fact may break; the loader rejects the first, the rest are reported."""
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
        first = [Message("reconciled.first", "{key} …", key=key)] if faults else []
        yield Finding(name, faults == 0 if tried else None, tried, faults, joined(first))


def _fresh(edition: Edition) -> Iterator[Finding]:
    """A source silent for more than two of its cycles."""
    sources = freshness(edition)
    late = [source for source in sources if source.silent(edition.as_of)]
    yield _finding("fresh", len(sources), [_late(source) for source in late])


def _late(source: Freshness) -> Message:
    if source.last_at is None:
        return Message("reconciled.silent", "{source}", source=source.source)
    return Message("reconciled.late", "{source}: {time}", source=source.source, time=f"{source.last_at:%Y-%m-%d %H:%M}")


def _finding(check: str, tried: int, faults: list[Message]) -> Finding:
    return Finding(check, not faults if tried else None, tried, len(faults), joined(faults[:3]))


def agrees(numerator: int, denominator: int, printed: str) -> bool:
    """Whether a rate printed in a bulletin is numerator / denominator in %, rounded or cut to its own decimals.

    A bulletin that does not reconcile is flagged, never taken over: 126 of 134 is 94.0 %, not the printed 94.3 %.
    """
    if not denominator:
        return False
    shown_value = Decimal(printed)
    exact = Decimal(numerator) * 100 / Decimal(denominator)
    step = Decimal(1).scaleb(int(shown_value.as_tuple().exponent))
    return shown_value in (exact.quantize(step, ROUND_HALF_UP), exact.quantize(step, ROUND_DOWN))

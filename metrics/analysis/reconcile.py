"""Reconciliation: whether an edition's numbers agree with each other and with its facts.

Each check takes another road than the screens do, so that it can fail: states are counted from the facts and
held against the running sums, parents are counted from the facts and held against the sums of the roll-ups.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise, product
from math import isclose

import duckdb
import pandas as pd

from data.areas.levels import ROLLED, is_above
from data.editions.edition import Edition
from data.editions.files import findings_of, replace_file
from data.editions.scoped import EVERYTHING
from data.messages import Message, Name, restored
from metrics.analysis.fact_checks import Finding, finding, of_facts
from metrics.answer import COLUMNS, FAILED, answer
from metrics.areas import levels, root
from metrics.availability.freshness import Freshness, freshness
from metrics.catalog import Catalog
from metrics.catalog.model import rollup
from metrics.engine.failures import Uncomputable
from metrics.engine.frames import each, records
from metrics.engine.plan import exists_at
from metrics.period import DAY, Period, last_day, month_start, shift
from metrics.query import Query

MONTHS = 12


def reconcile(edition: Edition, catalog: Catalog) -> pd.DataFrame:
    """All findings of an edition, one row a check with the columns of Finding."""
    return pd.DataFrame([vars(finding) for finding in _findings(edition, catalog)])


def reconciled(edition: Edition, catalog: Catalog) -> pd.DataFrame:
    """The same, made once an edition and stored next to it: the server does so for each edition that is published.

    What cannot be stored, on a full or read-only disk, is made again.
    """
    file = findings_of(edition.path)
    mark = hashlib.blake2b(repr(catalog.domains).encode(), digest_size=16).hexdigest()
    with suppress(OSError, ValueError, KeyError, TypeError):
        known = json.loads(file.read_text("utf-8"))
        if known["catalog"] == mark:
            return pd.DataFrame([row | {"detail": restored(row["detail"])} for row in known["findings"]])
    frame = reconcile(edition, catalog)
    rows = [row | {"detail": row["detail"].stored()} for row in records(frame)]
    with suppress(OSError):
        replace_file(file, json.dumps({"catalog": mark, "findings": rows}, ensure_ascii=False))
    return frame


def _findings(edition: Edition, catalog: Catalog) -> Iterator[Finding]:
    months = _months(edition)
    query = Query(edition.scoped(EVERYTHING), catalog, (), root(edition).code, months[0])
    yield _balance(query, months)
    yield _children(query, months)
    yield from _orders(query, months)
    yield from _chains(query)
    yield from of_facts(edition)
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
            FROM cases WHERE registered_at < $1 AND ({_rows_of(query, intake)}) GROUP BY ALL
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
    return finding("balance", len(by_month), faults)


def _rows_of(query: Query, metric: str) -> str:
    """The condition on a fact's rows of the domain of a metric."""
    return next(d.where for d in query.catalog.domains if any(m.id == metric for m in d.metrics)) or "true"


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
    return finding("children", tried, faults)


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
    yield finding("parts", len(frame), faults)


def _chains(query: Query) -> Iterator[Finding]:
    """Counts that hold one another, such as closed on time ≤ closed ≤ due, a town and month of the roll-ups."""
    tried, faults = 0, []
    for domain in query.catalog.domains:
        for chain in domain.chains:
            sums = ", ".join(f"sum({name}) AS {name}" for name in chain)
            table = rollup(domain, by_town=True).table
            sql = f"SELECT area, date_trunc('month', day)::DATE AS month, {sums} FROM {table} GROUP BY ALL"
            try:
                rows = query.edition.unscoped.cursor().execute(sql).fetchall()
            except (duckdb.CatalogException, duckdb.BinderException):
                continue  # an edition of before the domain or measure
            tried += len(rows)
            faults += [
                Message(
                    "reconciled.chain", "{area} {month}: {names} = {counts}", area=area, month=f"{month:%Y-%m}",
                    names=" ≤ ".join(chain), counts=", ".join(f"{count or 0:g}" for count in counts),
                )
                for area, month, *counts in rows if any((low or 0) > (high or 0) for low, high in pairwise(counts))
            ]  # fmt: skip
    yield finding("chains", tried, faults)


def _answered(query: Query, *, periods: Sequence[Period] = (), rolled: bool = True) -> pd.DataFrame:
    """The answers of the metrics that can be computed. What fails is named by `trials`; it has no number to hold."""
    try:
        frame = answer(query, periods=periods, rolled=rolled) if query.metrics else None
    except Uncomputable:
        frame = None
    return pd.DataFrame(columns=[*COLUMNS, "period", "end"]) if frame is None else frame[frame["quality"] != FAILED]


def _fresh(edition: Edition) -> Iterator[Finding]:
    """A source silent for more than two of its cycles."""
    sources = freshness(edition)
    late = [source for source in sources if source.silent(edition.as_of)]
    yield finding("fresh", len(sources), [_late(source) for source in late])


def _late(source: Freshness) -> Message:
    if source.last_at is None:
        return Message("reconciled.silent", "{source}", source=source.source)
    return Message("reconciled.late", "{source}: {time}", source=source.source, time=f"{source.last_at:%Y-%m-%d %H:%M}")

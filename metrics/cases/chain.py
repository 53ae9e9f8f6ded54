"""The chain of a repeated case: all cases linked by the caller, the place or an explicit reference.

Two cases are tied if the source calls one a repeat of the other, or if no more than 30 days lie between them and they
have the same caller in the region, or the same area, place and category: the rule of data.ingest.repeats.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from data.areas.levels import BASE
from data.editions.scoped import ScopedEdition
from data.ingest.repeats import DAYS
from data.schema import CASES, known

MOST = 60
"""Cases that one round of the search takes, those nearest in time; the search ends with the round that reaches it."""
COLUMNS = (
    "source", "key", "kind", "area", "registered_at", "due_at", "closed_at", "close_kind", "reached", "solved",
    "satisfied", "title", "category", "subcategory", "unit",
)  # fmt: skip
"""Columns of a case of the chain."""
_TIES = ("repeat_of", "reporter", "place")
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Chain:
    """cases: those in the caller's scope, the oldest first, each with COLUMNS; hidden: how many others.

    cut: there are more than were looked for.
    """

    cases: tuple[Row, ...]
    hidden: int = 0
    cut: bool = False

    @property
    def length(self) -> int:
        return len(self.cases) + self.hidden


def chain(edition: ScopedEdition, case: Row) -> Chain:
    """The chain of a case the caller may see (`metrics.rows.fact`), itself among it; of length 1 without repeats."""
    at = f"TIMESTAMP '{edition.as_of.isoformat(sep=' ')}'"
    relation = known(CASES, at)
    cases: dict[tuple[str, str], Row] = {_name(case): case}
    own = "SELECT repeat_of FROM cases WHERE source = $1 AND key = $2"  # as stored: the case may hide it
    (repeat_of,) = edition.unscoped.cursor().execute(own, [case["source"], case["key"]]).fetchone() or (None,)
    new: list[Row] = [{**case, "repeat_of": repeat_of}]
    cut = False
    while new and len(cases) < MOST:
        tied = _tied(edition, relation, new, case["registered_at"])
        new, cut = [row for row in tied if _name(row) not in cases], cut or len(tied) > MOST
        cases |= {_name(row): row for row in new}
    ordered = sorted(cases.values(), key=_order)
    visible = tuple(
        {name: row[name] for name in COLUMNS} for row in ordered if edition.holds(row["area"], row["area"] + 1)
    )
    return Chain(visible, len(ordered) - len(visible), cut or bool(new))


def _name(row: Row) -> tuple[str, str]:
    return row["source"], row["key"]


def _order(row: Row) -> tuple[Any, str, str]:
    return row["registered_at"], *_name(row)


def _tied(edition: ScopedEdition, relation: str, rows: Iterable[Row], centre: datetime) -> list[Row]:
    """Cases tied to one of the rows, the rows among them: at most MOST, those nearest to a time."""
    ties = [
        (
            row["source"], row["key"], row["repeat_of"], row["reporter"], row["area"] // BASE.span, row["area"],
            row["place"], row["category"], row["registered_at"] - timedelta(days=DAYS),
            row["registered_at"] + timedelta(days=DAYS),
        )
        for row in rows
    ]  # fmt: skip
    names = ("source", "key", "repeat_of", "reporter", "region", "area", "place", "category", "low", "high")
    types = (
        "VARCHAR",
        "VARCHAR",
        "VARCHAR",
        "VARCHAR",
        "BIGINT",
        "BIGINT",
        "VARCHAR",
        "VARCHAR",
        "TIMESTAMP",
        "TIMESTAMP",
    )
    columns = ", ".join(
        f"unnest(${i}::{type}[]) AS {name}" for i, (name, type) in enumerate(zip(names, types, strict=True), 1)
    )
    near = "c.registered_at BETWEEN t.low AND t.high"
    arms = (
        "c.source = t.source AND c.key = t.repeat_of",
        "c.source = t.source AND c.repeat_of = t.key",
        f"c.reporter = t.reporter AND c.area // {BASE.span} = t.region AND {near}",
        f"c.area = t.area AND c.place = t.place AND c.category = t.category AND {near}",
    )
    joined = " UNION ".join(f"SELECT c.source, c.key FROM cases c JOIN ties t ON {arm}" for arm in arms)
    condition = f"(source, key) IN (WITH ties AS (SELECT {columns}) {joined})"
    read = (*COLUMNS, *_TIES)
    apart = f"abs(date_diff('second', registered_at, TIMESTAMP '{centre.isoformat(sep=' ')}'))"
    sql = f"SELECT {', '.join(read)} FROM ({relation}) WHERE {condition} ORDER BY {apart}, source, key LIMIT {MOST + 1}"
    values = [list(column) for column in zip(*ties, strict=True)]
    return [dict(zip(read, row, strict=True)) for row in edition.unscoped.cursor().execute(sql, values).fetchall()]

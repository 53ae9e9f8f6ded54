"""Deductions: rules that cost a site points, edited by the district. Three entries come from an official text."""

import re
from collections.abc import Collection
from dataclasses import asdict, dataclass

import duckdb
from sqlalchemy import select

from data.desk import models
from data.desk.errors import Refused
from data.desk.store import Desk

MOST_POINTS = 100
LONGEST_PATTERN = 120
MOST_MONTHS = 600


@dataclass(frozen=True)
class Deduction:
    """One entry. rule: the check that costs the points when it fails.

    columns, months: for column_updated, which columns (a kind, or a pattern of names) and after how many months.
    points: None while they are to be confirmed. enabled: it lowers scores.
    """

    name: str
    indicator: str
    title: str
    rule: str
    columns: str = ""
    months: int | None = None
    points: float | None = None
    confirmed: bool = False
    enabled: bool = False


def matching(pattern: str, names: Collection[str]) -> set[str]:
    """The names that match an RE2 pattern. Raises ValueError for an invalid pattern.

    RE2 takes time in proportion to the text, whatever the pattern: Python's `re` may take hours, and this is typed in.
    """
    with duckdb.connect() as connection:
        try:
            sql = "SELECT name FROM (SELECT unnest($1::VARCHAR[]) AS name) WHERE regexp_matches(name, $2)"
            connection.execute("SELECT regexp_matches('', $1)", [pattern]).fetchall()
            return {name for (name,) in connection.execute(sql, [list(names), pattern]).fetchall()}
        except duckdb.Error as error:
            raise ValueError(str(error).split("\n")[0]) from None


def listing(desk: Desk) -> list[Deduction]:
    """All entries, the confirmed ones first."""
    order = (models.Deduction.confirmed.desc(), models.Deduction.indicator, models.Deduction.name)
    with desk.read() as session:
        rows = session.scalars(select(models.Deduction).order_by(*order))
        return [_deduction(row) for row in rows]


def save(desk: Desk, entry: Deduction, *, original: Deduction | None = None) -> None:
    """Add an entry or replace the one of the same name. Raises Refused if it cannot be applied.

    original: the entry when its editing began; Refused if it was changed since.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", entry.name):
        raise Refused("deduction.name", "a deduction is named by a short word of a-z, 0-9 and _")
    if entry.points is not None and not 0 < entry.points <= MOST_POINTS:
        raise Refused("deduction.points", "points are above 0 and at most {most}", most=MOST_POINTS)
    if len(entry.columns) > LONGEST_PATTERN:
        raise Refused(
            "deduction.pattern_too_long", "the pattern of columns has more than {n} characters", n=LONGEST_PATTERN
        )
    if entry.enabled and entry.points is None:
        raise Refused("deduction.no_points", "an entry without points cannot be enabled: say how many it costs")
    if entry.months is not None and not 0 < entry.months <= MOST_MONTHS:
        raise Refused("deduction.months", "months are 1 to {most}", most=MOST_MONTHS)
    if entry.rule == "column_updated" and not (entry.columns and entry.months):
        raise Refused("deduction.columns", "say which columns, and after how many months")
    try:
        matching(entry.columns, ())
    except ValueError as error:
        raise Refused("deduction.pattern", "the pattern of columns cannot be read: {why}", why=error) from None
    with desk.begin() as session:
        row = session.get(models.Deduction, entry.name)
        if original and row and _deduction(row) != original:
            raise Refused(
                "deduction.changed", "somebody else has changed this entry meanwhile: look at it, then save again"
            )
        session.merge(models.Deduction(**asdict(entry)))


def _deduction(row: models.Deduction) -> Deduction:
    return Deduction(**{name: getattr(row, name) for name in Deduction.__dataclass_fields__})

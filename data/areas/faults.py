"""Checks of a list of areas. All faults are collected; the first are reported.

The tables are those that a load makes: `file` (rows as text), `given` (rows typed), `linked` (the tree they make with
the stored areas), each with the `row` of the file, and `faults` (row, fault) of what could not even be read.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb

from data.areas.levels import BASE, LEVELS, TABLE
from data.errors import DataError
from data.sources.deliveries import text

CODES = ("code", "parent", "merged_into")
CASTS = ("population", "households", "lon", "lat", "valid_from", "valid_to")

SHOWN = 5


def refuse_faults(store: duckdb.DuckDBPyConnection, path: Path, columns: set[str], needed: set[str]) -> None:
    """Raise DataError if anything is wrong with the rows or with the tree they make."""
    faults = " UNION ALL ".join(["FROM faults", *_row_faults(columns, needed), *_tree_faults()])
    sql = f"SELECT DISTINCT row, fault FROM ({faults}) WHERE fault IS NOT NULL ORDER BY row NULLS LAST, fault"
    rows = store.execute(sql).fetchall()
    if rows:
        raise error_of(path, rows)


def error_of(path: Path, faults: Sequence[tuple[int | None, str]]) -> DataError:
    """The error of a file that was refused. faults: row of the file, None for the file itself, and text, sorted."""
    shown = "; ".join(f"row {row}: {fault}" if row else fault for row, fault in faults[:SHOWN])
    more = f"; and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
    return DataError(
        "areas.faults",
        "{path}: {shown}{more}; nothing was changed, correct the file and load it again",
        path=path,
        shown=shown,
        more=more,
    )


def _row_faults(columns: set[str], needed: set[str]) -> Iterator[str]:
    """SELECTs of (row, fault) for faults of single rows."""
    expected = dict.fromkeys(CODES, "does not have 2, 4, 6, 9 or 12 digits")
    expected |= {column: f"is no {'date' if column.startswith('valid') else 'number'}" for column in CASTS}
    expected |= {"level": f"is none of {', '.join(LEVELS)}"}
    for column in sorted(needed):
        yield f"SELECT row, '{column} is missing' FROM file WHERE {column} IS NULL"
    for column in sorted(columns & set(expected)):
        fault = f"'{column} ' || f.{column} || ' {expected[column]}'"
        unread = f"f.{column} IS NOT NULL AND g.{column} IS NULL"
        yield f"SELECT f.row, {fault} FROM file f JOIN given g USING (row) WHERE {unread}"
    nowhere = "lon NOT BETWEEN -180 AND 180 OR lat NOT BETWEEN -90 AND 90"
    yield f"SELECT row, 'lon or lat is not in degrees' FROM given WHERE {nowhere}"


def _tree_faults() -> Iterator[str]:
    """SELECTs of (row, fault): what is wrong with the areas together. A fault of an area not in the file has no row."""
    first = TABLE.index(BASE) + 1
    names_of_kind = "".join(
        f" OR level = {text(level.id)} AND code % {TABLE[i].span} = 0"
        for i, level in enumerate(TABLE[first:], first - 1)
    )
    yield f"SELECT row, code || ' is no code of a ' || level FROM linked WHERE code % span(level) <> 0{names_of_kind}"
    yield "SELECT row, 'valid_to is not after valid_from' FROM linked WHERE valid_to <= valid_from"
    yield """
        SELECT row, code || ' is given twice for the same time' FROM (
            SELECT row, code, coalesce(valid_from, DATE '-infinity') < max(coalesce(valid_to, DATE 'infinity')) OVER (
                PARTITION BY code ORDER BY valid_from NULLS FIRST, row
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) AS twice FROM linked WHERE code IS NOT NULL
        ) WHERE twice"""
    yield """
        SELECT g.row, g.code || ' is outside its parent ' || g.parent FROM given g JOIN linked p ON p.code = g.parent
        WHERE g.code <= p.code OR g.code >= p.code + span(p.level)"""
    since = "merged_into IS NOT NULL AND valid_to IS NULL"
    yield f"SELECT row, 'merged_into without valid_to: since when?' FROM linked WHERE {since}"
    yield """
        SELECT row, code || ' is merged into ' || merged_into || ', which is not there'
        FROM linked WHERE merged_into NOT IN (SELECT code FROM linked WHERE code IS NOT NULL)"""
    yield """
        SELECT row, code || ' is merged into itself in the end' FROM linked WHERE code IN (
            WITH RECURSIVE heirs AS (
                SELECT code, merged_into AS heir FROM linked WHERE merged_into IS NOT NULL
                UNION SELECT h.code, l.merged_into FROM heirs h JOIN linked l ON l.code = h.heir
                WHERE l.merged_into IS NOT NULL
            ) SELECT code FROM heirs WHERE code = heir
        ) AND merged_into IS NOT NULL"""
    yield """
        SELECT a.row, a.code || ' is alive below ' || a.parent || ', which has ended: say what it was merged into'
        FROM linked a WHERE a.valid_to IS NULL AND a.parent IN (
            SELECT code FROM linked GROUP BY code HAVING bool_and(valid_to IS NOT NULL)
        )"""

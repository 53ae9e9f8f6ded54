"""The sources with rows that a condition selects, noted in an edition for the conditions of its roll-ups.

A source without any such row cannot change a sum over them, whatever columns it lacks.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache

import duckdb

from data.editions.edition import Edition
from data.editions.rollups import DEFINITION_FAILS, Rollup


def write(con: duckdb.DuckDBPyConnection, rollups: Sequence[Rollup]) -> None:
    """Create the table `counted` of fact, condition and source from all rows of the edition."""
    con.execute("CREATE TABLE edition.counted (fact VARCHAR, condition VARCHAR, source VARCHAR)")
    for fact, condition in _conditions(rollups):
        _add(con, fact, condition, f"edition.{fact}")


def patch(con: duckdb.DuckDBPyConnection, fact: str, rollups: Iterable[Rollup]) -> None:
    """Bring the table up to date with the rows of `fresh` and `gone`, the tables of a patch of a fact.

    Does nothing in the copy of an edition that has no such table.
    """
    if not con.execute("FROM duckdb_tables() WHERE database_name = 'edition' AND table_name = 'counted'").fetchall():
        return
    sources = [source for (source,) in con.execute("SELECT DISTINCT source FROM gone").fetchall()]
    for of, condition in _conditions(rollups):
        if of == fact:
            _add(con, fact, condition, "fresh")
            _remove(con, fact, condition, sources)


def _remove(con: duckdb.DuckDBPyConnection, fact: str, condition: str, sources: Iterable[str]) -> None:
    for source in sources:
        left = f"SELECT 1 FROM edition.{fact} WHERE source = $1 AND ({condition}) LIMIT 1"
        if not con.execute(left, [source]).fetchall():
            what = "DELETE FROM edition.counted WHERE fact = $1 AND condition = $2 AND source = $3"
            con.execute(what, [fact, condition, source])


def _conditions(rollups: Iterable[Rollup]) -> list[tuple[str, str]]:
    return list(dict.fromkeys((rollup.fact, rollup.where) for rollup in rollups if rollup.where))


def _add(con: duckdb.DuckDBPyConnection, fact: str, condition: str, rows: str) -> None:
    sql = f"""
        INSERT INTO edition.counted SELECT DISTINCT $1, $2, source FROM {rows} WHERE ({condition})
        EXCEPT FROM edition.counted
    """
    con.execute(sql, [fact, condition])


@lru_cache(maxsize=512)
def counted(edition: Edition, fact: str, condition: str) -> frozenset[str] | None:
    """The sources with rows of a fact that a condition selects; None if it fails on a row.

    Read from the rows where the edition has no note of the condition.
    """
    cursor = edition.cursor()
    try:
        sql = "SELECT source FROM counted WHERE fact = $1 AND condition = $2"
        if noted := cursor.execute(sql, [fact, condition]).fetchall():
            return frozenset(source for (source,) in noted)
    except duckdb.CatalogException:
        pass  # an edition of an earlier release
    try:
        rows = cursor.execute(f"SELECT DISTINCT source FROM {fact} WHERE ({condition})").fetchall()
    except (*DEFINITION_FAILS, duckdb.BinderException):
        return None
    return frozenset(source for (source,) in rows)

"""Quantiles of whole months, made when an edition is published: a line of thirteen medians then reads no facts.

A table `monthly_<domain>` has a row a quantile, area and month that is over: quantile, area, stop (the first code
behind the area), month (its first day), value, n. An area and month without facts has none.
"""

import logging
from collections.abc import Iterable
from datetime import date, datetime

import duckdb

from data.areas.levels import TABLE
from data.editions.rollups import DEFINITION_FAILS, Quantile, Rollup
from data.schema import FACTS, known

log = logging.getLogger(__name__)


def write(con: duckdb.DuckDBPyConnection, rollup: Rollup, as_of: datetime) -> list[Quantile]:
    """Create the table of a roll-up's quantiles. Returns those in it: not one whose definition fails on a row."""
    con.execute(
        f"CREATE TABLE edition.{rollup.monthly} "
        "(quantile VARCHAR, area BIGINT, stop BIGINT, month DATE, value DOUBLE, n BIGINT)"
    )
    made = []
    for quantile in rollup.quantiles:
        try:
            _add(con, rollup, quantile, as_of, f"month < {_first(as_of)}")
        except DEFINITION_FAILS as error:
            log.warning("%s of %s is not built: its definition fails (%s): see `check`", quantile.name, rollup.monthly,
                        type(error).__name__)  # fmt: skip
            continue
        made.append(quantile)
    return made


def patch(con: duckdb.DuckDBPyConnection, rollup: Rollup, old: datetime, new: datetime) -> None:
    """Compute the months again whose values differ between `before` and `after`, the tables of a patch of the fact."""
    for quantile in _held(con, rollup):
        sides = [
            f"SELECT area, month, v FROM ({_values(rollup, quantile, relation, at)}) WHERE month < {_first(old)}"
            for relation, at in (("before", old), ("after", new))
        ]
        was, now = sides
        differs = f"({was} EXCEPT ALL {now}) UNION ALL ({now} EXCEPT ALL {was})"
        months = [month for (month,) in con.execute(f"SELECT DISTINCT month FROM ({differs})").fetchall()]
        if months:
            among = f"month IN ({', '.join(map(_date, months))})"
            con.execute(f"DELETE FROM edition.{rollup.monthly} WHERE quantile = $1 AND {among}", [quantile.name])
            _add(con, rollup, quantile, new, among)


def extend(con: duckdb.DuckDBPyConnection, rollups: Iterable[Rollup], old: datetime, new: datetime) -> None:
    """Add the months that ended between two as-of times."""
    if (old.year, old.month) == (new.year, new.month):
        return
    for rollup in rollups:
        for quantile in _held(con, rollup):
            _add(con, rollup, quantile, new, f"month >= {_first(old)} AND month < {_first(new)}")


def _held(con: duckdb.DuckDBPyConnection, rollup: Rollup) -> list[Quantile]:
    """The quantiles of a roll-up that the last edition has."""
    sql = "SELECT measure FROM edition.rollups WHERE rollup = $1"
    names = {name for (name,) in con.execute(sql, [rollup.monthly]).fetchall()}
    return [quantile for quantile in rollup.quantiles if quantile.name in names]


def _add(con: duckdb.DuckDBPyConnection, rollup: Rollup, quantile: Quantile, as_of: datetime, among: str) -> None:
    """Insert the months that a condition on `month` selects, of the areas of every level that the edition has."""
    found = {level for (level,) in con.execute("SELECT DISTINCT level FROM edition.areas").fetchall()}
    values = f"SELECT * FROM ({_values(rollup, quantile, f'edition.{rollup.fact}', as_of)}) WHERE {among}"
    levels = " UNION ALL ".join(
        f"SELECT '{quantile.name}', area // {level.span} * {level.span} AS code, code + {level.span}, month, "
        f"quantile_cont(v, {quantile.q}), count(*) FROM f GROUP BY code, month"
        for level in TABLE
        if level.id in found
    )
    if levels:
        con.execute(f"INSERT INTO edition.{rollup.monthly} WITH f AS MATERIALIZED ({values}) {levels}")


def _values(rollup: Rollup, quantile: Quantile, relation: str, as_of: datetime) -> str:
    """SQL of the values that count, as known at `as_of`: area, month, v."""
    at = f"TIMESTAMP '{as_of.isoformat(sep=' ')}'"
    terms = "".join(f", ({sql}) AS {name}" for name, sql in rollup.terms)
    rows = known(FACTS[rollup.fact], at, relation)
    if rollup.where:
        rows = f"SELECT * FROM ({rows}) WHERE {rollup.where}"
    conditions = [f"({quantile.anchor}) < {at}", f"({quantile.value}) IS NOT NULL"]
    conditions += [f"({quantile.where})"] if quantile.where else []
    return (
        f"SELECT area, date_trunc('month', ({quantile.anchor})::DATE)::DATE AS month, ({quantile.value})::DOUBLE AS v "
        f"FROM (SELECT *{terms} FROM ({rows})) WHERE {' AND '.join(conditions)}"
    )


def _first(moment: datetime) -> str:
    """SQL of the first day of its month."""
    return _date(moment.date().replace(day=1))


def _date(day: date) -> str:
    return f"DATE '{day.isoformat()}'"

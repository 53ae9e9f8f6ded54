"""Build the next edition from a copy of the last one: update only changed rows and the sums they touch.

A roll-up is a sum over rows, so new sums = old sums - old values of the touched rows + their new values.
Touched are the rows of new batches, cases whose `repeated` turns because of them, and rows that did not change but
of which a time, or the anchor of a measure, lies between the two as-of times. The result equals a full build.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from data.editions import counted, monthly, versions
from data.editions.build import (
    FACT_ORDER,
    deliveries,
    has_table,
    roll_up,
    rolled_up,
    shaped,
    time_sql,
)
from data.editions.rollups import DEFINITION_FAILS, Rollup
from data.ingest import repeats
from data.progress import Progress, watched
from data.schema import FACTS, Fact, known, layout
from data.search import index
from data.store import one

INTEGER_TYPE = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?")


@dataclass(frozen=True)
class Step:
    """From the edition as of `old` to the one as of `new`.

    batches: those accepted since. changed: rows that came by patches since the last full build, these included.
    max_touched: touched rows of a fact up to which a patch is quicker than a full build.
    """

    old: datetime
    new: datetime
    batches: Sequence[int]
    changed: int
    max_touched: int


def patch(con: duckdb.DuckDBPyConnection, rollups: Sequence[Rollup], step: Step, progress: Progress) -> bool:
    """Bring `edition`, a copy of the last one, to the state of `store`: all tables but areas, shapes and meta.

    Returns False if too many rows are touched or a definition fails on a row; the copy must then be discarded. Roll-ups
    missing from the last edition stay missing.
    """
    existing = [rollup for rollup in rollups if has_table(con, rollup)]
    con.execute("BEGIN")
    for name in FACT_ORDER:
        with watched(con, name, progress):
            try:
                patched = _patch_fact(con, FACTS[name], [rollup for rollup in existing if rollup.fact == name], step)
            except DEFINITION_FAILS:
                patched = False
            if not patched:
                con.execute("ROLLBACK")
                return False
    monthly.extend(con, (rollup for rollup in rollups if rollup.quantiles), step.old, step.new)
    versions.write(con)
    deliveries(con, step.new)
    con.execute("COMMIT")
    return True


def _patch_fact(con: duckdb.DuckDBPyConnection, fact: Fact, rollups: list[Rollup], step: Step) -> bool:
    """False if too many rows are touched."""
    _find(con, fact, rollups, step)
    fresh, touched = _count(con, "fresh"), _count(con, "touched")
    if touched > step.max_touched:
        return False
    if not fresh and not touched:
        return True
    _replace(con, fact, step)
    for rollup in rollups:
        _patch_rollup(con, rollup, step)
        if rollup.quantiles:
            monthly.patch(con, rollup, step.old, step.new)
    counted.patch(con, fact.name, rollups)
    return True


def _find(con: duckdb.DuckDBPyConnection, fact: Fact, rollups: list[Rollup], step: Step) -> None:
    """Create temporary tables: `fresh` rows, the replaced rows `gone`, and rowids of `turned` and `touched` rows."""
    table = f"edition.{fact.name}"
    _temp(con, "fresh", shaped(fact, _changed(fact, step)))
    _temp(con, "found", f"SELECT e.rowid AS id FROM {table} e SEMI JOIN fresh USING (source, key)")
    _temp(con, "gone", _rows_by_id(table, "found"))
    _temp(con, "turned", "SELECT 0::BIGINT AS id LIMIT 0")
    if fact.name in ("assets", "cases"):
        _temp(con, f"fresh_{fact.name}", "SELECT source, key FROM fresh")
    if fact.name == "cases" and _count(con, "fresh"):
        _update_repeats(con)
    # of those that differ in their grain alone the first, which has the quantiles
    distinct = {(rollup.terms, rollup.measures): rollup for rollup in reversed(rollups)} if step.old < step.new else {}
    moved = (_crossed(fact, rollup, step) for rollup in distinct.values())
    _temp(con, "touched", " UNION ".join(["SELECT id FROM gone", "FROM turned", *moved]))


def _changed(fact: Fact, step: Step) -> str:
    """SQL of the store's rows from new batches, plus checks and steps whose asset or case is in these batches."""
    condition = f"batch IN ({', '.join(map(str, step.batches)) or 'NULL'})"
    if fact.name == "checks":
        of_fresh_assets = "(coalesce(asset_source, source), asset) IN (SELECT (source, key) FROM fresh_assets)"
        condition += f" OR (area IS NULL AND {of_fresh_assets})"
    if fact.name == "steps":
        condition += " OR (coalesce(case_source, source), case_key) IN (SELECT (source, key) FROM fresh_cases)"
    relation = "edited_assets" if fact.name == "assets" else f"store.{fact.name}"
    return f"(SELECT * FROM {relation} WHERE {condition})"


def _crossed(fact: Fact, rollup: Rollup, step: Step) -> str:
    """SQL of rowids with a time or a measure's anchor in [old, new), for rows as known at `new`. Other rows are the
    same at `old` and `new`."""
    old, new = time_sql(step.old), time_sql(step.new)
    times = [column.name for column in fact.columns if column.known_at == column.name]
    of_quantiles = [quantile.anchor for quantile in rollup.quantiles]
    anchors = dict.fromkeys([*times, *(measure.anchor for measure in rollup.measures), *of_quantiles])
    crossed = " OR ".join(f"(({anchor}) >= {old} AND ({anchor}) < {new})" for anchor in anchors)
    terms = "".join(f", ({sql}) AS {name}" for name, sql in rollup.terms)
    rows = known(fact, new, f"edition.{fact.name}", "rowid AS id")
    return f"SELECT id FROM (SELECT *{terms} FROM ({rows})) WHERE {crossed}"


def _update_repeats(con: duckdb.DuckDBPyConnection) -> None:
    """Set `fresh.repeated` and insert into `turned` the unchanged cases whose `repeated` flag flips.

    Changed cases whose links are the same as before, such as a closed case, do not affect any flag.
    """
    _temp(con, "fresh_links", repeats.link_values("fresh", "-1 - rowid"))
    _temp(con, "gone_links", repeats.link_values("gone", "id"))
    _temp(con, "alike", _ALIKE)
    changed = (f"FROM {name}_links ANTI JOIN alike ON alike.{name} = {name}_links.id" for name in ("gone", "fresh"))
    _temp(con, "changed", " UNION ALL ".join(changed))
    _collect_links(con, "suspects", repeats.affected_ranges("FROM changed"))
    _collect_links(con, "context", repeats.deciding_ranges("FROM suspects"))
    _temp(con, "repeating", repeats.repeats("FROM context"))
    con.execute(
        "INSERT INTO turned SELECT c.rowid FROM edition.cases c JOIN suspects s ON s.id = c.rowid "
        "WHERE c.repeated <> (c.repeat_of IS NOT NULL OR c.rowid IN (FROM repeating))"
    )
    con.execute(
        "UPDATE fresh SET repeated = repeat_of IS NOT NULL OR -1 - rowid IN (FROM repeating) OR -1 - rowid IN "
        "(SELECT fresh FROM alike WHERE repeated AND fresh NOT IN (SELECT id FROM suspects))"
    )


# the flag of a case that its source marks as a repeat does not depend on its links
_ALIKE = """
    SELECT f.id AS fresh, g.id AS gone, old.repeated
    FROM fresh_links f JOIN gone_links g ON f.source = g.source AND f.key = g.key AND f.moment = g.moment
        AND f.caller IS NOT DISTINCT FROM g.caller AND f.spot IS NOT DISTINCT FROM g.spot
    JOIN gone old ON old.id = g.id JOIN fresh now ON -1 - now.rowid = f.id
    WHERE old.repeat_of IS NULL OR now.repeat_of IS NOT NULL
"""


def _collect_links(con: duckdb.DuckDBPyConnection, name: str, ranges: str) -> None:
    """Create a table of the links of the fresh cases and of unchanged cases in the ranges; empty without ranges."""
    _temp(con, "ranges", ranges)
    if not _count(con, "ranges"):
        _temp(con, name, "FROM fresh_links LIMIT 0")
        return
    _temp(con, "stay", f"SELECT id FROM ({repeats.in_ranges('edition.cases', 'ranges')}) ANTI JOIN gone USING (id)")
    _temp(con, name, f"{_links_of('stay')} UNION ALL FROM fresh_links")


def _links_of(ids: str) -> str:
    return repeats.link_values(f"({_rows_by_id('edition.cases', ids)})", "id")


def _rows_by_id(table: str, ids: str) -> str:
    """SQL of the rows of `table` with these ids. Finding ids first and then reading the rows halves the cost."""
    return f"SELECT e.rowid AS id, e.* FROM {table} e SEMI JOIN {ids} i ON i.id = e.rowid"


def _replace(con: duckdb.DuckDBPyConnection, fact: Fact, step: Step) -> None:
    """Replace the rows of a fact; keep touched rows as tables `before` and `after` for the roll-ups."""
    table = f"edition.{fact.name}"
    _temp(con, "others", "FROM touched ANTI JOIN gone USING (id)")
    other_rows = f" UNION ALL {_rows_by_id(table, 'others')}" if _count(con, "others") else ""
    _temp(con, "before", f"FROM gone{other_rows}")
    toggled = "REPLACE (repeated <> (id IN (FROM turned)) AS repeated)" if fact.name == "cases" else ""
    _temp(con, "after", f"SELECT * {toggled} FROM before ANTI JOIN gone USING (id) UNION ALL BY NAME FROM fresh")
    con.execute(f"DELETE FROM {table} WHERE rowid IN (SELECT id FROM gone)")
    if fact.name == "cases":
        index.delete(con, "SELECT id FROM gone")
        con.execute(f"UPDATE {table} SET repeated = NOT repeated WHERE rowid IN (FROM turned)")
    con.execute(f"INSERT INTO {table} SELECT * FROM fresh ORDER BY {layout(fact, time_sql(step.new))}")


def _patch_rollup(con: duckdb.DuckDBPyConnection, rollup: Rollup, step: Step) -> None:
    table, names = f"edition.{rollup.table}", [group.rsplit(" AS ", 1)[-1] for group in (*rollup.groups, "day")]
    if not _sums_exactly(con, rollup):
        con.execute(f"DROP TABLE {table}")
        roll_up(con, rollup, step.new)
        return
    less = ", ".join(f"-{measure.name} AS {measure.name}" for measure in rollup.measures)
    was, now = rolled_up(rollup, "before", step.old), rolled_up(rollup, "after", step.new)
    _temp(con, "delta", rollup.summed(f"FROM ({now}) UNION ALL BY NAME SELECT * REPLACE ({less}) FROM ({was})", names))
    matches = " AND ".join(f"r.{name} IS NOT DISTINCT FROM d.{name}" for name in names)
    _temp(con, "stale", f"SELECT r.rowid AS id, r.* FROM {table} r SEMI JOIN delta d ON {matches}")
    con.execute(f"DELETE FROM {table} WHERE rowid IN (SELECT id FROM stale)")
    summed = rollup.summed("SELECT * EXCLUDE (id) FROM stale UNION ALL BY NAME FROM delta", names)
    con.execute(f"INSERT INTO {table} BY NAME {summed} ORDER BY area, day")


def _sums_exactly(con: duckdb.DuckDBPyConnection, rollup: Rollup) -> bool:
    """Whether sums can be updated by subtraction: true for integers, while fractions leave a rounding error."""
    values = [measure.value for measure in rollup.measures if measure.value]
    if not values:
        return True
    terms = "".join(f", ({sql}) AS {name}" for name, sql in rollup.terms)
    rows = con.execute(
        f"DESCRIBE SELECT {', '.join(values)} FROM (SELECT *{terms} FROM edition.{rollup.fact})"
    ).fetchall()
    return all(INTEGER_TYPE.fullmatch(row[1]) for row in rows)


def _temp(con: duckdb.DuckDBPyConnection, name: str, sql: str) -> None:
    con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {sql}")


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(one(con, f"SELECT count(*) FROM {table}")[0])

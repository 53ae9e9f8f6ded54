"""Build the tables of an edition. The connection has `store` and the new file `edition` attached."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import duckdb

from data.editions import counted, monthly, versions, workdays
from data.editions.rollups import DEFINITION_FAILS, Rollup
from data.ingest import repeats
from data.progress import Progress, watched
from data.schema import FACTS, Fact, known, layout
from data.search import index
from data.values.calendar import Calendar

log = logging.getLogger(__name__)

FACT_ORDER = ("assets", "cases", "checks", "readings", "steps")
"""Assets and cases first: checks inherit the area of their asset, steps that of their case."""
MERGERS = 64
"""Maximum length of a chain of mergers; stops a cycle."""


def build(
    con: duckdb.DuckDBPyConnection,
    rollups: Sequence[Rollup],
    as_of: datetime,
    progress: Progress,
    calendar: Calendar,
) -> None:
    """All tables but `meta`, from everything in the store."""
    areas(con, as_of)
    workdays.write(con, calendar)
    built = []
    with ThreadPoolExecutor(1) as executor:
        for name in FACT_ORDER:
            with watched(con, name, progress):
                fact(con, FACTS[name], as_of)
            if name == "assets":
                versions.write(con)
            if name == "cases":  # it takes one core, of which the roll-ups leave some
                indexing = executor.submit(index.build, con.cursor())
        for rollup in rollups:
            with watched(con, rollup.table, progress):
                if _try_roll_up(con, rollup, as_of):
                    built.append(rollup)
        with_quantiles = [rollup for rollup in rollups if rollup.quantiles]
        with watched(con, "months", progress):
            kept = [(rollup, quantile) for rollup in with_quantiles for quantile in monthly.write(con, rollup, as_of)]
        with watched(con, "search", progress):
            indexing.result()
    counted.write(con, built)
    notes = [(r.table, m.name, r.definition(m)) for r in built for m in r.measures]
    notes += [(rollup.monthly, quantile.name, rollup.definition_of(quantile)) for rollup, quantile in kept]
    _list(con, "rollups", ("rollup", "measure", "definition"), notes)
    deliveries(con, as_of)


def areas(con: duckdb.DuckDBPyConnection, as_of: datetime) -> None:
    """Create `areas` (all versions of each code, with its `holder` at `as_of`) and `shapes`.

    The holder of a code is the area it was merged into by then, recursively; otherwise the code itself.
    """
    day = date_sql(as_of)
    con.execute(
        f"""
        CREATE TABLE edition.areas AS
        WITH RECURSIVE now AS (
            SELECT code, CASE WHEN coalesce(valid_to <= {day}, true) THEN merged_into END AS heir FROM store.areas
            QUALIFY row_number() OVER (
                PARTITION BY code
                ORDER BY coalesce(valid_from <= {day}, true) DESC,
                    CASE WHEN valid_from <= {day} THEN valid_from END DESC NULLS LAST, valid_from
            ) = 1
        ), climb(code, holder, step) AS (
            SELECT code, code, 0 FROM now
            UNION ALL
            SELECT climb.code, now.heir, step + 1 FROM climb JOIN now ON now.code = climb.holder
            WHERE now.heir IS NOT NULL AND step < {MERGERS}
        )
        SELECT a.*, held.holder FROM store.areas a
        JOIN (SELECT code, arg_max(holder, step) AS holder FROM climb GROUP BY code) held USING (code)
        ORDER BY code, valid_from
        """
    )
    con.execute("CREATE TABLE edition.shapes AS FROM store.shapes ORDER BY code")


def fact(con: duckdb.DuckDBPyConnection, fact: Fact, as_of: datetime) -> None:
    """Create one fact's table, sorted for its most frequent queries."""
    repeated, join = "NULL", ""
    if fact.name == "cases":
        placed = "(SELECT c.rowid AS id, c.* REPLACE (coalesce(h.holder, c.area) AS area) FROM store.cases c "
        placed += f"LEFT JOIN {HOLDERS} h ON h.code = c.area)"
        con.execute(f"CREATE TEMP TABLE repeats AS {repeats.repeats(repeats.link_values(placed, 'id'))}")
        repeated, join = "f.repeat_of IS NOT NULL OR r.id IS NOT NULL", "LEFT JOIN repeats r ON r.id = f.rowid"
    order = layout(fact, time_sql(as_of))
    relation = "edited_assets" if fact.name == "assets" else f"store.{fact.name}"
    rows = f"SELECT * FROM ({shaped(fact, relation, repeated, join)}) ORDER BY {order}"
    con.execute(f"CREATE TABLE edition.{fact.name} AS {rows}")
    con.execute("DROP TABLE IF EXISTS repeats")


HOLDERS = "(SELECT DISTINCT code, holder FROM edition.areas)"


def shaped(fact: Fact, relation: str, repeated: str = "NULL", join: str = "") -> str:
    """SQL of the store's rows as an edition stores them: assigned to the current holder of their area."""
    replacements = {"area": "coalesce(h.holder, f.area)", "area_then": "f.area", "repeated": f"({repeated})::BOOLEAN"}
    if fact.name == "checks":
        replacements |= {"area": "coalesce(h.holder, f.area, a.area)", "area_then": "coalesce(f.area, a.area_then)"}
        join = "LEFT JOIN edition.assets a ON a.source = coalesce(f.asset_source, f.source) AND a.key = f.asset"
    if fact.name == "steps":
        replacements |= {"area": "coalesce(c.area, h.holder, f.area)", "area_then": "coalesce(c.area_then, f.area)"}
        replacements["case_source"] = "coalesce(f.case_source, f.source)"
        join = "LEFT JOIN edition.cases c ON c.source = coalesce(f.case_source, f.source) AND c.key = f.case_key"
    columns = ", ".join(f"{replacements.get(c.name, f'f.{c.name}')} AS {c.name}" for c in fact.columns)
    return f"SELECT {columns} FROM {relation} f LEFT JOIN {HOLDERS} h ON h.code = f.area {join}"


def _try_roll_up(con: duckdb.DuckDBPyConnection, rollup: Rollup, as_of: datetime) -> bool:
    """Build a roll-up. False, without a table, if a definition fails on a row or its source table is missing.

    Its metrics are then computed from the facts where possible.
    """
    if rollup.finer and not has_table(con, rollup.finer):
        return False
    try:
        roll_up(con, rollup, as_of)
    except DEFINITION_FAILS as error:
        log.warning("%s is not built: a definition of %s fails (%s): see `check`", rollup.table, rollup.name,
                    type(error).__name__)  # fmt: skip
        return False
    return True


def has_table(con: duckdb.DuckDBPyConnection, rollup: Rollup) -> bool:
    """Whether the edition holds the table of a roll-up."""
    sql = "SELECT 1 FROM duckdb_tables() WHERE database_name = 'edition' AND table_name = $1"
    return bool(con.execute(sql, [rollup.table]).fetchall())


def roll_up(con: duckdb.DuckDBPyConnection, rollup: Rollup, as_of: datetime) -> None:
    if rollup.finer:
        rows = rollup.summed(f"FROM edition.{rollup.finer.table}", [*rollup.groups, "day"])
    else:
        rows = f"SELECT * FROM ({rolled_up(rollup, f'edition.{rollup.fact}', as_of)}) WHERE {rollup.is_nonzero}"
    con.execute(f"CREATE TABLE edition.{rollup.table} AS {rows} ORDER BY area, day")


def rolled_up(rollup: Rollup, relation: str, as_of: datetime) -> str:
    """SQL of daily sums of the rows in `relation` as known at `as_of`."""
    return rollup.sql(known(FACTS[rollup.fact], time_sql(as_of), relation), time_sql(as_of))


def deliveries(con: duckdb.DuckDBPyConnection, as_of: datetime) -> None:
    """Create `batches` (accepted ones) and `sources` (with newest row time, row count and mapped columns)."""
    con.execute(
        "CREATE OR REPLACE TABLE edition.batches AS FROM store.batches WHERE status = 'accepted' ORDER BY batch"
    )
    newest = " UNION ALL ".join(_newest(fact, time_sql(as_of)) for fact in FACTS.values())
    con.execute(
        f"""
        CREATE OR REPLACE TABLE edition.sources AS
        SELECT s.source, s.name_zh, s.name_en, s.fact, s.cycle_days, n.last_at, coalesce(n.rows, 0)::BIGINT AS rows,
            list_filter(
                json_keys(s.definition, '$.columns'),
                lambda name: upper(trim(json_extract_string(s.definition, '$.columns.' || name))) <> 'NULL'
            ) AS columns
        FROM store.sources s
        LEFT JOIN (
            SELECT source, max(last_at) AS last_at, sum(rows) AS rows FROM ({newest}) GROUP BY source
        ) n USING (source)
        ORDER BY s.source
        """
    )


def _newest(fact: Fact, as_of: str) -> str:
    """SQL of each source's row count and newest delivered time.

    Rows without an update time have the load time in the store; it counts only if a source delivers no time at all.
    """
    times = [c.name for c in fact.columns if c.known_at == c.name]
    newest = [f"max({name}) FILTER ({name} < {as_of})" for name in times]
    loaded = f"max(updated_at) FILTER (updated_at < {as_of})"
    delivered_times = (
        f"{loaded[:-1]} AND updated_at NOT IN (SELECT started_at FROM store.batches WHERE started_at IS NOT NULL))"
    )
    return (
        f"SELECT source, coalesce(greatest({', '.join([delivered_times, *newest])}), {loaded}) AS last_at, "
        f"count(*) AS rows FROM edition.{fact.name} GROUP BY source"
    )


def describe(con: duckdb.DuckDBPyConnection, meta: Mapping[str, str]) -> None:
    """Create the table `meta`: properties of this edition, as text by key."""
    _list(con, "meta", ("key", "value"), meta.items())


def rows_of(con: duckdb.DuckDBPyConnection, database: str, facts: Iterable[str] = FACTS) -> dict[str, int]:
    """Row count of each fact in `store` or `edition`."""
    counted = ", ".join(f"(SELECT count(*) FROM {database}.{name})" for name in facts)
    return dict(zip(facts, con.execute(f"SELECT {counted}").fetchone() or (), strict=True))


def latest(con: duckdb.DuckDBPyConnection, fact: Fact) -> datetime | None:
    """The newest `known_at` time in a fact of the edition; None without rows.

    Computed once per edition: DuckDB can use column statistics only until a row is deleted.
    """
    times = dict.fromkeys(c.known_at for c in fact.columns if c.known_at)
    newest = ", ".join(f"max({name})::TIMESTAMP" for name in times)  # local, of instants as well
    row = con.execute(f"SELECT {newest} FROM edition.{fact.name}").fetchone()
    return max((at for at in row or () if at is not None), default=None)


def _list(con: duckdb.DuckDBPyConnection, table: str, names: Sequence[str], rows: Iterable[tuple[str, ...]]) -> None:
    """A small table of texts."""
    values = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in names]
    columns = ", ".join(f"unnest(?::VARCHAR[]) AS {name}" for name in names)
    con.execute(f"CREATE OR REPLACE TABLE edition.{table} AS SELECT {columns}", values)


def time_sql(moment: datetime) -> str:
    return f"TIMESTAMP '{moment.isoformat(sep=' ')}'"


def date_sql(as_of: datetime) -> str:
    """The last day of which something can be known at `as_of`."""
    return f"DATE '{(as_of - timedelta(microseconds=1)).date()}'"

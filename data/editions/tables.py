"""The tables of an edition, and how those are completed that the file of an older release lacks, whole or in part.

Queries name the tables and columns of this release. A cursor on an edition of an older one reads what its file lacks
as NULL, and a table that it lacks as an empty one, through temporary views of the same names. Functions of working days
over an empty calendar give NULL.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import duckdb

from data.editions.workdays import MACROS, create_temporary
from data.schema import ASSETS, FACTS
from data.store import AREA_COLUMNS, BATCH_COLUMNS

CALENDAR, HISTORY = "workdays", "asset_history"
LIMIT_COLUMNS = {
    "id": "INTEGER", "metric": "VARCHAR", "area": "BIGINT", "category": "VARCHAR", "valid_from": "DATE",
    "valid_to": "DATE", "green": "VARCHAR", "red": "VARCHAR", "source": "VARCHAR", "approved_at": "TIMESTAMP",
}  # fmt: skip
EDIT_COLUMNS = {
    "id": "INTEGER", "source": "VARCHAR", "key": "VARCHAR", "field": "VARCHAR", "value": "VARCHAR",
    "edited_at": "TIMESTAMP",
}  # fmt: skip
FACT_COLUMNS = {fact.name: {column.name: column.type for column in fact.columns} for fact in FACTS.values()}
TABLES: Mapping[str, Mapping[str, str]] = {
    **FACT_COLUMNS,
    HISTORY: FACT_COLUMNS[ASSETS.name] | {"valid_from": "TIMESTAMP", "valid_to": "TIMESTAMP"},
    "areas": AREA_COLUMNS | {"holder": "BIGINT"},
    "batches": BATCH_COLUMNS,
    "limits": LIMIT_COLUMNS,
    "asset_edits": EDIT_COLUMNS,
    CALENDAR: {"days": "DATE[]", "passed": "INTEGER[]"},
}
"""Name and DuckDB type of the columns by table. Readers look for the other tables, or derive what they lack."""
HISTORIES = {
    "asset_versions": """
        SELECT a.*, v.since AS valid_from, NULL::TIMESTAMP AS valid_to FROM assets a
        LEFT JOIN (SELECT source, key, max(valid_to) AS since FROM asset_versions GROUP BY ALL) v
            ON v.source = a.source AND v.key = a.key
        UNION ALL BY NAME FROM asset_versions""",
    "assets": "SELECT *, NULL::TIMESTAMP AS valid_from, NULL::TIMESTAMP AS valid_to FROM assets",
}
"""SQL of the history of assets by the table that it was kept in before: the versions that were superseded, or none."""


@dataclass(frozen=True)
class Completion:
    """lacks: by table, the columns that the file does not have; all of them where it does not have the table.

    statements: each completes a cursor for queries that name one of these words.
    """

    lacks: Mapping[str, frozenset[str]] = field(default_factory=dict)
    statements: tuple[tuple[frozenset[str], str], ...] = ()


def completion(connection: duckdb.DuckDBPyConnection) -> Completion:
    """What the edition of a connection lacks; nothing if this release published it."""
    sql = "SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = current_database()"
    has: dict[str, set[str]] = {}
    for table, column in connection.execute(sql).fetchall():
        has.setdefault(table, set()).add(column)
    lacks = {table: frozenset(columns.keys() - has.get(table, set())) for table, columns in TABLES.items()}
    lacks = {table: columns for table, columns in lacks.items() if columns}
    ((database,),) = connection.execute("SELECT current_database()").fetchall()
    views = {table: _view(database if table in has else "", table, lacked) for table, lacked in lacks.items()}
    if HISTORY not in has:
        views[HISTORY] = next(
            f"CREATE TEMP VIEW {HISTORY} AS {sql}" for table, sql in HISTORIES.items() if table in has
        )
    # the history may rest on the view of assets
    also = {"assets": {HISTORY}}
    statements = [
        (frozenset({table} | also.get(table, set())), sql) for table, sql in views.items() if table != CALENDAR
    ]
    sql = "SELECT function_name FROM duckdb_functions() WHERE database_name = current_database()"
    functions = {name for (name,) in connection.execute(sql).fetchall()}
    names = frozenset(head.split("(")[0] for head in MACROS)
    if names - functions or CALENDAR in lacks:
        statements.append((names, "; ".join([*filter(None, [views.get(CALENDAR)]), *create_temporary()])))
    return Completion(lacks, tuple(statements))


def _view(database: str, table: str, lacked: Iterable[str]) -> str:
    """database: empty if it does not have the table. Rows of facts keep their numbers, which a view has none of."""
    columns = [f"NULL::{type} AS {name}" for name, type in TABLES[table].items() if name in lacked]
    if not database:
        columns += ["NULL::BIGINT AS rowid"] if table in FACTS else []
        return f"CREATE TEMP VIEW {table} AS SELECT {', '.join(columns)} WHERE false"
    columns += ["rowid"] if table in FACTS else []
    quoted = database.replace('"', '""')
    return f'CREATE TEMP VIEW {table} AS SELECT *, {", ".join(columns)} FROM "{quoted}".main.{table}'

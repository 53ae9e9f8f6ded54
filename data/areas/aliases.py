"""Aliases of areas: load a list of code, name and optional validity (from, to)."""

import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from data.areas.faults import error_of
from data.areas.levels import LOWEST, ROLLED
from data.areas.loading import plain_text
from data.areas.names import Named, segments
from data.areas.resolution import area_names, padded
from data.errors import DataError
from data.home import Home
from data.sources.deliveries import csv_reader, reading
from data.sources.expressions import quoted
from data.sources.parts import Csv
from data.store import open_store, transaction

COLUMNS = {
    "code": ("code", "代码", "编码", "区划代码"),
    "name": ("name", "alias", "名称", "别名"),
    "valid_from": ("from", "valid_from", "起", "生效日期"),
    "valid_to": ("to", "valid_to", "止", "失效日期"),
}
"""Names of each column in the file, in any case."""


@dataclass(frozen=True)
class AliasReport:
    """Outcome of a load of aliases: rows read, and whether the stored aliases changed."""

    read: int
    changed: bool


def load_aliases(home: Home, path: Path) -> AliasReport:
    """Load aliases of areas from a CSV. Replaces all aliases of the codes in it; a row without a name removes them.

    `to` is exclusive. Raises DataError with the first faults and their rows; then nothing is changed.
    """
    with tempfile.TemporaryDirectory() as scratch, open_store(home) as store, transaction(store):
        store.execute("SET preserve_insertion_order = true")
        with reading(path):
            _read(store, path, plain_text(path, Path(scratch)))
        faults = [*_row_faults(store), *_name_faults(store)]
        if faults:
            raise error_of(path, sorted(faults))
        before = _stored(store)
        store.execute("DELETE FROM aliases WHERE code IN (SELECT code FROM given)")
        store.execute("INSERT INTO aliases SELECT DISTINCT code, name, low, high FROM given WHERE name IS NOT NULL")
        changed = _stored(store) != before
        if changed:
            store.execute("UPDATE counters SET value = value + 1 WHERE name = 'aliases_version'")
        row_count = len(store.execute("FROM given").fetchall())
    return AliasReport(row_count, changed)


def _stored(store: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    return store.execute("FROM aliases ORDER BY ALL").fetchall()


def _read(store: duckdb.DuckDBPyConnection, path: Path, plain: Path) -> None:
    """Tables `file` (the rows as text) and `given` (typed), each with the row's number in the file."""
    names, reader = csv_reader(path, plain, Csv())
    column_of = {name: column for column, words in COLUMNS.items() for name in words}
    headers = {column_of[name.strip().lower()]: name for name in reversed(names) if name.strip().lower() in column_of}
    if missing := {"code", "name"} - headers.keys():
        raise DataError(
            "aliases.no_column",
            "{path}: has no column {columns}; a list of aliases has code and name",
            path=path,
            columns=tuple(sorted(missing)),
        )
    fields = ", ".join(
        f"{f'nullif(trim({quoted(headers[c])}), {chr(39) * 2})' if c in headers else 'NULL::VARCHAR'} AS {c}"
        for c in COLUMNS
    )
    store.execute(f"CREATE TEMP TABLE rows AS SELECT {fields} FROM {reader}")
    store.execute("CREATE TEMP TABLE file AS SELECT row_number() OVER () + 1 AS row, * FROM rows")
    store.execute(
        f"CREATE TEMP TABLE given AS SELECT row, {padded('code')} AS code, name, TRY_CAST(valid_from AS DATE) AS low, "
        "TRY_CAST(valid_to AS DATE) AS high FROM file WHERE coalesce(code, name) IS NOT NULL"
    )


def _row_faults(store: duckdb.DuckDBPyConnection) -> list[tuple[int, str]]:
    """Row number and fault of each invalid row."""
    sql = """
        SELECT line AS row, error_message AS fault FROM reject_errors
        UNION ALL SELECT row, 'code is missing' FROM file WHERE code IS NULL AND name IS NOT NULL
        UNION ALL SELECT g.row, 'there is no area ' || f.code FROM given g JOIN file f USING (row)
            WHERE f.code IS NOT NULL AND (g.code IS NULL OR g.code NOT IN (SELECT code FROM areas))
        UNION ALL SELECT g.row, f.valid_from || ' is no date' FROM given g JOIN file f USING (row)
            WHERE g.low IS NULL AND f.valid_from IS NOT NULL
        UNION ALL SELECT g.row, f.valid_to || ' is no date' FROM given g JOIN file f USING (row)
            WHERE g.high IS NULL AND f.valid_to IS NOT NULL
        UNION ALL SELECT row, 'to is not after from' FROM given WHERE high <= low"""
    return store.execute(sql).fetchall()


def _name_faults(store: duckdb.DuckDBPyConnection) -> list[tuple[int, str]]:
    """Aliases that are the name of another area below the same parent at the same time."""
    names = area_names(store)
    rows = store.execute(
        "SELECT DISTINCT g.row, g.code, a.level, g.name, g.low, g.high FROM given g JOIN areas a USING (code) "
        "WHERE g.name IS NOT NULL ORDER BY g.row"
    ).fetchall()
    replaced = {code for _, code, *_ in rows}
    by_segments: dict[tuple[str, ...], list[Named]] = {}
    for named in names.names:
        if not (named.alias and named.code in replaced):
            by_segments.setdefault(segments(named.name), []).append(named)
    faults = []
    for row, code, level, name, low, high in rows:
        alias = Named(code, level, name, low or date.min, high or date.max, alias=True)
        if not segments(name):
            faults.append((row, f"{name} holds no letter"))
        for namesake in by_segments.setdefault(segments(name), []):
            alike = namesake.level == level and (level != LOWEST.id or _town(namesake.code) == _town(code))
            if namesake.code != code and alike and namesake.low < alias.high and alias.low < namesake.high:
                faults.append((row, f"{name} is a name of {namesake.code} {names.path(namesake.code)} as well"))
        by_segments[segments(name)].append(alias)
    return faults


def _town(code: int) -> int:
    return code // ROLLED.span

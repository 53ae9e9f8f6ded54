"""The working store: one DuckDB file with areas, shapes, sources, batches, rejects and the facts as delivered.

`shapes` are for the screen (GeoJSON, simplified); `outlines` are the polygons as delivered, which points are found in.

DuckDB lets either one process write a file or many read it, so readers open it for milliseconds and everybody
waits a little for the other. Facts carry no index: ten million keys in one would cost more than the scan it saves.
"""

import json
import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import product
from pathlib import Path
from typing import Any

import duckdb

from data.errors import Unavailable
from data.home import Home
from data.passwords import holds_password, without_passwords
from data.schema import FACTS, TIME, Fact
from data.values.zones import LOCAL

log = logging.getLogger(__name__)

LOCK_SECONDS = 10.0

AREA_COLUMNS = {
    "code": "BIGINT",
    "name": "VARCHAR",
    "level": "VARCHAR",
    "kind": "VARCHAR",
    "parent": "BIGINT",
    "population": "BIGINT",
    "households": "BIGINT",
    "lon": "DOUBLE",
    "lat": "DOUBLE",
    "valid_from": "DATE",
    "valid_to": "DATE",
    "merged_into": "BIGINT",
}
"""Columns of `areas`. One row a code and valid_from; the versions of one code do not overlap; valid_to is exclusive."""

BATCH_COLUMNS = {
    "batch": "INTEGER",
    "source": "VARCHAR",
    "fact": "VARCHAR",
    "identity": "VARCHAR",
    "content_hash": "VARCHAR",
    "file": "VARCHAR",
    "rows_read": "BIGINT",
    "accepted": "BIGINT",
    "updated": "BIGINT",
    "unchanged": "BIGINT",
    "rejected": "BIGINT",
    "status": "VARCHAR",
    "started_at": "TIMESTAMP",
    "finished_at": "TIMESTAMP",
    "seconds": "DOUBLE",
    "forced": "BOOLEAN",
    "parent": "INTEGER",
    "mode": "VARCHAR",
    "ended": "BIGINT",
    "skipped": "MAP(VARCHAR, BIGINT)",
}
"""Columns of `batches`."""

ALIAS_COLUMNS = {"code": "BIGINT", "name": "VARCHAR", "valid_from": "DATE", "valid_to": "DATE"}
"""Columns of `aliases`: further names that people use for an area; valid_to is exclusive."""


def stored(fact: Fact, time_type: str = LOCAL) -> dict[str, str]:
    """Name and DuckDB type of the columns that the store keeps of a fact, in order. time_type: that of the home."""
    columns = (column for column in fact.columns if not column.derived)
    return {column.name: time_type if column.type == TIME else column.type for column in columns}


PAST_COLUMNS = {"cause": "INTEGER", "same_as": "INTEGER"}
"""Additional columns of `past_<fact>`, needed to unload a batch (`data.ingest.upsert`)."""

REFUSED_COLUMNS = {"row": "BIGINT", "ways": "VARCHAR[]", "sender": "BIGINT", "duplicate": "BOOLEAN"}
"""Additional columns of `refused_<fact>`: recoverable rejects, typed and masked like accepted rows.

ways: texts that identify the area: `code:…`, `path:…` or `point:…`. sender: the area that the sender of a push may
push. duplicate: another row of the delivery has the same key.
"""


def _table(name: str, columns: dict[str, str], constraint: str = "") -> str:
    return f"CREATE TABLE IF NOT EXISTS {name} ({', '.join(f'{n} {t}' for n, t in columns.items())}{constraint})"


SCHEMA = (
    _table("counters", {"name": "VARCHAR PRIMARY KEY", "value": "BIGINT NOT NULL"}),
    "INSERT INTO counters VALUES ('areas_version', 0), ('aliases_version', 0) ON CONFLICT DO NOTHING",
    _table("areas", AREA_COLUMNS),
    _table("aliases", ALIAS_COLUMNS),
    _table("shapes", {"code": "BIGINT", "geometry": "VARCHAR"}),
    _table("outlines", {"code": "BIGINT", "wkb": "BLOB"}),
    _table(
        "sources",
        {
            "source": "VARCHAR PRIMARY KEY",
            "name_zh": "VARCHAR",
            "name_en": "VARCHAR",
            "fact": "VARCHAR",
            "cycle_days": "DOUBLE",
            "zone": "VARCHAR",
            "file": "VARCHAR",
            "definition": "VARCHAR",
            "definition_hash": "VARCHAR",
        },
    ),
    _table(
        "files",
        {
            "path": "VARCHAR PRIMARY KEY",
            "size": "BIGINT",
            "changed_ns": "BIGINT",
            "inode": "UBIGINT",
            "content_hash": "VARCHAR",
        },
    ),
    _table("batches", BATCH_COLUMNS),
    _table(
        "rejects",
        {
            "batch": "INTEGER",
            "source": "VARCHAR",
            "row": "BIGINT",
            "key": "VARCHAR",
            "reasons": "VARCHAR[]",
            "raw": "VARCHAR",
        },
    ),
    _table(
        "watermarks",
        {"batch": "INTEGER", "source": "VARCHAR", "reading": "VARCHAR", "kind": "VARCHAR", "value": "VARCHAR"},
    ),
    # Columns missing from older stores.
    *(f"ALTER TABLE batches ADD COLUMN IF NOT EXISTS {name} {type}" for name, type in BATCH_COLUMNS.items()),
    "ALTER TABLE rejects ADD COLUMN IF NOT EXISTS ways VARCHAR[]",
    "ALTER TABLE rejects ADD COLUMN IF NOT EXISTS fixed_by INTEGER",
    _table("endings", {"batch": "INTEGER", "source": "VARCHAR", "key": "VARCHAR"}),
    _table("held", {"batch": "INTEGER PRIMARY KEY", "reject_limit": "DOUBLE"}),
    _table("kept", {"source": "VARCHAR PRIMARY KEY", "oldest": "INTEGER"}),
)
"""All tables but those of the facts, whose times depend on the home."""


def one(connection: duckdb.DuckDBPyConnection, sql: str, parameters: object = None) -> tuple[Any, ...]:
    """The first row of an answer, fetched to its end: a DuckDB connection works on one answer at a time."""
    return connection.execute(sql, parameters).fetchall()[0]


def areas_version(store: duckdb.DuckDBPyConnection) -> int:
    """Changes with every change of the areas or their aliases."""
    return int(one(store, "SELECT sum(value) FROM counters WHERE name IN ('areas_version', 'aliases_version')")[0])


FURTHER: dict[str, dict[str, str]] = {"": {}, "past_": PAST_COLUMNS, "refused_": REFUSED_COLUMNS, "held_": {}}
"""Tables of each fact by name prefix, with the columns added to those of the fact."""
_verified: dict[Path, tuple[int | str, ...]] = {}
"""Stamp of each store as it was when this process last found its tables complete. Checking them takes longer than
opening the file."""

OLD = "old_"
"""Prefix of the table of all superseded versions of a fact, of which no batch can be unloaded any more."""
VERSIONED = ("assets",)
"""Facts whose superseded versions are kept for good."""
FACT_TABLES = (
    *((fact, prefix, further) for fact, (prefix, further) in product(FACTS.values(), FURTHER.items())),
    *((FACTS[name], OLD, dict[str, str]()) for name in VERSIONED),
)
"""Each table of a fact: the fact, the prefix of its name, and the columns added to those of the fact."""
TABLES = sum(statement.startswith("CREATE TABLE") for statement in SCHEMA) + len(FACT_TABLES)


@contextmanager
def open_store(home: Home, wait: float = LOCK_SECONDS) -> Iterator[duckdb.DuckDBPyConnection]:
    """The store, open for writing, its tables made. Raises DataError if another process keeps it for `wait` seconds."""
    home.prepare()
    connection = _patiently(home, wait, lambda: home.connect(home.store))
    try:
        if not _is_verified(home):
            _upgrade(home, connection)
        yield connection
    finally:
        connection.close()


def _upgrade(home: Home, connection: duckdb.DuckDBPyConnection) -> None:
    """Make or complete the tables of a new store or of one that an older release made."""
    for statement in SCHEMA:
        connection.execute(statement)
    for fact, prefix, further in FACT_TABLES:
        connection.execute(_table(prefix + fact.name, stored(fact, home.time_type) | further))
    for table, column, type in _lacking(home, _columns(connection)):
        connection.execute(f"ALTER TABLE {table} ADD COLUMN {column} {type}")
    _keep_times(home, connection)
    _mask_passwords(home, connection)


@contextmanager
def read_store(home: Home, wait: float = LOCK_SECONDS) -> Iterator[duckdb.DuckDBPyConnection]:
    """The store, open for reading; an empty one if there is none yet. Close it soon: no load can start meanwhile."""
    if not home.store.exists():
        with open_store(home, wait):
            pass
    connection = _patiently(home, wait, lambda: home.connect(home.store, read_only=True))
    if not _is_verified(home):
        if _is_older(home, connection):
            connection.close()
            with open_store(home, wait):
                pass
            connection = _patiently(home, wait, lambda: home.connect(home.store, read_only=True))
        else:
            _verified[home.store] = _stamp(home)
    try:
        yield connection
    finally:
        connection.close()


def attach_store(home: Home, connection: duckdb.DuckDBPyConnection) -> None:
    """Attach the store to a connection as `store`, for reading only; no load can start while it is attached."""
    path = str(home.store).replace("'", "''")
    if not _is_verified(home):
        with read_store(home):  # upgrades a store of an older release
            pass
    _patiently(home, LOCK_SECONDS, lambda: connection.execute(f"ATTACH '{path}' AS store (READ_ONLY)"))


def _stamp(home: Home) -> tuple[int | str, ...]:
    """Changes with every write to the store, and with the type of times that the home requires."""
    state = home.store.stat()
    return state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns, home.time_type, home.zone


def _is_verified(home: Home) -> bool:
    """Whether this process has found the tables complete and nothing has been written since. Needs an open connection
    to be sure: without one another process may write at any time."""
    unmerged = home.store.with_name(f"{home.store.name}.wal")
    return home.store.exists() and not unmerged.exists() and _verified.get(home.store) == _stamp(home)


def _is_older(home: Home, store: duckdb.DuckDBPyConnection) -> bool:
    """Whether an older release made the store, or the district's zone was another one."""
    columns = _columns(store)
    few = len({table for table, _ in columns}) < TABLES
    return few or bool(_lacking(home, columns) or _other_times(home, columns) or _with_password(store))


def _columns(store: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], str]:
    """The types of all columns, by table and name."""
    rows = store.execute("SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal")
    return {(table, name): type for table, name, type in rows.fetchall()}


def _lacking(home: Home, columns: Mapping[tuple[str, str], str]) -> list[tuple[str, str, str]]:
    """Table, name and type of the columns of facts that a store of an older release does not have yet."""
    return [
        (prefix + fact.name, name, type)
        for fact, prefix, _further in FACT_TABLES
        for name, type in stored(fact, home.time_type).items()
        if (prefix + fact.name, name) not in columns
    ]


def _with_password(store: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str]]:
    """Source, definition and URL of the definitions that hold a password in clear text."""
    sql = (
        "SELECT source, definition, json_extract_string(definition, '$.url') AS url FROM sources WHERE url IS NOT NULL"
    )
    return [row for row in store.execute(sql).fetchall() if holds_password(row[2])]


def _mask_passwords(home: Home, store: duckdb.DuckDBPyConnection) -> None:
    """Take passwords out of the definitions: an older release took source files that had them in clear text."""
    if not (rows := _with_password(store)):
        return
    with transaction(store):
        for source, definition, url in rows:
            masked = json.loads(definition) | {"url": without_passwords(url, f"${{secret:{source}}}")}
            masked_texts = json.dumps(masked, ensure_ascii=False, sort_keys=True), without_passwords(url, "***")
            store.execute("UPDATE sources SET definition = ?, file = ? WHERE source = ?", [*masked_texts, source])
    store.execute("CHECKPOINT")
    names = ", ".join(source for source, *_ in rows)
    log.warning("%s: passwords in clear text were taken out of the definitions of %s; change them at the databases, "
                "as freed blocks of the file and older backups still hold them", home.store, names)  # fmt: skip


def _other_times(home: Home, columns: Mapping[tuple[str, str], str]) -> list[tuple[str, str]]:
    """Table and column of times of facts that are not kept as the home's zone asks for."""
    facts = {prefix + fact.name for fact, prefix, _further in FACT_TABLES}
    return [
        (table, name)
        for (table, name), type in columns.items()
        if table in facts and type.startswith("TIMESTAMP") and type != home.time_type
    ]


def _keep_times(home: Home, store: duckdb.DuckDBPyConnection) -> None:
    """Convert local times to instants or back if an older release or another zone stored them differently.

    A local time in a repeated hour is ambiguous: the later instant is used.
    """
    if not (changed := _other_times(home, _columns(store))):
        return
    with transaction(store):
        for table, column in changed:
            zone = home.zone.replace("'", "''")
            store.execute(
                f"ALTER TABLE {table} ALTER {column} SET DATA TYPE {home.time_type} USING timezone('{zone}', {column})"
            )
    log.warning("%s: its times are kept as %s from now on, since the zone is %s; publish once",
                home.store, "local times" if home.time_type == LOCAL else "instants", home.zone)  # fmt: skip


@contextmanager
def transaction(store: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """A transaction: commit on success, roll back on error."""
    store.execute("BEGIN")
    try:
        yield
        store.execute("COMMIT")
    except BaseException:
        with suppress(duckdb.Error):
            store.execute("ROLLBACK")
        raise


def _patiently(home: Home, wait: float, opening: Callable[[], duckdb.DuckDBPyConnection]) -> duckdb.DuckDBPyConnection:
    """Retry until the store is no longer locked. Raises DataError after `wait` seconds."""
    deadline = time.monotonic() + wait
    while True:
        try:
            return opening()
        except duckdb.Error as error:
            if not re.search(r"lock|different configuration|already attached", str(error)):
                raise Unavailable(
                    "file.unopenable", "{path} cannot be opened: {why}", path=home.store, why=str(error).splitlines()[0]
                ) from error
            if time.monotonic() > deadline:
                if pid := re.search(r"PID (\d+)", str(error)):
                    raise Unavailable(
                        "file.used_by", "{path} is in use by process {n}; wait until it has finished, then try again",
                        path=home.store, n=int(pid[1]),
                    ) from None  # fmt: skip
                raise Unavailable(
                    "file.used", "{path} is in use by another process; wait until it has finished, then try again",
                    path=home.store,
                ) from None  # fmt: skip
            time.sleep(0.05)

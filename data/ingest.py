"""Loading a delivery: judge its rows, keep the rejects, upsert the facts, all or nothing.

The delivery is judged beside the store; the store is open for writing only while it is merged, in one transaction. A
process killed at any instant has loaded all of it or none.
"""

import errno
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import duckdb

from data.deliveries import content_hash, fetch, location_of_query, reading, text
from data.errors import DataError
from data.home import Home
from data.judge import Judged, judge
from data.progress import Progress, watched
from data.schema import Fact
from data.sources import Source
from data.store import one, open_store, read_store, stored, transaction

MERGE_SECONDS = 120.0
"""How long a load waits until another one lets go of the store."""

Status = Literal["accepted", "held", "already loaded"]


@dataclass(frozen=True)
class LoadReport:
    """What a load did. `accepted + rejected == read`; `updated` and `unchanged` are among the accepted.

    updated: rows that replaced an older one. unchanged: rows that said nothing new, equal to what is stored or older.
    Of a held delivery nothing is stored, whatever was accepted.
    """

    source: str
    batch: int
    read: int
    accepted: int
    updated: int
    unchanged: int
    rejected: int
    seconds: float
    status: Status


@dataclass(frozen=True)
class _Run:
    """One run of `load`: what it loads, from where, since when."""

    home: Home
    source: Source
    origin: str
    content_hash: str
    started_at: datetime
    began: float
    force: bool

    @property
    def identity(self) -> str:
        return f"{self.content_hash}:{self.source.definition_hash}"

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    def known(self, store: duckdb.DuckDBPyConnection) -> LoadReport | None:
        """The report of the accepted batch that has this content, unless it is to be loaded all the same."""
        if self.force:
            return None
        found = store.execute(
            "SELECT batch, rows_read, accepted, updated, unchanged, rejected FROM batches "
            "WHERE source = ? AND identity = ? AND status = 'accepted' ORDER BY batch DESC LIMIT 1",
            [self.source.source, self.identity],
        ).fetchall()
        if not found:
            return None
        batch, read, accepted, updated, unchanged, rejected = found[0]
        counts = (read, accepted, updated, unchanged, rejected)
        return LoadReport(self.source.source, batch, *counts, self.seconds, "already loaded")


def load(
    home: Home,
    source: Source,
    *,
    file: Path | None = None,
    force: bool = False,
    reject_limit: float = 0.2,
    progress: Progress | None = None,
) -> LoadReport:
    """Load one delivery of `source`, read from `file` in place of what the source names if that is given.

    A delivery with more than `reject_limit` rejects (a share, 0 to 1) is held: its batch and rejects are recorded, no
    fact is. `force` loads a held delivery, or one that is already loaded, all the same.
    `progress` is told of the phases fetch (of a query), judge and merge.
    Raises DataError, with the store as it was, when the delivery cannot be read or the store cannot be written.
    """
    home.prepare()
    began, started_at = time.monotonic(), _now(home)
    tell = progress or (lambda phase, done: None)
    with _plain_errors(home), _scratch(home) as scratch:
        path, origin = file or source.location, str(file or source.location)
        if path is None:
            tell("fetch", 0.0)
            path, origin = fetch(source, scratch), location_of_query(source)
        with reading(path):
            before = path.stat()
        run = _Run(home, source, origin, content_hash(path), started_at, began, force)
        with read_store(home, wait=MERGE_SECONDS) as store:
            known, recorded = run.known(store), _is_recorded(store, source)
        if not known:
            judged = judge(home, source, path, scratch, started_at, tell)
            after = path.stat()
            if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
                raise DataError(f"{origin}: changed while it was read; nothing was loaded; load it when it is complete")
        elif recorded:
            return known
        with open_store(home, wait=MERGE_SECONDS) as store:
            store.execute(f"SET temp_directory = {text(str(scratch))}")
            with watched(store, "merge", tell), transaction(store):
                _record_source(store, source)
                report = run.known(store) or _merge(store, run, judged, reject_limit)
        return replace(report, seconds=run.seconds)


def _merge(store: duckdb.DuckDBPyConnection, run: _Run, judged: Judged, reject_limit: float) -> LoadReport:
    """Record the batch and its rejects and, unless there are too many, upsert the facts."""
    if one(store, "SELECT value FROM counters WHERE name = 'areas_version'") != (judged.areas_version,):
        raise DataError(f"{run.origin}: the areas were changed while it was read; nothing was loaded; load it again")
    held = judged.rejected > reject_limit * judged.read and not run.force
    status: Status = "held" if held else "accepted"
    name, accepted = run.source.source, judged.read - judged.rejected
    batch = one(store, "SELECT coalesce(max(batch), 0) + 1 FROM batches")[0]
    updated, unchanged = (0, 0) if held else _upsert(store, run, judged, batch)
    store.execute(
        "INSERT INTO rejects SELECT ?, ?, row, key, reasons, raw FROM read_parquet(?) ORDER BY row",
        [batch, name, str(judged.rejects)],
    )
    counts = (judged.read, accepted, updated, unchanged, judged.rejected)
    store.execute(
        f"INSERT INTO batches VALUES ({', '.join('?' * 16)})",
        [
            *(batch, name, run.source.fact, run.identity, run.content_hash, run.origin, *counts, status),
            *(run.started_at, _now(run.home), run.seconds, run.force),
        ],
    )
    return LoadReport(name, batch, *counts, run.seconds, status)


def _upsert(store: duckdb.DuckDBPyConnection, run: _Run, judged: Judged, batch: int) -> tuple[int, int]:
    """Put the good rows into their fact; where a key is stored already, the newer of the two stays.

    A row that does not say when it was updated is as new as the load. Returns how many rows replaced a stored one and
    how many said nothing new.
    """
    fact, name, now = run.source.contract, run.source.source, run.started_at
    store.execute(f"CREATE TEMP VIEW delivered AS {_delivered(run.source, judged)}")
    updated = unchanged = 0
    fresh = ""
    if store.execute(f"SELECT 1 FROM {fact.name} WHERE source = ? LIMIT 1", [name]).fetchall():
        store.execute(
            f"""
            CREATE TEMP TABLE met AS
            SELECT number, old, same OR NOT newer AS idle FROM (
                SELECT d.number, f.rowid AS old, coalesce(d.updated_at, $now) >= f.updated_at AS newer,
                    d.content = {_content(fact, "f")} AND coalesce(d.updated_at, f.updated_at) = f.updated_at AS same
                FROM {fact.name} f
                JOIN (SELECT number, key, updated_at, {_content(fact, "v")} AS content FROM delivered v) d
                ON d.key = f.key
                WHERE f.source = $source
            )""",
            {"now": now, "source": name},
        )
        updated, unchanged = one(
            store, "SELECT count(*) FILTER (WHERE NOT idle), count(*) FILTER (WHERE idle) FROM met"
        )
        store.execute(f"DELETE FROM {fact.name} WHERE rowid IN (SELECT old FROM met WHERE NOT idle)")
        fresh = "WHERE number NOT IN (SELECT number FROM met WHERE idle)"
    store.execute(
        f"INSERT INTO {fact.name} BY NAME SELECT * EXCLUDE (number) REPLACE (coalesce(updated_at, $now) AS updated_at),"
        f" $batch::INTEGER AS batch FROM delivered {fresh}",
        {"now": now, "batch": batch},
    )
    return updated, unchanged


def _delivered(source: Source, judged: Judged) -> str:
    """SQL of the good rows as the store keeps them, without the batch, with their `number`."""
    values = {column.name: column.name for column in judged.columns}
    values["source"] = text(source.source)
    if source.fact == "checks":
        values["asset_source"] = f"coalesce({values.get('asset_source', 'NULL')}, {values['source']})"
    columns = (
        f"{values.get(c, f'NULL::{type}')} AS {c}" for c, type in stored(source.contract).items() if c != "batch"
    )
    return f"SELECT file_row_number AS number, {', '.join(columns)} FROM ({judged.good})"


def _content(fact: Fact, alias: str) -> str:
    """SQL of a hash of what a row says."""
    said = (column for column in stored(fact) if column not in ("source", "key", "updated_at", "batch"))
    return f"hash({', '.join(f'{alias}.{column}' for column in said)})"


def _is_recorded(store: duckdb.DuckDBPyConnection, source: Source) -> bool:
    found = store.execute("SELECT definition FROM sources WHERE source = ?", [source.source]).fetchall()
    return found == [(source.definition,)]


def _record_source(store: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Keep the source file in the store. Raises DataError if the name stands for another fact already."""
    found = store.execute("SELECT fact FROM sources WHERE source = ?", [source.source]).fetchall()
    if found and found[0][0] != source.fact:
        raise DataError(
            f"{source.path}: source: {source.source} has delivered {found[0][0]} before, and a source delivers one "
            f"fact; give {source.fact} another name"
        )
    store.execute(
        f"INSERT OR REPLACE INTO sources VALUES ({', '.join('?' * 9)})",
        [
            *(source.source, source.name.zh, source.name.en, source.fact, source.cycle_days, source.zone),
            *(source.file or source.url, source.definition, source.definition_hash),
        ],
    )


def _now(home: Home) -> datetime:
    return datetime.now(ZoneInfo(home.zone)).replace(tzinfo=None)


@contextmanager
def _scratch(home: Home) -> Iterator[Path]:
    """A folder for one load, gone with it; those of loads that were killed go as well."""
    for folder in home.scratch.glob("load-*"):
        if not _is_alive(int(folder.name.split("-")[1])):
            shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f"load-{os.getpid()}-", dir=home.scratch) as made:
        yield Path(made)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


@contextmanager
def _plain_errors(home: Home) -> Iterator[None]:
    """Say in one line what the disk, the memory or DuckDB has against a load."""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise DataError(
            f"{home.memory} of memory are not enough for this load; nothing was loaded; allow more"
        ) from error
    except (duckdb.Error, OSError) as error:
        full = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        if full or any(os.strerror(number) in str(error) for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)):
            raise DataError(
                f"the disk of {home.root} is full; nothing was loaded; free some space, then load again"
            ) from error
        raise DataError(f"nothing was loaded: {' '.join(str(error).split())}") from error

"""Merging a judged delivery into the store: its batch, its rejects, and its facts by key."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

import duckdb

from data.deliveries import text
from data.errors import DataError, Unavailable
from data.home import Home
from data.judge import Judged
from data.pushed import Pushed
from data.schema import Fact
from data.sources import Source
from data.store import areas_version, one, stored

Status = Literal["accepted", "held", "already loaded"]


@dataclass(frozen=True)
class LoadReport:
    """What a load did. `accepted + rejected == read`; `updated` and `unchanged` are among the accepted.

    updated: rows that replaced an older one. unchanged: rows that said nothing new, equal to what is stored or older.
    Of a held delivery nothing is stored, whatever was accepted. skipped: rows of no fact, by `contract.SKIPS`.
    swallowed: of the rejected, lines inside a quoted value that seems to be left open; then the delivery is held.
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
    skipped: Mapping[str, int] = field(default_factory=dict)
    swallowed: int = 0


@dataclass(frozen=True)
class Run:
    """One run of `load`: what it loads, from where, since when. A push is known by its id, others by their content."""

    home: Home
    source: Source
    origin: str
    content_hash: str
    started_at: datetime
    began: float
    force: bool
    pushed: Pushed | None = None

    @property
    def identity(self) -> str:
        return f"{self.pushed.id if self.pushed else self.content_hash}:{self.source.definition_hash}"

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    def known(self, store: duckdb.DuckDBPyConnection) -> LoadReport | None:
        """The report of the accepted batch that has this content, unless it is to be loaded all the same.

        A push is sent once: if it was held it stays so, and if it was accepted it is not loaded again by force.
        """
        if self.force and not self.pushed:
            return None
        told = "status" if self.pushed and not self.force else "nullif(status, 'held')"
        found = store.execute(
            f"SELECT batch, rows_read, accepted, updated, unchanged, rejected, {told} AS told FROM batches "
            "WHERE source = ? AND identity = ? AND told IS NOT NULL ORDER BY batch DESC LIMIT 1",
            [self.source.source, self.identity],
        ).fetchall()
        if not found:
            return None
        batch, read, accepted, updated, unchanged, rejected, status = found[0]
        counts = (read, accepted, updated, unchanged, rejected)
        told = "held" if status == "held" else "already loaded"
        return LoadReport(self.source.source, batch, *counts, self.seconds, told)


def merge(store: duckdb.DuckDBPyConnection, run: Run, judged: Judged, reject_limit: float) -> LoadReport:
    """Record the batch and its rejects and, unless there are too many, upsert the facts."""
    if areas_version(store) != judged.areas_version:
        raise Unavailable(f"{run.origin}: the areas were changed while it was read; nothing was loaded; load it again")
    held = (judged.rejected > reject_limit * judged.read or judged.swallowed > 0) and not run.force
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
            *(run.started_at, run.started_at + timedelta(seconds=run.seconds), run.seconds, run.force),
        ],
    )
    return LoadReport(name, batch, *counts, run.seconds, status, judged.skipped, judged.swallowed)


def _upsert(store: duckdb.DuckDBPyConnection, run: Run, judged: Judged, batch: int) -> tuple[int, int]:
    """Put the good rows into their fact; where a key is stored already, the newer of the two stays.

    A row that does not say when it was updated is as new as the load. Returns how many rows replaced a stored one and
    how many said nothing new.
    """
    fact, name, now = run.source.contract, run.source.source, run.started_at
    store.execute(f"CREATE TEMP VIEW delivered AS {_delivered(run.source, judged)}")
    updated = unchanged = 0
    fresh = ""
    if store.execute(f"SELECT 1 FROM {fact.name} WHERE source = ? LIMIT 1", [name]).fetchall():
        # First who meets whom, by the keys alone, then what they say: a small delivery reads one column of all rows.
        store.execute(
            f"CREATE TEMP TABLE pairs AS SELECT d.number, f.rowid AS old FROM {fact.name} f "
            "JOIN (SELECT number, key FROM delivered) d ON d.key = f.key WHERE f.source = ?",
            [name],
        )
        store.execute(
            f"""
            CREATE TEMP TABLE met AS
            SELECT p.number, p.old, coalesce(d.updated_at, $now) < f.updated_at OR (
                {_content(fact, "d")} = {_content(fact, "f")} AND coalesce(d.updated_at, f.updated_at) = f.updated_at
            ) AS idle
            FROM {fact.name} f JOIN pairs p ON p.old = f.rowid JOIN delivered d ON d.number = p.number""",
            {"now": now},
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


def without_password(url: str | None) -> str | None:
    """A URL whose password, if it stands in it, is starred out."""
    return re.sub(r"(://[^/@:]*):[^/@]*@", r"\1:***@", url) if url else url


def is_recorded(store: duckdb.DuckDBPyConnection, source: Source) -> bool:
    found = store.execute("SELECT definition FROM sources WHERE source = ?", [source.source]).fetchall()
    return found == [(source.definition,)]


def record_source(store: duckdb.DuckDBPyConnection, source: Source) -> None:
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
            *(source.file or without_password(source.url), source.definition, source.definition_hash),
        ],
    )

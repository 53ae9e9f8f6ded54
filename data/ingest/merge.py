"""Merge a validated delivery into the store: batch, rejects, and facts by key."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

import duckdb

from data.errors import DataError, Unavailable
from data.home import Home
from data.ingest import held
from data.ingest.held import too_many
from data.ingest.snapshots import count_missing, end_missing
from data.ingest.unload import mark_fixed
from data.ingest.upsert import Arrival, prune_history, upsert
from data.ingest.validate import Validated
from data.ingest.validation_sql import AMBIGUOUS_AREA, DUPLICATE, UNKNOWN_AREA, WRONG_DAY
from data.passwords import without_passwords
from data.push.metadata import Pushed
from data.sources.definition import Source
from data.sources.deliveries import text
from data.store import areas_version, one, stored

Status = Literal["accepted", "held", "already loaded"]
RECOVERABLE = (UNKNOWN_AREA, AMBIGUOUS_AREA, WRONG_DAY, DUPLICATE)
"""Reject reasons that new areas or aliases may resolve. Duplicates are checked again then."""


@dataclass(frozen=True)
class LoadReport:
    """Row counts of a load. `accepted + rejected == read`; `updated` and `unchanged` are part of `accepted`.

    updated: rows that replaced an older version. unchanged: rows equal to, or older than, the stored version.
    skipped: ignored rows by reason (`validation_sql.SKIPS`).
    swallowed: rejected lines inside a quoted value that is probably unclosed; any of them holds the delivery.
    ended: stored rows missing from a full delivery; for a held one, rows that it would have ended.
    A held delivery changes no fact, regardless of `accepted`.
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
    ended: int = 0


@dataclass(frozen=True)
class Run:
    """Parameters of one `load`. A push is identified by its id, other deliveries by their content."""

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

    def existing_report(self, store: duckdb.DuckDBPyConnection) -> LoadReport | None:
        """The report of the accepted batch with this identity; None if there is none or `force` is set.

        A push is loaded once: a held push stays held, and `force` does not load an accepted push again.
        """
        if self.force and not self.pushed:
            return None
        states = ("accepted", "held") if self.pushed and not self.force else ("accepted",)
        # A full file may be delivered again after a different one: only the newest batch counts as loaded.
        among = "batch = (SELECT max(batch) FROM batches WHERE source = $1 AND status = 'accepted' AND parent IS NULL)"
        newest = f" AND {among}" if self.source.mode == "snapshot" and not self.pushed else ""
        rows = store.execute(
            "SELECT batch, rows_read, accepted, updated, unchanged, rejected, status, skipped FROM batches "
            f"WHERE source = $1 AND identity = $2 AND status IN {states + states}{newest} ORDER BY batch DESC LIMIT 1",
            [self.source.source, self.identity],
        ).fetchall()
        if not rows:
            return None
        batch, read, accepted, updated, unchanged, rejected, status, skipped = rows[0]
        counts = (read, accepted, updated, unchanged, rejected)
        repeated_status: Status = "held" if status == "held" else "already loaded"
        return LoadReport(self.source.source, batch, *counts, self.seconds, repeated_status, skipped or {})


def merge(store: duckdb.DuckDBPyConnection, run: Run, validated: Validated, reject_limit: float) -> LoadReport:
    """Record the batch and its rejects and, unless there are too many, upsert the facts."""
    if areas_version(store) != validated.areas_version:
        raise Unavailable(
            "load.areas_changed",
            "{origin}: the areas were changed while it was read; nothing was loaded; load it again",
            origin=run.origin,
        )
    name, accepted = run.source.source, validated.read - validated.rejected
    batch = next_batch(store)
    mode = _mode(store, run, validated)
    missing, alive = _count_missing(store, run, validated) if mode == "snapshot" else (0, 0)
    over_limit = too_many(validated.rejected, validated.read, reject_limit) or validated.swallowed > 0
    is_held = not run.force and (over_limit or too_many(missing, alive, reject_limit))
    status: Status = "held" if is_held else "accepted"
    store.execute(
        "INSERT INTO rejects BY NAME SELECT $batch::INTEGER AS batch, $source AS source, row, key, reasons, raw, ways "
        f"FROM {validated.refused} ORDER BY row",
        {"batch": batch, "source": name},
    )
    _drop_superseded_held(store, run, status, mode)
    if is_held:
        updated, unchanged, ended = 0, 0, missing
        _store_held(store, run, validated, batch, reject_limit)
    else:
        updated, unchanged, ended = _accept(store, run, validated, batch, mode)
    counts = (validated.read, accepted, updated, unchanged, validated.rejected)
    report = LoadReport(name, batch, *counts, run.seconds, status, validated.skipped, validated.swallowed, ended)
    record_batch(store, run, report, mode)
    prune_history(store, run.source.contract, name)
    return report


def next_batch(store: duckdb.DuckDBPyConnection) -> int:
    return int(one(store, "SELECT coalesce(max(batch), 0) + 1 FROM batches")[0])


def record_batch(store: duckdb.DuckDBPyConnection, run: Run, report: LoadReport, mode: str | None) -> None:
    store.execute(
        f"INSERT INTO batches VALUES ({', '.join('?' * 19)}, map(?::VARCHAR[], ?::BIGINT[]))",
        [
            *(report.batch, report.source, run.source.fact, run.identity, run.content_hash, run.origin),
            *(report.read, report.accepted, report.updated, report.unchanged, report.rejected, report.status),
            *(run.started_at, run.started_at + timedelta(seconds=run.seconds), run.seconds, run.force),
            *(None, mode, report.ended, list(report.skipped), list(report.skipped.values())),
        ],
    )


def _accept(
    store: duckdb.DuckDBPyConnection, run: Run, validated: Validated, batch: int, mode: str | None
) -> tuple[int, int, int]:
    """Upsert the valid rows, store recoverable rejects, and end rows missing from a full delivery."""
    name = run.source.source
    arrival = Arrival(run.source.contract, name, batch, run.started_at, batch)
    updated, unchanged = upsert(store, arrival, _as_stored(run.source, validated, validated.good))
    ended = end_missing(store, arrival, _present(validated)) if mode == "snapshot" else 0
    _store_recoverable(store, run, validated, batch)
    mark_fixed(store, name, batch, f"SELECT key FROM ({validated.good})")
    return updated, unchanged, ended


def _store_held(
    store: duckdb.DuckDBPyConnection, run: Run, validated: Validated, batch: int, reject_limit: float
) -> None:
    """Store the rows of a held delivery that new areas or aliases may resolve (see `data.ingest.held`)."""
    if run.pushed or validated.swallowed or run.source.watermark is not None:
        return
    held.store_rows(store, run.source.contract, batch, reject_limit, _as_stored(run.source, validated, validated.good))
    _store_recoverable(store, run, validated, batch)


def _drop_superseded_held(store: duckdb.DuckDBPyConnection, run: Run, status: Status, mode: str | None) -> None:
    """Delete held batches that this batch supersedes: the same delivery, or older ones if this is full."""
    among = "SELECT batch FROM batches WHERE source = $source AND status = 'held' AND (identity = $identity OR $newer)"
    newer = mode == "snapshot" and status == "accepted"
    values = {"source": run.source.source, "identity": run.identity, "newer": newer}
    held.delete_rows(store, run.source.contract, among, values)


def _store_recoverable(store: duckdb.DuckDBPyConnection, run: Run, validated: Validated, batch: int) -> None:
    """Store the rejects whose every reason is RECOVERABLE."""
    fact = run.source.contract
    sender = run.pushed.area if run.pushed and run.pushed.area is not None else "NULL"
    recoverable = " OR ".join(f"starts_with(reason, {text(why)})" for why in RECOVERABLE)
    rows = _as_stored(run.source, validated, f"FROM {validated.all}")
    store.execute(
        f"INSERT INTO refused_{fact.name} BY NAME SELECT d.* EXCLUDE (number), r.row, r.ways, {batch} AS batch, "
        f"{sender}::BIGINT AS sender, list_contains(r.reasons, {text(DUPLICATE)}) AS duplicate "
        f"FROM ({rows}) d JOIN {validated.refused} r USING (number) "
        f"WHERE len(r.ways) > 0 AND len(list_filter(r.reasons, lambda reason: NOT ({recoverable}))) = 0"
    )


def _mode(store: duckdb.DuckDBPyConnection, run: Run, validated: Validated) -> str | None:
    """`snapshot` if missing rows are to be ended: the delivery is full, not empty, and each row has a key."""
    if run.source.mode != "snapshot" or run.pushed or validated.read == validated.rejected:
        return None
    nameless = one(store, f"SELECT count(*) FROM {validated.refused} WHERE key IS NULL")[0]
    return None if nameless else "snapshot"


def _count_missing(store: duckdb.DuckDBPyConnection, run: Run, validated: Validated) -> tuple[int, int]:
    """Number of active rows missing from a full delivery, and number of all active rows."""
    return count_missing(store, run.source.contract, run.source.source, _present(validated))


def _present(validated: Validated) -> str:
    """SQL of the keys of a delivery, rejected rows included."""
    return f"SELECT key FROM {validated.all} WHERE key IS NOT NULL"


def _as_stored(source: Source, validated: Validated, rows: str) -> str:
    """SQL of validated rows with the stored columns except `batch`, plus `number`."""
    values = {column.name: column.name for column in validated.columns}
    values["source"] = text(source.source)
    if source.fact == "checks":
        values["asset_source"] = f"coalesce({values.get('asset_source', 'NULL')}, {values['source']})"
    columns = (
        f"{values.get(c, f'NULL::{type}')} AS {c}" for c, type in stored(source.contract).items() if c != "batch"
    )
    return f"SELECT file_row_number AS number, {', '.join(columns)} FROM ({rows})"


def is_recorded(store: duckdb.DuckDBPyConnection, source: Source) -> bool:
    rows = store.execute("SELECT definition FROM sources WHERE source = ?", [source.source]).fetchall()
    return rows == [(source.definition,)]


def record_source(store: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Store the source definition. Raises DataError if the source has delivered another fact."""
    rows = store.execute("SELECT fact FROM sources WHERE source = ?", [source.source]).fetchall()
    if rows and rows[0][0] != source.fact:
        raise DataError(
            "source.other_fact",
            "{path}: source: {source} has delivered {before} before, and a source delivers one fact; "
            "give {fact} another name",
            path=source.path,
            source=source.source,
            before=rows[0][0],
            fact=source.fact,
        )
    store.execute(
        f"INSERT OR REPLACE INTO sources VALUES ({', '.join('?' * 9)})",
        [
            *(source.source, source.name.zh, source.name.en, source.fact, source.cycle_days, source.zone),
            *(
                source.file or (source.url and without_passwords(source.url, "***")),
                source.definition,
                source.definition_hash,
            ),
        ],
    )

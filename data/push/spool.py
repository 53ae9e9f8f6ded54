"""The spool of pushes: for each push a file of rows, a receipt, and a journal entry with its state.

The journal is SQLite, so processes share it and entries are atomic. A push is acknowledged once file, receipt and entry
are on disk; a file without an entry was never acknowledged. A lost or damaged journal is rebuilt from the receipts; the
pushes are loaded again under their ids, which has no effect if they were loaded before.
"""

import json
import os
import secrets
import sqlite3
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from data.editions.files import sync
from data.errors import DataError, Unavailable
from data.home import Home
from data.ingest.merge import LoadReport
from data.messages import Message, restored
from data.push import receipts
from data.push.intake import Intake
from data.push.journal import Journal, insert
from data.push.metadata import Pushed, PushFormat
from data.push.receipts import Receipt
from data.system_errors import of_os

State = Literal["queued", "loaded", "held", "failed", "published"]
STATES: tuple[State, ...] = ("queued", "loaded", "held", "failed", "published")
KEPT_DAYS = 30
"""Days that a finished push and its Idempotency-Key are kept."""
STALE_SECONDS = 3600.0
SUSPECT = 2
"""Number of inconclusive attempts after which a push is loaded behind all others, with growing delays."""
NEEDS_BODY = "('queued', 'held', 'failed')"


class Conflict(DataError):
    """The Idempotency-Key was used for a different push."""


@dataclass(frozen=True)
class Push(Receipt):
    """A journal entry: the receipt of a push, and its state. ended: seconds since 1970.

    read … rejected: as in LoadReport, None before loading. edition: the first edition that contains it.
    attempts: number of inconclusive load attempts. fault: a stored message; see `why`.
    """

    state: State
    attempts: int
    forced: bool
    batch: int | None
    read: int | None
    accepted: int | None
    updated: int | None
    unchanged: int | None
    rejected: int | None
    fault: str | None
    edition: str | None
    ended: float | None

    @property
    def why(self) -> Message | str:
        """Reason of the failure or of the last failed attempt; empty if there is none."""
        return restored(self.fault or "")

    @property
    def pushed(self) -> Pushed:
        return Pushed(self.id, self.format, self.area)


@dataclass(frozen=True)
class RefusedRow:
    """A rejected row: its number in the body, its key, and all reasons."""

    row: int | None
    key: str | None
    reasons: list[str]


@dataclass(frozen=True)
class Sender:
    """The sender of a push. token: its number. area: the code it may push, None for every area."""

    token: int
    system: str
    area: int | None


COLUMNS = ", ".join(field.name for field in fields(Push))


class Spool:
    """The spool of a home, shared by processes. The first push creates its folder."""

    def __init__(self, home: Home) -> None:
        self.zone = home.zone
        self.folder = home.root / "spool"
        self._journal = Journal(self.folder)
        self.journal = self._journal.path

    @property
    def exists(self) -> bool:
        """Whether anything was ever pushed."""
        return self._journal.exists

    def file(self, push: Push) -> Path:
        """The file of a push's rows."""
        return self.folder / f"{push.id}.{push.format}"

    def incoming_path(self) -> Path:
        """A new path to write a body to; `accept` moves it into place. Raises Unavailable if it is not writable."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(
                "folder.not_made", "{folder} cannot be made: {why}", folder=self.folder, why=of_os(error)
            ) from error
        return self.folder / f".coming-{secrets.token_hex(8)}"

    def accept(self, body: Intake, sender: Sender, source: str, key: str | None) -> tuple[Push, bool]:
        """Store a closed body durably. Returns the push, and whether it existed before.

        Raises Conflict if the sender used the key for another body, Unavailable if the disk cannot be written to.
        """
        now = time.time()
        id = f"{datetime.fromtimestamp(now, ZoneInfo(self.zone)):%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"
        with self._journal.writing() as journal:
            if key is not None and (earlier := self._first(journal, "token = ? AND key = ?", sender.token, key)):
                if (earlier.source, earlier.content, earlier.format) != (source, body.content, body.format):
                    raise Conflict(
                        "push.key_used",
                        "the Idempotency-Key was used for another body before, push {id}: take a new one",
                        id=earlier.id,
                    )
                return earlier, True
            receipt = Receipt(
                self._next_seq(journal), id, sender.token, sender.system, sender.area, source, key, body.content,
                body.format, body.rows, body.size, now,
            )  # fmt: skip
            try:
                receipt.write(self.folder)
                os.replace(body.path, self.folder / f"{id}.{body.format}")
                sync(self.folder)
                insert(journal, receipt)
            except BaseException:
                self._remove(id, body.format)
                raise
            push = self._first(journal, "id = ?", id)
        assert push
        return push, False

    def find(self, id: str) -> Push | None:
        with self._journal.reading() as journal:
            return self._first(journal, "id = ?", id) if journal else None

    def newest(self, limit: int = 50, state: State | None = None) -> list[Push]:
        """The pushes, newest first."""
        with self._journal.reading() as journal:
            condition = "state = ?" if state else "? IS NULL"
            return self._all(journal, f"{condition} ORDER BY seq DESC LIMIT ?", state, limit) if journal else []

    def next(self) -> Push | None:
        """The push to load next: in order, suspects last."""
        with self._journal.reading() as journal:
            order = f"state = 'queued' ORDER BY attempts >= {SUSPECT}, seq LIMIT 1"
            return self._first(journal, order) if journal else None

    def suspects(self) -> list[Push]:
        """Queued pushes with several inconclusive attempts, fewest attempts first."""
        with self._journal.reading() as journal:
            order = f"state = 'queued' AND attempts >= {SUSPECT} ORDER BY attempts, seq"
            return self._all(journal, order) if journal else []

    def loaded(self) -> list[Push]:
        """Loaded pushes that are in no edition yet, oldest first."""
        with self._journal.reading() as journal:
            return self._all(journal, "state = 'loaded' ORDER BY seq") if journal else []

    def rejects(self, push: Push, limit: int, offset: int = 0) -> list[RefusedRow]:
        """The rejected rows, in the order of the body."""
        sql = "SELECT row, key, reasons FROM reject WHERE push = ? ORDER BY row, rowid LIMIT ? OFFSET ?"
        with self._journal.reading() as journal:
            rows = journal.execute(sql, (push.id, limit, offset)).fetchall() if journal else []
        return [RefusedRow(row, key, json.loads(reasons)) for row, key, reasons in rows]

    def waiting(self) -> tuple[int, int]:
        """Number and total bytes of queued pushes."""
        with self._journal.reading() as journal:
            sql = "SELECT count(*), coalesce(sum(size), 0) FROM push WHERE state = 'queued'"
            return journal.execute(sql).fetchone() if journal else (0, 0)

    def counts(self) -> dict[State, int]:
        """Number of pushes by state."""
        with self._journal.reading() as journal:
            rows = journal.execute("SELECT state, count(*) FROM push GROUP BY state").fetchall() if journal else []
        return {state: dict(rows).get(state, 0) for state in STATES}

    def refused_rows(self) -> int:
        """Number of rejected rows of all pushes."""
        with self._journal.reading() as journal:
            return journal.execute("SELECT coalesce(sum(rejected), 0) FROM push").fetchone()[0] if journal else 0

    # --- state changes by the publisher

    def begin(self, push: Push) -> None:
        """Count an attempt before it starts, so that a push that kills the process is recognised."""
        self._note(push, attempts=push.attempts + 1)

    def cancel_attempt(self, push: Push) -> None:
        """Do not count the current attempt: it failed for reasons outside the push."""
        self._note(push, attempts=push.attempts)

    def record_fault(self, push: Push, fault: Message) -> None:
        """Record an inconclusive attempt: the push stays queued."""
        self._note(push, fault=fault.stored())

    def record_result(
        self, push: Push, report: LoadReport, refused: Sequence[tuple[int | None, str | None, list[str]]]
    ) -> None:
        """Record the result of a load and its rejected rows. Deletes the file of a loaded push."""
        state: State = "held" if report.status == "held" else "loaded"
        with self._journal.writing() as journal:
            journal.execute("DELETE FROM reject WHERE push = ?", (push.id,))
            journal.executemany(
                "INSERT INTO reject (push, row, key, reasons) VALUES (?, ?, ?, ?)",
                ((push.id, row, key, json.dumps(reasons, ensure_ascii=False)) for row, key, reasons in refused),
            )
            self._set(
                journal, push.id, state=state, batch=report.batch, read=report.read, accepted=report.accepted,
                updated=report.updated, unchanged=report.unchanged, rejected=report.rejected, fault=None,
                ended=time.time() if state == "held" else None,
            )  # fmt: skip
        if state == "loaded":  # its receipt stays until it is published
            self.file(push).unlink(missing_ok=True)

    def mark_failed(self, push: Push, fault: Message) -> None:
        """Mark a push as failed: its content is refused as a whole."""
        self._note(push, state="failed", fault=fault.stored(), ended=time.time())

    def mark_published(self, pushes: Sequence[Push], edition: str) -> None:
        """Mark pushes as published in an edition and delete their files."""
        with self._journal.writing() as journal:
            for push in pushes:
                self._set(journal, push.id, state="published", edition=edition, fault=None, ended=time.time())
        for push in pushes:
            self._remove(push.id, push.format)

    def again(self, push: Push) -> None:
        """Queue a held or failed push again, ignoring the reject limit. Raises DataError if it is in another state."""
        if push.state not in ("held", "failed") or not self.file(push).is_file():
            raise DataError(
                "push.not_waiting",
                "push {id} is {state}: only one that is held or failed can be let in",
                id=push.id,
                state=push.state,
            )
        self._note(push, state="queued", forced=1, attempts=0, fault=None, ended=None)

    def sweep(self) -> None:
        """Delete pushes that ended KEPT_DAYS ago, and files that were never acknowledged."""
        now = time.time()
        with self._journal.writing() as journal:
            self._repair_times(journal, now)
            expired = "SELECT id FROM push WHERE ended < ?"
            journal.execute(f"DELETE FROM reject WHERE push IN ({expired})", (now - KEPT_DAYS * 86400,))
            journal.execute(f"DELETE FROM push WHERE id IN ({expired})", (now - KEPT_DAYS * 86400,))
            waiting = self._all(journal, f"state = 'loaded' OR state IN {NEEDS_BODY}")
        for push in waiting:  # an older release wrote none
            if not receipts.path(self.folder, push.id).is_file():
                Receipt(**{field.name: getattr(push, field.name) for field in fields(Receipt)}).write(self.folder)
        needed = {file for push in waiting for file in (self.file(push), receipts.path(self.folder, push.id))}
        for file in self.folder.iterdir():
            is_spool_file = file.name.startswith(".coming-") or file.suffix in (*receipts.BODIES, receipts.SUFFIX)
            try:
                if is_spool_file and file not in needed and abs(now - file.stat().st_mtime) > STALE_SECONDS:
                    file.unlink()
            except FileNotFoundError:
                continue

    def _repair_times(self, journal: sqlite3.Connection, now: float) -> None:
        """Correct end times in the future (the clock was set back), so that pushes are not kept longer."""
        journal.execute("UPDATE push SET ended = ? WHERE ended > ?", (now, now))

    def _next_seq(self, journal: sqlite3.Connection) -> int:
        """The number of the next push; numbers are never reused. Requires a write transaction."""
        row = journal.execute("SELECT seq FROM sqlite_sequence WHERE name = 'push'").fetchone()
        return (row[0] if row else 0) + 1

    def _remove(self, id: str, format: PushFormat) -> None:
        """Remove the files of a push. The sweep removes those that cannot be removed now."""
        for file in (self.folder / f"{id}.{format}", receipts.path(self.folder, id)):
            with suppress(OSError):
                file.unlink(missing_ok=True)

    def _note(self, push: Push, **values: Any) -> None:
        with self._journal.writing() as journal:
            self._set(journal, push.id, **values)

    def _set(self, journal: sqlite3.Connection, id: str, **values: Any) -> None:
        changed = ", ".join(f"{name} = ?" for name in values)
        journal.execute(f"UPDATE push SET {changed} WHERE id = ?", (*values.values(), id))

    def _first(self, journal: sqlite3.Connection, condition: str, *values: object) -> Push | None:
        return next(iter(self._all(journal, condition, *values)), None)

    def _all(self, journal: sqlite3.Connection, condition: str, *values: object) -> list[Push]:
        rows = journal.execute(f"SELECT {COLUMNS} FROM push WHERE {condition}", values).fetchall()
        return [Push(*row) for row in rows]

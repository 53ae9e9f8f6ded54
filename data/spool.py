"""The spool: pushes on disk, each a file of rows and a line of the journal that says what became of it.

The journal is SQLite, so that processes share it and a line is whole or not there. A push is promised to its sender
once its file is in place and its line committed, both on disk; a file without a line was promised to nobody.
"""

import errno
import fcntl
import json
import os
import secrets
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from data.editions import sync
from data.errors import DataError, Unavailable
from data.home import Home
from data.intake import Intake
from data.merge import LoadReport
from data.pushed import Pushed, PushFormat

State = Literal["queued", "loaded", "held", "failed", "published"]
STATES: tuple[State, ...] = ("queued", "loaded", "held", "failed", "published")
KEPT_DAYS = 30
"""How long a push that has come to its end is told of, and its Idempotency-Key remembered."""
STALE_SECONDS = 3600.0
LOCK_SECONDS = 10.0
SUSPECT = 2
"""So many times its loading ended the process: it is tried again only when nothing else waits."""
VERSION = 1
SCHEMA = """
CREATE TABLE IF NOT EXISTS push (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, token INTEGER NOT NULL, system TEXT NOT NULL,
    area INTEGER, source TEXT NOT NULL, key TEXT, content TEXT NOT NULL, format TEXT NOT NULL, rows INTEGER NOT NULL,
    size INTEGER NOT NULL, received REAL NOT NULL, state TEXT NOT NULL DEFAULT 'queued',
    attempts INTEGER NOT NULL DEFAULT 0, forced INTEGER NOT NULL DEFAULT 0, batch INTEGER, read INTEGER,
    accepted INTEGER, updated INTEGER, unchanged INTEGER, rejected INTEGER, fault TEXT, edition TEXT, ended REAL,
    UNIQUE (token, key)
);
CREATE INDEX IF NOT EXISTS push_state ON push (state);
CREATE TABLE IF NOT EXISTS reject (
    push TEXT NOT NULL, row INTEGER, key TEXT, reasons TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS reject_push ON reject (push, row);
"""


class Conflict(DataError):
    """An Idempotency-Key that stands for another push already."""


@dataclass(frozen=True)
class Push:
    """A line of the journal. token: whose it is. rows, size: of its body. received, ended: seconds since 1970.

    read … rejected: as in a LoadReport, None before it was loaded. edition: the first that shows it.
    """

    seq: int
    id: str
    token: int
    system: str
    area: int | None
    source: str
    key: str | None
    content: str
    format: PushFormat
    rows: int
    size: int
    received: float
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
    def pushed(self) -> Pushed:
        return Pushed(self.id, self.format, self.area)


@dataclass(frozen=True)
class RefusedRow:
    """One row that was refused: its number in the body, and every reason."""

    row: int | None
    key: str | None
    reasons: list[str]


@dataclass(frozen=True)
class Sender:
    """Who pushes. token: its number; area: the code it speaks for, None for every area."""

    token: int
    system: str
    area: int | None


COLUMNS = ", ".join(field.name for field in fields(Push))


class Spool:
    """The spool of a home. Any process may open it; the first push makes its folder."""

    def __init__(self, home: Home) -> None:
        self.zone = home.zone
        self.folder = home.root / "spool"
        self.journal = self.folder / "journal.sqlite"

    @property
    def exists(self) -> bool:
        return self.journal.is_file()

    def file(self, push: Push) -> Path:
        """Where the rows of a push lie."""
        return self.folder / f"{push.id}.{push.format}"

    def coming(self) -> Path:
        """Where to write a body that is on its way; `accept` puts it in place."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(f"{self.folder} cannot be made: {error.strerror}") from error
        return self.folder / f".coming-{secrets.token_hex(8)}"

    def accept(self, body: Intake, sender: Sender, source: str, key: str | None) -> tuple[Push, bool]:
        """Takes a closed body in; on return it outlives the machine's power. Also tells whether it was here before.

        Raises Conflict if the sender gave the key to another push, Unavailable if the disk takes no more.
        """
        now = time.time()
        id = f"{datetime.fromtimestamp(now, ZoneInfo(self.zone)):%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"
        with self._writing() as journal:
            if key is not None and (known := self._found(journal, "token = ? AND key = ?", sender.token, key)):
                if (known.source, known.content, known.format) != (source, body.content, body.format):
                    raise Conflict(
                        f"the Idempotency-Key was used for another body before, push {known.id}: take a new one"
                    )
                return known, True
            os.replace(body.path, self.folder / f"{id}.{body.format}")
            sync(self.folder)
            journal.execute(
                "INSERT INTO push (id, token, system, area, source, key, content, format, rows, size, received) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(id, sender.token, sender.system, sender.area, source, key, body.content),
                    *(body.format, body.rows, body.size, now),
                ),
            )
            found = self._found(journal, "id = ?", id)
        assert found
        return found, False

    def find(self, id: str) -> Push | None:
        with self._reading() as journal:
            return self._found(journal, "id = ?", id) if journal else None

    def newest(self, limit: int = 50, state: State | None = None) -> list[Push]:
        """The pushes, newest first."""
        with self._reading() as journal:
            where = "state = ?" if state else "? IS NULL"
            return self._all(journal, f"{where} ORDER BY seq DESC LIMIT ?", state, limit) if journal else []

    def next(self) -> Push | None:
        """The one to load now: in order, those that ended their process behind all others."""
        with self._reading() as journal:
            order = f"state = 'queued' ORDER BY attempts >= {SUSPECT}, seq LIMIT 1"
            return self._found(journal, order) if journal else None

    def loaded(self) -> list[Push]:
        """Those that are loaded and in no edition yet, the oldest first."""
        with self._reading() as journal:
            return self._all(journal, "state = 'loaded' ORDER BY seq") if journal else []

    def rejects(self, push: Push, limit: int, offset: int = 0) -> list[RefusedRow]:
        """The refused rows, in the body's order."""
        sql = "SELECT row, key, reasons FROM reject WHERE push = ? ORDER BY row, rowid LIMIT ? OFFSET ?"
        with self._reading() as journal:
            found = journal.execute(sql, (push.id, limit, offset)).fetchall() if journal else []
        return [RefusedRow(row, key, json.loads(reasons)) for row, key, reasons in found]

    def waiting(self) -> tuple[int, int]:
        """How many pushes wait to be loaded, and their bytes."""
        with self._reading() as journal:
            sql = "SELECT count(*), coalesce(sum(size), 0) FROM push WHERE state = 'queued'"
            return journal.execute(sql).fetchone() if journal else (0, 0)

    def counts(self) -> dict[State, int]:
        """How many pushes are in each state, of those that are told of."""
        with self._reading() as journal:
            found = journal.execute("SELECT state, count(*) FROM push GROUP BY state").fetchall() if journal else []
        return {state: dict(found).get(state, 0) for state in STATES}

    def refused_rows(self) -> int:
        """How many rows were refused, of the pushes that are told of."""
        with self._reading() as journal:
            return journal.execute("SELECT coalesce(sum(rejected), 0) FROM push").fetchone()[0] if journal else 0

    # --- what the publisher notes

    def begin(self, push: Push) -> None:
        """Its loading begins. Noted before it does, so that one that ends its process every time is known."""
        self._note(push, attempts=push.attempts + 1)

    def calm(self, push: Push) -> None:
        """Its loading ended without harm to the process, though it has to be tried again."""
        self._note(push, attempts=push.attempts)

    def told(self, push: Push, report: LoadReport, refused: Sequence[tuple[int | None, str | None, list[str]]]) -> None:
        """What its loading came to, row by row. The file of one that is loaded is of no use any more."""
        state: State = "held" if report.status == "held" else "loaded"
        with self._writing() as journal:
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
        if state == "loaded":
            self.file(push).unlink(missing_ok=True)

    def failed(self, push: Push, fault: str) -> None:
        """It could not be read at all."""
        self._note(push, state="failed", fault=fault, ended=time.time())

    def published(self, pushes: Sequence[Push], edition: str) -> None:
        """They stand in an edition now."""
        with self._writing() as journal:
            for push in pushes:
                self._set(journal, push.id, state="published", edition=edition, ended=time.time())

    def again(self, push: Push) -> None:
        """Let a held or failed push be loaded whatever is rejected of it. Raises DataError if it cannot be."""
        if push.state not in ("held", "failed") or not self.file(push).is_file():
            raise DataError(f"push {push.id} is {push.state}: only one that is held or failed can be let in")
        self._note(push, state="queued", forced=1, attempts=0, fault=None, ended=None)

    def sweep(self) -> None:
        """Forget what came to its end long ago, and remove files that were promised to nobody."""
        now = time.time()
        with self._writing() as journal:
            old = "SELECT id FROM push WHERE ended < ?"
            journal.execute(f"DELETE FROM reject WHERE push IN ({old})", (now - KEPT_DAYS * 86400,))
            journal.execute(f"DELETE FROM push WHERE id IN ({old})", (now - KEPT_DAYS * 86400,))
            needed = {
                f"{id}.{format}"
                for id, format in journal.execute(
                    "SELECT id, format FROM push WHERE state IN ('queued', 'held', 'failed')"
                )
            }
        for file in self.folder.iterdir():
            ours = file.name.startswith(".coming-") or file.suffix in (".csv", ".ndjson")
            try:
                if ours and file.name not in needed and now - file.stat().st_mtime > STALE_SECONDS:
                    file.unlink()
            except FileNotFoundError:
                continue

    def _prepare(self, journal: sqlite3.Connection) -> None:
        """The tables, made by one process at a time: SQLite does not wait while another changes the journal's mode."""
        if journal.execute("PRAGMA user_version").fetchone() == (VERSION,):
            return
        with (self.folder / "journal.lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            journal.execute("PRAGMA journal_mode = WAL")
            journal.executescript(f"{SCHEMA} PRAGMA user_version = {VERSION};")

    def _note(self, push: Push, **values: Any) -> None:
        with self._writing() as journal:
            self._set(journal, push.id, **values)

    def _set(self, journal: sqlite3.Connection, id: str, **values: Any) -> None:
        changed = ", ".join(f"{name} = ?" for name in values)
        journal.execute(f"UPDATE push SET {changed} WHERE id = ?", (*values.values(), id))

    def _found(self, journal: sqlite3.Connection, where: str, *values: object) -> Push | None:
        return next(iter(self._all(journal, where, *values)), None)

    def _all(self, journal: sqlite3.Connection, where: str, *values: object) -> list[Push]:
        found = journal.execute(f"SELECT {COLUMNS} FROM push WHERE {where}", values).fetchall()
        return [Push(*row) for row in found]

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction, on disk when the context ends."""
        with self._open() as journal:
            journal.execute("BEGIN IMMEDIATE")
            try:
                yield journal
                journal.execute("COMMIT")
            except BaseException:
                if journal.in_transaction:
                    journal.execute("ROLLBACK")
                raise

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """The journal, None if nothing was ever pushed: who only looks makes no file."""
        if not self.exists:
            yield None
            return
        with self._open() as journal:
            yield journal

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            journal = sqlite3.connect(self.journal, timeout=LOCK_SECONDS, isolation_level=None)
        except (sqlite3.Error, OSError) as error:
            raise Unavailable(f"{self.journal} cannot be opened: {error}") from error
        try:
            journal.execute("PRAGMA synchronous = FULL")
            self._prepare(journal)
            yield journal
        except sqlite3.Error as error:
            raise Unavailable(f"{self.journal} cannot be used: {error}: see that its disk has room") from error
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            told = "is full: free some space" if full else f"cannot be written to: {error.strerror}"
            raise Unavailable(f"the disk of {self.folder} {told}") from error
        finally:
            journal.close()

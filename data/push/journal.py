"""The journal of the spool: a SQLite file that is rebuilt from the receipts if it is lost or damaged."""

import fcntl
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from data.editions.files import sync
from data.errors import Unavailable
from data.push import receipts
from data.push.receipts import Receipt
from data.system_errors import is_no_room, of_os, of_sqlite

log = logging.getLogger(__name__)

LOCK_SECONDS = 10.0
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
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


class Journal:
    """The journal in a folder. Several processes may open it at once."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / "journal.sqlite"

    @property
    def exists(self) -> bool:
        """Whether there is a journal, or receipts to rebuild it from."""
        return self.path.is_file() or any(self.folder.glob(f"*{receipts.SUFFIX}"))

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A durable write transaction. Raises Unavailable if the journal was replaced meanwhile."""
        with self._open() as journal:
            opened = self.path.stat().st_ino
            journal.execute("BEGIN IMMEDIATE")
            try:
                yield journal
                journal.execute("COMMIT")
            except BaseException:
                if journal.in_transaction:
                    journal.execute("ROLLBACK")
                raise
            if not self.path.exists() or self.path.stat().st_ino != opened:
                raise Unavailable("file.replaced", "{path} was replaced: try again", path=self.path)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection | None]:
        """The journal for reading; None if nothing was pushed, so that no file is created."""
        if not self.exists:
            yield None
            return
        with self._open() as journal:
            yield journal

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        journal = None
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            journal = self._connected()
            yield journal
        except sqlite3.Error as error:
            if _is_damage(error):  # set aside, so that the next caller rebuilds it
                with suppress(sqlite3.Error, OSError):
                    self._set_aside()
            raise Unavailable(
                "file.unusable",
                "{path} cannot be used: {why}: see that its disk has room",
                path=self.path,
                why=of_sqlite(error),
            ) from error
        except OSError as error:
            if is_no_room(error):
                raise Unavailable(
                    "disk.full_of", "the disk of {path} is full: free some space", path=self.folder
                ) from error
            raise Unavailable(
                "disk.unwritable", "the disk of {path} cannot be written to: {why}", path=self.folder, why=of_os(error)
            ) from error
        finally:
            if journal is not None:
                journal.close()

    def _connected(self) -> sqlite3.Connection:
        """Open the journal; rebuild it if its first page is damaged."""
        for last in (False, True):
            journal = sqlite3.connect(self.path, timeout=LOCK_SECONDS, isolation_level=None)
            try:
                journal.execute("PRAGMA synchronous = FULL")
                self._prepare(journal)
                journal.execute("SELECT 1 FROM push LIMIT 1")
                return journal
            except sqlite3.Error as error:
                journal.close()
                if last or not _is_damage(error):
                    raise
                self._set_aside()
        raise AssertionError

    def _prepare(self, journal: sqlite3.Connection) -> None:
        """Create the tables, one process at a time: SQLite does not wait for a change of the journal mode."""
        if journal.execute("PRAGMA user_version").fetchone() == (VERSION,):
            return
        with self._alone():
            journal.execute("PRAGMA journal_mode = WAL")
            journal.execute("BEGIN IMMEDIATE")
            if journal.execute("PRAGMA user_version").fetchone() != (VERSION,):
                for statement in SCHEMA.split(";"):
                    journal.execute(statement)
                self._rebuild(journal)
                journal.execute(f"PRAGMA user_version = {VERSION}")
            journal.execute("COMMIT")

    def _rebuild(self, journal: sqlite3.Connection) -> None:
        """Insert the receipts of a lost journal. The store recognises pushes that were already loaded by their ids."""
        stored_receipts = receipts.read_all(self.folder)
        for receipt in stored_receipts:
            insert(journal, receipt)
        receipts.set_unclaimed_aside(self.folder)
        if stored_receipts:
            log.warning("%s was rebuilt from the receipts of %s pushes", self.path, len(stored_receipts))

    def _set_aside(self) -> None:
        """Rename a damaged journal, unless another process has replaced it."""
        with self._alone():
            try:
                with closing(sqlite3.connect(self.path, timeout=LOCK_SECONDS)) as journal:
                    if journal.execute("PRAGMA quick_check(1)").fetchone() == ("ok",) and _has_tables(journal):
                        return
            except sqlite3.DatabaseError as error:
                if not _is_damage(error):
                    raise
            name = f"{self.path.name}.damaged-{datetime.now(UTC):%Y%m%d-%H%M%S}"
            for suffix in ("-wal", "-shm", ""):
                file = self.folder / f"{self.path.name}{suffix}"
                if file.exists():
                    file.replace(self.folder / f"{name}{suffix}")
            sync(self.folder)
        log.error("%s was damaged: it is kept as %s and rebuilt from the receipts", self.path, name)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Lock for creating or replacing the journal."""
        with (self.folder / "journal.lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def insert(journal: sqlite3.Connection, receipt: Receipt) -> None:
    """Insert a push, unless its number, id or key exists."""
    line = asdict(receipt)
    names, marks = ", ".join(line), ", ".join("?" * len(line))
    journal.execute(f"INSERT OR IGNORE INTO push ({names}) VALUES ({marks})", tuple(line.values()))


def _is_damage(error: sqlite3.Error) -> bool:
    """Whether an error means a damaged journal that a retry cannot read."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in DAMAGED or str(error).startswith(("no such table", "no such column"))


def _has_tables(journal: sqlite3.Connection) -> bool:
    tables = journal.execute("SELECT name FROM sqlite_master WHERE name IN ('push', 'reject')").fetchall()
    return len(tables) == len(("push", "reject"))

"""Open the desk: connect, migrate, and run transactions."""

import itertools
import os
import re
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError, TimeoutError
from sqlalchemy.exc import DataError as UnfitValue
from sqlalchemy.orm import Session

from data.desk import text_limits
from data.desk.auditing import chain
from data.desk.auditing.custody import Custody
from data.desk.errors import DeskError, Refused
from data.messages import Message
from data.system_errors import SQLITE, line_of, of_os, of_sqlite

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK_SECONDS = 3
MIGRATION_SECONDS = 60
"""Seconds to wait for another process that migrates the same desk."""
AGAIN_SECONDS = 0.02
LEAST_FREE = 1_000_000
"""Bytes; with less on its disk a desk that fails fails for this."""
DISK_FULL = SQLITE[sqlite3.SQLITE_FULL]
AFTER = "after commit"
OUT_OF_RANGE = "22003"
"""PostgreSQL's state for a number that its column cannot hold."""
MIGRATION_LOCK = 0x0C0C_0417
"""PostgreSQL's advisory lock while a process migrates."""


class _Writing(Session):
    """A session that refuses texts which some database could not store."""


event.listen(_Writing, "before_flush", text_limits.check)


class Desk:
    """An open desk. Safe to share between threads.

    custody: what guards it from outside. version: another number after each transaction that this process committed.
    """

    def __init__(self, engine: Engine, custody: Custody) -> None:
        self.custody = custody
        self.version = 0
        self._versions = itertools.count(1)
        self._engine = engine
        self._reading = engine.execution_options(reading=True)
        self._turn = threading.Lock() if engine.dialect.name == "sqlite" else None
        self._writing: ContextVar[Session | None] = ContextVar("desk transaction", default=None)

    @property
    def dialect(self) -> str:
        return self._engine.dialect.name

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """A transaction that writes; committed at the end, undone on any error. DeskError if the desk fails.

        Inside another `begin` of the same thread it is a part of that transaction: a change and its row of the audit
        are kept together or not at all. An error that the caller of the inner one catches undoes the inner part alone.
        """
        outer = self._writing.get()
        if outer is not None:
            before = len(outer.info[AFTER])
            try:
                with outer.begin_nested():
                    yield outer
            except BaseException:
                del outer.info[AFTER][before:]
                raise
            return
        opened = _Writing(self._engine, expire_on_commit=False, info={AFTER: []})
        with self._own_turn(), _as_desk_errors(self._engine), opened as session, session.begin():
            token = self._writing.set(session)
            try:
                yield session
            finally:
                self._writing.reset(token)
        self.version = next(self._versions)
        for work in session.info[AFTER]:
            work()

    @contextmanager
    def alone(self, topic: str) -> Iterator[Session]:
        """A transaction as of `begin`, with no other of the same topic beside it: for what is looked for before it is
        added. SQLite has one writer at a time anyway.
        """
        with self.begin() as session:
            if self.dialect == "postgresql":
                session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:topic))"), {"topic": topic})
            yield session

    @contextmanager
    def _own_turn(self) -> Iterator[None]:
        """Wait for the other writers of this process: SQLite has one at a time, and those that wait poll.

        After LOCK_SECONDS the database decides.
        """
        taken = self._turn is not None and self._turn.acquire(timeout=LOCK_SECONDS)
        try:
            yield
        finally:
            if taken and self._turn:
                self._turn.release()

    def after_commit(self, work: Callable[[], None]) -> None:
        """Run a function after the current transaction commits; not after a rollback."""
        session = self._writing.get()
        assert session is not None, "there is no transaction"
        session.info[AFTER].append(work)

    @contextmanager
    def read(self, *, snapshot: bool = False) -> Iterator[Session]:
        """A transaction that only reads, and keeps no writer waiting; inside a `begin` it sees what that wrote.

        snapshot: all its queries see one instant, as those of SQLite always do.
        """
        if outer := self._writing.get():
            yield outer
            return
        with _as_desk_errors(self._engine), Session(self._reading, expire_on_commit=False) as session, session.begin():
            if snapshot and self.dialect == "postgresql" and isinstance(self._engine, Engine):
                session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            yield session

    def check(self) -> None:
        """Check the connection. Raises DeskError."""
        with self.read() as session:
            session.execute(text("SELECT last_id FROM audit_head"))

    def close(self) -> None:
        self._engine.dispose()


def open_desk(url: str, custody: Custody | None = None) -> Desk:
    """The desk of a database URL, brought to the newest tables. Processes that start at once migrate one by one.

    custody: by default the files of the folder that holds a SQLite desk; another database needs one.
    """
    try:
        parsed = make_url(url)
        sqlite = parsed.get_backend_name() == "sqlite"
        if custody is None:
            if not sqlite or not parsed.database:
                raise ValueError("a desk that is no file needs a folder for its keys")
            custody = Custody.of_home(Path(parsed.database).parent)
        if sqlite and parsed.database:
            _private(Path(parsed.database))
        waiting = {"timeout": LOCK_SECONDS} if sqlite else {"connect_timeout": LOCK_SECONDS}
        engine = create_engine(parsed, pool_pre_ping=not sqlite, pool_timeout=LOCK_SECONDS, connect_args=waiting)
    except (FileExistsError, NotADirectoryError) as error:
        raise DeskError(
            "desk.no_folder", "{path} is no folder for the desk: name another with COCKPIT_HOME or COCKPIT_DESK",
            path=error.filename,
        ) from error  # fmt: skip
    except (ArgumentError, NoSuchModuleError, OSError) as error:
        raise DeskError(
            "desk.unopenable",
            "COCKPIT_DESK cannot be opened: {why}",
            why=of_os(error) if isinstance(error, OSError) else line_of(error)[:200],
        ) from None
    event.listen(engine, "before_cursor_execute", text_limits.searchable, retval=True)
    if sqlite:
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        if parsed.database:
            event.listen(engine, "begin", _guard(Path(parsed.database)), insert=True)
    try:
        with _as_desk_errors(engine), _migrating(engine, _is_newest(engine)) as connection:
            if not sqlite:
                connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
            _migrate(connection)
            custody.prepare()
            chain.adopt(connection, custody)
            _seal_secrets(connection, custody)
    except BaseException:
        engine.dispose()  # a desk that is refused leaves no connection open
        raise
    return Desk(engine, custody)


def made_desk(url: str, custody: Custody) -> Desk | None:
    """The desk of a database URL; None for a file that was never made."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database and not Path(parsed.database).is_file():
        return None
    return open_desk(url, custody)


def _seal_secrets(connection: Connection, custody: Custody) -> None:
    from data.desk.auditing import sealing  # which needs the desk

    sealing.seal_all(connection, custody)


@contextmanager
def _migrating(engine: Engine, newest: bool) -> Iterator[Connection]:
    """A transaction that may change tables. newest: whether they were the newest a moment ago.

    SQLite alters a table by rewriting it and dropping the old one, which would take away what other rows refer to:
    its foreign keys rest meanwhile and are checked at the end.
    """
    if not newest:
        import alembic.command  # noqa: F401  (takes long, and others wait for the transaction)
    with engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        raw = connection.connection.dbapi_connection
        if sqlite and raw:
            raw.execute("PRAGMA foreign_keys = OFF")  # before the transaction begins
            raw.execute(f"PRAGMA busy_timeout = {int((LOCK_SECONDS if newest else MIGRATION_SECONDS) * 1000)}")
        try:
            with connection.begin():
                yield connection
        finally:
            if sqlite and raw:
                raw.execute(f"PRAGMA busy_timeout = {int(LOCK_SECONDS * 1000)}")
                raw.execute("PRAGMA foreign_keys = ON")


def _is_newest(engine: Engine) -> bool:
    """Whether the schema is current. Reads only, takes no lock."""
    with engine.connect().execution_options(reading=True) as connection:
        return _version(connection) == newest()


def _version(connection: Connection) -> str | None:
    known = connection.dialect.has_table(connection, "alembic_version")
    return connection.scalar(text("SELECT version_num FROM alembic_version")) if known else None


def _migrate(connection: Connection) -> None:
    """Bring the tables to the newest; where they are, Alembic is not even imported: each command opens the desk."""
    version = _version(connection)
    if version and version not in _versions():
        raise DeskError(
            "desk.newer",
            "the desk was used by a newer release (tables {version}): start that release, or restore a backup",
            version=version,
        )
    if version != newest():
        migrate(connection)
        if connection.dialect.name == "sqlite" and (
            broken := connection.execute(text("PRAGMA foreign_key_check")).all()
        ):
            why = Message("desk.dangling", "rows of {name} refer to others that are gone", name=broken[0][0])
            raise DeskError("desk.unopenable", "COCKPIT_DESK cannot be opened: {why}", why=why)


def migrate(connection: Connection, version: str = "head") -> None:
    """Bring the tables to a version, the newest by default."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, version)


@cache
def newest() -> str:
    """The version of the newest tables: that of the migration which none comes after, whatever its number."""
    files = (MIGRATIONS / "versions").glob("*.py")
    earlier = {match[1] for file in files if (match := _EARLIER.search(file.read_text("utf-8")))}
    (last,) = _versions() - earlier
    return last


_EARLIER = re.compile(r'^down_revision = "(\w+)"$', re.MULTILINE)


def _versions() -> set[str]:
    """The numbers of all tables there have been: the name of each migration's file begins with one."""
    return {file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("*.py")}


def _private(file: Path) -> None:
    """Make the file if there is none, for its owner alone: it holds accounts.

    One that exists is never opened here. Closing any descriptor of a file gives up every POSIX lock that this process
    has on it, those of SQLite as well: another process would take the desk for unused, and remove its log with what
    this process writes from then on.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with _making, suppress(FileExistsError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


_making = threading.Lock()
"""Held while a new file is open: no other thread of this process has locked it by then."""


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where we say, not where the driver guesses
    _write_ahead(connection)
    for pragma in ("foreign_keys = ON", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Set the journal mode of a new file to WAL. SQLite does not wait where others do the same: try again."""
    until = time.monotonic() + LOCK_SECONDS
    while connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(AGAIN_SECONDS)


def _guard(file: Path) -> Callable[[Connection], None]:
    """A listener that refuses transactions on a desk whose file was moved, deleted or replaced since it was opened.

    SQLite would go on with the old file, and what is written there is lost with the last process that has it open.
    """
    opened = _identity(file)

    def check(_connection: Connection) -> None:
        if _identity(file) != opened:
            raise DeskError(
                "desk.replaced",
                "the desk's file {file} is gone or was replaced: put it back or restore a backup, then start again",
                file=file.name,
            )

    return check


def _identity(file: Path) -> tuple[int, int] | None:
    """Device and inode of a file; None if there is none."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes its lock at once: two that read first and write then would fail, not wait."""
    reading = connection.get_execution_options().get("reading")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


@contextmanager
def _as_desk_errors(engine: Engine) -> Iterator[None]:
    try:
        yield
    except OverflowError as error:  # SQLite's, for a number of more than 64 bits
        raise _too_large() from error
    except (UnfitValue, UnicodeEncodeError) as error:
        if isinstance(error, UnfitValue) and getattr(error.orig, "sqlstate", None) == OUT_OF_RANGE:
            raise _too_large() from error
        raise Refused(
            "desk.character", "a text holds a character that cannot be kept, such as a zero byte: leave it out"
        ) from error
    except (DBAPIError, TimeoutError) as error:  # the latter where too many wait for a connection already
        why = _reason(error, engine.url)
        if why == DISK_FULL:
            fault = DeskError("desk.no_room", "no room on the disk of the desk: make room, then try again")
        else:
            fault = DeskError(
                "desk.no_answer", "the desk does not answer ({why}): see that it runs, then try again", why=why
            )
        # for operators: visitors read the message, and where the desk is does not concern them
        fault.add_note(engine.url.render_as_string(hide_password=True))
        raise fault from error


def _too_large() -> Refused:
    return Refused("desk.number", "a number is too large for the desk: correct it")


def _reason(error: DBAPIError | TimeoutError, url: URL) -> Message | str:
    """Message for a database error."""
    cause = error.orig if isinstance(error, DBAPIError) else None
    if isinstance(error, TimeoutError):
        return Message("desk.all_in_use", "all connections are in use")
    if isinstance(cause, sqlite3.Error):
        return _reason_of_files(cause, url)
    if isinstance(error, OperationalError) and getattr(cause, "sqlstate", "") is None:  # of PostgreSQL: no session yet
        if type(cause).__name__ == "ConnectionTimeout":
            return Message("desk.timeout", "connection timeout expired")
        host, port = url.host or "localhost", url.port or 5432
        return Message("desk.unreachable", "no connection to {host}, port {port}", host=host, port=port)
    return line_of(cause or error)[:200]


def _reason_of_files(cause: sqlite3.Error, url: URL) -> Message | str:
    """Message for a fault of SQLite: what is wrong with its folder or disk, where that is why."""
    if not _is_io(cause) or not url.database:
        return of_sqlite(cause)
    folder = Path(url.database).parent
    if folder.is_dir() and not os.access(folder, os.W_OK):
        return Message("desk.folder_read_only", "the folder {folder} cannot be written", folder=folder)
    return DISK_FULL if _no_room(url) else of_sqlite(cause)


def _is_io(cause: sqlite3.Error) -> bool:
    """Whether it failed to read or write files: so does reading where the shared index of the log cannot grow."""
    codes = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
    return getattr(cause, "sqlite_errorcode", 0) & 0xFF in codes


def _no_room(url: URL) -> bool:
    with suppress(OSError):
        return bool(url.database) and shutil.disk_usage(Path(str(url.database)).parent).free < LEAST_FREE
    return False

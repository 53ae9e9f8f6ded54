"""Published editions: immutable DuckDB files, and the pointer that names the one to read.

While a process has a connection open, DuckDB does not notice a file replaced at the same path. So each edition has
its own file name, and the pointer is a text file that is replaced atomically.
"""

import logging
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from data.editions import files
from data.editions.queries import Cursor
from data.editions.scoped import Scope, ScopedEdition
from data.editions.tables import CALENDAR, Completion, completion
from data.errors import Damaged, DataError
from data.home import Home, set_zone
from data.messages import Message
from data.schema import Fact
from data.values.zones import LOCAL, time_type, zone_names

log = logging.getLogger(__name__)

MAX_OPEN = 4
"""Editions that a process keeps open: the current one and recent ones that pages may still read."""
RECHECK_SECONDS = 30.0
MEMORY = "1GB"
CORRUPT = "Corrupt database file"
"""Start of DuckDB's message for a checksum mismatch."""
Stamp = tuple[int, int, int]
"""Time of the last change, inode and size of a file."""


class Edition:
    """One published edition with all its facts, open for reading. Users get a restricted view from `scoped`.

    Hashable by file, so it can be a cache key.
    as_of, published_at: naive, in `zone`.
    fallback: reason why this edition is served instead of the one the pointer names, else None.
    """

    def __init__(self, home: Home, id: str, *, memory: str = MEMORY) -> None:
        self.id = id
        self.path = files.path_of(home, id)
        self.fallback: str | None = None
        self.damage: Message | None = None
        self._config: dict[str, str | bool | int | float | list[str]] = {
            # before temp_directory: DuckDB 2.0 does not allow it afterwards
            "enable_external_access": "false",
            "temp_directory": str(home.scratch),
            "threads": home.threads,
            "memory_limit": memory,
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            # a join with a few periods or instants: comparing beats sorting the facts, by a third for site verdicts
            "nested_loop_join_threshold": 100,
        }
        self._opening = threading.Lock()
        self._file: Stamp | None = None
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._instants = False
        self._completion = Completion()
        try:
            self.meta: dict[str, str] = dict(self.cursor().execute("SELECT key, value FROM meta").fetchall())
            self.as_of = datetime.fromisoformat(self.meta["as_of"])
            self.published_at = datetime.fromisoformat(self.meta["published_at"])
            self.zone = self.meta["zone"]
            self.demo = self.meta["demo"] == "true"
        except (duckdb.Error, KeyError, ValueError) as error:
            self.close()
            raise DataError(
                "edition.damaged",
                "edition {id} is damaged ({why}): publish again or roll back",
                id=id,
                why=_first_line(error),
            ) from error

    def cursor(self) -> Cursor:
        """A new cursor on the shared connection. Threads may share the connection, never a cursor."""
        if self.damage:
            raise Damaged.of(self.damage)
        with self._opening:
            if self._connection is None:
                self._file = _stamp(self.path)
                if self._file is None:
                    raise DataError(
                        "edition.gone",
                        "edition {id} is gone: its file {path} does not exist",
                        id=self.id,
                        path=self.path,
                    )
                connection, self._instants = _opened(self.path, self._config)
                self._completion, self._connection = completion(connection), connection
            return Cursor(self._connection.cursor(), self._damage_error, self._instants, self._completion.statements)

    def is_intact(self) -> bool:
        """Whether it can be read. Editions are immutable: a file that changed since it was opened is damaged."""
        if not self.damage and _stamp(self.path) != self._file:
            self._mark_damaged(Message("edition.file_changed", "its file was changed or removed while it was served"))
        return not self.damage

    def is_replaced(self) -> bool:
        """Whether the file was damaged and has been replaced since."""
        return bool(self.damage) and _stamp(self.path) not in (None, self._file)

    def _damage_error(self, error: duckdb.Error) -> DataError | None:
        """The DataError to raise if a damaged file caused `error`, else None. Marks the edition damaged."""
        text = str(error)
        if CORRUPT in text or isinstance(error, duckdb.FatalException) or str(self.path) in text:
            return self._mark_damaged(_first_line(error))
        return None

    def _mark_damaged(self, why: Message | str) -> DataError:
        self.damage = Message(
            "edition.damaged_now",
            "edition {id} is damaged ({why}): publish again or roll back; an older one serves meanwhile",
            id=self.id, why=why,
        )  # fmt: skip
        log.error("%s", self.damage)
        self._file = _stamp(self.path)
        self.close()
        return Damaged.of(self.damage)

    def scoped(self, scope: Scope) -> ScopedEdition:
        """The edition restricted to `scope`."""
        return ScopedEdition(self, tuple(sorted(scope)))

    @property
    def unscoped(self) -> "Edition":
        """Itself: data that is equal for all users, such as the area tree, can be read from either type."""
        return self

    def lacks(self, fact: Fact) -> frozenset[str]:
        """Columns of a fact that the file, of an older release, does not have; all if it does not have the table.

        They are read as NULL.
        """
        return self._completion.lacks.get(fact.name, frozenset())

    @property
    def lacks_calendar(self) -> bool:
        """Whether the file, of an older release, does not have the working days: their functions give NULL."""
        return CALENDAR in self._completion.lacks

    def close(self) -> None:
        """Close the connection once its last cursor is closed. A later `cursor` opens it again."""
        with self._opening:
            self._connection = None

    def __repr__(self) -> str:
        return f"Edition({self.id!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Edition) and self.path == other.path

    def __hash__(self) -> int:
        return hash(self.path)


AnyEdition = Edition | ScopedEdition
"""For data that is equal for all users."""


@dataclass(frozen=True)
class EditionInfo:
    """An entry in the list of editions. current: the pointer names it."""

    id: str
    as_of: datetime
    published_at: datetime
    cases: int
    current: bool
    size_mb: float
    demo: bool


class _OpenEditions:
    """The editions of one home that this process has open. Each call checks the pointer with one `stat`."""

    def __init__(self, home: Home) -> None:
        self.home, self.memory = home, MEMORY
        self.lock = threading.RLock()
        self.open: OrderedDict[str, Edition] = OrderedDict()
        self.stamp: Stamp | None = None
        self.chosen: Edition | None = None
        self.looked_at = 0.0

    def limit(self, memory: str | None) -> None:
        """Set the memory limit of an edition. No effect once one is open: DuckDB allows one per file."""
        if memory and memory != self.memory:  # mostly it is the same: no lock for each request
            with self.lock:
                if not self.open:
                    self.memory = memory

    def take(self, id: str) -> Edition:
        with self.lock:
            edition = self.look(id)
            self.open[id] = edition
            self.open.move_to_end(id)
            while len(self.open) > MAX_OPEN:
                idle = next(i for i in self.open if self.chosen is None or i != self.chosen.id)
                self.open.pop(idle).close()
            return edition

    def look(self, id: str) -> Edition:
        """Open an edition without keeping it open."""
        with self.lock:
            edition = self.open.get(id)
            if edition is None or edition.is_replaced():
                return Edition(self.home, id, memory=self.memory)
            if not edition.is_intact() and edition.damage:
                raise Damaged.of(edition.damage)
            return edition

    def current(self) -> Edition | None:
        with self.lock:
            stamp = _stamp(self.home.editions / files.POINTER)
            changed = self.chosen is None or (
                self.chosen.fallback and time.monotonic() > self.looked_at + RECHECK_SECONDS
            )
            if stamp != self.stamp or changed or not (self.chosen and self.chosen.is_intact()):
                self.chosen = self._choose()
                self.stamp, self.looked_at = stamp, time.monotonic()
            return self.chosen

    def _choose(self) -> Edition | None:
        named, published = files.pointed(self.home), files.ids(self.home)
        if named is None and not published:
            return None
        older = [id for id in reversed(published) if named is None or id < named]
        for id in [*([named] if named else []), *older]:
            try:
                edition = self.take(id)
            except DataError as error:
                log.warning("%s", error)
                continue
            edition.fallback = None if id == named else f"edition {named or 'CURRENT'} cannot be read"
            return edition
        raise DataError(
            "edition.none_readable",
            "none of the editions in {folder} can be read: publish again",
            folder=self.home.editions,
        )


_opened_homes: dict[Path, _OpenEditions] = {}
_homes_lock = threading.Lock()


def _open_editions(home: Home, memory: str | None = None) -> _OpenEditions:
    with _homes_lock:
        shelf = _opened_homes.get(home.root)
        if shelf is None:
            shelf = _opened_homes.setdefault(home.root.resolve(), _OpenEditions(home))
    shelf.limit(memory)
    return shelf


def current(home: Home, *, memory: str | None = None) -> Edition | None:
    """The edition to read; None if nothing was published. Cheap enough to call for every request.

    If the current edition is missing or damaged, returns the newest older readable one with `fallback` set.
    memory: DuckDB memory limit per edition, default 1GB; only effective before the first edition is opened.
    """
    return _open_editions(home, memory).current()


def open_edition(home: Home, id: str, *, memory: str | None = None) -> Edition:
    """The edition with this id. Raises DataError if it does not exist or is damaged."""
    files.require(home, id)
    return _open_editions(home, memory).take(id)


def look(home: Home, id: str) -> Edition:
    """The edition with this id, for short use: it is not kept open. Raises DataError as `open_edition` does."""
    files.require(home, id)
    return _open_editions(home).look(id)


def editions(home: Home) -> list[EditionInfo]:
    """The editions that can be read, newest first."""
    named, shelf, listed = files.pointed(home), _open_editions(home), []
    for id in reversed(files.ids(home)):
        try:
            edition = shelf.look(id)
        except DataError as error:
            log.warning("%s", error)
            continue
        size, cases = edition.path.stat().st_size / 1e6, int(edition.meta.get("cases", 0))
        listed.append(EditionInfo(id, edition.as_of, edition.published_at, cases, id == named, size, edition.demo))
    return listed


def rollback(home: Home, id: str) -> None:
    """Make another published edition current, usually an older one. Raises DataError if it cannot be read.

    Background publishing pauses while an older edition is current.
    """
    open_edition(home, id)
    with files.publish_lock(home):
        if id == files.ids(home)[-1]:
            (home.editions / files.ROLLED_BACK).unlink(missing_ok=True)
        else:
            (home.editions / files.ROLLED_BACK).touch()
        files.point(home, id)


def _opened(
    path: Path, config: dict[str, str | bool | int | float | list[str]]
) -> tuple[duckdb.DuckDBPyConnection, bool]:
    """A connection to an edition's file, and whether it stores instants. The connection uses the edition's zone."""
    connection = duckdb.connect(str(path), read_only=True, config=config)
    row = connection.execute("SELECT value FROM meta WHERE key = 'zone'").fetchone()
    zone = str(row[0]) if row else ""
    instants = zone in zone_names() and time_type(zone) != LOCAL
    locked = connection.execute("SELECT current_setting('lock_configuration')").fetchone()
    if locked != (True,):  # not configured yet by another open connection
        if instants:
            set_zone(connection, zone)
        connection.execute("SET lock_configuration = true")
    return connection, instants


def _stamp(path: Path) -> Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__

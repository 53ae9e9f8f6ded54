"""Published editions: immutable DuckDB files, and the pointer that names the one to read.

A DuckDB file replaced at its path is not seen while any connection of the process is open, so every edition has
a name of its own and the pointer is a text file, replaced atomically.
"""

import difflib
import fcntl
import logging
import os
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import duckdb

from data.editions.queries import Cursor
from data.editions.scoped import Scope, ScopedEdition
from data.errors import Damaged, DataError
from data.home import Home, set_zone
from data.messages import Message
from data.schema import FACTS, Fact
from data.values.zones import LOCAL, time_type, zone_names

log = logging.getLogger(__name__)

POINTER = "CURRENT"
PINNED = "PINNED"
ROLLED_BACK = "ROLLED_BACK"
"""Lies beside the pointer while somebody has chosen an older edition: only publishing by hand leads on from there."""
ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}")
MAX_OPEN = 4
"""Editions a process keeps open: the current one and those it replaced, which pages may still be reading."""
RECHECK_SECONDS = 30.0
LOCK_SECONDS = 10.0
MEMORY = "1GB"
CORRUPT = "Corrupt database file"
"""What DuckDB says when a block of the file is not what its checksum says."""
Stamp = tuple[int, int, int]
"""Time of the last change, inode and size of a file."""


class Edition:
    """One published edition with all its facts, open for reading. Users get what `seen_by` makes of it.

    Equal to another one of the same file, so it may key a cache.
    as_of, published_at: naive, local to `zone`.
    fallback: why this edition serves in place of the one that the pointer names; None if it does not.
    """

    def __init__(self, home: Home, id: str, *, memory: str = MEMORY) -> None:
        self.id = id
        self.path = path_of(home, id)
        self.fallback: str | None = None
        self.damage: Message | None = None
        self._config: dict[str, str | bool | int | float | list[str]] = {
            # stands before the temporary folder: DuckDB 2.0 then still lets it be set
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
        """A cursor on the shared connection. One a call: threads may share the connection, never a cursor."""
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
                self._connection, self._instants = _opened(self.path, self._config)
            return Cursor(self._connection.cursor(), self._damage_error, self._instants)

    def is_intact(self) -> bool:
        """Whether it can be read. Nobody writes to an edition: a file that is not the one opened is damaged."""
        if not self.damage and _stamp(self.path) != self._file:
            self._mark_damaged(Message("edition.file_changed", "its file was changed or removed while it was served"))
        return not self.damage

    def is_replaced(self) -> bool:
        """Whether it was damaged, and another file stands in its place now."""
        return bool(self.damage) and _stamp(self.path) not in (None, self._file)

    def _damage_error(self, error: duckdb.Error) -> DataError | None:
        """What to raise if the file is to blame for an error; from then on nothing is read from it any more."""
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

    def seen_by(self, scope: Scope) -> ScopedEdition:
        """The edition for a user who may ask of `scope` alone."""
        return ScopedEdition(self, tuple(sorted(scope)))

    @property
    def whole(self) -> "Edition":
        """Itself. What is the same for every user, such as the area tree, can so be asked of either type."""
        return self

    def lacks(self, fact: Fact) -> frozenset[str]:
        """The columns of a fact that this edition, of an older release, does not have; all of them without its table.

        They are answered as NULL (`data.schema.known`).
        """
        return _lacking(self, fact.name)

    def close(self) -> None:
        """Let go of the file. It closes with the last cursor in use; a later `cursor` opens it again."""
        with self._opening:
            self._connection = None

    def __repr__(self) -> str:
        return f"Edition({self.id!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Edition) and self.path == other.path

    def __hash__(self) -> int:
        return hash(self.path)


AnyEdition = Edition | ScopedEdition
"""For what is the same for every user."""


@lru_cache(maxsize=64)
def _lacking(edition: Edition, fact: str) -> frozenset[str]:
    sql = "SELECT column_name FROM duckdb_columns() WHERE table_name = $1"
    columns = {name for (name,) in edition.cursor().execute(sql, [fact]).fetchall()}
    return frozenset(FACTS[fact].by_name.keys() - columns)


@dataclass(frozen=True)
class EditionInfo:
    """A line in the list of editions. `current`: the pointer names it."""

    id: str
    as_of: datetime
    published_at: datetime
    cases: int
    current: bool
    size_mb: float
    demo: bool


class _OpenEditions:
    """What this process has open of one home. The pointer is asked by a `stat` a call."""

    def __init__(self, home: Home) -> None:
        self.home, self.memory = home, MEMORY
        self.lock = threading.RLock()
        self.open: OrderedDict[str, Edition] = OrderedDict()
        self.seen: Stamp | None = None
        self.chosen: Edition | None = None
        self.looked = 0.0

    def limit(self, memory: str | None) -> None:
        """Sets the limit of an edition's memory before the first is open: DuckDB wants one configuration a file."""
        with self.lock:
            if memory and not self.open:
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
        """Not kept open, if it was not."""
        with self.lock:
            edition = self.open.get(id)
            if edition is None or edition.is_replaced():
                return Edition(self.home, id, memory=self.memory)
            if not edition.is_intact() and edition.damage:
                raise Damaged.of(edition.damage)
            return edition

    def current(self) -> Edition | None:
        with self.lock:
            stamp = _stamp(self.home.editions / POINTER)
            changed = self.chosen is None or (self.chosen.fallback and time.monotonic() > self.looked + RECHECK_SECONDS)
            if stamp != self.seen or changed or not (self.chosen and self.chosen.is_intact()):
                self.chosen = self._choose()
                self.seen, self.looked = stamp, time.monotonic()
            return self.chosen

    def _choose(self) -> Edition | None:
        named, published = pointed(self.home), ids(self.home)
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
        shelf = _opened_homes.setdefault(home.root.resolve(), _OpenEditions(home))
    shelf.limit(memory)
    return shelf


def current(home: Home, *, memory: str | None = None) -> Edition | None:
    """The edition to read, None if nothing was ever published. Cheap enough to call for every request.

    If the one that the pointer names is missing or damaged, the newest older one that opens serves in its place
    and says so in `fallback`. memory: DuckDB's limit an edition, 1GB if nothing else is said before the first is open.
    """
    return _open_editions(home, memory).current()


def open_edition(home: Home, id: str, *, memory: str | None = None) -> Edition:
    """The edition of an id. Raises DataError if there is none or it is damaged."""
    _check(home, id)
    return _open_editions(home, memory).take(id)


def look(home: Home, id: str) -> Edition:
    """The edition of an id for a moment: it is not kept open. Raises DataError as `open_edition` does."""
    _check(home, id)
    return _open_editions(home).look(id)


def editions(home: Home) -> list[EditionInfo]:
    """The editions that can be read, newest first."""
    named, shelf, found = pointed(home), _open_editions(home), []
    for id in reversed(ids(home)):
        try:
            edition = shelf.look(id)
        except DataError as error:
            log.warning("%s", error)
            continue
        size, cases = edition.path.stat().st_size / 1e6, int(edition.meta.get("cases", 0))
        found.append(EditionInfo(id, edition.as_of, edition.published_at, cases, id == named, size, edition.demo))
    return found


def rollback(home: Home, id: str) -> None:
    """Point readers at another published edition, usually an older one. Raises DataError if it cannot be read.

    While they read an older one, nothing is published in the background.
    """
    open_edition(home, id)
    with publish_lock(home):
        if id == ids(home)[-1]:
            (home.editions / ROLLED_BACK).unlink(missing_ok=True)
        else:
            (home.editions / ROLLED_BACK).touch()
        point(home, id)


def rolled_back(home: Home) -> bool:
    """Whether readers were pointed at an older edition, and nothing was published by hand since."""
    return (home.editions / ROLLED_BACK).exists()


def path_of(home: Home, id: str) -> Path:
    return home.editions / f"edition-{id}.duckdb"


def ids(home: Home) -> list[str]:
    """The ids of the published editions, oldest first."""
    names = (file.stem.removeprefix("edition-") for file in home.editions.glob("edition-*.duckdb"))
    return sorted(name for name in names if ID.fullmatch(name))


def pointed(home: Home) -> str | None:
    """The id that the pointer names, None if there is no pointer or it holds no id."""
    try:
        id = (home.editions / POINTER).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return id if ID.fullmatch(id) else None


def pinned(home: Home) -> set[str]:
    """The ids listed in the file PINNED, one a line: editions that are never deleted."""
    try:
        return set((home.editions / PINNED).read_text("utf-8").split())
    except FileNotFoundError:
        return set()


@contextmanager
def pins(home: Home) -> Iterator[None]:
    """Held while an edition is pinned, and while unpinned ones are deleted: never for long, unlike `publish_lock`."""
    folder = os.open(home.editions, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def pin(home: Home, id: str) -> None:
    """Never delete an edition from now on. Raises DataError if it is gone already."""
    with pins(home):
        pinned_id = pinned(home)
        if id in pinned_id:
            return
        _check(home, id)
        _replace(home.editions / PINNED, "".join(f"{name}\n" for name in sorted({*pinned_id, id})))


def point(home: Home, id: str) -> None:
    """Make an edition the current one: one atomic rename, on disk when this returns."""
    _replace(home.editions / POINTER, id + "\n")


def _replace(path: Path, text: str) -> None:
    """A file with this text: the old one whole or the new one whole, on disk when this returns."""
    fresh = path.with_name(f".{path.name}-{os.getpid()}")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)
    sync(path.parent)


def sync(path: Path) -> None:
    """Put a file's content, or a folder's names, on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def publish_lock(home: Home) -> Iterator[None]:
    """One publishing or rollback at a time; the lock dies with its process. DataError after 10 s of waiting."""
    deadline = time.monotonic() + LOCK_SECONDS
    with (home.editions / ".lock").open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise DataError(
                        "edition.publishing",
                        "{folder} is being published to by another process: try again later",
                        folder=home.editions,
                    ) from None
                time.sleep(0.05)
        yield


def _opened(
    path: Path, config: dict[str, str | bool | int | float | list[str]]
) -> tuple[duckdb.DuckDBPyConnection, bool]:
    """An edition's file, and whether its zone has summer time. Days and times of instants are told in that zone."""
    connection = duckdb.connect(str(path), read_only=True, config=config)
    row = connection.execute("SELECT value FROM meta WHERE key = 'zone'").fetchone()
    zone = str(row[0]) if row else ""
    instants = zone in zone_names() and time_type(zone) != LOCAL
    locked = connection.execute("SELECT current_setting('lock_configuration')").fetchone()
    if locked != (True,):  # else a reader still holds the file open, and all of this is done
        if instants:
            set_zone(connection, zone)
        connection.execute("SET lock_configuration = true")
    return connection, instants


def _check(home: Home, id: str) -> None:
    published = ids(home)
    if id not in published:
        near = difflib.get_close_matches(id, published, n=1, cutoff=0.6)
        if near:
            hint = Message("edition.near", 'did you mean "{near_id}"?', near_id=near[0])
        elif published:
            hint = Message("edition.newest", "the newest is {id}", id=published[-1])
        else:
            hint = Message("edition.none_yet", "none is published")
        raise DataError("edition.unknown", 'there is no edition "{id}": {hint}', id=id, hint=hint)


def _stamp(path: Path) -> Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__

"""The folder of all state, and DuckDB connections with its settings."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from data.errors import DataError
from data.system_errors import of_os
from data.values.zones import LOCAL, time_type

PRIVATE = 0o700
FOLDERS = ("editions", "keys", "probe", "reports", "scratch", "sources", "spool", "tiles")
"""Folders of the home."""


@dataclass(frozen=True)
class Home:
    """The home folder and its limits.

    zone: the district's own time zone. Stored times are local to it if its clocks never change, else instants.
    memory: DuckDB's memory limit for loading and publishing, e.g. "4GB".
    calendar: the district's own table of working days, a CSV; None for the official calendar alone.
    """

    root: Path
    zone: str = "Asia/Shanghai"
    memory: str = "4GB"
    threads: int = 2
    calendar: Path | None = None

    @property
    def time_type(self) -> str:
        """DuckDB's type of the times that the store and the editions keep."""
        return time_type(self.zone)

    def stored_time(self, local: datetime) -> datetime:
        """A local time of the district, `fold` telling which of two, as the store keeps it."""
        return local if self.time_type == LOCAL else local.replace(tzinfo=ZoneInfo(self.zone))

    @property
    def store(self) -> Path:
        """The working store: areas, batches, rejects and the facts as delivered."""
        return self.root / "store.duckdb"

    @property
    def editions(self) -> Path:
        """Published editions `edition-<id>.duckdb` and the pointer `CURRENT`."""
        return self.root / "editions"

    @property
    def scratch(self) -> Path:
        """Folder of DuckDB's temporary files; may be deleted while nothing runs."""
        return self.root / "scratch"

    @property
    def keys(self) -> Path:
        """Keys of the home, and the secrets that are encrypted by them."""
        return self.root / "keys"

    def prepare(self) -> None:
        for folder in (self.root, self.editions, self.scratch):
            folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)

    def make_private(self) -> None:
        """Take the rights on the home from everybody but its owner; it is made if there is none. Raises DataError."""
        try:
            self.root.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
            if self.root.stat().st_mode & stat.S_ISVTX:
                raise DataError(
                    "home.shared",
                    "{home} is a folder that all users share: name one of its own with COCKPIT_HOME",
                    home=self.root,
                )
            for path in self._own():
                _make_private(path)
            if not os.access(self.root, os.W_OK):
                raise DataError(
                    "home.read_only",
                    "the home {home} cannot be written: mount its disk for writing, or give it to the user who runs "
                    "this",
                    home=self.root,
                )
        except (FileExistsError, NotADirectoryError):
            raise DataError(
                "home.no_folder", "the home {home} is no folder: name another with COCKPIT_HOME", home=self.root
            ) from None
        except OSError as error:
            raise DataError(
                "home.not_private",
                "{path} cannot be made private ({why}): give the home to the user who runs this, or run "
                "`chmod -R go= ` on it",
                path=error.filename or self.root,
                why=of_os(error),
            ) from None

    def _own(self) -> Iterator[Path]:
        """Paths of the home that the product manages, without links and folders of other users."""
        yield self.root
        for path in self.root.iterdir():
            if path.name in FOLDERS and not path.is_symlink():
                yield from (Path(at) / name for at, folders, files in os.walk(path) for name in (*folders, *files, "."))
            elif not path.is_dir():
                yield path

    def connect(self, path: Path | str = ":memory:", *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
        """Open DuckDB with this home's limits and zone. No extension is fetched, row order is free."""
        connection = duckdb.connect(
            str(path),
            read_only=read_only,
            config={
                "memory_limit": self.memory,
                "threads": self.threads,
                "temp_directory": str(self.scratch),
                "preserve_insertion_order": False,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        )
        if self.time_type != LOCAL:
            set_zone(connection, self.zone)
        return connection


def _make_private(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
        if not stat.S_ISLNK(mode) and mode & 0o077:
            path.chmod(stat.S_IMODE(mode) & ~0o077)
    except FileNotFoundError:
        pass  # a file of a run that has just ended


def set_zone(connection: duckdb.DuckDBPyConnection, zone: str) -> None:
    """Set the time zone in which a connection and its cursors convert instants."""
    connection.execute("SET GLOBAL TimeZone = '" + zone.replace("'", "''") + "'")

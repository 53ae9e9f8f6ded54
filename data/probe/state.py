"""State between runs: last completion of each task, content of home pages, slow hosts."""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from data.home import Home

PIECES = 4_000
"""Hashes of content that are remembered of a home page: what was there before is no news when it comes back."""


@dataclass(frozen=True)
class HomePage:
    """changed: time of the last new content."""

    pieces: frozenset[bytes]
    changed: datetime


class State:
    """A small SQLite file; written in one transaction a `commit`. ":memory:" for a run that is not remembered."""

    def __init__(self, path: Path | str) -> None:
        if path != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._con = sqlite3.connect(path, check_same_thread=False)
        self._con.execute("PRAGMA journal_mode = WAL")
        self._con.execute("CREATE TABLE IF NOT EXISTS done (task TEXT PRIMARY KEY, at TEXT) WITHOUT ROWID")
        self._con.execute("CREATE TABLE IF NOT EXISTS home (site TEXT PRIMARY KEY, changed TEXT, seen BLOB)")
        self._con.execute("CREATE TABLE IF NOT EXISTS host (host TEXT PRIMARY KEY, seconds REAL) WITHOUT ROWID")
        self._con.execute("CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID")

    @classmethod
    def of(cls, home: Home) -> "State":
        return cls(home.root / "probe" / "state.sqlite")

    def done(self) -> dict[str, datetime]:
        """Last completion of each task."""
        return {task: datetime.fromisoformat(at) for task, at in self._con.execute("SELECT task, at FROM done")}

    def finish(self, task: str, at: datetime) -> None:
        self._con.execute("INSERT OR REPLACE INTO done VALUES (?, ?)", (task, at.isoformat()))

    def home(self, site: str) -> HomePage | None:
        row = self._con.execute("SELECT changed, seen FROM home WHERE site = ?", (site,)).fetchone()
        if row is None:
            return None
        pieces = frozenset(row[1][i : i + 8] for i in range(0, len(row[1]), 8))
        return HomePage(pieces, datetime.fromisoformat(row[0]))

    def note_home(self, site: str, pieces: Iterable[bytes], at: datetime, printed: datetime | None) -> datetime:
        """When the home page changed last, what it holds now put in. Not seen before: the newest date printed on it."""
        now = frozenset(pieces)
        before = self.home(site)
        if before is None:
            changed = min(printed, at) if printed else at
        else:
            changed = at if now - before.pieces else before.changed
        pieces = [*now, *((before.pieces - now) if before else ())][:PIECES]
        self._con.execute(
            "INSERT OR REPLACE INTO home VALUES (?, ?, ?)", (site, changed.isoformat(), b"".join(sorted(pieces)))
        )
        return changed

    def slow(self) -> dict[str, float]:
        """Last response seconds of slow hosts."""
        return dict(self._con.execute("SELECT host, seconds FROM host"))

    def note_host(self, host: str, seconds: float, *, slow: bool) -> None:
        if slow:
            self._con.execute("INSERT OR REPLACE INTO host VALUES (?, ?)", (host, seconds))
        else:
            self._con.execute("DELETE FROM host WHERE host = ?", (host,))

    def store(self, name: str, value: object) -> None:
        """Store a status value for the screens."""
        self._con.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", (name, json.dumps(value, default=str)))

    def value(self, name: str) -> object:
        row = self._con.execute("SELECT value FROM notes WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else None

    def commit(self) -> None:
        self._con.commit()

    def close(self) -> None:
        self.commit()
        self._con.close()

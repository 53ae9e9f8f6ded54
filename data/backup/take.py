"""Take a backup of a home and its desk while they are served, loaded, pushed to and probed.

Each part is consistent: SQLite files are copied by SQLite, the store under its lock, and editions never change.
The order keeps the parts consistent with each other: the store is copied after the journal, so every push that the
journal lists as loaded is in the store, and every queued push has its body.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import make_url

from data import vault
from data.backup import desk as rows
from data.backup import totals
from data.backup.archive import Manifest, Writer, finish, writing
from data.desk.auditing.custody import Custody
from data.desk.store import newest, open_desk
from data.editions.files import POINTER, publish_lock
from data.errors import DataError
from data.home import Home
from data.push import receipts
from data.store import read_store
from data.system_errors import line_of

Counts = Mapping[str, Any]
"""Totals of a part of a backup: data.backup.totals."""

SQLITE_DESK = "desk/desk.sqlite"
SQLITE = b"SQLite format 3\0"
COMPANIONS = ("-wal", "-shm", "-journal")
PASSING = (".half", ".lock")
PASSING_STARTS = (".building-", ".coming-", ".restoring-", ".replaced-", ".backup-")
LOCKS = ("lock", ".lock")
NEEDED = ("queued", "held", "failed")
"""States of pushes whose bodies are still of use."""
TRIES = 5
"""Number of retries of the journal when a body that it names was just loaded."""


def take(home: Home, desk_url: str, target: Path, custody: Custody | None = None) -> Manifest:
    """Write a backup to a new file, readable by its owner only. Raises DataError and then leaves no file."""
    if not home.root.is_dir():
        raise DataError("home.none", "{home} is no folder: name the home to back up", home=home.root)
    target = target.absolute()
    custody = of_copy(home.root, custody)
    made_at = datetime.now(ZoneInfo(home.zone)).replace(tzinfo=None, microsecond=0)
    counted: dict[str, Counts] = {}
    with vault.locked(custody.keys), writing(target) as writer:  # keys and secrets must match
        desk_file = sqlite_of(desk_url)
        excluded = {
            "scratch",
            "tiles",
            "editions",
            "spool",
            "reports",
            "attachments",
            home.store.name,
            f"{home.store.name}.wal",
        }
        left_out = _folder(writer, home.root, excluded, {target, desk_file} if desk_file else {target})
        counted["pushes"] = _spool(writer, home)
        counted["store"] = _store(writer, home)
        counted["editions"] = _editions(writer, home)
        kind, version, counted["desk"] = _desk(writer, desk_url, desk_file, custody)
        for folder in ("reports", "attachments"):  # after the desk, so that it names no file that is missing
            left_out += _folder(writer, home.root / folder, set(), {target}, below=f"{folder}/")
        manifest = Manifest(
            made_at.isoformat(), home.zone, kind, version, counted, writer.files, tuple(sorted(left_out))
        )
        finish(writer, manifest)
    return manifest


def _folder(writer: Writer, root: Path, without: set[str], not_these: set[Path], *, below: str = "") -> list[str]:
    """Add the files of a folder except the named top-level entries. Returns the entries left out: links, sockets."""
    left_out = []
    for path in _walk(root, without):
        name = below + path.relative_to(root).as_posix()
        if path.absolute() in not_these or _is_passing(path):
            continue
        if path.is_symlink() or not path.is_file():
            if path.is_symlink() or path.exists():
                left_out.append(name)
            continue
        with contextlib.suppress(FileNotFoundError):  # removed meanwhile
            _file(writer, f"home/{name}", path)
    return left_out


def _walk(root: Path, without: set[str]) -> Iterator[Path]:
    for folder, names, files in os.walk(root):
        directory = Path(folder)
        if directory == root:
            names[:] = [name for name in names if name not in without]
            files = [name for name in files if name not in without]
        links = [name for name in names if (directory / name).is_symlink()]
        names[:] = sorted(name for name in names if name not in links and not name.startswith(PASSING_STARTS))
        yield from (directory / name for name in sorted([*files, *links]))


def _is_passing(path: Path) -> bool:
    """Files of a run under way, which mean nothing afterwards."""
    name = path.name
    return name in LOCKS or name.endswith((*COMPANIONS, *PASSING)) or name.startswith(PASSING_STARTS)


def _file(writer: Writer, name: str, path: Path) -> None:
    with path.open("rb") as file:
        if file.read(len(SQLITE)) != SQLITE:
            file.seek(0)
            writer.add(name, file)
            return
    draft = writer.work / "sqlite"
    copy_sqlite(path, draft)
    writer.add_path(name, draft)
    draft.unlink()


def copy_sqlite(path: Path, target: Path) -> None:
    """A consistent copy of a SQLite file that others write to. DataError if it is damaged."""
    target.unlink(missing_ok=True)
    try:
        with (
            closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
            result = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        if "full" in str(error):
            raise DataError(
                "disk.full_at", "the disk of {path} is full: free some space, then try again", path=target.parent
            ) from error
        raise DataError("file.not_copied", "{path} cannot be copied: {why}", path=path, why=line_of(error)) from error
    if result != "ok":
        raise DataError("file.damaged", "{path} is damaged: {why}", path=path, why=result)


def _spool(writer: Writer, home: Home) -> dict[str, int]:
    """The journal of pushes, and the bodies that it still needs."""
    folder = home.root / "spool"
    journal, draft = folder / "journal.sqlite", writer.work / "journal"
    if not journal.is_file():
        return {}
    for _try in range(TRIES):
        copy_sqlite(journal, draft)
        with closing(sqlite3.connect(draft)) as connection:
            needed = connection.execute(f"SELECT id, format, state FROM push WHERE state IN {NEEDED}").fetchall()
            missing = [state for id, form, state in needed if not _body(writer, folder / f"{id}.{form}")]
            for id, _form, _state in needed:
                _body(writer, receipts.path(folder, id))
        if "queued" not in missing:
            break  # else it was loaded between the two checks
    counted = totals.of_journal(draft)
    writer.add_path("home/spool/journal.sqlite", draft)
    draft.unlink()
    return counted


def _body(writer: Writer, path: Path) -> bool:
    """Add the body of a push unless it was added; whether it is there."""
    name = f"home/spool/{path.name}"
    if name in writer.files:
        return True
    try:
        writer.add_path(name, path)
    except FileNotFoundError:
        return False
    return True


def _store(writer: Writer, home: Home) -> dict[str, int]:
    """The working store. Loads wait while it is copied."""
    if not home.store.exists():
        return {}
    with ExitStack() as files, read_store(home) as store:
        counted = totals.of_store(store)
        for path in (home.store, home.store.with_name(f"{home.store.name}.wal")):
            if path.exists():
                # Closed after the store: closing a file releases all locks of this process on it.
                writer.add(f"home/{path.name}", files.enter_context(path.open("rb")))
    return counted


def _editions(writer: Writer, home: Home) -> dict[str, int | str]:
    """All editions, and the pointer to the current one. One that is pruned meanwhile stays readable once it is open."""
    if not home.editions.is_dir():
        return {}
    with ExitStack() as files:
        with publish_lock(home):
            counted = totals.of_editions(home)
            names = [p for p in home.editions.iterdir() if p.is_file() and p.name != POINTER and not _is_passing(p)]
            opened = [(path.name, files.enter_context(path.open("rb"))) for path in sorted(names)]
            if (home.editions / POINTER).exists():
                opened.append((POINTER, files.enter_context((home.editions / POINTER).open("rb"))))
        for name, file in opened:
            writer.add(f"home/editions/{name}", file)
    return counted


def _desk(writer: Writer, url: str, file: Path | None, custody: Custody) -> tuple[str, str, Counts]:
    """Kind, version of the tables, and totals of the desk."""
    if file is None:
        return "rows", *rows.export_rows(url, writer, custody)
    if not file.is_file():
        return "", "", {}
    draft = writer.work / "desk.sqlite"
    copy_sqlite(file, draft)
    counted = totals_of_sqlite(draft, custody)
    writer.add_path(SQLITE_DESK, draft)
    draft.unlink()
    return "sqlite", newest(), counted


def of_copy(root: Path, custody: Custody | None) -> Custody:
    """The keys of the home at `root`, for a copy of its desk: a copy is announced nowhere."""
    return Custody(root.absolute() / "keys", custody.audit_key if custody else "")


def totals_of_sqlite(file: Path, custody: Custody) -> Counts:
    """Totals of a desk in a SQLite file that nobody else has open. An older one is migrated."""
    desk = open_desk(f"sqlite:///{file}", custody)
    try:
        return totals.of_desk(desk)
    finally:
        desk.close()
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")  # one file again


def sqlite_of(url: str) -> Path | None:
    parsed = make_url(url)
    return Path(parsed.database or "").absolute() if parsed.get_backend_name() == "sqlite" else None

"""Restore a backup: extract to a staging folder, verify, then move into place. The next run completes a killed one."""

import hashlib
import json
import os
import shutil
import tempfile
from datetime import datetime
from pathlib import Path

from data.backup import archive, totals
from data.backup import desk as rows
from data.backup.archive import Manifest
from data.backup.take import SQLITE_DESK, of_copy, sqlite_of, totals_of_sqlite
from data.desk.auditing.custody import Custody
from data.desk.store import open_desk
from data.editions.files import sync
from data.errors import DataError
from data.home import Home
from data.store import read_store

STAGING, REPLACED = ".restoring-", ".replaced-"
READY = "READY"
"""Marker in the staging folder: its content is verified, so the next run completes a killed restore."""
LAST = "editions"
"""Moved last: until then no edition is published, so none is served."""


def restore(
    path: Path,
    home: Home,
    desk_url: str,
    custody: Custody | None = None,
    *,
    replace: bool = False,
    check: bool = False,
) -> Manifest:
    """Restore a backup into a home and its desk. check: verify only.

    Home and desk must be empty, unless `replace`: then the old content is kept in `.replaced-…` in the home, that of a
    PostgreSQL desk in a schema `replaced_…`. Raises DataError and leaves the home unchanged.
    """
    with archive.reading(path) as (tar, manifest):
        _fits(manifest, home, desk_url)
        if not check:
            if _finished(home, manifest, desk_url):
                return manifest
            _may_fill(home, manifest, desk_url, replace=replace)
        home.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f"{STAGING}{datetime.now():%Y%m%d-%H%M%S}-", dir=home.root))
        try:
            with archive.full_disk_error(home.root):
                archive.extract(path, tar, manifest, staging)
                copied = of_copy(staging / "home", custody)
                _verify(staging, home, manifest, copied)
                if not check:
                    _place_desk(staging, home, desk_url)
                    _fill_desk(staging, manifest, desk_url, copied, replace=replace)
                    _mark_ready(staging, manifest)
                    _put_in_place(home, staging, desk_url)
        finally:
            if not (staging / READY).exists():
                shutil.rmtree(staging, ignore_errors=True)
                if check and not any(home.root.iterdir()):
                    home.root.rmdir()
    return manifest


def _fits(manifest: Manifest, home: Home, desk_url: str) -> None:
    if manifest.zone != home.zone:
        raise DataError("restore.zone", "this backup is of the zone {zone}: set COCKPIT_ZONE to it", zone=manifest.zone)
    if manifest.desk == "rows" and sqlite_of(desk_url):
        raise DataError(
            "restore.postgresql", "this backup holds a PostgreSQL desk: name an empty database in COCKPIT_DESK"
        )
    if manifest.desk == "sqlite" and not sqlite_of(desk_url):
        raise DataError("restore.sqlite", "this backup holds a SQLite desk: unset COCKPIT_DESK, or name a SQLite file")


def _may_fill(home: Home, manifest: Manifest, desk_url: str, *, replace: bool) -> None:
    """Raise DataError if there is content that must not be replaced. Removes leftovers of killed runs."""
    for leftover in home.root.glob(f"{STAGING}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    if replace:
        return
    if _content(home):
        raise DataError(
            "restore.home_not_empty",
            "{home} is not empty: name an empty folder, or add --replace, which moves what is there to a "
            "folder {folder}… in it",
            home=home.root,
            folder=REPLACED,
        )
    outside = sqlite_of(desk_url) if manifest.desk == "sqlite" else None
    if outside and outside.exists() and outside.stat().st_size:
        raise DataError(
            "restore.desk_exists",
            "{path} exists already: name another desk in COCKPIT_DESK, or add --replace",
            path=outside,
        )
    if manifest.desk == "rows" and rows.occupied(desk_url) and not _is_filled(manifest, desk_url):
        raise DataError(
            "restore.desk_not_empty", "the desk's database is not empty: name an empty one, or add --replace"
        )


def _content(home: Home) -> list[Path]:
    """Entries of a home except the folders of restores."""
    if not home.root.is_dir():
        return []
    return [path for path in home.root.iterdir() if not path.name.startswith((STAGING, REPLACED))]


def _verify(staging: Path, home: Home, manifest: Manifest, custody: Custody) -> None:
    """Compare the totals of the extracted files with those of the backup."""
    copy = Home(staging / "home", home.zone, home.memory, home.threads)
    counted = manifest.totals
    if copy.store.exists():
        with read_store(copy) as store:
            totals.differing("the store", counted["store"], totals.of_store(store))
    totals.differing("the editions", counted["editions"], totals.of_editions(copy))
    journal = copy.root / "spool" / "journal.sqlite"
    if journal.exists():
        totals.differing("the pushes", counted["pushes"], totals.of_journal(journal))
    if (staging / SQLITE_DESK).exists():
        totals.differing("the desk", counted["desk"], totals_of_sqlite(staging / SQLITE_DESK, custody))
    shutil.rmtree(copy.scratch, ignore_errors=True)


def _place_desk(staging: Path, home: Home, desk_url: str) -> None:
    """A SQLite desk that belongs into the home goes there with it."""
    source, target = staging / SQLITE_DESK, sqlite_of(desk_url)
    root = home.root.absolute()
    if source.exists() and target and target.is_relative_to(root):
        place = staging / "home" / target.relative_to(root)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        source.rename(place)


def _is_filled(manifest: Manifest, desk_url: str) -> bool:
    """Whether a restore that was killed has filled the desk already."""
    last = manifest.totals["desk"].get("last_hash")
    return bool(last) and rows.last_hash(desk_url) == last


def _fill_desk(staging: Path, manifest: Manifest, desk_url: str, custody: Custody, *, replace: bool) -> None:
    if manifest.desk != "rows":
        return
    if not _is_filled(manifest, desk_url):
        rows.import_rows(desk_url, staging / "desk", manifest.desk_version, replace=replace)
    desk = open_desk(desk_url, custody)
    try:
        totals.differing("the desk", manifest.totals["desk"], totals.of_desk(desk))
    finally:
        desk.close()
    shutil.rmtree(staging / "desk")


def _mark_ready(staging: Path, manifest: Manifest) -> None:
    names = sorted(path.name for path in (staging / "home").iterdir()) if (staging / "home").exists() else []
    draft = staging / "ready.half"
    draft.write_text(json.dumps({"made_at": manifest.made_at, "files": _print(manifest), "names": names}), "utf-8")
    sync(draft)
    draft.rename(staging / READY)
    sync(staging)


def _print(manifest: Manifest) -> str:
    """A fingerprint of the backup."""
    return hashlib.sha256(json.dumps(manifest.files, sort_keys=True).encode()).hexdigest()


def _finished(home: Home, manifest: Manifest, desk_url: str) -> bool:
    """Go on with a restore that was killed when it was verified; whether it was one of this very backup."""
    if not home.root.is_dir():
        return False
    for staging in home.root.glob(f"{STAGING}*"):
        if (staging / READY).exists():
            restored = json.loads((staging / READY).read_text("utf-8"))["files"]
            _put_in_place(home, staging, desk_url)
            return bool(restored == _print(manifest))
    return False


def _put_in_place(home: Home, staging: Path, desk_url: str) -> None:
    """Move old entries aside and extracted ones into place. Each move is one rename, so it can be repeated."""
    names = json.loads((staging / READY).read_text("utf-8"))["names"]
    aside = home.root / f"{REPLACED}{staging.name.removeprefix(STAGING)}"
    for path in _content(home):
        if path.name not in names or (staging / "home" / path.name).exists():
            aside.mkdir(mode=0o700, exist_ok=True)
            path.rename(aside / path.name)
    for name in sorted(names, key=lambda name: (name == LAST, name)):
        if (staging / "home" / name).exists():
            (staging / "home" / name).rename(home.root / name)
    _put_desk(staging, desk_url)
    sync(home.root)
    (staging / READY).unlink()
    shutil.rmtree(staging, ignore_errors=True)


def _put_desk(staging: Path, desk_url: str) -> None:
    """Move a SQLite desk outside the home into place."""
    source, target = staging / SQLITE_DESK, sqlite_of(desk_url)
    if not source.exists() or target is None:
        return
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    stamp = f"{datetime.now():%Y%m%d-%H%M%S}"
    for file in (target, *(target.with_name(target.name + end) for end in ("-wal", "-shm"))):
        if file.exists():
            file.rename(file.with_name(f"{file.name}.replaced-{stamp}"))
    draft = target.with_name(f".{target.name}.half")
    shutil.copyfile(source, draft)
    os.chmod(draft, 0o600)
    sync(draft)
    draft.rename(target)

"""The file of a backup: a tar of plain files whose last member, `manifest.json`, lists all others.

It gets its name once it is complete and synced. The next backup in the same folder removes files of killed runs.
"""

import fcntl
import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from data.editions.files import sync
from data.errors import DataError
from data.system_errors import is_no_room, line_of, of_os

FORMAT = 1
MANIFEST = "manifest.json"
MOST_MANIFEST = 200_000_000
WORK = ".backup-"
LOCK = "lock"
BLOCK = 1 << 20


@dataclass(frozen=True)
class Manifest:
    """files: size and SHA-256 by member. totals: see `data.backup.totals`. desk: "sqlite", "rows" or "" for none."""

    made_at: str
    zone: str
    desk: str
    desk_version: str = ""
    totals: dict[str, Any] = field(default_factory=dict)
    files: dict[str, tuple[int, str]] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    format: int = FORMAT


class Writer:
    """Adds files to a backup. `work` is a private folder for drafts, on the same disk."""

    def __init__(self, tar: tarfile.TarFile, work: Path) -> None:
        self._tar, self.work = tar, work
        self.files: dict[str, tuple[int, str]] = {}

    def add(self, name: str, file: BinaryIO) -> None:
        """Add an open file at its current size; data appended later is left out."""
        size = os.fstat(file.fileno()).st_size
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, 0o600
        reader = _Hashing(file, size)
        self._tar.addfile(info, reader)  # type: ignore[arg-type]  # it reads, and that is all it does
        self.files[name] = (size, reader.digest.hexdigest())

    def add_path(self, name: str, path: Path) -> None:
        with path.open("rb") as file:
            self.add(name, file)


class _Hashing:
    """A file read up to a size, hashed on the way. One that was cut meanwhile is DataError."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._left, self.digest = file, size, hashlib.sha256()

    def read(self, size: int) -> bytes:
        piece = self._file.read(min(size, self._left))
        if not piece and self._left:
            raise DataError("backup.file_shrank", "a file became shorter while it was read: try again")
        self._left -= len(piece)
        self.digest.update(piece)
        return piece


@contextmanager
def writing(target: Path) -> Iterator[Writer]:
    """Write a new backup; call `finish` inside to complete it. No file is left at `target` if the block fails.

    Raises DataError if the file exists or the disk is full.
    """
    if target.exists():
        raise DataError("file.exists", "{path} exists already: name a new file", path=target)
    if not target.parent.is_dir():
        raise DataError("folder.none", "{folder} is no folder: make it, or name another", folder=target.parent)
    sweep(target.parent)
    work = Path(tempfile.mkdtemp(prefix=WORK, dir=target.parent))
    try:
        with full_disk_error(target.parent), (work / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            draft = work / "draft"
            with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
                with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
                    yield Writer(tar, work)
                file.flush()
                os.fsync(file.fileno())
            _place(draft, target)
            sync(target.parent)
    except FileExistsError:
        raise DataError("file.exists", "{path} exists already: name a new file", path=target) from None
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _place(draft: Path, target: Path) -> None:
    try:
        os.link(draft, target)  # unlike a rename it replaces nothing
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        draft.rename(target)


def finish(writer: Writer, manifest: Manifest) -> None:
    """Add the manifest: the last member."""
    content = json.dumps(asdict(manifest), ensure_ascii=False, indent=1).encode()
    info = tarfile.TarInfo(MANIFEST)
    info.size, info.mode = len(content), 0o600
    writer._tar.addfile(info, io.BytesIO(content))


def sweep(folder: Path) -> None:
    """Remove the unlocked work folders of killed runs."""
    for work in folder.glob(f"{WORK}*"):
        try:
            with (work / LOCK).open("r") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(work, ignore_errors=True)
        except BlockingIOError:
            continue  # a run under way
        except OSError:
            continue  # it has just begun, or is another user's


@contextmanager
def full_disk_error(folder: Path) -> Iterator[None]:
    """Words for a disk without room, and for other faults of it."""
    try:
        yield
    except OSError as error:
        if is_no_room(error):
            raise DataError(
                "disk.full_at", "the disk of {path} is full: free some space, then try again", path=folder
            ) from error
        raise DataError("backup.file", "{path}: {why}", path=error.filename or folder, why=of_os(error)) from error


@contextmanager
def reading(path: Path) -> Iterator[tuple[tarfile.TarFile, Manifest]]:
    """A backup and its manifest. DataError if it is none, is cut off, or was made by a newer release."""
    try:
        with tarfile.open(path, "r:") as tar:
            yield tar, _manifest(path, tar)
    except (tarfile.TarError, EOFError) as error:
        raise DataError(
            "backup.not_whole", "{path} is no whole backup ({why}): take another", path=path, why=line_of(error)
        ) from error
    except OSError as error:
        raise DataError("backup.file", "{path}: {why}", path=path, why=of_os(error)) from error


def _manifest(path: Path, tar: tarfile.TarFile) -> Manifest:
    members = tar.getmembers()
    if not members or members[-1].name != MANIFEST or members[-1].size > MOST_MANIFEST:
        raise DataError(
            "backup.no_list", "{path} is no whole backup (its list of files is missing): take another", path=path
        )
    file = tar.extractfile(members[-1])
    try:
        content = json.loads(file.read() if file else b"")
        if content.get("format", 0) > FORMAT:
            raise DataError("backup.newer", "{path} was made by a newer release: restore it with that one", path=path)
        content["files"] = {name: (int(size), str(digest)) for name, (size, digest) in content["files"].items()}
        return Manifest(**content | {"left_out": tuple(content["left_out"])})
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DataError(
            "backup.not_ours", "{path} is no backup of a cockpit ({why})", path=path, why=line_of(error)
        ) from error


def extract(path: Path, tar: tarfile.TarFile, manifest: Manifest, into: Path) -> None:
    """Extract every file below `into`, private to its owner. Raises DataError if a file is not as listed."""
    missing = dict(manifest.files)
    for member in tar:
        if member.name == MANIFEST:
            break
        listed = missing.pop(member.name, None)
        parts = PurePosixPath(member.name).parts
        if listed is None or not member.isreg() or member.size != listed[0] or not _is_plain(parts):
            raise DataError(
                "backup.unlisted",
                "{path}: {name} is not what the list of files says: take another backup",
                path=path,
                name=member.name,
            )
        source = tar.extractfile(member)
        assert source is not None
        if _copy(source, into.joinpath(*parts)) != listed[1]:
            raise DataError(
                "backup.damaged_file", "{path}: {name} is damaged: take another backup", path=path, name=member.name
            )
    if missing:
        raise DataError(
            "backup.missing_file", "{path}: {name} is missing: take another backup", path=path, name=next(iter(missing))
        )


def _is_plain(parts: tuple[str, ...]) -> bool:
    return bool(parts) and parts[0] in ("home", "desk") and not {"..", "/", "."} & set(parts)


def _make(folder: Path) -> None:
    """The folder and those above it that are missing, all of them private."""
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir(mode=0o700)


def _copy(source: Any, target: Path) -> str:
    """Copy to a new private file, on disk on return; its SHA-256."""
    _make(target.parent)
    digest = hashlib.sha256()
    with os.fdopen(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as out:
        while piece := source.read(BLOCK):
            digest.update(piece)
            out.write(piece)
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest()

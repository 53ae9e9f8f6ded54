"""Keys of the home: random keys in files that only their owner can read, outside the desk and the store."""

import base64
import hashlib
import hmac
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from data.errors import DataError
from data.messages import Message
from data.system_errors import line_of, of_os

BYTES = 32
SHORTEST_TEXT = 16
"""Minimum length of a key in the environment."""
FROM_ROW = re.compile(r"(.+)@([1-9][0-9]{0,17})")


@dataclass(frozen=True)
class KeyRing:
    """Keys, newest first. The newest one signs and encrypts; older ones only verify and decrypt.

    since: for each key its first audit row; empty if unknown.
    """

    keys: tuple[bytes, ...]
    since: tuple[int, ...] = ()

    def of(self, row: int) -> "KeyRing":
        """The keys that may have signed an audit row: one if `since` is known."""
        if not self.since:
            return self
        first = max((since for since in self.since if since <= row), default=min(self.since))
        return KeyRing(tuple(key for key, since in zip(self.keys, self.since, strict=True) if since == first))

    def mac(self, text: str) -> str:
        """HMAC-SHA256 of a text by the newest key, 64 hex digits."""
        return _mac(self.keys[0], text)

    def proves(self, text: str, mac: str) -> bool:
        """Whether `found` is the HMAC of a text by any of the keys."""
        return any(hmac.compare_digest(_mac(key, text), mac) for key in self.keys)

    @property
    def fingerprint(self) -> str:
        """A public fingerprint of the newest key."""
        return hashlib.sha256(b"fingerprint" + self.keys[0]).hexdigest()[:16]


def of_text(text: str) -> KeyRing:
    """Keys from an environment variable: comma-separated texts of at least SHORTEST_TEXT characters, newest first.

    `KEY@ROW` gives the first audit row of a key: older keys do not verify that row or later ones. Raises DataError.
    """
    parts = [part.strip() for part in text.split(",")]
    parsed = [(match[1], int(match[2])) if (match := FROM_ROW.fullmatch(part)) else (part, 0) for part in parts]
    if any(len(key) < SHORTEST_TEXT for key, _row in parsed):
        raise DataError(
            "key.short", "a key has {n} characters or more: make one with `openssl rand -hex 32`", n=SHORTEST_TEXT
        )
    rows = tuple(row for _key, row in parsed)
    if list(rows) != sorted(rows, reverse=True):
        raise DataError("key.order", "the newest key stands first: its row is the greatest")
    keys = tuple(hashlib.sha256(key.encode()).digest() for key, _row in parsed)
    return KeyRing(keys, rows if any(rows) else ())


def read(file: Path) -> KeyRing:
    """The keys of a file, newest last. Each line has a base64 key and its first audit row. Raises DataError."""
    try:
        lines = [line.split() for line in file.read_text("ascii").splitlines() if line.strip()]
        keys = tuple(base64.urlsafe_b64decode(key) for key, *_row in reversed(lines))
        since = tuple(int(row[0]) if row else 0 for _key, *row in reversed(lines))
    except (OSError, ValueError) as error:
        raise DataError(
            "key.unreadable",
            "the key file {file} cannot be read: {why}",
            file=file,
            why=_why(error),
        ) from None
    if not keys or any(len(key) != BYTES for key in keys):
        raise DataError("key.empty", "the key file {file} holds no key: put it back from a backup", file=file)
    return KeyRing(keys, since)


def read_or_make(file: Path) -> tuple[KeyRing, bool]:
    """The keys of a file, which is made if there is none; whether it was. Safe among processes that start at once."""
    if file.exists():
        return read(file), False
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = _write(file, _line(secrets.token_bytes(BYTES)))
        try:
            os.link(draft, file)  # fails where another process was first
        except FileExistsError:
            return read(file), False
        finally:
            draft.unlink()
    except OSError as error:
        raise _unwritable(file, error) from None
    return read(file), True


def add_key(file: Path, since: int = 0) -> KeyRing:
    """Add a new key to a file. since: its first audit row. Raises DataError."""
    ring = read(file)
    older_keys = zip(reversed(ring.keys), reversed(ring.since), strict=True)
    lines = [*(_line(key, row) for key, row in older_keys), _line(secrets.token_bytes(BYTES), since)]
    return _replaced(file, lines)


def keep_newest(file: Path) -> KeyRing:
    """Remove all keys of a file but the newest: nothing is written with them any more."""
    ring = read(file)
    return _replaced(file, [_line(ring.keys[0], ring.since[0])])


def replace(file: Path, content: str) -> None:
    """Write a private file atomically. Raises OSError."""
    draft = _write(file, content)
    try:
        os.replace(draft, file)
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    finally:
        draft.unlink(missing_ok=True)


def _unwritable(file: Path, error: OSError) -> DataError:
    return DataError("key.unwritable", "the key file {file} cannot be written: {why}", file=file, why=of_os(error))


def _replaced(file: Path, lines: list[str]) -> KeyRing:
    try:
        replace(file, "".join(lines))
    except OSError as error:
        raise _unwritable(file, error) from None
    return read(file)


def _write(file: Path, content: str) -> Path:
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    return draft


def _line(key: bytes, since: int = 0) -> str:
    return base64.urlsafe_b64encode(key).decode() + (f" {since}" if since else "") + "\n"


def _mac(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _why(error: OSError | ValueError) -> Message | str:
    return of_os(error) if isinstance(error, OSError) else line_of(error)

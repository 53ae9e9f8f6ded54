"""Protection of the desk from outside: key files, and the anchors that receive the audit's head."""

import json
import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property, lru_cache
from pathlib import Path

from data import keyring
from data.desk.auditing.anchor import Anchor
from data.desk.auditing.syslog import Collector, Syslog
from data.desk.errors import DeskError
from data.errors import DataError
from data.keyring import KeyRing
from data.system_errors import of_os

log = logging.getLogger(__name__)

AUDIT_KEY = "audit.key"
KINDS = ("head", "restored", "continues")
"""Kinds of anchor lines: head of the audit, head after a restore, end of the previous file."""


@dataclass(frozen=True)
class Custody:
    """keys: folder of the key files. audit_key: keys of the audit in place of the file there.

    anchor: file that each new head of the audit is appended to, None for none. collector: where it is sent as well.
    """

    keys: Path
    audit_key: str = field(default="", repr=False)
    anchor: Path | None = None
    collector: Collector | None = None

    @classmethod
    def of_home(cls, root: Path) -> "Custody":
        """Default key files of a home."""
        root = root.absolute()
        return cls(root / "keys", anchor=root.with_name(f"{root.name}-audit.jsonl"))

    @property
    def audit(self) -> KeyRing:
        """The keys of the audit, read again once they were replaced. The file is made if there never was one."""
        try:
            if self.audit_key:
                return _of_text(self.audit_key)
            _ = self._made
            return _of_file(self.keys / AUDIT_KEY)
        except DataError as error:
            raise DeskError.of(error) from None

    @cached_property
    def is_new(self) -> bool:
        """Whether the audit's key was never used, judging by the files outside the desk."""
        return (bool(self.audit_key) or self._made) and (self.anchor is None or Anchor(self.anchor).is_empty())

    @cached_property
    def _made(self) -> bool:
        """Whether the key file was just created."""
        return keyring.read_or_make(self.keys / AUDIT_KEY)[1]

    def prepare(self) -> None:
        """Check early that the files are writable. Raises DeskError."""
        _ = self.audit
        if self.anchor:
            try:
                Anchor(self.anchor).check()
            except OSError as error:
                raise DeskError(
                    "audit.anchor_unwritable",
                    "the audit's anchor {file} cannot be written ({why}): name another file with COCKPIT_AUDIT_ANCHOR",
                    file=self.anchor,
                    why=of_os(error),
                ) from None

    def announce(self, kind: str, id: int, hash: str, at: datetime) -> None:
        """Send the head to all anchors. kind: `head`, or `restored` after a restore to an older head."""
        line = line_of(self.audit, kind, id, hash, at)
        if self.anchor:
            try:
                Anchor(self.anchor).append(line, lambda last, its: line_of(self.audit, "continues", last, its, at))
            except OSError as error:  # the row is committed; the next head covers it
                log.error("the audit's anchor %s cannot be written: %s", self.anchor, error)
        if self.collector:
            _sender(self.collector).send(line)


def line_of(keys: KeyRing, kind: str, id: int, hash: str, at: datetime) -> str:
    """One anchored head as JSON."""
    own = keys.of(id)
    entry = {kind: id, "hash": hash, "at": str(at), "key": own.fingerprint}
    return json.dumps(entry | {"mac": own.mac(_canonical(entry))})


def is_genuine(keys: KeyRing, entry: Mapping[str, object]) -> bool:
    """Whether a line was written with the key of its row."""
    row = next((entry[kind] for kind in KINDS if kind in entry), 0)
    return isinstance(row, int) and keys.of(row).proves(
        _canonical({k: v for k, v in entry.items() if k != "mac"}), str(entry.get("mac"))
    )


def _canonical(entry: Mapping[str, object]) -> str:
    return json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _of_file(file: Path) -> KeyRing:
    try:
        stat = file.stat()
    except OSError as error:
        raise DataError(
            "key.unreadable", "the key file {file} cannot be read: {why}", file=file, why=of_os(error)
        ) from None
    return _read(file, stat.st_ino, stat.st_mtime_ns, stat.st_size)


@lru_cache(32)
def _read(file: Path, _inode: int, _changed: int, _size: int) -> KeyRing:
    return keyring.read(file)


@lru_cache(4)
def _of_text(text: str) -> KeyRing:
    return keyring.of_text(text)


_senders = threading.Lock()


def _sender(collector: Collector) -> Syslog:
    with _senders:
        return _made(collector)


@cache
def _made(collector: Collector) -> Syslog:
    return Syslog(collector)

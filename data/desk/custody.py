"""What guards the desk from outside of it: its keys, and the places that the audit's head is sent to."""

import json
import logging
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property
from pathlib import Path

from data import keyring
from data.desk.errors import DeskError
from data.desk.syslog import Collector, Syslog
from data.errors import DataError
from data.keyring import KeyRing

log = logging.getLogger(__name__)


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
        """The files of a home that no setting moves."""
        root = root.absolute()
        return cls(root / "keys", anchor=root.with_name(f"{root.name}-audit.jsonl"))

    @cached_property
    def audit(self) -> KeyRing:
        """The keys of the audit; the file is made if there is none."""
        return self._audit[0]

    @cached_property
    def is_new(self) -> bool:
        """Whether nothing was ever written with the audit's key, as far as can be told from outside the desk."""
        anchored = self.anchor is not None and self.anchor.exists() and self.anchor.stat().st_size > 0
        return self._audit[1] and not anchored

    @cached_property
    def _audit(self) -> tuple[KeyRing, bool]:
        try:
            if self.audit_key:
                return keyring.of_text(self.audit_key), True
            return keyring.read_or_make(self.keys / "audit.key")
        except DataError as error:
            raise DeskError(str(error)) from None

    def prepare(self) -> None:
        """Fail now, and not at the first row, where a file cannot be written. Raises DeskError."""
        _ = self.audit
        if self.anchor:
            try:
                self.anchor.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                os.close(self._append())
            except OSError as error:
                raise DeskError(
                    f"the audit's anchor {self.anchor} cannot be written ({error.strerror}): name another file with "
                    "COCKPIT_AUDIT_ANCHOR"
                ) from None

    def announce(self, kind: str, id: int, hash: str, at: datetime) -> None:
        """Tell all places outside the desk where the audit stands: kind `head`, or `restored` to an older head."""
        line = line_of(self.audit, kind, id, hash, at)
        if self.anchor:
            try:
                handle = self._append()
                try:
                    os.write(handle, f"{line}\n".encode())  # one write: processes do not mix their lines
                finally:
                    os.close(handle)
            except OSError as error:  # the row is committed; the next head covers it
                log.error("the audit's anchor %s cannot be written: %s", self.anchor, error)
        if self.collector:
            _sender(self.collector).send(line)

    def _append(self) -> int:
        assert self.anchor
        return os.open(self.anchor, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)


def line_of(keys: KeyRing, kind: str, id: int, hash: str, at: datetime) -> str:
    """One anchored head as JSON."""
    told = {kind: id, "hash": hash, "at": str(at), "key": keys.fingerprint}
    return json.dumps(told | {"mac": keys.mac(_canonical(told))})


def is_genuine(keys: KeyRing, told: Mapping[str, object]) -> bool:
    """Whether a line was written with one of the keys."""
    return keys.proves(_canonical({k: v for k, v in told.items() if k != "mac"}), str(told.get("mac")))


def _canonical(told: Mapping[str, object]) -> str:
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


_senders = threading.Lock()


def _sender(collector: Collector) -> Syslog:
    with _senders:
        return _made(collector)


@cache
def _made(collector: Collector) -> Syslog:
    return Syslog(collector)

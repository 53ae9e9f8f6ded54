"""Hash chain of the audit: row hashes, and the head sealed by a key outside the desk."""

import hashlib
import json
from collections.abc import Mapping

from sqlalchemy import Connection, select, text, update

from data.desk.auditing.custody import Custody
from data.desk.models import AuditHead
from data.keyring import KeyRing

FIELDS = ("id", "at", "who", "role", "scope", "event", "what", "result", "address", "previous")
"""Fields covered by a row's hash, in this order."""


def hash_of(row: Mapping[str, object], keys: KeyRing) -> str:
    """HMAC-SHA256 over a row's FIELDS as canonical JSON, by the key of its time."""
    return keys.of(int(str(row["id"]))).mac(_canonical(row))


def proves(row: Mapping[str, object], keys: KeyRing, keyed_from: int) -> bool:
    """Whether a row's `hash` is right. Rows older than the key have a plain SHA-256, covered by the first keyed row."""
    if int(str(row["id"])) < keyed_from:
        return hashlib.sha256(_canonical(row).encode()).hexdigest() == row["hash"]
    return keys.of(int(str(row["id"]))).proves(_canonical(row), str(row["hash"]))


def seal_of(head: AuditHead, keys: KeyRing) -> str:
    """HMAC over all fields of the head, by the key of its last row."""
    return keys.of(head.last_id).mac(_head(head))


def is_sealed(head: AuditHead, keys: KeyRing) -> bool:
    """Whether the head's seal is right."""
    return keys.of(head.last_id).proves(_head(head), head.seal)


def end_of_export(keys: KeyRing, first: int, last: int, count: int, hash: str) -> str:
    """Last line of an export: its row range, sealed, so that truncation is detected."""
    fields = {"export": [first, last], "rows": count, "hash": hash}
    return json.dumps(fields | {"mac": keys.mac(json.dumps(fields))})


def is_end(record: Mapping[str, object], keys: KeyRing) -> bool:
    """Whether the last line of an export is genuine."""
    return keys.proves(json.dumps({k: v for k, v in record.items() if k != "mac"}), str(record.get("mac")))


def adopt(connection: Connection, custody: Custody) -> None:
    """Seal a chain that never was: a new one, or one of before the key.

    A head without a seal although a key was in use is forged: it stays as it is, and
    `verify` says so.
    """
    table = AuditHead.__table__
    head = AuditHead(**connection.execute(select(table)).mappings().one())
    if head.seal:
        return
    empty = not head.last_id and not connection.scalar(text("SELECT count(*) FROM audit"))
    if not empty and not custody.is_new:
        return
    head.keyed_from = head.last_id + 1
    sealed = {"keyed_from": head.keyed_from, "seal": seal_of(head, custody.audit)}
    connection.execute(update(AuditHead).values(**sealed))


def _canonical(row: Mapping[str, object]) -> str:
    return json.dumps([str(row[name]) for name in FIELDS], ensure_ascii=False, separators=(",", ":"))


def _head(head: AuditHead) -> str:
    fields = (head.last_id, head.last_hash, head.anchor_id, head.anchor_hash, head.keyed_from)
    return json.dumps(["head", *map(str, fields)])

"""The audit: who did what, in a chain of hashes that shows whether any row was changed, removed or moved.

It is never read by a metric: no login is counted and no time online is kept.
"""

import hashlib
import ipaddress
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from data.desk import clock
from data.desk.errors import Refused
from data.desk.models import AuditHead, AuditRow
from data.desk.store import Desk

EVENTS = (
    "login", "login_failed", "logout", "view_case", "drill", "export", "push", "act", "grant", "revoke", "account",
    "password", "settings", "refused",
)  # fmt: skip
FIELDS = ("id", "at", "who", "role", "scope", "event", "what", "result", "address", "previous")
"""What a row's hash covers, in this order."""
LONGEST = {"who": 120, "role": 200, "scope": 200, "what": 2000, "result": 20, "address": 60}
KEPT = timedelta(days=180)
CHAIN_LOCK = 0x0C0C_0418
BATCH = 5_000


@dataclass(frozen=True)
class Verdict:
    """rows: how many were proved before the first fault. fault: which row is wrong and how, None if none is."""

    rows: int
    fault: str | None = None

    @property
    def ok(self) -> bool:
        return self.fault is None


def write(
    desk: Desk, *, who: str, role: str, scope: str, event: str, what: str, result: str = "ok", address: str = "",
    at: datetime | None = None,
) -> None:  # fmt: skip
    """Add a row. Writers wait for each other: each row names the one before."""
    if event not in EVENTS:
        raise ValueError(f"{event} is not an event of the audit")
    row = {"who": who, "role": role, "scope": scope, "what": what, "result": result, "address": masked(address)}
    row = {name: text_[: LONGEST[name]] for name, text_ in row.items()}
    with desk.begin() as session:
        head = _head(session, desk)
        made = {"id": head.last_id + 1, "at": at or clock.now(), "event": event, "previous": head.last_hash, **row}
        made["hash"] = hash_of(made)
        session.add(AuditRow(**made))
        head.last_id, head.last_hash = made["id"], made["hash"]


def verify(desk: Desk) -> Verdict:
    """Walk the whole chain."""
    with desk.read() as session:
        head = session.get_one(AuditHead, 1)
        expected, previous, proved = head.anchor_id + 1, head.anchor_hash, 0
        for row in _rows(session):
            if row.id != expected:
                return Verdict(
                    proved, f"row {expected} was removed" if row.id > expected else f"row {row.id} was added"
                )
            if row.previous != previous:
                return Verdict(proved, f"row {row.id} does not follow row {row.id - 1}: one of them was moved")
            if hash_of({name: getattr(row, name) for name in FIELDS}) != row.hash:
                return Verdict(proved, f"row {row.id} of {row.at:%Y-%m-%d %H:%M:%S} was changed")
            expected, previous, proved = row.id + 1, row.hash, proved + 1
        if expected != head.last_id + 1:
            return Verdict(proved, f"row {expected} was removed: there were rows up to {head.last_id}")
        if previous != head.last_hash:
            return Verdict(proved, f"row {head.last_id} was replaced")
    return Verdict(proved)


def entries(
    desk: Desk, *, event: str | None = None, who: str | None = None, since: datetime | None = None,
    until: datetime | None = None, limit: int = 100, offset: int = 0,
) -> list[dict[str, object]]:  # fmt: skip
    """Rows as dictionaries, the newest first."""
    wanted = [
        *([AuditRow.event == event] if event else []),
        *([AuditRow.who == who] if who else []),
        *([AuditRow.at >= since] if since else []),
        *([AuditRow.at < until] if until else []),
    ]
    with desk.read() as session:
        found = session.scalars(
            select(AuditRow).where(*wanted).order_by(AuditRow.id.desc()).limit(limit).offset(offset)
        )
        return [_told(row) for row in found]


def lines(desk: Desk, until: datetime) -> Iterator[str]:
    """The rows before an instant as JSON Lines, oldest first, with their hashes."""
    with desk.read() as session:
        for row in _rows(session):
            if row.at >= until:
                break
            yield json.dumps(_told(row), ensure_ascii=False, default=str) + "\n"


def export(desk: Desk, file: Path, until: datetime) -> int:
    """Write the rows before an instant into a file, as `lines` tells them. How many there were."""
    with file.open("w", encoding="utf-8") as out:
        return sum(1 for line in lines(desk, until) if out.write(line))


def purge(desk: Desk, until: datetime, exported: Path, *, now: datetime | None = None) -> int:
    """Remove rows that stand in an export, oldest first, up to an instant; the chain stays provable.

    Refused for rows younger than KEPT, or that the file does not hold as they are.
    """
    if until > (now or clock.now()) - KEPT:
        raise Refused(f"the audit is kept for {KEPT.days} days at least: choose an earlier day")
    lines = exported.read_text("utf-8").splitlines()
    held = {row["id"]: row["hash"] for row in map(json.loads, lines)}
    with desk.begin() as session:
        head = _head(session, desk)
        leaving = [row for row in _rows(session) if row.at < until]
        missing = next((row.id for row in leaving if held.get(row.id) != row.hash), None)
        if missing:
            raise Refused(f"{exported} does not hold row {missing} as it is: export again before you purge")
        if leaving:
            last = leaving[-1]
            session.execute(update(AuditHead).values(purging=True, anchor_id=last.id, anchor_hash=last.hash))
            session.execute(delete(AuditRow).where(AuditRow.id <= last.id))
            session.execute(update(AuditHead).values(purging=False))
        del head
    return len(leaving)


def hash_of(row: Mapping[str, object]) -> str:
    """SHA-256 over a row's FIELDS as canonical JSON."""
    fields = [str(row[name]) for name in FIELDS]
    return hashlib.sha256(json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def masked(address: str) -> str:
    """`10.1.2.*`, `2001:db8:*`: enough to tell offices apart, not people."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if found.version == 4:
        return ".".join([*str(found).split(".")[:3], "*"])
    return ":".join([*(part.lstrip("0") or "0" for part in found.exploded.split(":")[:2]), "*"])


def _head(session: Session, desk: Desk) -> AuditHead:
    """The chain's end, ours until the transaction ends. SQLite has one writer at a time anyway."""
    if desk.dialect == "postgresql":
        session.execute(text(f"SELECT pg_advisory_xact_lock({CHAIN_LOCK})"))
    return session.get_one(AuditHead, 1)


def _rows(session: Session) -> Iterator[AuditRow]:
    """All rows by id, a batch at a time: whoever walks the chain may stop anywhere."""
    after: int | None = None
    while batch := session.scalars(
        select(AuditRow).where(*([AuditRow.id > after] if after is not None else [])).order_by(AuditRow.id).limit(BATCH)
    ).all():
        yield from batch
        after = batch[-1].id


def _told(row: AuditRow) -> dict[str, object]:
    return {name: getattr(row, name) for name in (*FIELDS, "hash")}

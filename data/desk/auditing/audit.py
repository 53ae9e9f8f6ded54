"""The audit: who did what, in a chain of keyed hashes. `data.desk.auditing.proof` verifies it.

It is never read by a metric: no login is counted and no time online is kept.
"""

import ipaddress
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from itertools import takewhile
from pathlib import Path

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from data import keyring
from data.desk import clock, typed
from data.desk.auditing import chain
from data.desk.auditing.chain import FIELDS
from data.desk.errors import Refused
from data.desk.models import AuditHead, AuditRow
from data.desk.store import Desk

EVENTS = (
    "login", "login_failed", "logout", "view_case", "drill", "export", "push", "act", "grant", "revoke", "account",
    "password", "settings", "refused",
)  # fmt: skip
LONGEST = {"who": 120, "role": 200, "scope": 200, "what": 2000, "result": 20, "address": 60}
KEPT = timedelta(days=180)
CHAIN_LOCK = 0x0C0C_0418
BATCH = 5_000


def write(
    desk: Desk, *, who: str, role: str, scope: str, event: str, what: str, result: str = "ok", address: str = "",
    at: datetime | None = None,
) -> None:  # fmt: skip
    """Add a row. Writers are serialized, since each row holds the hash of the one before."""
    if event not in EVENTS:
        raise ValueError(f"{event} is not an event of the audit")
    row = {"who": who, "role": role, "scope": scope, "what": typed.visible(what), "result": result, "address": address}
    row = {name: text_[: LONGEST[name]] for name, text_ in row.items()}
    with desk.begin() as session:
        head = _head(session, desk)
        id, moment, previous = head.last_id + 1, at or clock.now(), head.last_hash
        hashed = {"id": id, "at": moment, "event": event, "previous": previous, **row}
        hash = chain.hash_of(hashed, desk.custody.audit)
        session.add(AuditRow(id=id, at=moment, event=event, previous=previous, hash=hash, **row))
        with _keeping_seal(desk, head):
            head.last_id, head.last_hash = id, hash
        desk.after_commit(partial(desk.custody.announce, "head", id, hash, moment))


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
        rows = session.scalars(select(AuditRow).where(*wanted).order_by(AuditRow.id.desc()).limit(limit).offset(offset))
        return [_fields(row) for row in rows]


def lines(desk: Desk, until: datetime | None = None) -> Iterator[str]:
    """The rows up to the last one before an instant as JSON Lines, by id, with their hashes; all rows without one.

    Rows between them that a clock ahead of time has dated later are among them: the file is one unbroken chain. The
    last line seals it.
    """
    first, last, count, hash = 0, 0, 0, ""
    before = [AuditRow.at < until] if until else []
    with desk.read() as session:
        newest = session.scalar(select(func.max(AuditRow.id)).where(*before)) or 0
        for row in takewhile(lambda row: row.id <= newest, rows(session)):
            yield json.dumps(_fields(row), ensure_ascii=False, default=str) + "\n"
            first, last, count, hash = first or row.id, row.id, count + 1, row.hash
    yield chain.end_of_export(desk.custody.audit, first, last, count, hash) + "\n"


def export(desk: Desk, file: Path, until: datetime) -> int:
    """Write the rows before an instant into a file, as from `lines`; returns their number."""
    handle = os.open(file, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        return sum(1 for line in lines(desk, until) if out.write(line)) - 1


def purge(desk: Desk, until: datetime, exported: Path, *, now: datetime | None = None) -> int:
    """Remove the rows older than `until` that the export file holds. The chain stays verifiable.

    Raises Refused for rows younger than KEPT and for rows that differ from the file.
    """
    if until > (now or clock.now()) - KEPT:
        raise Refused(
            "audit.too_young", "the audit is kept for {days} days at least: choose an earlier day", days=KEPT.days
        )
    lines = exported.read_text("utf-8").splitlines()
    hashes = {row["id"]: row["hash"] for row in map(json.loads, lines) if "id" in row}
    with desk.begin() as session:
        head = _head(session, desk)
        leaving = list(takewhile(lambda row: row.at < until, rows(session)))
        missing = next((row.id for row in leaving if hashes.get(row.id) != row.hash), None)
        if missing:
            raise Refused(
                "audit.not_exported",
                "{file} does not hold row {row} as it is: export again before you purge",
                file=exported,
                row=missing,
            )
        if leaving:
            last = leaving[-1]
            session.execute(update(AuditHead).values(purging=True))
            session.execute(delete(AuditRow).where(AuditRow.id <= last.id))
            session.execute(update(AuditHead).values(purging=False))
            with _keeping_seal(desk, head):
                head.anchor_id, head.anchor_hash = last.id, last.hash
    return len(leaving)


def accept(desk: Desk) -> None:
    """Accept the chain as it is after an investigation: seal its head again."""
    with desk.begin() as session:
        head = _head(session, desk)
        head.seal = chain.seal_of(head, desk.custody.audit)
        desk.after_commit(partial(desk.custody.announce, "restored", head.last_id, head.last_hash, clock.now()))


def replace_key(desk: Desk, file: Path) -> None:
    """Put a new key of the chain into its file, for the row that comes next; the old ones prove the rows before it.

    Safe at any instant: writers wait for the caller's transaction and read the file again. If it is undone, the next
    row takes the new key all the same.
    """
    with desk.begin() as session:
        keyring.add_key(file, since=_head(session, desk).last_id + 1)


def announce_restore(desk: Desk) -> None:
    """Announce a restore to the anchors: heads beyond the restored end are void."""
    with desk.read() as session:
        head = session.get_one(AuditHead, 1)
        desk.custody.announce("restored", head.last_id, head.last_hash, clock.now())


def masked(address: str) -> str:
    """`10.1.2.*`, `2001:db8:*`: identifies offices, not people."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address if address.endswith("*") else ""  # earlier versions stored it masked
    if parsed.version == 4:
        return ".".join([*str(parsed).split(".")[:3], "*"])
    return ":".join([*(part.lstrip("0") or "0" for part in parsed.exploded.split(":")[:2]), "*"])


def _head(session: Session, desk: Desk) -> AuditHead:
    """The chain's head, locked until the transaction ends. SQLite has a single writer anyway."""
    if desk.dialect == "postgresql":
        session.execute(text(f"SELECT pg_advisory_xact_lock({CHAIN_LOCK})"))
    return session.get_one(AuditHead, 1)


@contextmanager
def _keeping_seal(desk: Desk, head: AuditHead) -> Iterator[None]:
    """Change the head and seal it again. A broken seal stays broken, so that `verify` finds it."""
    sealed = chain.is_sealed(head, desk.custody.audit)
    yield
    if sealed:
        head.seal = chain.seal_of(head, desk.custody.audit)


def rows(session: Session) -> Iterator[AuditRow]:
    """All rows by id, in batches; the caller may stop anywhere."""
    after: int | None = None
    while batch := session.scalars(
        select(AuditRow).where(*([AuditRow.id > after] if after is not None else [])).order_by(AuditRow.id).limit(BATCH)
    ).all():
        yield from batch
        after = batch[-1].id


def _fields(row: AuditRow) -> dict[str, object]:
    return {name: getattr(row, name) for name in (*FIELDS, "hash")}

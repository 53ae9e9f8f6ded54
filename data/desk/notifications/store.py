"""Store and read the notifications of accounts. An account reads its own alone; nobody counts what it has read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, cast

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from data.desk import clock
from data.desk.notifications import models
from data.desk.store import Desk
from data.messages import Message, restored

Kind = Literal["alert", "item", "deadline", "subscription", "answer"]
KINDS: tuple[Kind, ...] = ("alert", "item", "deadline", "subscription", "answer")
Severity = Literal["red", "yellow", "blue", "none"]
KEPT = timedelta(days=180)
MOST_COUNTED = 100
LONGEST_KEY = 120
AT_ONCE = 500
INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
OF = models.Notification


@dataclass(frozen=True)
class Notice:
    """A notification to store. key: the occasion; a second notification of it to the same account is not stored."""

    account_id: int
    key: str
    kind: Kind
    message: Message
    link: str = ""
    severity: Severity = "none"


@dataclass(frozen=True)
class Stored:
    """A notification of an account. made_at: naive UTC."""

    id: int
    kind: Kind
    message: Message | str
    link: str
    severity: Severity
    made_at: datetime
    is_read: bool


def add(desk: Desk, notices: Iterable[Notice], *, now: datetime | None = None) -> dict[tuple[int, str], int]:
    """Store notifications. Returns the ids of those that are new, by account and key."""
    now, rows = now or clock.now(), [_row(notice) for notice in notices]
    added: dict[tuple[int, str], int] = {}
    if not rows:
        return added
    with desk.begin() as session:
        for start in range(0, len(rows), AT_ONCE):
            values = [row | {"made_at": now, "read_at": None} for row in rows[start : start + AT_ONCE]]
            insert = cast(Any, INSERT[desk.dialect])(OF).values(values)
            new = insert.on_conflict_do_nothing(index_elements=["account_id", "key"])
            for id, account_id, key in session.execute(new.returning(OF.id, OF.account_id, OF.key)):
                added[account_id, key] = id
    return added


def count_unread(desk: Desk, account_id: int) -> int:
    """Unread notifications of an account, at most MOST_COUNTED."""
    some = select(OF.id).where(OF.account_id == account_id, OF.read_at.is_(None)).limit(MOST_COUNTED).subquery()
    with desk.read() as session:
        return session.scalar(select(func.count()).select_from(some)) or 0


def listing(
    desk: Desk, account_id: int, *, unread: bool = False, kind: str = "", most: int = 50, skip: int = 0
) -> list[Stored]:
    """Notifications of an account, the newest first."""
    where: list[ColumnElement[bool]] = [OF.account_id == account_id]
    if unread:
        where.append(OF.read_at.is_(None))
    if kind:
        where.append(OF.kind == kind)
    with desk.read() as session:
        rows = session.scalars(select(OF).where(*where).order_by(OF.id.desc()).limit(most).offset(skip))
        return [_stored(row) for row in rows]


def find(desk: Desk, account_id: int, id: int) -> Stored | None:
    """A notification of an account; None for one of others."""
    with desk.read() as session:
        row = session.scalar(select(OF).where(OF.account_id == account_id, OF.id == id))
        return _stored(row) if row else None


def mark_read(desk: Desk, account_id: int, ids: Sequence[int] | None = None, *, now: datetime | None = None) -> None:
    """Mark notifications of an account as read; all without ids."""
    where: list[ColumnElement[bool]] = [OF.account_id == account_id, OF.read_at.is_(None)]
    if ids is not None:
        where.append(OF.id.in_(ids))
    with desk.begin() as session:
        session.execute(update(OF).where(*where).values(read_at=now or clock.now()))


def delete_old(desk: Desk, *, now: datetime | None = None) -> None:
    """Delete notifications older than KEPT."""
    with desk.begin() as session:
        session.execute(delete(OF).where(OF.made_at < (now or clock.now()) - KEPT))


def produced_until(session: Session, name: str) -> datetime | None:
    """The instant up to which a producer has looked; None before its first run."""
    run = session.get(models.NotificationRun, name)
    return run.at if run else None


def set_produced(session: Session, name: str, at: datetime) -> None:
    session.merge(models.NotificationRun(name=name, at=at))


def _row(notice: Notice) -> dict[str, object]:
    if len(notice.key) > LONGEST_KEY:
        raise ValueError(f"the key of an occasion has at most {LONGEST_KEY} characters: {notice.key}")
    return {
        "account_id": notice.account_id, "key": notice.key, "kind": notice.kind, "message": notice.message.stored(),
        "link": notice.link, "severity": notice.severity,
    }  # fmt: skip


def _stored(row: models.Notification) -> Stored:
    return Stored(
        row.id, cast(Kind, row.kind), restored(row.message), row.link, cast(Severity, row.severity), row.made_at,
        row.read_at is not None,
    )  # fmt: skip

"""Requests of an administrator that a second one has to confirm."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from data.desk import clock
from data.desk.errors import Refused
from data.desk.identity.accounts import held_by, row_of
from data.desk.identity.roles import ADMINISTRATORS
from data.desk.models import Account, PendingRequest
from data.desk.store import Desk

KINDS = ("set_password", "remove_factor")
HOLDS = timedelta(days=1)


@dataclass(frozen=True)
class Pending:
    """A pending request. name: the account concerned."""

    id: int
    kind: str
    name: str
    asked_by: str
    asked_at: datetime


def is_administrator(desk: Desk, name: str) -> bool:
    """Whether an account was granted an administrator's role, on any day."""
    with desk.read() as session:
        return any(grant.role in ADMINISTRATORS for grant in session.scalars(held_by(row_of(session, name).id)))


def ask(desk: Desk, kind: str, name: str, by: str, *, now: datetime | None = None) -> None:
    """Store a request for a second administrator; replaces an earlier equal one."""
    if kind not in KINDS:
        raise ValueError(f"{kind} is no request")
    now = now or clock.now()
    with desk.begin() as session:
        row = row_of(session, name)
        of = select(PendingRequest).where(PendingRequest.account_id == row.id, PendingRequest.kind == kind)
        for old in session.scalars(of.where(PendingRequest.decided_at.is_(None))):
            old.decided_at, old.decided_by = now, by
        session.add(PendingRequest(kind=kind, account_id=row.id, asked_by=by, asked_at=now, decided_by=""))


def waiting(desk: Desk, *, now: datetime | None = None) -> list[Pending]:
    """Pending requests not older than HOLDS, oldest first."""
    since = (now or clock.now()) - HOLDS
    of = select(PendingRequest, Account.name).join(Account, Account.id == PendingRequest.account_id)
    of = of.where(PendingRequest.decided_at.is_(None), PendingRequest.asked_at > since)
    with desk.read() as session:
        return [
            Pending(row.id, row.kind, name, row.asked_by, row.asked_at)
            for row, name in session.execute(of.order_by(PendingRequest.id))
        ]


def decide(desk: Desk, id: int, by: str, *, now: datetime | None = None) -> Pending:
    """Remove and return a pending request. Raises Refused if it is gone."""
    with desk.begin() as session:
        request = next((request for request in waiting(desk, now=now) if request.id == id), None)
        if request is None:
            raise Refused("request.decided", "this request was decided or is older than a day: ask again")
        row = session.get_one(PendingRequest, id, with_for_update=True)
        if row.decided_at is not None:
            raise Refused("request.decided", "this request was decided or is older than a day: ask again")
        row.decided_at, row.decided_by = now or clock.now(), by
    return request

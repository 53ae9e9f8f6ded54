"""Server-side sessions. The browser holds a token; only its hash is stored."""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, orm, select, update

from data.desk import clock, models
from data.desk.errors import Refused
from data.desk.store import Desk

AT_ONCE = 500
"""Hashes in one statement."""
KEPT = timedelta(days=1)
SHOWN = 16
"""Length of a session id, a prefix of the token's hash."""


@dataclass(frozen=True)
class Session:
    """by_provider: signed in through a provider of identities, so that no password of ours has to be changed.

    factor: a second factor was shown. demo: by a button of a demonstration.
    """

    account_id: int
    name: str
    title: str
    address: str
    started_at: datetime
    must_change: bool
    by_provider: bool = False
    factor: bool = False
    demo: bool = False


@dataclass(frozen=True)
class Open:
    """An open session, as its owner sees it. id: prefix of the token's hash; own: the current one."""

    id: str
    started_at: datetime
    seen_at: datetime
    address: str
    browser: str
    own: bool


def start(
    desk: Desk, account_id: int, *, address: str = "", by_provider: bool = False, factor: bool = False,
    demo: bool = False, browser: str = "", now: datetime | None = None,
) -> str:  # fmt: skip
    """Start a session; returns its token, which is not stored."""
    token, now = secrets.token_urlsafe(32), now or clock.now()
    with desk.begin() as session:
        _limit_times(session, now)
        session.execute(delete(models.Session).where(models.Session.seen_at < now - KEPT))
        session.add(
            models.Session(
                token_hash=hashed(token), account_id=account_id, address=address[:60], started_at=now, seen_at=now,
                by_provider=by_provider, factor=factor, demo=demo, browser=browser[:60],
            )
        )  # fmt: skip
    return token


def read(desk: Desk, token: str, *, idle: timedelta, longest: timedelta, now: datetime | None = None) -> Session | None:
    """The session of a token; None if it ended or expired, or its account is locked."""
    of = select(models.Session, models.Account).join(models.Account, models.Account.id == models.Session.account_id)
    valid = _valid(idle, longest, now or clock.now())
    with desk.read() as session:
        pair = session.execute(of.where(models.Session.token_hash == hashed(token), *valid)).first()
    if pair is None:
        return None
    row, account = pair
    must_change = account.must_change and not row.by_provider
    return Session(account.id, account.name, account.title, row.address, row.started_at, must_change, row.by_provider,
                   row.factor, row.demo)  # fmt: skip


def alive(
    desk: Desk, tokens: Collection[str], *, idle: timedelta, longest: timedelta, now: datetime | None = None
) -> set[str]:
    """The tokens whose sessions are valid."""
    named = {hashed(token): token for token in tokens}
    of = select(models.Session.token_hash).join(models.Account, models.Account.id == models.Session.account_id)
    valid = _valid(idle, longest, now or clock.now())
    with desk.read() as session:
        return {
            named[token_hash]
            for some in _chunks(list(named))
            for token_hash in session.scalars(of.where(models.Session.token_hash.in_(some), *valid))
        }


def touch(desk: Desk, tokens: Collection[str], *, now: datetime | None = None) -> None:
    """Record activity of sessions."""
    with desk.begin() as session:
        _limit_times(session, now or clock.now())
        for some in _chunks([hashed(token) for token in tokens]):
            session.execute(
                update(models.Session).where(models.Session.token_hash.in_(some)).values(seen_at=now or clock.now())
            )


def prove_factor(desk: Desk, token: str) -> None:
    """Record that a session has used a second factor."""
    with desk.begin() as session:
        session.execute(update(models.Session).where(models.Session.token_hash == hashed(token)).values(factor=True))


def end(desk: Desk, token: str, *, now: datetime | None = None) -> None:
    """End one session."""
    with desk.begin() as session:
        at = now or clock.now()
        session.execute(update(models.Session).where(models.Session.token_hash == hashed(token)).values(ended_at=at))


def of_account(
    desk: Desk, account_id: int, token: str, *, idle: timedelta, longest: timedelta, now: datetime | None = None
) -> list[Open]:
    """Open sessions of an account: that of `token` first, then by last use."""
    of, own = models.Session, hashed(token)
    valid = (of.account_id == account_id, *_valid(idle, longest, now or clock.now()))
    statement = select(of).join(models.Account, models.Account.id == of.account_id).where(*valid)
    with desk.read() as session:
        rows = [
            Open(row.token_hash[:SHOWN], row.started_at, row.seen_at, row.address, row.browser, row.token_hash == own)
            for row in session.scalars(statement.order_by(of.seen_at.desc()))
        ]
    return sorted(rows, key=lambda row: not row.own)


def end_one(desk: Desk, account_id: int, id: str, *, now: datetime | None = None) -> None:
    """End a session by its id from `of_account`. Raises Refused if the account has no such open session."""
    of = models.Session
    with desk.begin() as session:
        still = select(of).where(of.account_id == account_id, of.ended_at.is_(None))
        row = next((row for row in session.scalars(still) if row.token_hash[:SHOWN] == id), None)
        if row is None:
            raise Refused("session.ended", "this session has ended already")
        row.ended_at = now or clock.now()


def end_others(desk: Desk, account_id: int, token: str, *, now: datetime | None = None) -> int:
    """End all sessions of an account except that of `token`; returns their number."""
    of = models.Session
    still = of.account_id == account_id, of.ended_at.is_(None), of.token_hash != hashed(token)
    with desk.begin() as session:
        rows = session.scalars(select(of).where(*still)).all()
        for row in rows:
            row.ended_at = now or clock.now()
    return len(rows)


def end_all(desk: Desk, account_id: int, *, now: datetime | None = None) -> None:
    """End every session of an account."""
    with desk.begin() as session:
        end_of_account(session, account_id, now or clock.now())


def end_of_account(session: orm.Session, account_id: int, now: datetime) -> None:
    """End every session of an account, within a transaction."""
    still = models.Session.account_id == account_id, models.Session.ended_at.is_(None)
    session.execute(update(models.Session).where(*still).values(ended_at=now))


def _limit_times(session: orm.Session, now: datetime) -> None:
    """Set future times to now: a clock set back must not extend sessions."""
    of = models.Session
    session.execute(update(of).where(of.started_at > now).values(started_at=now))
    session.execute(update(of).where(of.seen_at > now).values(seen_at=now))


def hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _valid(idle: timedelta, longest: timedelta, now: datetime) -> tuple[ColumnElement[bool], ...]:
    of = models.Session
    return (
        of.ended_at.is_(None),
        of.seen_at > now - idle,
        of.started_at > now - longest,
        models.Account.disabled.is_(False),
    )


def _chunks(values: list[str]) -> list[list[str]]:
    return [values[i : i + AT_ONCE] for i in range(0, len(values), AT_ONCE)]

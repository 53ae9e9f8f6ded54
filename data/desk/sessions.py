"""Sessions: kept here, so that they can be ended here. The browser holds a token of which only the hash is stored."""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, orm, select, update

from data.desk import clock, models
from data.desk.store import Desk

AT_ONCE = 500
"""Hashes in one statement."""
KEPT = timedelta(days=1)


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


def start(
    desk: Desk, account_id: int, *, address: str = "", by_provider: bool = False, factor: bool = False,
    demo: bool = False, now: datetime | None = None,
) -> str:  # fmt: skip
    """A new session; its token, which is told only here."""
    token, now = secrets.token_urlsafe(32), now or clock.now()
    with desk.begin() as session:
        _limit_times(session, now)
        session.execute(delete(models.Session).where(models.Session.seen_at < now - KEPT))
        session.add(
            models.Session(
                token_hash=hashed(token), account_id=account_id, address=address[:60], started_at=now, seen_at=now,
                by_provider=by_provider, factor=factor, demo=demo,
            )
        )  # fmt: skip
    return token


def read(desk: Desk, token: str, *, idle: timedelta, longest: timedelta, now: datetime | None = None) -> Session | None:
    """The session of a token; None if it has ended, idled too long, lasted too long, or its account is closed."""
    of = select(models.Session, models.Account).join(models.Account, models.Account.id == models.Session.account_id)
    valid = _valid(idle, longest, now or clock.now())
    with desk.read() as session:
        found = session.execute(of.where(models.Session.token_hash == hashed(token), *valid)).first()
    if found is None:
        return None
    row, account = found
    must_change = account.must_change and not row.by_provider
    return Session(account.id, account.name, account.title, row.address, row.started_at, must_change, row.by_provider,
                   row.factor, row.demo)  # fmt: skip


def alive(
    desk: Desk, tokens: Collection[str], *, idle: timedelta, longest: timedelta, now: datetime | None = None
) -> set[str]:
    """Those of the tokens whose sessions still hold."""
    named = {hashed(token): token for token in tokens}
    of = select(models.Session.token_hash).join(models.Account, models.Account.id == models.Session.account_id)
    valid = _valid(idle, longest, now or clock.now())
    with desk.read() as session:
        return {
            named[found]
            for some in _chunks(list(named))
            for found in session.scalars(of.where(models.Session.token_hash.in_(some), *valid))
        }


def touch(desk: Desk, tokens: Collection[str], *, now: datetime | None = None) -> None:
    """Note that sessions were used just now."""
    with desk.begin() as session:
        _limit_times(session, now or clock.now())
        for some in _chunks([hashed(token) for token in tokens]):
            session.execute(
                update(models.Session).where(models.Session.token_hash.in_(some)).values(seen_at=now or clock.now())
            )


def prove_factor(desk: Desk, token: str) -> None:
    """Note that a second factor was shown in a session."""
    with desk.begin() as session:
        session.execute(update(models.Session).where(models.Session.token_hash == hashed(token)).values(factor=True))


def end(desk: Desk, token: str, *, now: datetime | None = None) -> None:
    """End one session."""
    with desk.begin() as session:
        at = now or clock.now()
        session.execute(update(models.Session).where(models.Session.token_hash == hashed(token)).values(ended_at=at))


def end_all(desk: Desk, account_id: int, *, now: datetime | None = None) -> None:
    """End every session of an account."""
    with desk.begin() as session:
        end_of_account(session, account_id, now or clock.now())


def end_of_account(session: orm.Session, account_id: int, now: datetime) -> None:
    """End every session of an account, within a transaction."""
    still = models.Session.account_id == account_id, models.Session.ended_at.is_(None)
    session.execute(update(models.Session).where(*still).values(ended_at=now))


def _limit_times(session: orm.Session, now: datetime) -> None:
    """Times in the future, of a clock that was set back since, count as now: no session lasts longer for them."""
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

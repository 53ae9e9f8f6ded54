"""Rate limits of failed sign-ins, per account and place: they stop guessing without locking the owner out.

A try is counted before its password is looked at, and forgotten when it proves right. A place is the browser that holds
a token of an earlier sign-in of the account, else the address. Of an account

- five failures from one place close it to that place for a quarter of an hour;
- many failures from places that it never signed in from slow all such places down; known ones are not touched.

Of an address twenty failures in five minutes, whatever the accounts, make it wait. Names without an account are counted
like any other, so that nobody learns which names have one. Names, addresses and tokens are kept as hashes.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select, text, update
from sqlalchemy.orm import Session

from data.desk import clock, models
from data.desk.identity.sessions import hashed
from data.desk.store import Desk

MOST, SPAN = 20, timedelta(minutes=5)
"""Failures per address from unknown browsers. Offices share addresses."""
MOST_OF_PLACE, LOCK = 5, timedelta(minutes=15)
"""Failures per account and place."""
MOST_OF_STRANGERS, MOST_CODES, LONG_SPAN = 30, 10, timedelta(hours=1)
"""Failures per account from unknown places before these are slowed down; wrong codes after a right password."""
SLOW = timedelta(seconds=30)
"""Interval between two such attempts after that."""
KNOWN, MOST_KNOWN = timedelta(days=180), 50
"""Lifetime of a known place, and the most places of an account."""
TRY_LOCK = 0x0C0C_0419


@dataclass(frozen=True)
class Place:
    """Origin of an attempt. device: token that the browser received at an earlier sign-in."""

    address: str = ""
    device: str = ""


NOWHERE = Place()


@dataclass(frozen=True)
class Try:
    """A try that was counted. wait: seconds until the next one may be made; then this one was not.

    known: it comes from a place that the account has signed in from.
    """

    id: int = 0
    known: bool = False
    wait: float = 0.0
    by_address: bool = False


def is_known(desk: Desk, place: Place, *, now: datetime | None = None) -> bool:
    """Whether any account has signed in from this browser or address recently."""
    values = [hashed(text) for text in (place.device, place.address) if text]
    of = models.KnownPlace
    with desk.read() as session:
        since = (now or clock.now()) - KNOWN
        return session.scalar(select(of.place).where(of.place.in_(values), of.seen_at > since).limit(1)) is not None


def begin(session: Session, name: str, account_id: int | None, place: Place, now: datetime) -> Try:
    """Count an attempt, or return the seconds to wait. Concurrent attempts are counted separately."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"SELECT pg_advisory_xact_lock({TRY_LOCK})"))
    of, account, address = models.Failure, hashed(name), hashed(place.address)
    session.execute(delete(of).where(of.at <= now - LONG_SPAN))
    session.execute(update(of).where(of.at > now).values(at=now))  # a clock set back must not lengthen the wait
    device = _known(session, account_id, place.device, now)
    familiar = device or _known(session, account_id, place.address, now)
    key = hashed(place.device) if device else address
    if place.address and not device and (wait := _wait(session, now, SPAN, MOST, of.address == address)):
        return Try(wait=wait, by_address=True)
    if wait := _wait(session, now, LOCK, MOST_OF_PLACE, of.account == account, of.place == key):
        return Try(wait=wait)
    if not familiar:
        unfamiliar = of.account == account, of.known.is_(False)
        if wait := _wait(session, now, LONG_SPAN, MOST_CODES, *unfamiliar, of.code.is_(True)):
            return Try(wait=wait)
        if _wait(session, now, LONG_SPAN, MOST_OF_STRANGERS, *unfamiliar) and (
            wait := _wait(session, now, SLOW, 1, *unfamiliar)
        ):
            return Try(wait=wait)
    row = of(account=account, address=address, place=key, known=familiar, code=False, at=now)
    session.add(row)
    session.flush()
    return Try(row.id, familiar)


def wrong_code(session: Session, id: int) -> None:
    """Record a right password with a wrong second factor."""
    session.get_one(models.Failure, id).code = True


def end(session: Session, id: int, account_id: int, place: Place, now: datetime) -> str:
    """The try was right: forget the failures from there, and know the place from now on.

    A token for the browser to keep; empty if it holds one already.
    """
    of, row = models.Failure, session.get(models.Failure, id)
    if row:
        session.execute(delete(of).where(of.account == row.account, of.place == row.place))
    familiar = _known(session, account_id, place.device, now)
    device = place.device if familiar else secrets.token_urlsafe(24)
    for value in (device, place.address):
        if value:
            session.merge(models.KnownPlace(account_id=account_id, place=hashed(value), seen_at=now))
    of_account = select(models.KnownPlace).where(models.KnownPlace.account_id == account_id)
    for old in session.scalars(of_account.order_by(models.KnownPlace.seen_at.desc()).offset(MOST_KNOWN)):
        session.delete(old)
    return "" if familiar else device


def forget(session: Session, name: str) -> None:
    """Clear the failures, after an unlock or a new password."""
    session.execute(delete(models.Failure).where(models.Failure.account == hashed(name)))


def locks(session: Session, names: list[str], now: datetime) -> dict[str, datetime]:
    """When locks end, by account name; unlocked accounts are left out."""
    of = models.Failure
    counted = select(of.account, func.min(of.at)).where(of.at > now - LOCK).group_by(of.account, of.place)
    rows = session.execute(counted.having(func.count() >= MOST_OF_PLACE)).all()
    until: dict[str, datetime] = {}
    for account, first in rows:
        end = min(first, now) + LOCK
        until[account] = max(end, until.get(account, end))
    return {name: until[hashed(name)] for name in names if hashed(name) in until}


def _wait(session: Session, now: datetime, span: timedelta, most: int, *conditions: ColumnElement[bool]) -> float:
    """Seconds until fewer than `most` failures lie within `span`."""
    of = models.Failure
    newest = select(of.at).where(of.at > now - span, *conditions).order_by(of.at.desc()).limit(most)
    times = session.scalars(newest).all()
    return max(0.001, (times[-1] + span - now).total_seconds()) if len(times) >= most else 0.0


def _known(session: Session, account_id: int | None, value: str, now: datetime) -> bool:
    if account_id is None or not value:
        return False
    row = session.get(models.KnownPlace, (account_id, hashed(value)))
    return row is not None and row.seen_at > now - KNOWN

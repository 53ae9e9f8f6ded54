"""Failed sign-ins by address over the last minutes, so that an address that fails too often waits, at every server."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select

from data.desk import clock, models
from data.desk.sessions import hashed
from data.desk.store import Desk

MOST, SPAN = 20, timedelta(minutes=5)
"""Failures of one address before it has to wait. Offices share addresses: five of one account lock that account."""


def wait(desk: Desk, address: str, *, now: datetime | None = None) -> float:
    """Seconds until an address may try again; 0 if it may."""
    now = now or clock.now()
    of = models.Failure
    newest = select(of.at).where(of.address == hashed(address), of.at > now - SPAN).order_by(of.at.desc())
    with desk.read() as session:
        found = session.scalars(newest.limit(MOST)).all()
    return (found[-1] + SPAN - now).total_seconds() if len(found) >= MOST else 0.0


def note(desk: Desk, address: str, *, now: datetime | None = None) -> None:
    """One more failure of an address. What is older than SPAN is forgotten, whoever's it was."""
    now = now or clock.now()
    with desk.begin() as session:
        session.execute(delete(models.Failure).where(models.Failure.at <= now - SPAN))
        session.add(models.Failure(address=hashed(address), at=now))

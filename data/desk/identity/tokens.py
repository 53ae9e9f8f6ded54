"""API tokens: shown once, stored as a hash, scoped, expiring, revocable."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from data.desk import clock, models, typed
from data.desk.errors import Refused
from data.desk.identity.sessions import hashed
from data.desk.store import Desk

PREFIX = "ck_"
LONGEST_NAME = 60
MOST_DAYS = 3650
SOURCE = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True)
class Token:
    """sources: allowed for pushes. area: code of the readable area, with all below; None for none. reports: same."""

    id: int
    system: str
    sources: tuple[str, ...]
    area: int | None
    reports: bool
    expires_at: datetime
    revoked_at: datetime | None


def issue(
    desk: Desk, system: str, *, sources: tuple[str, ...] = (), area: int | None = None, reports: bool = False,
    expires_at: datetime, now: datetime | None = None,
) -> str:  # fmt: skip
    """Create a token; returns it in plain text, once. Refused for an unfit name, time, source or purpose."""
    now, system = now or clock.now(), system.strip()
    if not 0 < len(system) <= LONGEST_NAME or not typed.is_line(system):
        raise Refused("token.system", "name the system in 1 to {n} printable characters", n=LONGEST_NAME)
    if not now < expires_at <= now + timedelta(days=MOST_DAYS + 1):
        raise Refused("token.days", "a token holds for 1 to {n} days", n=MOST_DAYS)
    if unfit := [name for name in sources if not SOURCE.fullmatch(name)]:
        raise Refused("token.source", "{name} is not the name of a source", name=unfit[0])
    if not sources and area is None:
        raise Refused("token.purpose", "a token is for sources to push to, or for an area to ask of: name one")
    if reports and area is None:
        raise Refused("token.report_area", "reports are of an area: name the one that the token may ask for")
    token = PREFIX + secrets.token_urlsafe(32)
    with desk.begin() as session:
        session.add(
            models.Token(
                system=system, token_hash=hashed(token), sources=",".join(sources), area=area, reports=reports,
                made_at=now, expires_at=expires_at,
            )
        )  # fmt: skip
    return token


def read(desk: Desk, token: str, *, now: datetime | None = None) -> Token | None:
    """Scope of a token; None if unknown, expired or revoked."""
    now = now or clock.now()
    with desk.read() as session:
        row = session.scalar(select(models.Token).where(models.Token.token_hash == hashed(token)))
        return _token(row) if row and row.revoked_at is None and row.expires_at > now else None


def revoke(desk: Desk, id: int, *, now: datetime | None = None) -> None:
    """Revoke a token. Raises Refused for an unknown id and for a token that was revoked before."""
    with desk.begin() as session:
        row = session.get(models.Token, id, with_for_update=True)
        if row is None:
            raise Refused("token.unknown", "there is no token {id}", id=id)
        if row.revoked_at:
            raise Refused("token.revoked", "token {id} was revoked before", id=id)
        row.revoked_at = now or clock.now()


def listing(desk: Desk) -> list[Token]:
    with desk.read() as session:
        return [_token(row) for row in session.scalars(select(models.Token).order_by(models.Token.id))]


def _token(row: models.Token) -> Token:
    sources = tuple(row.sources.split(",")) if row.sources else ()
    return Token(row.id, row.system, sources, row.area, row.reports, row.expires_at, row.revoked_at)

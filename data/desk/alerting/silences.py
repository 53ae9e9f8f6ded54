"""Silences: alerts that do not fire for a while, with a reason and an end."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.desk import clock
from data.desk.alerting import models
from data.desk.errors import Refused
from data.desk.store import Desk

SHORTEST_REASON, LONGEST_REASON = 2, 500
LONGEST = timedelta(days=31)


@dataclass(frozen=True)
class Silence:
    """Alerts of a rule (of all if empty) in the area codes [first_code, end_code) do not fire until a time, UTC."""

    rule: str
    first_code: int
    end_code: int
    reason: str
    until: datetime
    who: str = ""
    made_at: datetime | None = None
    id: int = 0


def add(desk: Desk, one: Silence, *, now: datetime | None = None) -> int:
    """Keep alerts from firing for a while. Returns its number. Refused without a reason, or without an early end."""
    now = now or clock.now()
    reason = one.reason.strip()
    if len(reason) < SHORTEST_REASON:
        raise Refused("silence.reason", "say why these alerts are to be silent")
    if len(reason) > LONGEST_REASON:
        raise Refused("silence.reason_long", "a reason has at most {n} characters", n=LONGEST_REASON)
    if not now < one.until <= now + LONGEST:
        raise Refused("silence.until", "alerts can be silent for {n} days at most", n=LONGEST.days)
    with desk.begin() as session:
        row = models.Silence(
            rule=one.rule, first_code=one.first_code, end_code=one.end_code, reason=reason, who=one.who, made_at=now,
            until=one.until,
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row.id


def end(desk: Desk, id: int, *, now: datetime | None = None) -> None:
    """End a silence early: what is still true fires with the next edition. Refused for one that is over."""
    now = now or clock.now()
    with desk.begin() as session:
        row = session.get(models.Silence, id, with_for_update=True)
        if row is None or row.until <= now:
            raise Refused("silence.unknown", "there is no silence {id}", id=id)
        row.until = now


def listing(desk: Desk, *, now: datetime | None = None) -> list[Silence]:
    """The active silences, newest first."""
    with desk.read() as session:
        rows = _current(session, now or clock.now())
        return [Silence(**{field.name: getattr(row, field.name) for field in fields(Silence)}) for row in rows]


def silent_at(session: Session, now: datetime) -> Callable[[str, int], bool]:
    """A function that says whether alerts of a rule and area are silent at a time."""
    rows = _current(session, now)
    return lambda rule, area: any(r.rule in ("", rule) and r.first_code <= area < r.end_code for r in rows)


def _current(session: Session, now: datetime) -> list[models.Silence]:
    query = select(models.Silence).where(models.Silence.until > now).order_by(models.Silence.id.desc())
    return list(session.scalars(query))

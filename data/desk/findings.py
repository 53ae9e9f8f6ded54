"""Inspectors' decisions on findings: confirmed, or dismissed so that they do not count, with a note."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select

from data.desk import clock, models
from data.desk.errors import Refused
from data.desk.store import Desk

Choice = Literal["confirmed", "dismissed"]
SHORTEST_NOTE, LONGEST_NOTE = 2, 500
WEEK, FORTNIGHT = 7, 14
HOLDS = (0, 7, 30, 90)
"""Days that a decision may also apply to later findings."""


@dataclass(frozen=True)
class Decision:
    """source, asset, rule: of the checks it is about, those of `window` days before `at` and `holds` days after it."""

    id: int
    source: str
    asset: str
    rule: str
    choice: Choice
    note: str
    at: datetime
    holds: int
    who: str
    decided_at: datetime
    taken_back_at: datetime | None

    @property
    def window(self) -> int:
        """Days before: a week of visits, or the two weeks that any other rule looks back."""
        return WEEK if self.rule == "site_open" else FORTNIGHT

    def covers(self, checked_at: datetime) -> bool:
        """Whether it applies to a check of its rule and asset."""
        return self.at - timedelta(days=self.window) <= checked_at <= self.at + timedelta(days=self.holds)


def decide(
    desk: Desk, *, source: str, asset: str, rule: str, choice: Choice, note: str, at: datetime, who: str,
    holds: int = 0, now: datetime | None = None,
) -> int:  # fmt: skip
    """Record a decision on the failed checks around `at`; returns its id. Raises Refused without a note."""
    if len(note.strip()) < SHORTEST_NOTE:
        raise Refused("finding.note", "give the reason in a note: it is shown with the finding")
    if holds not in HOLDS:
        raise Refused("finding.holds", "a decision holds on for {days} days", days=HOLDS)
    with desk.begin() as session:
        row = models.Finding(
            source=source, asset=asset, rule=rule, decision=choice, note=note.strip()[:LONGEST_NOTE], at=at,
            holds=holds, who=who, decided_at=now or clock.now(),
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row.id


def take_back(desk: Desk, id: int, *, now: datetime | None = None) -> Decision:
    """Withdraw a decision; its findings count again. Raises Refused for one that is unknown or was withdrawn before."""
    with desk.begin() as session:
        row = session.get(models.Finding, id, with_for_update=True)
        if row is None:
            raise Refused("finding.unknown", "there is no decision {id}", id=id)
        if row.taken_back_at:
            raise Refused("finding.taken_back", "decision {id} was withdrawn before", id=id)
        row.taken_back_at = now or clock.now()
        return _decision(row)


def find(desk: Desk, id: int) -> Decision | None:
    """The decision of an id."""
    with desk.read() as session:
        row = session.get(models.Finding, id)
        return _decision(row) if row else None


def listing(desk: Desk, source: str | None = None, assets: Collection[str] | None = None) -> list[Decision]:
    """All decisions, or those on some assets of a source; the newest first."""
    wanted = [
        *([models.Finding.source == source] if source is not None else []),
        *([models.Finding.asset.in_(assets)] if assets is not None else []),
    ]
    with desk.read() as session:
        rows = session.scalars(select(models.Finding).where(*wanted).order_by(models.Finding.id.desc()))
        return [_decision(row) for row in rows]


def _decision(row: models.Finding) -> Decision:
    return Decision(
        row.id, row.source, row.asset, row.rule, _choice(row.decision), row.note, row.at, row.holds, row.who,
        row.decided_at, row.taken_back_at,
    )  # fmt: skip


def _choice(stored: str) -> Choice:
    return "confirmed" if stored == "confirmed" else "dismissed"

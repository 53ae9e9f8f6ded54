"""Schemes of assessment at the desk: a data officer proposes weights, targets and floors, a leader decides.

Nobody decides on an own proposal. An approved row is never changed: a newer one replaces it from a day on.
"""

import json
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from data.desk import clock, models, typed
from data.desk.errors import Refused
from data.desk.store import Desk

LONGEST_NAME, LONGEST_SOURCE, LONGEST_NOTE = 60, 200, 1000


@dataclass(frozen=True)
class SchemeLine:
    """One line: a metric with its weight of 100 and the values that score 100 and 0."""

    metric: str
    weight: float
    target: float
    floor: float


@dataclass(frozen=True)
class Proposal:
    """A scheme for an area and all below it, for periods that begin on `valid_from` or later.

    scheme: its id; an approved row replaces the file or the older row of the same id. zh, en: its name. level, period,
    least: as in `metrics.assessment.schemes.Scheme`. source: the document it is from.
    """

    scheme: str
    zh: str
    en: str
    level: str
    period: str
    least: int
    lines: tuple[SchemeLine, ...]
    area: int
    valid_from: date
    source: str


@dataclass(frozen=True)
class Row:
    """A proposal with its state: proposed, approved, refused or withdrawn. Times are those of the desk."""

    id: int
    what: Proposal
    state: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str
    decided_at: datetime | None
    note: str


def listing(desk: Desk) -> list[Row]:
    """All rows, the newest proposal first."""
    with desk.read() as session:
        return [
            _row(row)
            for row in session.scalars(select(models.AssessmentScheme).order_by(models.AssessmentScheme.id.desc()))
        ]


def find(desk: Desk, id: int) -> Row:
    """The row of a number. Refused if there is none."""
    with desk.read() as session:
        return _row(_known(session, id))


def propose(desk: Desk, proposal: Proposal, who: str) -> int:
    """Keep a proposal and return its number. Refused without names or a source, or if it equals one that is open."""
    zh, en, source = map(typed.words, (proposal.zh, proposal.en, proposal.source))
    proposal = replace(proposal, zh=zh, en=en, source=source)
    if not all(0 < len(name) <= LONGEST_NAME and typed.is_line(name) for name in (proposal.zh, proposal.en)):
        raise Refused("scheme.name", "a scheme has a name of at most {n} characters in each language", n=LONGEST_NAME)
    if not 0 < len(proposal.source) <= LONGEST_SOURCE or not typed.is_line(proposal.source):
        raise Refused(
            "scheme.source", "say where the scheme is from, in one line of at most {n} characters", n=LONGEST_SOURCE
        )
    with desk.alone("schemes") as session:
        if any(row.state == "proposed" and row.what == proposal for row in listing(desk)):
            raise Refused("scheme.proposed", "this scheme is proposed already")
        plain = vars(proposal) | {"lines": json.dumps([vars(line) for line in proposal.lines])}
        row = models.AssessmentScheme(**plain, state="proposed", proposed_by=who, proposed_at=clock.now())
        session.add(row)
        session.flush()
        return row.id


def decide(desk: Desk, id: int, who: str, *, approve: bool, note: str = "") -> None:
    """Approve or refuse a proposal. Refused for an own or decided one, and for a refusal without a reason."""
    note = _note(note)
    if not approve and not note:
        raise Refused("scheme.reason", "say why the scheme is refused")
    with desk.begin() as session:
        if _known(session, id).proposed_by == who:
            raise Refused("scheme.own", "nobody decides on an own proposal: another leader does")
        _settle(session, id, "approved" if approve else "refused", who, note)


def withdraw(desk: Desk, id: int, who: str, note: str = "") -> None:
    """Take back a proposal of one's own that nobody has decided on."""
    with desk.begin() as session:
        if _known(session, id).proposed_by != who:
            raise Refused("scheme.not_own", "only who proposed a scheme withdraws it")
        _settle(session, id, "withdrawn", who, _note(note))


def _settle(session: Session, id: int, state: str, who: str, note: str) -> None:
    """End a proposal that waits; of two who do so at once the second is refused."""
    table = models.AssessmentScheme
    changed = session.execute(
        update(table)
        .where(table.id == id, table.state == "proposed")
        .values(state=state, decided_by=who, decided_at=clock.now(), note=note)
    )
    if not changed.rowcount:  # type: ignore[attr-defined]
        raise Refused("scheme.decided", "scheme {id} is decided already", id=id)


def _note(text: str) -> str:
    text = typed.words(text)
    if len(text) > LONGEST_NOTE:
        raise Refused("scheme.note", "a reason has at most {n} characters", n=LONGEST_NOTE)
    return text


def _known(session: Session, id: int) -> models.AssessmentScheme:
    row = session.get(models.AssessmentScheme, id)
    if row is None:
        raise Refused("scheme.unknown", "there is no proposed scheme {id}", id=id)
    return row


def _row(row: models.AssessmentScheme) -> Row:
    plain = {name: getattr(row, name) for name in Proposal.__dataclass_fields__}
    lines = tuple(SchemeLine(**line) for line in json.loads(row.lines))
    what = Proposal(**plain | {"lines": lines})
    return Row(row.id, what, row.state, row.proposed_by, row.proposed_at, row.decided_by, row.decided_at, row.note)

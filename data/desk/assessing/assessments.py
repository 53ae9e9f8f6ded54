"""Assessments: drafts of scores, objections to them, approval by somebody else, publication."""

import json
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from data.desk import clock, models, typed
from data.desk.errors import Refused
from data.desk.store import Desk

OBJECTION_DAYS = 5
"""Days in which objections are taken, at least."""
SHORTEST, LONGEST = 2, 1000
"""Characters of an objection, an answer or a reason."""
STATES = ("draft", "open", "approved", "published", "withdrawn")


@dataclass(frozen=True)
class Assessment:
    """One assessment. scheme: its definition when it was drafted; results: what was counted then, see packed().

    area: whose areas are assessed. first, end: the period, half open. edition: that the results are from.
    open_until: the end of the time for objections, UTC.
    """

    id: int
    scheme: dict[str, Any]
    area: int
    first: date
    end: date
    edition: str
    results: list[dict[str, Any]]
    state: str
    made_by: str
    made_at: datetime
    open_until: datetime | None
    approved_by: str
    approved_at: datetime | None
    published_by: str
    published_at: datetime | None
    reason: str


@dataclass(frozen=True)
class Objection:
    """An objection to one line of one area; metric: empty for the whole. accepted: None until it is answered."""

    id: int
    assessment: int
    area: int
    metric: str
    text: str
    who: str
    at: datetime
    answer: str
    accepted: bool | None
    answered_by: str
    answered_at: datetime | None


@dataclass(frozen=True)
class Draft:
    """What an assessment begins with."""

    scheme: dict[str, Any]
    area: int
    first: date
    end: date
    edition: str
    results: list[dict[str, Any]]


def listing(desk: Desk, *, most: int = 50) -> list[Assessment]:
    """The assessments, newest first."""
    with desk.read() as session:
        query = select(models.Assessment).order_by(models.Assessment.id.desc()).limit(most)
        return [_assessment(row) for row in session.scalars(query)]


def find(desk: Desk, id: int) -> Assessment:
    """One assessment. Refused if there is none."""
    with desk.read() as session:
        return _assessment(_row(session, id))


def objections(desk: Desk, id: int) -> list[Objection]:
    """The objections to an assessment, oldest first."""
    with desk.read() as session:
        query = select(models.Objection).where(models.Objection.assessment == id).order_by(models.Objection.id)
        return [_objection(row) for row in session.scalars(query)]


def objection(desk: Desk, id: int) -> Objection:
    """One objection. Refused if there is none."""
    with desk.read() as session:
        return _objection(_objected(session, id))


def add(desk: Desk, draft: Draft, who: str, *, now: datetime | None = None) -> int:
    """Keep a draft. Returns its number."""
    with desk.begin() as session:
        row = models.Assessment(
            scheme=json.dumps(draft.scheme, ensure_ascii=False), area=draft.area, first=draft.first, end=draft.end,
            edition=draft.edition, results=json.dumps(draft.results, ensure_ascii=False), state="draft", made_by=who,
            made_at=now or clock.now(),
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row.id


def take_objections(desk: Desk, id: int, *, now: datetime | None = None) -> datetime:
    """Show a draft to those assessed, for OBJECTION_DAYS. Returns the end of that time.

    Refused beside another of its scheme and period, which the areas would object to as well.
    """
    until = (now or clock.now()) + timedelta(days=OBJECTION_DAYS)
    with desk.alone("assessments") as session:
        if other := _another(session, id, ("open", "approved")):
            raise Refused(
                "assessment.beside",
                "assessment {id} of this scheme and period is open to objections or approved: withdraw it first",
                id=other,
            )
        _refuse_published(session, id)
        _move(session, id, ("draft",), state="open", open_until=until)
    return until


def raise_objection(
    desk: Desk, id: int, area: int, metric: str, words: str, who: str, *, now: datetime | None = None
) -> int:
    """Object to a line of an area of the assessment. Returns the number of the objection."""
    now = now or clock.now()
    with desk.begin() as session:
        row = _row(session, id)
        if row.state != "open" or row.open_until is None or now >= row.open_until:
            raise Refused("assessment.not_open", "this assessment takes no objections now")
        lines = {one["code"]: [line["metric"] for line in one["lines"]] for one in json.loads(row.results)}
        if area not in lines or (metric and metric not in lines[area]):
            raise Refused("assessment.no_line", "the assessment has no such area or line")
        made = models.Objection(assessment=id, area=area, metric=metric, text=_words(words), who=who, at=now)
        session.add(made)
        session.flush()
        return made.id


def answer(desk: Desk, id: int, words: str, accepted: bool, who: str, *, now: datetime | None = None) -> None:
    """Answer an objection, once, and not one's own. An accepted one keeps the assessment from being approved."""
    with desk.begin() as session:
        row = _objected(session, id)
        if _row(session, row.assessment).state != "open":
            raise Refused("assessment.not_open", "this assessment takes no objections now")
        if row.who == who:
            raise Refused("assessment.own_objection", "somebody else must answer your objection")
        changed = session.execute(
            update(models.Objection)
            .where(models.Objection.id == id, models.Objection.answered_at.is_(None))
            .values(answer=_words(words), accepted=accepted, answered_by=who, answered_at=now or clock.now())
        )
        if not changed.rowcount:  # type: ignore[attr-defined]
            raise Refused("assessment.answered", "this objection is answered already")


def approve(desk: Desk, id: int, who: str, *, now: datetime | None = None) -> None:
    """Approve an assessment after the time for objections. Refused to the account that drafted it.

    Refused while an objection is unanswered, or if one was accepted: then a new draft is needed.
    """
    now = now or clock.now()
    with desk.begin() as session:
        row = _row(session, id)
        if row.made_by == who:
            raise Refused("assessment.own", "somebody else must approve what you drafted")
        if row.state == "open" and row.open_until and now < row.open_until:
            raise Refused(
                "assessment.too_early",
                "objections are taken until {until}",
                until=f"{row.open_until:%Y-%m-%d %H:%M} UTC",
            )
        answers = list(session.scalars(select(models.Objection.accepted).where(models.Objection.assessment == id)))
        if None in answers:
            raise Refused("assessment.unanswered", "{n} objections are not answered yet", n=answers.count(None))
        if True in answers:
            raise Refused(
                "assessment.accepted", "an objection was accepted: withdraw this assessment and draft it again"
            )
        _move(session, id, ("open",), state="approved", approved_by=who, approved_at=now)


def publish(desk: Desk, id: int, who: str, *, now: datetime | None = None) -> None:
    """Publish an approved assessment. Refused if the areas have one of its scheme and period: they get one score."""
    with desk.alone("assessments") as session:
        _refuse_published(session, id)
        _move(session, id, ("approved",), state="published", published_by=who, published_at=now or clock.now())


def withdraw(desk: Desk, id: int, reason: str) -> None:
    """Withdraw an assessment that is not published, with the reason."""
    with desk.begin() as session:
        _move(session, id, ("draft", "open", "approved"), state="withdrawn", reason=_words(reason))


def _another(session: Session, id: int, states: tuple[str, ...]) -> int | None:
    """Another assessment of the same scheme, area and period in one of these states."""
    row, table = _row(session, id), models.Assessment
    same = (table.area == row.area, table.first == row.first, table.end == row.end, table.state.in_(states))
    scheme = json.loads(row.scheme).get("id")
    others = session.scalars(select(table).where(*same, table.id != id))
    return next((other.id for other in others if json.loads(other.scheme).get("id") == scheme), None)


def _refuse_published(session: Session, id: int) -> None:
    if other := _another(session, id, ("published",)):
        raise Refused(
            "assessment.twice",
            "assessment {id} of this scheme and period is published already: withdraw this one",
            id=other,
        )


def _move(session: Session, id: int, states: tuple[str, ...], **values: Any) -> None:
    """Change an assessment that is in one of these states; of two that do so at once the second is refused."""
    _row(session, id)
    changed = session.execute(
        update(models.Assessment)
        .where(models.Assessment.id == id, models.Assessment.state.in_(states))
        .values(**values)
    )
    if not changed.rowcount:  # type: ignore[attr-defined]
        raise Refused("assessment.state", "this is not possible any more: somebody else was faster")


def _row(session: Session, id: int) -> models.Assessment:
    row = session.get(models.Assessment, id)
    if row is None:
        raise Refused("assessment.unknown", "there is no assessment {id}", id=id)
    return row


def _objected(session: Session, id: int) -> models.Objection:
    row = session.get(models.Objection, id)
    if row is None:
        raise Refused("assessment.no_objection", "there is no objection {id}", id=id)
    return row


def _words(text: str) -> str:
    text = typed.words(text)
    if not SHORTEST <= len(text) <= LONGEST:
        raise Refused("assessment.words", "write {low} to {high} characters", low=SHORTEST, high=LONGEST)
    return text


def _assessment(row: models.Assessment) -> Assessment:
    plain = {field.name: getattr(row, field.name) for field in fields(Assessment)}
    return Assessment(**plain | {"scheme": json.loads(row.scheme), "results": json.loads(row.results)})


def _objection(row: models.Objection) -> Objection:
    return Objection(**{field.name: getattr(row, field.name) for field in fields(Objection)})

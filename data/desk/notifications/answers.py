"""Answers to cases of other systems: stored at the desk, sent in order, confirmed by a later delivery of the case."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from sqlalchemy import select, update

from data.desk import clock
from data.desk.errors import Refused
from data.desk.notifications import models
from data.desk.store import Desk

Step = Literal["acknowledge", "reply", "return"]
STEPS: tuple[Step, ...] = ("acknowledge", "reply", "return")
NEED_TEXT: tuple[Step, ...] = ("reply", "return")
SHORTEST_TEXT, LONGEST_TEXT, LONGEST_KEY = 2, 1_000, 64
OF, SENDING = models.CaseAnswer, models.Dispatch
State = Literal["waiting", "sent", "confirmed", "dead"]


@dataclass(frozen=True)
class Answer:
    """An answer. batch: the delivery that the case had come in when it was answered. Times are naive UTC.

    state: waiting to be sent, sent, confirmed by a later delivery, or dead after too many attempts.
    """

    id: int
    source: str
    case_key: str
    area: int
    step: Step
    text: str
    who: str
    at: datetime
    batch: int
    state: State
    sent_at: datetime | None
    confirmed_at: datetime | None


@dataclass(frozen=True)
class New:
    """An answer to store. key: of the request; the same key again is the same answer."""

    key: str
    source: str
    case_key: str
    area: int
    step: Step
    text: str
    who: str
    batch: int


def add(desk: Desk, new: New, *, now: datetime | None = None) -> bool:
    """Store an answer. False if it was stored before. Refused for an unfit text, or a key of another answer."""
    text = new.text.strip()
    if new.step in NEED_TEXT and len(text) < SHORTEST_TEXT:
        raise Refused("answer.text", "say in a few words what is answered")
    if len(text) > LONGEST_TEXT:
        raise Refused("answer.long", "an answer has at most {n} characters", n=LONGEST_TEXT)
    if not new.key or len(new.key) > LONGEST_KEY or not new.key.isprintable():
        raise Refused("item.key", "the key of a step has 1 to {n} printable characters", n=LONGEST_KEY)
    with desk.begin() as session:
        earlier = session.scalar(select(OF).where(OF.key == new.key))
        if earlier is not None:
            same = (earlier.source, earlier.case_key, earlier.step, earlier.who)
            if same != (new.source, new.case_key, new.step, new.who):
                raise Refused("item.key_used", "this key was used for another step already: use a new one")
            return False
        row = OF(
            key=new.key, source=new.source, case_key=new.case_key, area=new.area, step=new.step, text=text,
            who=new.who, at=now or clock.now(), batch=new.batch,
        )  # fmt: skip
        session.add(row)
        session.flush()
        return True


def of_case(desk: Desk, source: str, case_key: str) -> list[Answer]:
    """The answers to a case, oldest first."""
    return _read(desk, OF.source == source, OF.case_key == case_key)


def unconfirmed(desk: Desk) -> list[Answer]:
    """The answers that were sent and not confirmed yet."""
    return _read(desk, OF.confirmed_at.is_(None), SENDING.state == "sent")


def given_up(desk: Desk) -> list[Answer]:
    """The answers that could not be sent."""
    return _read(desk, OF.confirmed_at.is_(None), SENDING.state == "dead")


def confirm(desk: Desk, ids: Collection[int], *, now: datetime | None = None) -> None:
    """Mark answers as confirmed."""
    with desk.begin() as session:
        session.execute(
            update(OF).where(OF.id.in_(ids), OF.confirmed_at.is_(None)).values(confirmed_at=now or clock.now())
        )


def _read(desk: Desk, *where: object) -> list[Answer]:
    query = select(OF, SENDING.state, SENDING.sent_at).join(SENDING, SENDING.key == OF.key, isouter=True)
    with desk.read() as session:
        rows = session.execute(query.where(*where).order_by(OF.id))  # type: ignore[arg-type]
        return [_answer(row, state, sent_at) for row, state, sent_at in rows]


def _answer(row: models.CaseAnswer, state: str | None, sent_at: datetime | None) -> Answer:
    """Without a message it was sent so long ago that the message is no longer kept."""
    known = cast(State, "confirmed" if row.confirmed_at else state or "sent")
    return Answer(
        row.id, row.source, row.case_key, row.area, cast(Step, row.step), row.text, row.who, row.at, row.batch, known,
        sent_at, row.confirmed_at,
    )  # fmt: skip

"""Limits of metrics at the desk: a data officer proposes a row, a leader approves or refuses it.

Nobody decides on an own proposal. An approved row is never changed: another one replaces it from a day on, or it is
ended. Approved rows are part of the next edition (`data.editions.from_desk`).
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal, get_args

from sqlalchemy import select

from data.desk import clock, models, typed
from data.desk.errors import Refused
from data.desk.store import Desk
from data.editions.from_desk import Limit

State = Literal["proposed", "approved", "refused", "ended", "withdrawn"]
LONGEST_SOURCE, LONGEST_NOTE = 200, 1000


@dataclass(frozen=True)
class Proposal:
    """What is proposed. green: empty if only red is limited. valid_to: exclusive; None for no end."""

    metric: str
    area: int
    green: str
    red: str
    valid_from: date
    source: str
    valid_to: date | None = None
    category: str = ""


@dataclass(frozen=True)
class Row:
    """A proposal with its state. Times are those of the desk. version: another one after each change."""

    id: int
    what: Proposal
    state: State
    proposed_by: str
    proposed_at: datetime
    decided_by: str
    decided_at: datetime | None
    note: str
    version: int


def listing(desk: Desk) -> list[Row]:
    """All rows, the newest proposal first."""
    with desk.read() as session:
        rows = session.scalars(select(models.Limit).order_by(models.Limit.id.desc()))
        return [_row(row) for row in rows]


def find(desk: Desk, id: int) -> Row:
    """The row of a number. Refused if there is none."""
    with desk.read() as session:
        row = session.get(models.Limit, id)
        if row is None:
            raise Refused("limit.unknown", "there is no limit {id}", id=id)
        return _row(row)


def approved(desk: Desk) -> tuple[Limit, ...]:
    """The approved rows, and those that were ended, for the next edition."""
    return tuple(as_limit(row) for row in reversed(listing(desk)) if row.state in ("approved", "ended"))


def as_limit(row: Row) -> Limit:
    """The row as an edition has it, or would have it once approved."""
    what = row.what
    return Limit(
        row.id, what.metric, what.area, what.category, what.valid_from, what.valid_to, what.green, what.red,
        what.source, row.decided_at or row.proposed_at,
    )  # fmt: skip


def propose(desk: Desk, proposal: Proposal, who: str) -> int:
    """Keep a proposal and return its number. Refused if it cannot be applied or equals one that is open."""
    proposal = replace(proposal, source=typed.words(proposal.source), category=typed.words(proposal.category))
    source = proposal.source
    if not source or len(source) > LONGEST_SOURCE:
        raise Refused("limit.source", "say where the limit is from, in at most {n} characters", n=LONGEST_SOURCE)
    if not typed.is_line(source):
        raise Refused("limit.source_line", "the source of a limit is one line of printable characters")
    if proposal.valid_to is not None and proposal.valid_to <= proposal.valid_from:
        raise Refused("limit.period", "the last day of a limit is not before its first")
    with desk.alone("limits") as session:
        if any(row.state == "proposed" and row.what == proposal for row in listing(desk)):
            raise Refused("limit.twice", "this limit is proposed already")
        row = models.Limit(**vars(proposal), state="proposed", proposed_by=who, proposed_at=clock.now())
        session.add(row)
        session.flush()
        return row.id


def decide(desk: Desk, id: int, who: str, *, approve: bool, note: str = "") -> None:
    """Approve or refuse a proposal. Refused for an own or decided one, and for a refusal without a reason."""
    if len(note) > LONGEST_NOTE:
        raise Refused("limit.note", "a reason has at most {n} characters", n=LONGEST_NOTE)
    if not approve and not note.strip():
        raise Refused("limit.reason", "say why the limit is refused")
    with desk.begin() as session:
        row = session.get(models.Limit, id, with_for_update=True)
        if row is None:
            raise Refused("limit.unknown", "there is no limit {id}", id=id)
        if row.state != "proposed":
            raise Refused("limit.decided", "limit {id} is decided already", id=id)
        if row.proposed_by == who:
            raise Refused("limit.own", "nobody decides on an own proposal: another leader does")
        row.state, row.decided_by, row.decided_at = "approved" if approve else "refused", who, clock.now()
        row.note, row.version = note.strip(), row.version + 1


def withdraw(desk: Desk, id: int, who: str) -> None:
    """Take back a proposal of one's own that nobody has decided on."""
    with desk.begin() as session:
        row = session.get(models.Limit, id, with_for_update=True)
        if row is None:
            raise Refused("limit.unknown", "there is no limit {id}", id=id)
        if row.state != "proposed":
            raise Refused("limit.decided", "limit {id} is decided already", id=id)
        if row.proposed_by != who:
            raise Refused("limit.not_own", "only who proposed a limit withdraws it")
        row.state, row.decided_by, row.decided_at, row.version = "withdrawn", who, clock.now(), row.version + 1


def end(desk: Desk, id: int, who: str, day: date, *, version: int) -> None:
    """Let an approved limit apply up to but not including a day. What was shown before keeps it.

    One that has not begun may end on its first day: it never applies. version: that of the row which the user saw;
    Refused if it was changed since.
    """
    with desk.begin() as session:
        row = session.get(models.Limit, id, with_for_update=True)
        if row is None or row.state not in ("approved", "ended"):
            raise Refused("limit.not_approved", "limit {id} is not approved", id=id)
        if row.version != version:
            raise Refused("limit.changed", "somebody has changed limit {id} since you saw it: look at it again", id=id)
        begun = row.valid_from <= clock.now().date()
        if (
            day < row.valid_from
            or (day == row.valid_from and begun)
            or (row.valid_to is not None and day > row.valid_to)
        ):
            raise Refused("limit.end", "a limit ends after its first day and not later than before")
        row.state, row.valid_to, row.version = "ended", day, row.version + 1
        row.note = f"{row.note} {who} {day}".strip()[:LONGEST_NOTE]


def _row(row: models.Limit) -> Row:
    proposal = Proposal(**{name: getattr(row, name) for name in Proposal.__dataclass_fields__})
    (state,) = (one for one in get_args(State) if one == row.state)
    return Row(
        row.id, proposal, state, row.proposed_by, row.proposed_at, row.decided_by, row.decided_at, row.note, row.version
    )

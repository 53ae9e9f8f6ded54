"""Report queue and archive: requests, workers, states, and the SHA-256 of each file."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from data.desk import clock
from data.desk.errors import Refused
from data.desk.models import Report as Stored
from data.desk.store import Desk
from data.editions.scoped import Scope
from data.errors import TooMany
from data.messages import Message, restored

QUEUED, RUNNING, DRAFT, FINAL, ISSUED, FAILED = "queued", "running", "draft", "final", "issued", "failed"
DONE = (DRAFT, FINAL, ISSUED)
STEPS = {(DRAFT, FINAL), (FINAL, DRAFT), (FINAL, ISSUED)}
"""Allowed state changes of a finished report. An issued report stays issued."""
MOST_TRIES = 3
GIVEN_UP = Message(
    "report.given_up", "the process that makes reports died three times at it: ask for less, or see the server's log"
)
MOST_WAITING = 30
"""Maximum queued reports per person; scheduled ones do not count."""
LOOKED_AT, NEVER = 10, datetime(1970, 1, 1)
ALIVE = timedelta(seconds=30)
"""A worker silent for longer is considered dead; its report is made again."""


@dataclass(frozen=True)
class Report:
    """One row of the desk; see `data.desk.models.Report`. Times are naive UTC."""

    id: str
    kind: str
    asked: str
    edition: str
    scope: str
    who: str
    asked_at: datetime
    status: str
    step: str
    share: float
    done_at: datetime | None
    issued_at: datetime | None
    issued_by: str
    file: str
    sha256: str
    size: int
    definitions: str
    fault: str
    plan: str | None
    slot: str | None
    mail: str
    mailed_at: datetime | None
    mail_fault: str

    @property
    def why(self) -> Message | str:
        """Why making it failed; empty otherwise."""
        return restored(self.fault)

    @property
    def why_unsent(self) -> Message | str:
        """Error of the last attempt to send it."""
        return restored(self.mail_fault)

    @property
    def made(self) -> bool:
        return self.status in DONE

    @property
    def ranges(self) -> Scope:
        """Area code ranges that the requester could see."""
        pairs = (part.split("-") for part in self.scope.split(",") if part)
        return tuple((int(first), int(end)) for first, end in pairs)

    @property
    def versions(self) -> dict[str, int]:
        """Version of each metric in it."""
        return dict(json.loads(self.definitions))


def new_id(at: datetime) -> str:
    """`R20261126-3fa2c1aa`: day of the request and a random number."""
    return f"R{at:%Y%m%d}-{secrets.token_hex(4)}"


def ask(
    desk: Desk, *, kind: str, request: str, edition: str, scope: Scope, who: str, plan: str | None = None,
    slot: str | None = None, mail: Sequence[str] = (), status: str = QUEUED, worker: str = "",
) -> Report | None:  # fmt: skip
    """Queue a request. None if this run of a schedule is queued already.

    Raises TooMany for somebody who has MOST_WAITING that wait already.
    """
    now = clock.now()
    row = Stored(
        id=new_id(now), kind=kind, asked=request, edition=edition, who=who, asked_at=now, status=status,
        scope=",".join(f"{first}-{end}" for first, end in scope), plan=plan, slot=slot, mail=",".join(mail),
        worker=worker, seen_at=now if worker else None,
    )  # fmt: skip
    try:
        with desk.begin() as session:
            of_one = select(func.count()).where(
                Stored.who == who, Stored.status == QUEUED, Stored.plan.is_(None)
            )  # fmt: skip
            if status == QUEUED and plan is None and (session.scalar(of_one) or 0) >= MOST_WAITING:
                raise TooMany(
                    "report.too_many",
                    "{who} has {n} reports waiting already: wait until some are made",
                    who=who,
                    n=MOST_WAITING,
                )
            session.add(row)
            session.flush()
            return _report_of(row)
    except IntegrityError:
        return None


def find(desk: Desk, id: str) -> Report | None:
    """The report of an id."""
    with desk.read() as session:
        row = session.get(Stored, id)
        return _report_of(row) if row else None


def by_hash(desk: Desk, sha256: str) -> Report | None:
    """The report whose file has this hash."""
    with desk.read() as session:
        row = session.scalars(select(Stored).where(Stored.sha256 == sha256).order_by(Stored.asked_at).limit(1)).first()
        return _report_of(row) if row else None


def listing(desk: Desk, *, limit: int = 200, who: str | None = None) -> list[Report]:
    """The newest first."""
    wanted = [Stored.who == who] if who else []
    with desk.read() as session:
        rows = session.scalars(select(Stored).where(*wanted).order_by(Stored.asked_at.desc(), Stored.id).limit(limit))
        return [_report_of(row) for row in rows]


def cited(desk: Desk) -> set[str]:
    """The editions that reports were made from."""
    with desk.read() as session:
        return set(session.scalars(select(Stored.edition).where(Stored.status != FAILED).distinct()))


def take(desk: Desk, worker: str) -> Report | None:
    """Take the next report for `worker`; one that it left unfinished comes first."""
    now = clock.now()
    with desk.read() as session:  # no write lock to look at an empty queue
        if not session.scalar(select(func.count()).where(Stored.status.in_((QUEUED, RUNNING)))):
            return None
    with desk.begin() as session:
        lost = (Stored.status == RUNNING) & (
            (Stored.seen_at < now - ALIVE) | (Stored.seen_at > now + ALIVE) | (Stored.worker == worker)
        )
        given_up = update(Stored).where(lost, Stored.tries >= MOST_TRIES)
        session.execute(given_up.values(status=FAILED, fault=GIVEN_UP.stored()))
        session.execute(update(Stored).where(lost).values(status=QUEUED, worker=""))
        row = _next(session)
        if row is None:
            return None
        row.status, row.worker, row.seen_at, row.share, row.step = RUNNING, worker, now, 0.0, ""
        row.tries += 1
        session.flush()
        return _report_of(row)


def _next(session: Session) -> Stored | None:
    """The next queued report: the oldest of the person with the fewest in work who has waited longest."""
    own = func.row_number().over(partition_by=Stored.who, order_by=(Stored.asked_at, Stored.id))
    queued = select(Stored.id, Stored.who, Stored.asked_at, own.label("own")).where(Stored.status == QUEUED).subquery()
    running = select(func.count()).where(Stored.status == RUNNING, Stored.who == queued.c.who).scalar_subquery()
    served = select(func.max(Stored.seen_at)).where(Stored.who == queued.c.who).scalar_subquery()
    turns = select(queued.c.id).order_by(
        running, queued.c.own, func.coalesce(served, NEVER), queued.c.asked_at, queued.c.id
    )  # fmt: skip
    for id in session.scalars(turns.limit(LOOKED_AT)).all():  # others may be taking the first ones now
        one = select(Stored).where(Stored.id == id, Stored.status == QUEUED).with_for_update(skip_locked=True)
        if row := session.scalars(one).first():
            return row
    return None


def progress(desk: Desk, id: str, step: str, share: float) -> None:
    """Update progress and heartbeat."""
    with desk.begin() as session:
        session.execute(
            update(Stored).where(Stored.id == id, Stored.status == RUNNING)
            .values(step=step[:200], share=min(max(share, 0.0), 1.0), seen_at=clock.now())
        )  # fmt: skip


def finish(desk: Desk, id: str, *, file: str, sha256: str, size: int, definitions: dict[str, int]) -> Report:
    """Mark as finished; its state is draft."""
    with desk.begin() as session:
        row = session.get_one(Stored, id)
        row.status, row.file, row.sha256, row.size, row.share, row.step = DRAFT, file, sha256, size, 1.0, ""
        row.done_at, row.definitions = clock.now(), json.dumps(sorted(definitions.items()))
        session.flush()
        return _report_of(row)


def fail(desk: Desk, id: str, fault: Message) -> None:
    """Mark as failed, with the reason."""
    with desk.begin() as session:
        row = session.get_one(Stored, id)
        row.status, row.fault, row.step, row.done_at = FAILED, fault.stored(), "", clock.now()


def move(desk: Desk, id: str, to: str, who: str) -> Report:
    """Change the state of a finished report: draft, final, issued. Raises Refused for a change not allowed."""
    with desk.begin() as session:
        row = session.get(Stored, id)
        if row is None:
            raise Refused("report.unknown", "there is no report {id}", id=id)
        if (row.status, to) not in STEPS:
            raise Refused(
                "report.step", "report {id} is {status}: it cannot become {to}", id=id, status=row.status, to=to
            )
        row.status = to
        if to == ISSUED:
            row.issued_at, row.issued_by = clock.now(), who
        session.flush()
        return _report_of(row)


def to_mail(desk: Desk) -> list[Report]:
    """Finished reports with recipients that are not sent yet."""
    with desk.read() as session:
        rows = session.scalars(
            select(Stored).where(Stored.mail != "", Stored.mailed_at.is_(None), Stored.status.in_(DONE))
            .order_by(Stored.asked_at)
        )  # fmt: skip
        return [_report_of(row) for row in rows]


def mailed(desk: Desk, id: str, fault: Message | None = None) -> None:
    """Mark as sent, or record the error."""
    with desk.begin() as session:
        row = session.get_one(Stored, id)
        row.mail_fault = fault.stored() if fault else ""
        if not fault:
            row.mailed_at = clock.now()


def _report_of(row: Stored) -> Report:
    return Report(**{field.name: getattr(row, field.name) for field in fields(Report)})

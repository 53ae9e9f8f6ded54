"""Alerts at the desk: what fired, who acknowledged it, when it was over. Their events are only added to."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Literal, cast

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from data.desk import clock
from data.desk.alerting import models, silences
from data.desk.errors import Refused
from data.desk.store import Desk
from data.editions.scoped import Scope

State = Literal["firing", "acknowledged", "ordered", "false_alarm", "resolved"]
What = Literal["fired", "acknowledged", "ordered", "false_alarm", "escalated", "resolved"]
SHORTEST_NOTE, LONGEST_NOTE = 2, 500
DESK = "desk"
"""Source of an alert about a work item, whose number is its key."""
AT_ONCE = 500
"""Alerts read by one query."""
LONGEST_SILENCE = timedelta(days=31)
BY_HAND: dict[What, tuple[State, ...]] = {
    "acknowledged": ("firing",),
    "false_alarm": ("firing", "acknowledged"),
    "ordered": ("firing", "acknowledged"),
}
"""Actions on an alert, and the states in which they are allowed."""
OfRule = Callable[[Any], ColumnElement[bool]]
"""Condition on the column of a rule."""
NEED_NOTE: tuple[What, ...] = ("false_alarm",)


@dataclass(frozen=True)
class Observed:
    """A rule that is true of a subject in an edition; see `metrics.alerting.signals`.

    acknowledge_hours: then it is escalated; 0: never. hold_hours: it fires once it was found for so long on end.
    """

    rule: str
    area: int
    metric: str = ""
    name: str = ""
    source: str = ""
    key: str = ""
    value: float | None = None
    affected: int = 1
    severity: float = 0.0
    acknowledge_hours: float = 0.0
    hold_hours: float = 0.0

    @property
    def subject(self) -> str:
        """A hash of what it is about: a key of fixed length."""
        parts = (self.rule, str(self.area), self.metric, self.name, self.source, self.key)
        return sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True)
class Alert:
    """An alert. Times of the desk are UTC; first_at and last_at are times of editions, on the district's clock."""

    id: int
    rule: str
    area: int
    metric: str
    name: str
    source: str
    key: str
    state: State
    value: float | None
    affected: int
    severity: float
    first_at: datetime
    last_at: datetime
    fired_at: datetime
    due_at: datetime | None
    escalated: bool
    over_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether somebody may still do something with it."""
        return self.over_at is None and self.state != "false_alarm"


@dataclass(frozen=True)
class Event:
    """One change of an alert. who: empty where the product itself did it."""

    what: What
    who: str
    note: str
    value: float | None
    at: datetime


@dataclass(frozen=True)
class Outcome:
    """Outcome of an evaluation of the rules: ids of the alerts that changed."""

    fired: tuple[int, ...] = ()
    escalated: tuple[int, ...] = ()
    resolved: tuple[int, ...] = ()


def settle(
    desk: Desk, edition: str, as_of: datetime, observed: Iterable[Observed], clear_hours: dict[str, float], *,
    apart: Collection[str] = (), now: datetime | None = None,
) -> Outcome:  # fmt: skip
    """Bring the alerts up to date with what is true in an edition; nothing if that was done already.

    clear_hours: by rule; the alerts of a rule that it lacks are over at once. apart: rules that no edition decides.
    """
    now = now or clock.now()
    with desk.begin() as session:
        run = session.get(models.AlertRun, 1)
        if run and run.edition == edition:
            return Outcome()
        session.merge(models.AlertRun(id=1, edition=edition, at=now))
        return _settle(desk, lambda rule: rule.not_in(apart), observed, clear_hours, as_of, now)


def settle_rules(
    desk: Desk,
    as_of: datetime,
    observed: Iterable[Observed],
    clear_hours: dict[str, float],
    *,
    now: datetime | None = None,
) -> Outcome:
    """Bring the alerts of the rules of `clear_hours` alone up to date, as of a time on the district's clock."""
    return _settle(desk, lambda rule: rule.in_(clear_hours), observed, clear_hours, as_of, now or clock.now())


def _settle(
    desk: Desk, which: OfRule, observed: Iterable[Observed], clear_hours: dict[str, float], as_of: datetime,
    now: datetime,
) -> Outcome:  # fmt: skip
    by_subject = {one.subject: one for one in observed}
    with desk.begin() as session:
        current = list(
            session.scalars(select(models.Alert).where(models.Alert.over_at.is_(None), which(models.Alert.rule)))
        )
        resolved = []
        for row in current:
            one = by_subject.pop(row.subject, None)
            if one:
                row.value, row.affected, row.severity, row.last_at = one.value, one.affected, one.severity, as_of
                row.absent_since = None
            elif _is_over(row, clear_hours.get(row.rule, 0.0), as_of):
                row.over_at, row.version = now, row.version + 1
                if row.state != "false_alarm":
                    row.state = "resolved"
                _event(session, row.id, "resolved", now)
                resolved.append(row.id)
        silent = silences.silent_at(session, now)
        new = _held(session, which, by_subject.values(), as_of)
        fired = [_fire(session, one, as_of, now) for one in new if not silent(one.rule, one.area)]
        return Outcome(tuple(fired), (), tuple(resolved))


def _held(session: Session, which: OfRule, observed: Iterable[Observed], as_of: datetime) -> list[Observed]:
    """Those of what was found that have lasted long enough; the others are stored with the time of their beginning."""
    of = models.AlertPending
    pending = {row.subject: row for row in session.scalars(select(of).where(which(of.rule)))}
    ready = []
    for one in observed:
        row = pending.pop(one.subject, None)
        since = row.since if row else as_of
        if as_of - since >= timedelta(hours=one.hold_hours):
            ready.append(one)
            if row:
                session.delete(row)
        elif row is None:
            session.add(of(subject=one.subject, rule=one.rule, since=since))
    for row in pending.values():  # it was not on end
        session.delete(row)
    return ready


def escalate(desk: Desk, *, now: datetime | None = None) -> Outcome:
    """Mark the alerts that were not acknowledged in time: they go to the area above as well."""
    now = now or clock.now()
    late = and_(
        models.Alert.over_at.is_(None), models.Alert.state == "firing", models.Alert.escalated.is_(False),
        models.Alert.due_at <= now,
    )  # fmt: skip
    with desk.begin() as session:
        rows = list(session.scalars(select(models.Alert).where(late)))
        for row in rows:
            row.escalated = True
            _event(session, row.id, "escalated", now)
        return Outcome(escalated=tuple(row.id for row in rows))


def is_late(desk: Desk, *, now: datetime | None = None) -> bool:
    """Whether `escalate` has something to do."""
    due = (
        models.Alert.state == "firing",
        models.Alert.escalated.is_(False),
        models.Alert.due_at <= (now or clock.now()),
    )
    with desk.read() as session:
        return session.scalar(select(models.Alert.id).where(models.Alert.over_at.is_(None), *due).limit(1)) is not None


def last_edition(desk: Desk) -> str:
    """The id of the edition that the rules were last evaluated of; empty if they never were."""
    with desk.read() as session:
        return session.scalar(select(models.AlertRun.edition).where(models.AlertRun.id == 1)) or ""


def record(desk: Desk, id: int, what: What, who: str, note: str = "", *, now: datetime | None = None) -> Alert:
    """Store an action on an alert. Refused if its state does not allow it, or without the required note.

    To acknowledge what is acknowledged already changes nothing, so that a second click does no harm.
    """
    note = note.strip()
    if what in NEED_NOTE and len(note) < SHORTEST_NOTE:
        raise Refused("alert.note", "say in a note why this is a false alarm")
    if len(note) > LONGEST_NOTE:
        raise Refused("alert.note_long", "a note has at most {n} characters", n=LONGEST_NOTE)
    now = now or clock.now()
    with desk.begin() as session:
        row = session.get(models.Alert, id)
        if row is None:
            raise Refused("alert.unknown", "there is no alert {id}", id=id)
        if row.state == what:
            return _alert(row)
        if row.over_at is not None or row.state not in BY_HAND.get(what, ()):
            raise Refused("alert.state", "this alert was changed meanwhile: load the page again")
        changed = session.execute(
            update(models.Alert)
            .where(models.Alert.id == id, models.Alert.version == row.version)
            .values(state=what, version=row.version + 1)
        )
        if not cast(Any, changed).rowcount:
            raise Refused("alert.state", "this alert was changed meanwhile: load the page again")
        session.refresh(row)
        _event(session, id, what, now, who, note, row.value)
        return _alert(row)


def of_ids(desk: Desk, ids: Sequence[int]) -> list[Alert]:
    """The alerts of some ids, the most severe first."""
    query = select(models.Alert).where(models.Alert.id.in_(ids))
    with desk.read() as session:
        return [_alert(row) for row in session.scalars(query.order_by(models.Alert.severity.desc(), models.Alert.id))]


def find(desk: Desk, id: int) -> Alert | None:
    """The alert of an id."""
    with desk.read() as session:
        row = session.get(models.Alert, id)
        return _alert(row) if row else None


def listing(desk: Desk, scope: Scope, *, over: bool = False, limit: int = 500) -> list[Alert]:
    """The current alerts of some area codes, the most severe first; or those that are over, the newest first."""
    order = models.Alert.over_at.desc() if over else models.Alert.severity.desc()
    where = [models.Alert.over_at.is_not(None) if over else models.Alert.over_at.is_(None), within(scope)]
    with desk.read() as session:
        rows = session.scalars(select(models.Alert).where(*where).order_by(order, models.Alert.id.desc()).limit(limit))
        return [_alert(row) for row in rows]


def count_firing(desk: Desk, scope: Scope) -> int:
    """Unacknowledged current alerts of some area codes."""
    where = (models.Alert.over_at.is_(None), models.Alert.state == "firing", within(scope))
    with desk.read() as session:
        return session.scalar(select(func.count()).select_from(models.Alert).where(*where)) or 0


def history(desk: Desk, ids: Sequence[int]) -> dict[int, list[Event]]:
    """The events of alerts, oldest first."""
    events: dict[int, list[Event]] = {id: [] for id in ids}
    query = select(models.AlertEvent).where(models.AlertEvent.alert_id.in_(ids)).order_by(models.AlertEvent.id)
    with desk.read() as session:
        for row in session.scalars(query):
            events[row.alert_id].append(Event(cast(What, row.what), row.who, row.note, row.value, row.at))
    return events


def changed(desk: Desk, since: datetime | None) -> list[tuple[Alert, datetime]]:
    """The alerts with an event at an instant (naive UTC) or later, each with the time of its newest one."""
    newest = func.max(models.AlertEvent.at)
    query = select(models.AlertEvent.alert_id, newest).group_by(models.AlertEvent.alert_id)
    query = query.having(newest >= since) if since else query
    with desk.read() as session:
        times = {row.alert_id: row[1] for row in session.execute(query)}
        ids = sorted(times)
        groups = (ids[first : first + AT_ONCE] for first in range(0, len(ids), AT_ONCE))
        queries = (select(models.Alert).where(models.Alert.id.in_(group)).order_by(models.Alert.id) for group in groups)
        return [(_alert(row), times[row.id]) for one in queries for row in session.scalars(one)]


def within(scope: Scope) -> ColumnElement[bool]:
    """The condition that an alert is of one of the ranges of area codes; of none if there is no range."""
    ranges = [and_(models.Alert.area >= first, models.Alert.area < end) for first, end in scope]
    return or_(*ranges) if ranges else models.Alert.id < 0


def _is_over(row: models.Alert, hours: float, as_of: datetime) -> bool:
    """Whether it has been absent long enough; the first edition without it begins the count."""
    if row.absent_since is None:
        row.absent_since = as_of
    return as_of - row.absent_since >= timedelta(hours=hours)


def _fire(session: Session, one: Observed, as_of: datetime, now: datetime) -> int:
    row = models.Alert(
        rule=one.rule, subject=one.subject, area=one.area, metric=one.metric, name=one.name[:200], source=one.source,
        key=one.key[:200], state="firing", value=one.value, affected=one.affected, severity=one.severity,
        first_at=as_of, last_at=as_of, fired_at=now,
        due_at=now + timedelta(hours=one.acknowledge_hours) if one.acknowledge_hours else None,
    )  # fmt: skip
    session.add(row)
    session.flush()
    _event(session, row.id, "fired", now, value=one.value)
    return row.id


def _event(
    session: Session, id: int, what: What, at: datetime, who: str = "", note: str = "", value: float | None = None
) -> None:
    session.add(models.AlertEvent(alert_id=id, what=what, who=who, note=note, value=value, at=at))


def _alert(row: models.Alert) -> Alert:
    return Alert(**{field.name: getattr(row, field.name) for field in fields(Alert)})

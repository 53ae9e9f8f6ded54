"""Store items and append their events. A caller checks who may do what between `lock` and `append`."""

import hashlib
import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from data.desk import clock
from data.desk.errors import Refused
from data.desk.items import links, models
from data.desk.items.item import NEVER, Item, to_item
from data.desk.items.links import Link
from data.desk.store import Desk
from data.messages import Message
from data.values.calendar import Calendar
from data.workflow import fields as values
from data.workflow.model import START, Workflow
from data.workflow.replay import Event, Snapshot, applied, colour_times, next_due, replay, target

LONGEST_KEY = 64
CHANGED = Message("item.changed", "somebody has changed the item since you opened it: look at it again")


@dataclass(frozen=True)
class Rules:
    """The rules of items: workflows, working-day calendar and the district's zone."""

    flows: Mapping[str, Workflow]
    calendar: Calendar
    zone: str

    def flow(self, kind: str) -> Workflow:
        """The workflow of a kind. Refused if there is none."""
        if kind not in self.flows:
            raise Refused("item.kind", 'there is no kind of item "{name}"', name=kind)
        return self.flows[kind]

    def local(self, at: datetime) -> datetime:
        """A naive UTC time on the district's clock, naive."""
        return at.replace(tzinfo=UTC).astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)

    def utc(self, at: datetime) -> datetime:
        """A local naive time as naive UTC."""
        return at.replace(tzinfo=ZoneInfo(self.zone)).astimezone(UTC).replace(tzinfo=None)


@dataclass(frozen=True)
class Beginning:
    """A new item. unit_area: area of the unit that the fields name. origin: how it began. links: what it is about."""

    kind: str
    title: str
    area: int
    fields: Mapping[str, Any]
    unit_area: int | None = None
    origin: str = "free"
    links: tuple[Link, ...] = ()


@dataclass(frozen=True)
class Locked:
    """An item with its replayed events, its row locked until the transaction ends."""

    item: Item
    snapshot: Snapshot


@dataclass(frozen=True)
class Written:
    """An event that is stored. again: it was stored before, by the same key."""

    item: Item
    seq: int
    again: bool = False


def start(
    desk: Desk, rules: Rules, beginning: Beginning, *, key: str, actor: str, role: str = "", now: datetime | None = None
) -> Written:
    """Store a new item with its first event. Refused for unfit fields, or a key that was used for something else."""
    flow, now = rules.flow(beginning.kind), now or clock.now()
    title = values.titled(beginning.title)
    if beginning.origin not in flow.origins or (beginning.origin == "free") != (not beginning.links):
        raise Refused("item.origin", "this kind of item does not begin from there: begin it from a list or freely")
    recorded = values.recorded(flow, START, beginning.fields, rules.local(now))
    about = links.checked(beginning.links)
    mark = _digest(actor, beginning.kind, START, title, beginning.area, _names(recorded), beginning.origin,
                   [[link.kind, link.reference] for link in about])  # fmt: skip
    with _once(desk, key, mark) as earlier, desk.begin() as session:
        if earlier:
            return earlier[0]
        row = models.Item(
            kind=flow.id, number=uuid.uuid4().hex, title=title, area=beginning.area, state=flow.start.state,
            is_open=True, turn="", origin=beginning.origin, author=actor, opened_at=now, changed_at=now,
            due_at=NEVER, version=0,
        )  # fmt: skip
        session.add(row)
        session.flush()
        links.add(session, row.id, about)
        row.number = f"{flow.number}{rules.local(now):%Y%m%d}-{row.id}"
        event = Event(1, START, actor, rules.local(now), flow.start.state, recorded, beginning.unit_area, role, key)
        return _append(session, rules, flow, row, Snapshot(""), event, mark)


def lock(desk: Desk, rules: Rules, number: str) -> Locked:
    """Lock an item inside the caller's transaction. Refused if there is none of this number."""
    with desk.begin() as session:
        one = select(models.Item).where(models.Item.number == number)
        row = session.scalar(one.with_for_update().execution_options(populate_existing=True))
        if row is None:
            raise Refused("item.unknown", "there is no item {number} that you may see", number=number)
        item = to_item(row)
        return Locked(item, replay(rules.flow(item.kind), events(desk, rules, item.id), rules.calendar))


def append(
    desk: Desk, rules: Rules, locked: Locked, transition: str, fields: Mapping[str, Any], *, key: str, actor: str,
    role: str = "", unit_area: int | None = None, version: int | None = None, now: datetime | None = None,
) -> Written:  # fmt: skip
    """Append an event to a locked item. version: the one that the actor saw.

    Refused for a transition that its state does not have, unfit fields, a version that is no longer the newest, or a
    key that was used for something else.
    """
    check_version(locked, version)
    flow, now = rules.flow(locked.item.kind), now or clock.now()
    if transition not in flow.leaving(locked.item.state):
        raise Refused("item.step", "the item is not in a state for this step: open it again and choose another")
    now = max(now, locked.item.changed_at)  # a clock that was set back does not reorder events
    recorded = values.recorded(flow, transition, fields, rules.local(now))
    mark = digest(actor, locked.item.number, transition, fields)
    _check_answer(flow, locked.snapshot, transition, recorded)
    state = target(flow, locked.snapshot, transition, recorded)
    with _once(desk, key, mark) as earlier, desk.begin() as session:
        if earlier:
            return earlier[0]
        row = session.get_one(models.Item, locked.item.id)
        seq = locked.item.version + 1
        event = Event(seq, transition, actor, rules.local(now), state, recorded, unit_area, role, key)
        return _append(session, rules, flow, row, locked.snapshot, event, mark)


def check_version(locked: Locked, version: int | None) -> None:
    """Refuse a version that the actor saw and that is no longer the newest."""
    if version is not None and version != locked.item.version:
        raise Refused.of(CHANGED)


def _check_answer(flow: Workflow, snapshot: Snapshot, transition: str, recorded: Mapping[str, Any]) -> None:
    """Refuse an answer for a unit that was not asked, or that has answered."""
    field = flow.answer_field(transition)
    if field and recorded[field] not in [one.unit for one in snapshot.asked if not one.answered]:
        raise Refused(
            "item.not_asked", "{unit} was not asked, or has answered already: open the item again", unit=recorded[field]
        )


def repeated(desk: Desk, key: str, mark: str) -> Written | None:
    """The event of a key; None if there is none. Refused for a bad key or one that was used for something else."""
    if not key or len(key) > LONGEST_KEY or not key.isprintable():
        raise Refused("item.key", "the key of a step has 1 to {n} printable characters", n=LONGEST_KEY)
    with desk.read() as session:
        row = session.scalar(select(models.ItemEvent).where(models.ItemEvent.key == key))
        if row is None:
            return None
        if row.digest != mark:
            raise Refused("item.key_used", "this key was used for another step already: use a new one")
        return Written(to_item(session.get_one(models.Item, row.item_id)), row.seq, True)


def digest(actor: str, number: str, transition: str, fields: Mapping[str, Any]) -> str:
    """The digest that identifies the request of a transition."""
    return _digest(actor, number, transition, _names(fields))


def _names(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as they were requested: several units by their names alone."""
    return {id: list(value) if isinstance(value, Mapping) else value for id, value in fields.items()}


def find(desk: Desk, number: str) -> Item | None:
    """The item of a number."""
    with desk.read() as session:
        row = session.scalar(select(models.Item).where(models.Item.number == number))
        return to_item(row) if row else None


def events(desk: Desk, rules: Rules, item_id: int) -> list[Event]:
    """The events of an item in order, their times local to the district."""
    of = models.ItemEvent
    with desk.read() as session:
        rows = session.scalars(select(of).where(of.item_id == item_id).order_by(of.seq)).all()
    return [to_event(rules, row) for row in rows]


def to_event(rules: Rules, row: models.ItemEvent) -> Event:
    return Event(
        row.seq, row.transition, row.actor, rules.local(row.at), row.state, json.loads(row.fields), row.unit_area,
        row.role, row.key,
    )  # fmt: skip


def count(desk: Desk) -> int:
    """The number of items."""
    with desk.read() as session:
        return session.scalar(select(func.count()).select_from(models.Item)) or 0


@contextmanager
def _once(desk: Desk, key: str, mark: str) -> Iterator[list[Written]]:
    """Run the block unless the key is stored already, also where another transaction stores it meanwhile."""
    with desk.begin():
        earlier = repeated(desk, key, mark)
        events = [earlier] if earlier else []
        try:
            yield events
        except IntegrityError:
            if repeated(desk, key, mark) is None:
                raise
            raise Refused("item.twice", "this step is being stored by another request: try again") from None


def _append(
    session: Any, rules: Rules, flow: Workflow, row: models.Item, before: Snapshot, event: Event, mark: str
) -> Written:
    snapshot = applied(flow, before, event, rules.calendar)
    at = rules.utc(event.at)
    session.add(
        models.ItemEvent(
            item_id=row.id, seq=event.seq, key=event.key, digest=mark, transition=event.transition, state=event.state,
            actor=event.actor, role=event.role, fields=json.dumps(dict(event.fields), ensure_ascii=False),
            unit_area=event.unit_area, at=at,
        )
    )  # fmt: skip
    _store(rules, flow, row, snapshot)
    row.changed_at, row.version = at, event.seq
    session.flush()
    return Written(to_item(row), event.seq)


def _store(rules: Rules, flow: Workflow, row: models.Item, snapshot: Snapshot) -> None:
    """Write what follows from the events into the item's row."""
    state = flow.states[snapshot.state]
    row.state, row.is_open, row.turn = snapshot.state, state.is_open, state.turn or ""
    row.unit, row.unit_area, row.holder = snapshot.unit, snapshot.unit_area, snapshot.holder
    known = {one.unit: one for one in row.asked}
    row.asked = [
        known.get(one.unit) or models.ItemAsked(unit=one.unit, unit_area=one.area, answered=False, position=n)
        for n, one in enumerate(snapshot.asked)
    ]
    for n, (stored, one) in enumerate(zip(row.asked, snapshot.asked, strict=True)):
        stored.unit_area, stored.answered, stored.position = one.area, one.answered, n
    due = next_due(flow, snapshot)
    row.clock, row.due_at = (due[0], rules.utc(due[1])) if due else (None, NEVER)
    times = colour_times(flow, snapshot, rules.calendar)
    since = {colour: rules.utc(max(at, rules.local(row.opened_at))) for colour, at in times.items()}
    row.blue_at, row.yellow_at, row.red_at = since.get("blue"), since.get("yellow"), since.get("red")


def derived(rules: Rules, item: Item, happened: list[Event]) -> Item:
    """The item as its events alone make it; equal to what is stored."""
    flow = rules.flow(item.kind)
    row = models.Item(opened_at=rules.utc(happened[0].at))
    _store(rules, flow, row, replay(flow, happened, rules.calendar))
    names = ("state", "is_open", "turn", "unit", "unit_area", "holder", "clock", "blue_at", "yellow_at", "red_at")
    due = None if row.due_at == NEVER else row.due_at
    return replace(
        item, **{name: getattr(row, name) for name in names}, due_at=due, version=happened[-1].seq,
        changed_at=rules.utc(happened[-1].at), opened_at=row.opened_at,
        asked=replay(flow, happened, rules.calendar).asked,
    )  # fmt: skip


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False, sort_keys=True, default=str).encode()).hexdigest()

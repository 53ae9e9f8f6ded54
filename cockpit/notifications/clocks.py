"""Notifications that follow from time alone: colours that a workflow declares, deadlines ahead, deadlines missed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast

from cockpit.notifications.announce import Occasion, announce
from cockpit.notifications.items import item_link, kind_name, parties_of
from cockpit.notifications.recipients import watchers
from cockpit.settings import Settings
from cockpit.workflows.desk_source import rules
from data.desk import clock
from data.desk.items import due
from data.desk.items.item import Item
from data.desk.items.store import Rules
from data.desk.notifications import choices, recipients, store, subscriptions
from data.desk.store import Desk
from data.messages import Message, Name
from data.workflow.model import COLOURS, Party

RUN = "item clocks"
AHEAD = timedelta(days=1)
OVERLAP = timedelta(minutes=5)
"""A transaction that began before the last look may have been committed after it: that time is looked at again."""
AreaName = Callable[[int], Name]
Announced = tuple[Occasion, set[int]]


def produce(desk: Desk, config: Settings, area_name: AreaName, *, now: datetime | None = None) -> None:
    """Announce what has become due since the last call. The first one announces nothing."""
    now = now or clock.now()
    with desk.begin() as session:
        last = store.produced_until(session, RUN)
        store.set_produced(session, RUN, now)
        if last is None:
            return
        known, since = rules(config), last - OVERLAP
        items = due.crossed(desk, since, now, (AHEAD, timedelta(0)))
        actors = due.actors(desk, [item.id for item in items])
        subscribed = subscriptions.watchers(desk, [item.id for item in items])
        occasions = [one for item in items for one in _of_item(desk, known, item, actors[item.id], area_name, now)]
        occasions += [
            one for item in items for one in _watched(desk, known, item, subscribed.get(item.id, {}), area_name, now)
        ]
        announce(desk, config, occasions, now=now)


def last_run(desk: Desk) -> datetime | None:
    """The instant up to which `produce` has looked."""
    with desk.read() as session:
        return store.produced_until(session, RUN)


def is_due(desk: Desk, *, now: datetime | None = None) -> bool:
    """Whether there may be something to announce."""
    now, last = now or clock.now(), last_run(desk)
    return last is None or due.has_changed(desk, last) or bool(due.crossed(desk, last, now, (AHEAD, timedelta(0))))


def _of_item(
    desk: Desk, known: Rules, item: Item, actors: set[str], area_name: AreaName, now: datetime
) -> Iterator[Announced]:
    if item.kind not in known.flows:
        return
    day = known.local(now).date()
    reached: set[int] = set()
    if item.due_at and item.turn:
        parties = cast(set[Party], {item.turn} - {"anyone"})
        reached = recipients.of_item(desk, item, parties, actors, day)
        if item.due_at <= now:
            yield _deadline(known, item, area_name, over=True), reached
        elif item.due_at <= now + AHEAD:
            chosen = choices.of_accounts(desk, reached)
            wanting = {id for id in reached if id not in chosen or chosen[id].deadlines}
            yield _deadline(known, item, area_name, over=False), wanting
            reached = set()
    yield from _colour(desk, known, item, actors, area_name, now, reached)


def _watched(
    desk: Desk, known: Rules, item: Item, subscribed: Mapping[int, bool], area_name: AreaName, now: datetime
) -> Iterator[Announced]:
    """The deadline of an item, ahead or missed, to who subscribed to it."""
    if not subscribed or item.due_at is None or item.kind not in known.flows or item.due_at > now + AHEAD:
        return
    watching = watchers(desk, item, subscribed, known.local(now).date())
    one = _deadline(known, item, area_name, over=item.due_at <= now)
    unmailed = frozenset(id for id, by_mail in watching.items() if not by_mail)
    yield replace(one, key=f"watched/{one.key}", to_groups=False, unmailed=unmailed), set(watching)


def _colour(
    desk: Desk, known: Rules, item: Item, actors: set[str], area_name: AreaName, now: datetime, reached: set[int]
) -> Iterator[Announced]:
    """The colour of an item, to the parties that its workflow names, except who learns of the deadline already."""
    colour = item.colour(now)
    flow = known.flow(item.kind)
    parties = parties_of(flow, colour) if colour else set()
    if not colour or not parties:
        return
    since = getattr(item, f"{colour}_at")
    accounts = recipients.of_item(desk, item, parties, actors, known.local(now).date())
    message = Message(
        "notification.colour", "{kind} {number}, {area}: now {colour}",
        kind=kind_name(flow), number=item.number, area=area_name(item.area), colour=_colour_name(colour),
    )  # fmt: skip
    key = f"{colour}/{item.number}/{since:%Y%m%d%H%M}"
    severity = cast(store.Severity, colour)
    yield Occasion(key, "item", message, item.area, item_link(item), severity), accounts - reached


def _deadline(known: Rules, item: Item, area_name: AreaName, *, over: bool) -> Occasion:
    assert item.due_at, "a deadline is a time"
    names = {"kind": kind_name(known.flow(item.kind)), "number": item.number, "area": area_name(item.area)}
    names["time"] = f"{known.local(item.due_at):%Y-%m-%d %H:%M}"
    if over:
        message = Message("notification.overdue", "{kind} {number}, {area}: overdue since {time}", **names)
    else:
        message = Message("notification.due", "{kind} {number}, {area}: due by {time}", **names)
    key = f"{'overdue' if over else 'due'}/{item.number}/{item.due_at:%Y%m%d%H%M}"
    return Occasion(key, "deadline", message, item.area, item_link(item), "yellow" if over else "blue")


def _colour_name(colour: str) -> Name:
    words = {"blue": ("蓝色", "blue"), "yellow": ("黄色", "yellow"), "red": ("红色", "red")}
    assert tuple(words) == COLOURS
    return Name("colour", colour, *words[colour])

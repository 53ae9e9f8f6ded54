"""Replay the events of an item: its state, unit, holder, fields, clocks and colours follow from them alone."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from data.values.calendar import Calendar
from data.workflow.clocks import Running, Timing, advance, reaches, with_field
from data.workflow.model import COLOURS, START, Colour, ColourRule, Workflow


@dataclass(frozen=True)
class Asked:
    """One of several units that are asked at once, with its area. answered: whether it has answered."""

    unit: str
    area: int
    answered: bool = False


@dataclass(frozen=True)
class Event:
    """One event. state: the state that it led to. fields: what was recorded. at: local to the district, naive.

    unit_area: area of the unit that the event named.
    """

    seq: int
    transition: str
    actor: str
    at: datetime
    state: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    unit_area: int | None = None
    role: str = ""
    key: str = ""


@dataclass(frozen=True)
class Snapshot:
    """An item after its events. last: sequence number of the newest event of each transition, with its actor."""

    state: str
    unit: str | None = None
    unit_area: int | None = None
    holder: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    clocks: Mapping[str, Running] = field(default_factory=dict)
    times: Mapping[str, int] = field(default_factory=dict)
    last: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    asked: tuple[Asked, ...] = ()


def replay(flow: Workflow, events: Iterable[Event], calendar: Calendar) -> Snapshot:
    """The item after all its events, in order."""
    snapshot = Snapshot("")
    for event in events:
        snapshot = applied(flow, snapshot, event, calendar)
    return snapshot


def applied(flow: Workflow, before: Snapshot, event: Event, calendar: Calendar) -> Snapshot:
    """The item after one more event."""
    fields = {**before.fields, **event.fields}
    clocks = dict(before.clocks)
    for id, clock in flow.clocks.items():
        timing = Timing(clock.time == "working", calendar)
        running = clocks.get(id, Running(id))
        if clock.limit.field in event.fields:
            running = with_field(clock, running, event.at, fields, timing)
        if event.state != before.state:
            running = advance(clock, running, event.state, event.at, fields, timing)
        clocks[id] = running
    after = replace(
        before, state=event.state, fields=fields, clocks=clocks,
        times=Counter(before.times) + Counter([event.transition]),
        last={**before.last, event.transition: (event.seq, event.actor)},
    )  # fmt: skip
    unit_field = next((id for id, kind in flow.fields.items() if kind.type == "unit"), None)
    if unit_field is not None and unit_field in event.fields:
        after = replace(after, unit=event.fields[unit_field], unit_area=event.unit_area, holder=None)
    after = replace(after, asked=asked_after(flow, before, event.transition, event.fields))
    transition = flow.transitions.get(event.transition)
    return replace(after, holder=event.actor) if transition and transition.takes else after


def asked_after(flow: Workflow, before: Snapshot, transition: str, fields: Mapping[str, Any]) -> tuple[Asked, ...]:
    """The units that are asked after a step with these fields."""
    if flow.units_field in fields:
        return tuple(Asked(unit, area) for unit, area in fields[str(flow.units_field)].items())
    answering = fields.get(flow.answer_field(transition) or "")
    return tuple(replace(one, answered=one.answered or one.unit == answering) for one in before.asked)


def target(flow: Workflow, before: Snapshot, transition: str, fields: Mapping[str, Any]) -> str:
    """The state that a step leads to. An answer of one of several units leads on once all have answered."""
    waits = flow.answer_field(transition) and not all(
        one.answered for one in asked_after(flow, before, transition, fields)
    )
    return before.state if waits else flow.transitions[transition].target(before.state)


def next_due(flow: Workflow, snapshot: Snapshot) -> tuple[str, datetime] | None:
    """The running deadline that runs out first, with its clock."""
    running = [
        (clock.deadline, id)
        for id, clock in snapshot.clocks.items()
        if clock.status == "running" and clock.deadline and flow.clocks[id].kind == "deadline"
    ]
    return (min(running)[1], min(running)[0]) if running else None


def colour_times(flow: Workflow, snapshot: Snapshot, calendar: Calendar) -> dict[Colour, datetime]:
    """When an open item gets each colour without further events; current colours have the first instant."""
    times: dict[Colour, datetime] = {}
    if snapshot.state not in flow.states or not flow.states[snapshot.state].is_open:
        return times
    for rule in flow.colours:
        at = _colour_time(flow, snapshot, rule, calendar)
        if at is not None:
            times[rule.colour] = min(times.get(rule.colour, at), at)
    return times


def _colour_time(flow: Workflow, snapshot: Snapshot, rule: ColourRule, calendar: Calendar) -> datetime | None:
    always = min((clock.started_at for clock in snapshot.clocks.values() if clock.started_at), default=datetime.min)
    if rule.transition:
        return always if snapshot.times.get(rule.transition, 0) >= rule.times else None
    if rule.field:
        return always if snapshot.fields.get(rule.field) == rule.value else None
    assert rule.clock is not None, "the model gives each rule one way"
    clock = snapshot.clocks.get(rule.clock)
    if clock is None or clock.deadline is None:
        return None
    timing = Timing(flow.clocks[rule.clock].time == "working", calendar)
    if rule.used is not None:
        return reaches(clock, clock.total * rule.used, timing)
    left = timedelta(hours=rule.left_hours or 0, days=rule.left_days or 0)
    return reaches(clock, max(clock.total - left, timedelta(0)), timing)


def colour_at(times: Mapping[Colour, datetime], at: datetime) -> Colour | None:
    """The most severe colour at an instant."""
    return next((colour for colour in reversed(COLOURS) if colour in times and times[colour] <= at), None)


def is_answered(snapshot: Snapshot, approves: Iterable[str], answers: Iterable[str]) -> bool:
    """Whether the newest event of `approves` has been decided by one of the transitions `answers` already."""
    newest = max((snapshot.last[id][0] for id in approves if id in snapshot.last), default=-1)
    return any(id in snapshot.last and snapshot.last[id][0] > newest for id in answers)


def requesters(snapshot: Snapshot, approves: Iterable[str]) -> set[str]:
    """The actor of the newest event of each transition of `approves`."""
    return {snapshot.last[id][1] for id in approves if id in snapshot.last}


__all__ = [
    "START", "Asked", "Event", "Snapshot", "applied", "asked_after", "colour_at", "colour_times", "is_answered",
    "next_due", "replay", "requesters", "target",
]  # fmt: skip

"""The desk as a source: items become cases, their events steps, their durations and alerts readings."""

import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from data.desk.alerting import alerts
from data.desk.items import models
from data.desk.items.item import Item, to_item
from data.desk.items.store import Rules, to_event
from data.desk.store import Desk
from data.home import Home
from data.ingest.loading import load
from data.ingest.merge import LoadReport
from data.schema import FACTS
from data.sources.definition import Source
from data.store import read_store
from data.workflow.clocks import Timing
from data.workflow.model import START, FieldType, Workflow
from data.workflow.replay import Event, colour_times, replay

SOURCE, STEPS, READINGS = "desk", "desk_steps", "desk_readings"
NAMES = {
    SOURCE: {"zh": "驾驶舱事项", "en": "Items of the cockpit"},
    STEPS: {"zh": "驾驶舱事项办理过程", "en": "Logs of items"},
    READINGS: {"zh": "驾驶舱预警与时长", "en": "Alerts and durations of items"},
}
CYCLE_DAYS = 31
"""A desk where nothing changes for two months is as silent as any other source."""
FACT = {SOURCE: "cases", STEPS: "steps", READINGS: "readings"}
CHANNEL = "驾驶舱"
AT_ONCE = 1000
OVERLAP = timedelta(days=2)
"""Changes of alerts of this time are delivered again, which changes nothing: clocks go back, or differ."""
COUNTED = {"extended": "extend", "returned": "return", "reworked": "rework"}
"""Columns of cases that count the events of a step."""
FIRST = {
    "accepted_at": ("accept",), "signed_at": ("sign",), "responded_at": ("respond", "reply"), "handled_at": ("handle",),
    "published_at": ("publish",),
}  # fmt: skip
"""Columns of cases that are the time of the first event of some steps."""
Row = dict[str, Any]


def deliver(home: Home, desk: Desk, rules: Rules) -> list[LoadReport]:
    """Load what has changed since the last delivery; nothing if there is nothing new. Raises DataError.

    Steps come after cases, since a step takes the area of its case, and last, since they say what was delivered: what
    ends before them is delivered again. Repeating it changes nothing.
    """
    rows: dict[str, list[Row]] = {SOURCE: [], READINGS: [], STEPS: []}
    for item, events in changed(desk, rules, _loaded(home)):
        rows[SOURCE].append(case_of(rules, item, events))
        rows[STEPS] += steps_of(rules, item, events)
        rows[READINGS] += durations_of(rules, item, events)
    rows[READINGS] += alert_readings(desk, rules, _alerts_since(home, rules))
    return [_load(home, source, some, _columns(rules, source, some)) for source, some in rows.items() if some]


def changed(desk: Desk, rules: Rules, loaded: Mapping[str, int]) -> Iterator[tuple[Item, list[Event]]]:
    """Items that count as cases and have a newer event than was loaded, with all events, in the order of their ids.

    loaded: by number of the item the number of its newest event. Times do not decide: clocks go back, and of two
    changes at once the later one may be written first.
    """
    kinds, last = [kind for kind, flow in rules.flows.items() if flow.case_kind], 0
    of, event = models.Item, models.ItemEvent
    while True:
        page = select(of.id, of.number, of.version).where(of.id > last, of.kind.in_(kinds))
        with desk.read() as session:
            known = session.execute(page.order_by(of.id).limit(AT_ONCE)).all()
            if not known:
                return
            last = known[-1].id
            newer = [row.id for row in known if row.version > loaded.get(row.number, -1)]
            rows = session.scalars(select(of).where(of.id.in_(newer)).order_by(of.id)).all()
            own = select(event).where(event.item_id.in_(newer)).order_by(event.item_id, event.seq)
            events: dict[int, list[Event]] = {}
            for one in session.scalars(own) if newer else ():
                events.setdefault(one.item_id, []).append(to_event(rules, one))
            items = [to_item(row) for row in rows]
        yield from ((item, events[item.id]) for item in items)


def case_of(rules: Rules, item: Item, events: list[Event]) -> Row:
    """An item as a case, by the columns of the contract. Times are local to the district."""
    flow = rules.flow(item.kind)
    snapshot = replay(flow, events, rules.calendar)
    steps = [(_step(flow, event), event.at) for event in events]
    row: Row = {
        "key": item.number, "area": item.area, "kind": flow.case_kind, "title": item.title, "unit": item.unit,
        "channel": CHANNEL, "registered_at": events[0].at, "updated_at": events[-1].at,
    }  # fmt: skip
    row |= {column: next((at for name, at in steps if name in firsts), None) for column, firsts in FIRST.items()}
    row["red_at"] = _red_from(rules, flow, events)
    row |= {column: sum(name == step for name, _at in steps) for column, step in COUNTED.items()}
    for id, field in flow.fields.items():
        if id in snapshot.fields and field.type == "point":
            row["lon"], row["lat"] = (float(part) for part in str(snapshot.fields[id]).split(","))
        elif field.column and id in snapshot.fields:
            row[field.column] = _of_column(field, snapshot.fields[id])
    for id, clock in flow.clocks.items():
        running = snapshot.clocks[id]
        if clock.column and running.deadline:
            row[clock.column] = running.deadline
            if clock.column == "due_at":
                row["due_calendar"] = "workday" if clock.time == "working" else "natural"
    state = flow.states.get(item.state)
    if state and not state.is_open:
        row["closed_at"] = _entered(events)
        row["close_kind"] = state.outcome or ("done" if state.type == "closed" else "void")
    return row


def _of_column(field: FieldType, value: Any) -> Any:
    """The value of a column: a choice by its name, unless the column has words of its own for it."""
    if field.type == "choice" and value in field.choices and not FACTS["cases"].by_name[str(field.column)].words:
        return field.choices[value].zh
    return value


def steps_of(rules: Rules, item: Item, events: list[Event]) -> Iterator[Row]:
    """The events of an item as steps of its case, with the first text that each recorded."""
    flow = rules.flow(item.kind)
    unit = None
    units = [id for id, field in flow.fields.items() if field.type == "unit"]
    for event in events:
        unit = next((event.fields[id] for id in units if id in event.fields), unit)
        words = (event.fields[id] for id, field in flow.fields.items() if field.type == "text" and id in event.fields)
        yield {
            "key": f"{item.number}/{event.seq}", "case_source": SOURCE, "case_key": item.number,
            "action": _step(flow, event), "unit": event.fields.get(flow.answer_field(event.transition) or "", unit),
            "started_at": event.at, "ended_at": event.at,
            "result": next(words, None), "updated_at": event.at,
        }  # fmt: skip


def _step(flow: Workflow, event: Event) -> str:
    if event.transition == START:
        return flow.start.step
    transition = flow.transitions.get(event.transition)
    return transition.step if transition else "other"


def _entered(events: Iterable[Event]) -> datetime:
    """When an item entered its present state."""
    state, at = "", datetime.min
    for event in events:
        if event.state != state:
            state, at = event.state, event.at
    return at


def durations_of(rules: Rules, item: Item, events: list[Event]) -> Iterator[Row]:
    """The durations of an item's workflow as readings in hours, each at the event that ends it."""
    flow = rules.flow(item.kind)
    for measure, duration in flow.durations.items():
        timing, since = Timing(duration.time == "working", rules.calendar), None
        for event in events:
            if event.transition in duration.from_:
                since = event.at
            elif event.transition in duration.to and since is not None:
                hours = timing.between(since, event.at).total_seconds() / 3600
                yield _reading(f"{item.number}/{measure}/{event.seq}", item.area, item.unit, measure, event.at, hours,
                               events[-1].at)  # fmt: skip
                since = None


def alert_readings(desk: Desk, rules: Rules, since: datetime | None) -> Iterator[Row]:
    """Alerts changed since an instant (naive UTC): whether somebody acted by the limit, and whether they were true."""
    changed = alerts.changed(desk, since)
    histories: dict[int, list[alerts.Event]] = {}
    for first in range(0, len(changed), AT_ONCE):
        histories |= alerts.history(desk, [alert.id for alert, _at in changed[first : first + AT_ONCE]])
    for alert, at in changed:
        events = histories[alert.id]
        acted = next((event for event in events if event.what in alerts.BY_HAND), None)
        changed_at = rules.local(at)
        over = alert.over_at is not None and alert.due_at is not None and alert.over_at < alert.due_at
        if alert.due_at and (acted or not over):
            value = float(acted is not None and acted.at <= alert.due_at)
            yield _reading(f"alert/{alert.id}/due", alert.area, None, "alert_on_time", rules.local(alert.due_at), value,
                           changed_at)  # fmt: skip
        if acted:
            value = float(all(event.what != "false_alarm" for event in events))
            yield _reading(f"alert/{alert.id}/valid", alert.area, None, "alert_valid", rules.local(acted.at), value,
                           changed_at)  # fmt: skip


def _reading(
    key: str, area: int, unit: str | None, measure: str, at: datetime, value: float, updated_at: datetime
) -> Row:
    return {
        "key": key, "area": area, "unit": unit, "measure": measure, "measured_at": at, "value": value,
        "updated_at": updated_at,
    }  # fmt: skip


def _red_from(rules: Rules, flow: Workflow, events: list[Event]) -> datetime | None:
    """From when an item is red; of a closed one, since when it was until then."""
    ended = next((n for n, event in enumerate(events) if not _is_open(flow, event.state)), len(events))
    red = colour_times(flow, replay(flow, events[:ended], rules.calendar), rules.calendar).get("red")
    if red is None or (ended < len(events) and red > events[ended].at):
        return None
    return max(red, events[0].at)


def _is_open(flow: Workflow, state: str) -> bool:
    return state in flow.states and flow.states[state].is_open


def _loaded(home: Home) -> dict[str, int]:
    """The number of the newest loaded event of each item, by its number."""
    if not home.store.is_file():
        return {}
    sql = f"""SELECT case_key, coalesce(max(TRY_CAST(string_split(key, '/')[-1] AS INTEGER)), -1)
        FROM steps WHERE source = '{STEPS}' GROUP BY case_key"""
    with read_store(home) as store:
        return dict(store.execute(sql).fetchall())


def _alerts_since(home: Home, rules: Rules) -> datetime | None:
    """From when on changes of alerts are delivered (naive UTC): OVERLAP before the newest loaded; None for all."""
    if not home.store.is_file():
        return None
    sql = f"""SELECT CAST(max(updated_at) AS TIMESTAMP)
        FROM readings WHERE source = '{READINGS}' AND starts_with(key, 'alert/')"""
    with read_store(home) as store:
        ((newest,),) = store.execute(sql).fetchall()
    return rules.utc(newest) - OVERLAP if newest else None


def _columns(rules: Rules, source: str, rows: list[Row]) -> list[str]:
    """The columns that the desk can deliver, whatever the rows of this delivery have: a metric needs them all."""
    names = set().union(*rows)
    if source == SOURCE:
        flows = rules.flows.values()
        names |= {*FIRST, *COUNTED, "red_at", "closed_at", "close_kind", "due_calendar", "lon", "lat"}
        names |= {field.column for flow in flows for field in flow.fields.values() if field.column}
        names |= {clock.column for flow in flows for clock in flow.clocks.values() if clock.column}
    return [c.name for c in FACTS[FACT[source]].delivered if c.name in names and c.name not in ("key", "area")]


def _load(home: Home, name: str, rows: list[Row], columns: list[str]) -> LoadReport:
    """Load rows as one delivery of a source, in the order given. A row that breaks the contract is a reject."""
    fact = FACTS[FACT[name]]
    definition = {
        "source": name, "name": NAMES[name], "fact": fact.name, "file": f"{name}.ndjson", "zone": home.zone,
        "cycle_days": CYCLE_DAYS,
        "key": "key", "columns": {column: column for column in columns}, **({"area": "area"} if name != STEPS else {}),
    }  # fmt: skip
    source = Source.model_validate(definition)
    source._path = Path(f"{name}.yaml")
    home.prepare()
    descriptor, draft = tempfile.mkstemp(dir=home.scratch, prefix=f"{name}.", suffix=".ndjson")
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            for row in rows:
                file.write(json.dumps(_packed(row, columns), ensure_ascii=False) + "\n")
        return load(home, source, file=Path(draft), reject_limit=1)
    finally:
        os.unlink(draft)


def _packed(row: Mapping[str, Any], columns: list[str]) -> Row:
    values = {name: row.get(name) for name in ("key", "area", *columns)}
    return {name: at.isoformat(sep=" ") if isinstance(at, datetime) else at for name, at in values.items()}

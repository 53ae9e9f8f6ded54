"""All kinds of item in one state machine: whatever accounts do, in whatever order, the invariants hold."""

from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule

from data.areas.levels import end_of
from data.desk.auditing.custody import Custody
from data.desk.errors import Refused
from data.desk.items import lists, store
from data.desk.items.item import Item
from data.desk.items.lists import Reader
from data.desk.items.store import Rules
from data.desk.store import open_desk
from data.values.calendar import Calendar
from data.workflow.model import FieldType, Workflow
from data.workflow.parties import answerable, may_start, open_transitions, permitted
from data.workflow.read import load
from data.workflow.replay import Event, replay
from tests.data.desk.items.beginnings import beginning
from tests.desks import sqlite_tables
from tests.factory import DISTRICT, TOWNS, VILLAGES

pytestmark = pytest.mark.slow
RULES = Rules(load(Path(__file__).parents[4] / "cockpit" / "workflows"), Calendar(), "Asia/Shanghai")
UNITS = ("执法队", "便民中心")


class Person:
    """An account with one role on an area, perhaps of one unit."""

    def __init__(self, role: str, first: int, unit: str = "") -> None:
        self.role, self.first, self.end, self.unit = role, first, end_of(first), unit
        self.name = f"{role}-{first}-{unit}"


CAST = [
    Person("leader", DISTRICT), Person("inspector", DISTRICT), Person("leader", TOWNS[0]),
    Person("official", TOWNS[0], UNITS[0]), Person("official", TOWNS[0], UNITS[1]), Person("official", TOWNS[1]),
    Person("cadre", VILLAGES[0]), Person("cadre", VILLAGES[1]),
]  # fmt: skip
people = st.sampled_from(CAST)


def filled(flow: Workflow, step: str, today: date, pick: int) -> dict[str, Any]:
    required, optional = flow.inputs(step)
    names = (*required, *(optional if pick % 3 == 0 else ()))
    return {name: _value(flow.fields[name], today, pick) for name in names}


def _value(field: FieldType, today: date, pick: int) -> Any:
    match field.type:
        case "choice":
            return list(field.choices)[pick % len(field.choices)]
        case "integer":
            return field.low + pick % (field.high - field.low + 1)
        case "yes_no":
            return pick % 2 == 0
        case "date":
            return today + timedelta(days=pick % 40)
        case "unit":
            return UNITS[pick % 2]
        case "units":
            return dict.fromkeys(UNITS[: 1 + pick % 2], TOWNS[0])
        case "point":
            return "118.1,32.1"
    return "电话 13812345678" if pick % 5 == 0 else "一段文字"


class Desk(RuleBasedStateMachine):
    """Items of one desk, and what is known of them here."""

    items = Bundle("items")

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        home = Path(self.folder.name)
        self.desk = open_desk(sqlite_tables(home / "desk.sqlite"), Custody(home / "keys"))
        self.now = datetime(2026, 9, 1, 1)
        self.known: dict[str, list[Event]] = {}
        self.keys = 0

    def teardown(self) -> None:
        self.desk.close()
        self.folder.cleanup()

    @property
    def local(self) -> datetime:
        return RULES.local(self.now)

    @rule(target=items, kind=st.sampled_from(list(RULES.flows)), person=people, pick=st.integers(0, 50))
    def begin(self, kind: str, person: Person, pick: int) -> Any:
        flow = RULES.flows[kind]
        role = may_start(flow, VILLAGES[0], person.name, [person])
        if role is None:
            return multiple()
        self.keys += 1
        begun = beginning(kind, flow, filled(flow, "start", self.local.date(), pick))
        written = store.start(self.desk, RULES, begun, key=f"k{self.keys}", actor=person.name, role=role, now=self.now)
        self.known[written.item.number] = store.events(self.desk, RULES, written.item.id)
        return written.item.number

    @rule(number=items, person=people, pick=st.integers(0, 50), twice=st.booleans(), stale=st.booleans())
    def act(self, number: str, person: Person, pick: int, twice: bool, stale: bool) -> None:
        item = self.item(number)
        flow, before = RULES.flows[item.kind], self.known[number]
        snapshot = replay(flow, before, RULES.calendar)
        possible = open_transitions(flow, snapshot, item.place, person.name, [person], self.local)
        if not possible:
            return
        step = sorted(possible)[pick % len(possible)]
        fields = filled(flow, step, self.local.date(), pick)
        if answering := flow.answer_field(step):
            own = answerable(item.place, [person])
            fields[answering] = own[pick % len(own)]
        assert permitted(flow.transitions[step], item.place, person.name, [person])
        self.keys += 1
        how: dict[str, Any] = {"key": f"k{self.keys}", "actor": person.name, "unit_area": TOWNS[0], "now": self.now}
        if stale and item.version > 1:
            with pytest.raises(Refused, match="changed the item"), self.desk.begin():
                locked = store.lock(self.desk, RULES, number)
                store.append(self.desk, RULES, locked, step, fields, **how, version=item.version - 1)
            return
        with self.desk.begin():
            store.append(self.desk, RULES, store.lock(self.desk, RULES, number), step, fields, **how)
        if twice:
            mark = store.digest(person.name, number, step, fields)
            again = store.repeated(self.desk, how["key"], mark)
            assert again
            assert (again.seq, again.again) == (item.version + 1, True)
        events = store.events(self.desk, RULES, item.id)
        assert events[:-1] == before, "events are only added"
        assert events[-1].at >= before[-1].at
        asked = {e.actor for e in before if e.transition in flow.transitions[step].approves}
        newest = {id: e.actor for e in before for id in [e.transition] if id in flow.transitions[step].approves}
        assert person.name not in newest.values(), f"{person.name} approved an own request of {asked}"
        self.known[number] = events

    @rule(minutes=st.integers(0, 9 * 24 * 60))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(number=items, person=people)
    def try_what_the_state_does_not_have(self, number: str, person: Person) -> None:
        item = self.item(number)
        flow = RULES.flows[item.kind]
        for step in sorted(flow.transitions.keys() - flow.leaving(item.state).keys())[:2]:
            with pytest.raises(Refused), self.desk.begin():
                locked = store.lock(self.desk, RULES, number)
                fields = filled(flow, step, self.local.date(), 1)
                store.append(self.desk, RULES, locked, step, fields, key="never", actor=person.name, now=self.now)

    @invariant()
    def stored_state_follows_from_the_events(self) -> None:
        for number, events in self.known.items():
            item = self.item(number)
            assert store.derived(RULES, item, events) == item
            assert item.version == len(events) == events[-1].seq
            flow = RULES.flows[item.kind]
            for id, running in replay(flow, events, RULES.calendar).clocks.items():
                assert running.used >= timedelta(0)
                assert not running.active or item.is_open or flow.clocks[id].kind == "period"

    @invariant()
    def every_open_item_waits_for_somebody_and_is_in_one_list_of_each(self) -> None:
        watcher = Reader("nobody", (CAST[0],))
        shown = {item.number for item in lists.items(self.desk, watcher, "all", self.now, most=1000)}
        closed = {item.number for item in lists.items(self.desk, watcher, "closed", self.now, most=1000)}
        assert shown | closed == self.known.keys()
        assert not shown & closed
        for person in CAST:
            reader = Reader(person.name, (person,))
            mine, waiting = (
                [item.number for item in lists.items(self.desk, reader, view, self.now, most=1000)]
                for view in ("mine", "waiting")
            )
            assert len(set(mine)) == len(mine)
            assert not set(mine) & set(waiting)
            assert len(mine) == lists.count(self.desk, reader, "mine", self.now)

    def item(self, number: str) -> Item:
        stored = store.find(self.desk, number)
        assert stored
        return stored


TestDesk = Desk.TestCase
TestDesk.settings = settings(
    max_examples=8, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)

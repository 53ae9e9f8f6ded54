"""Every kind of item on random paths: events are append-only, replay gives the stored state, clocks never go back."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.desk.auditing.custody import Custody
from data.desk.items import store
from data.desk.items.store import Rules
from data.desk.store import Desk, open_desk
from data.values.calendar import Calendar
from data.workflow.clocks import Timing, passed
from data.workflow.model import FieldType, Workflow
from data.workflow.parties import hindrance
from data.workflow.read import load
from data.workflow.replay import replay
from tests.data.desk.items.beginnings import beginning
from tests.factory import TOWNS

RULES = Rules(load(Path(__file__).parents[4] / "cockpit" / "workflows"), Calendar(), "Asia/Shanghai")
BEGIN = datetime(2026, 9, 1, 1)
STEPS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 20 * 24 * 60), st.sampled_from("abc")), max_size=14)
"""Which of the possible transitions, minutes since the last event, and who."""


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("paths")
    desk = open_desk(f"sqlite:///{folder / 'desk.sqlite'}", Custody(folder / "keys"))
    yield desk
    desk.close()


def value(field: FieldType, today: date) -> Any:
    match field.type:
        case "point":
            return "118.1,32.1"
        case "choice":
            return next(iter(field.choices))
        case "integer":
            return field.low
        case "yes_no":
            return True
        case "date":
            return today + timedelta(days=7)
        case "units":
            return {"执法队": TOWNS[0], "住建局": TOWNS[1]}
    return "一段文字"


def filled(flow: Workflow, transition: str, now: datetime, waiting: Sequence[str] = ()) -> dict[str, Any]:
    values = {name: value(flow.fields[name], RULES.local(now).date()) for name in flow.inputs(transition)[0]}
    answering = flow.answer_field(transition)
    return {**values, answering: waiting[0]} if answering else values


@pytest.mark.parametrize("kind", RULES.flows)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_invariants_hold_on_every_path(paths: Desk, kind: str, steps: list[tuple[int, int, str]]) -> None:
    flow, now, desk = RULES.flows[kind], BEGIN, paths
    key = f"{kind}-{store.count(desk)}"
    begun = beginning(kind, flow, filled(flow, "start", now))
    item = store.start(desk, RULES, begun, key=f"{key}-0", actor="a", now=now).item
    before = store.events(desk, RULES, item.id)
    for i, (choice, minutes, actor) in enumerate(steps, 1):
        now += timedelta(minutes=minutes)
        snapshot = replay(flow, before, RULES.calendar)
        local = RULES.local(now)
        possible = [id for id in flow.leaving(item.state) if not hindrance(flow, snapshot, id, actor, local)]
        if not flow.states[item.state].is_open:
            assert all(flow.transitions[id].before_end for id in possible), "only declared ways lead out of an end"
        if not possible:
            continue
        step = possible[choice % len(possible)]
        with desk.begin():
            locked = store.lock(desk, RULES, item.number)
            item = store.append(
                desk, RULES, locked, step, filled(flow, step, now, [a.unit for a in item.asked if not a.answered]),
                key=f"{key}-{i}", actor=actor, unit_area=TOWNS[0], now=now,
            ).item  # fmt: skip
        events = store.events(desk, RULES, item.id)
        assert events[:-1] == before
        assert events[-1].at >= before[-1].at
        assert store.derived(RULES, item, events) == item == store.find(desk, item.number)
        check_clocks(flow, item.state, replay(flow, events, RULES.calendar).clocks, local)
        before = events


def check_clocks(flow: Workflow, state: str, clocks: Any, at: datetime) -> None:
    for id, running in clocks.items():
        timing = Timing(flow.clocks[id].time == "working", RULES.calendar)
        assert running.used >= timedelta(0)
        assert running.total >= timedelta(0)
        assert passed(running, at, timing) >= running.used
        if running.active and not flow.states[state].is_open:
            assert flow.clocks[id].kind == "period", f"{id} runs on in {state}"
        if state in flow.clocks[id].stop:
            assert not running.active

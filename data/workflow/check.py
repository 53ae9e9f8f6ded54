"""Check a workflow as a whole: names, reachable states, dead ends, clocks that never stop."""

import difflib
from collections.abc import Collection, Iterable, Iterator

from data.desk.identity.roles import BUSINESS
from data.schema import CASES, CLOSE_KINDS, KINDS, STEPS
from data.workflow.model import COLOURS, START, Clock, Limit, Permission, Start, Transition, Workflow

STEP_WORDS = STEPS["action"].words or {}
Status = tuple[str, str]
"""A state and what a clock is in it: off, running or paused."""


def faults(workflow: Workflow) -> list[str]:
    """Every fault, each with the path in the file and what to do; empty for a sound workflow."""
    named = list(_names(workflow))
    return named or [*_graph(workflow), *_clocks(workflow), *_questions(workflow)]


def unknown(path: str, what: str, name: str, known: Collection[str]) -> str:
    """`transitions.sign.to: there is no state "signd": use signed`."""
    near = difflib.get_close_matches(name, known, 1)
    return f'{path}: there is no {what} "{name}": use {near[0] if near else ", ".join(known)}'


def _each(path: str, what: str, names: Iterable[str], known: Collection[str]) -> Iterator[str]:
    for name in names:
        if name not in known:
            yield unknown(path, what, name, known)


def _names(flow: Workflow) -> Iterator[str]:
    """Names that nothing has."""
    yield from _each("case_kind", "kind of case", filter(None, [flow.case_kind]), KINDS)
    yield from _each("remark", "field of type text", filter(None, [flow.remark]),
                     [id for id, field in flow.fields.items() if field.type == "text"])  # fmt: skip
    if flow.remark and flow.remark not in flow.start.required:
        yield f"start.required: {flow.remark} is shown where the item began: require it"
    yield from _field_names(flow)
    for id, state in flow.states.items():
        if state.outcome is not None:
            yield from _each(f"states.{id}.outcome", "outcome", [state.outcome], CLOSE_KINDS)
        if state.is_open and state.turn is None and flow.case_kind:
            yield f"states.{id}.turn: is missing: name the party that acts next in an open state"
    yield from _each("start.state", "state", [flow.start.state], flow.states)
    permissions: dict[str, Permission] = {"start": flow.start}
    permissions |= {f"transitions.{id}": transition for id, transition in flow.transitions.items()}
    for path, step in permissions.items():
        yield from _each(f"{path}.roles", "role", step.roles, BUSINESS)
        yield from _each(f"{path}.required", "field", step.required, flow.fields)
        yield from _each(f"{path}.optional", "field", step.optional, flow.fields)
        yield from _each(f"{path}.step", "step", [step.step], STEP_WORDS)
        yield from _answer(flow, path, step)
        for twice in set(step.required) & set(step.optional):
            yield f"{path}.optional: {twice} is required already: name it once"
    for id, transition in flow.transitions.items():
        path = f"transitions.{id}"
        if id == START:
            yield f"{path}: start is the name of the first event: name the transition otherwise"
        yield from _each(f"{path}.from", "state", transition.from_, flow.states)
        yield from _each(f"{path}.to", "state", filter(None, [transition.to]), flow.states)
        yield from _each(f"{path}.approves", "transition", transition.approves, {START: 0, **flow.transitions})
        days = [id for id, field in flow.fields.items() if field.type == "date"]
        yield from _each(f"{path}.postpones", "field of type date", filter(None, [transition.postpones]), days)
        for name in ("before_end", "after_end"):
            yield from _each(f"{path}.{name}", "clock", filter(None, [getattr(transition, name)]), flow.clocks)
    if flow.routing:
        choices = flow.fields[flow.routing.field].choices if flow.routing.field in flow.fields else {}
        yield from _each(
            "routing.field", "choice field", [flow.routing.field], [i for i, f in flow.fields.items() if f.choices]
        )
        yield from _each("routing.units", "choice", flow.routing.units, choices)
    for id, duration in flow.durations.items():
        for name, steps in (("from", duration.from_), ("to", duration.to)):
            yield from _each(f"durations.{id}.{name}", "transition", steps, {START: 0, **flow.transitions})
    yield from _clock_names(flow)
    for i, note in enumerate(flow.notifications):
        yield from _each(f"notifications.{i}.event", "transition or colour", [note.event],
                         [START, *flow.transitions, *COLOURS])  # fmt: skip


def _answer(flow: Workflow, path: str, step: Permission) -> Iterator[str]:
    """An answer of one of several units: it requires the unit, is for the party asked, and leads to another state."""
    optional = [id for id in step.optional if id in flow.fields and flow.fields[id].type == "asked"]
    answers = any(id in flow.fields and flow.fields[id].type == "asked" for id in step.required)
    for id in optional:
        yield f"{path}.optional: {id} is the unit that answers: require it"
    if answers and isinstance(step, Start):
        yield f"{path}.required: nobody has been asked when an item begins: remove the field of type asked"
    if answers != ("asked" in step.party):
        yield f"{path}.party: a step of the party asked requires a field of type asked, and no other step has one"
    if answers and isinstance(step, Transition) and step.to is None:
        yield f"{path}.to: is missing: name the state for when all have answered"


def _field_names(flow: Workflow) -> Iterator[str]:
    for id, field in flow.fields.items():
        if bool(field.choices) != (field.type == "choice"):
            yield f"fields.{id}.choices: a choice has choices, and no other type has"
        if field.default is not None:
            yield from _each(f"fields.{id}.default", "choice", [field.default], field.choices)
        if field.column is not None:
            yield from _each(f"fields.{id}.column", "column of cases", [field.column], CASES.by_name)
        if field.low > field.high:
            yield f"fields.{id}.low: is above high"
    units = [id for id, field in flow.fields.items() if field.type == "unit"]
    several = [id for id, field in flow.fields.items() if field.type == "units"]
    if len(several) > 1:
        yield f"fields.{several[1]}: an item asks one group of units: keep one field of type units"
    for id, field in flow.fields.items():
        if field.type == "asked" and field.of is None:
            yield f"fields.{id}.of: is missing: name the field of type units"
        elif field.type == "asked":
            yield from _each(f"fields.{id}.of", "field of type units", [str(field.of)], several)
        elif field.of is not None:
            yield f"fields.{id}.of: only a field of type asked has it: remove it"
    if len(units) > 1:
        yield f"fields.{units[1]}: an item has one unit: keep one field of type unit"


def _clock_names(flow: Workflow) -> Iterator[str]:
    for id, clock in flow.clocks.items():
        for name in ("start", "pause", "resume", "stop"):
            yield from _each(f"clocks.{id}.{name}", "state", getattr(clock, name), flow.states)
        yield from _limit_names(flow, f"clocks.{id}.limit", clock.limit)
        if clock.column is not None:
            yield from _each(f"clocks.{id}.column", "column of cases", [clock.column], CASES.by_name)
        for one, other in (("start", "stop"), ("start", "pause"), ("pause", "resume"), ("pause", "stop")):
            for state in set(getattr(clock, one)) & set(getattr(clock, other)):
                yield f"clocks.{id}.{other}: {state} stands in {one} as well: name it once"
    for i, rule in enumerate(flow.colours):
        path = f"colours.{i}"
        if rule.clock:
            yield from _each(f"{path}.clock", "clock", [rule.clock], flow.clocks)
        elif rule.transition:
            yield from _each(f"{path}.transition", "transition", [rule.transition], flow.transitions)
        elif rule.field:
            yield from _each(f"{path}.field", "field", [rule.field], flow.fields)
            if rule.field in flow.fields:
                yield from _each(f"{path}.value", "choice", [rule.value or ""], flow.fields[rule.field].choices)


def _limit_names(flow: Workflow, path: str, limit: Limit) -> Iterator[str]:
    for name, type in (("field", "date"), ("by", "choice")):
        field = getattr(limit, name)
        if field is None:
            continue
        if field not in flow.fields or flow.fields[field].type != type:
            yield unknown(f"{path}.{name}", f"{type} field", field,
                          [id for id, f in flow.fields.items() if f.type == type])  # fmt: skip
        elif name == "by":
            choices = flow.fields[field].choices
            yield from _each(f"{path}.of", "choice", limit.of, choices)
            for missing in choices.keys() - limit.of.keys():
                yield f"{path}.of: {missing} is missing: every choice of {field} needs a limit"
    for value, part in limit.of.items():
        yield from _limit_names(flow, f"{path}.of.{value}", part)


def _graph(flow: Workflow) -> Iterator[str]:
    """States that no path leads to, and open states from which none leads to an end."""
    ahead = {id: {t.target(id) for t in flow.leaving(id).values()} - {id} for id in flow.states}
    reached = _closure({flow.start.state}, ahead)
    for id in flow.states.keys() - reached:
        yield f"states.{id}: cannot be reached: add a transition to it, or remove it"
    behind = {id: {other for other, to in ahead.items() if id in to} for id in flow.states}
    ending = _closure({id for id, state in flow.states.items() if not state.is_open}, behind)
    if not flow.states[flow.start.state].is_open:
        yield "start.state: an item begins in an open state"
    for id, state in flow.states.items():
        if state.is_open and id in reached and not ahead[id]:
            yield f"states.{id}: is a dead end: add a transition out of it, or make it closed or cancelled"
        elif id in reached and id not in ending:
            yield f"states.{id}: no path leads to a closed or cancelled state: add a transition"


def _closure(first: set[str], steps: dict[str, set[str]]) -> set[str]:
    reached, todo = set(first), list(first)
    while todo:
        new = steps[todo.pop()] - reached
        reached |= new
        todo += new
    return reached


def _clocks(flow: Workflow) -> Iterator[str]:
    """Clocks that nothing stops, that rest for good, or that start before the value of their limit is known."""
    for id, clock in flow.clocks.items():
        reached = _statuses(flow, clock)
        for state in sorted({at for at, status in reached if status != "off" and not flow.states[at].is_open}):
            if clock.kind == "deadline":
                yield f"clocks.{id}.stop: the clock never stops on a path that ends in {state}: add {state} to stop"
        for state in sorted({at for at, status in reached if status == "paused" and not flow.states[at].is_open}):
            if clock.kind == "period":
                yield f"clocks.{id}.stop: the clock rests for good in {state}: add {state} to stop"
        field = clock.limit.field or clock.limit.by
        if field is not None:
            for state in sorted(set(clock.start) & _without(flow, field)):
                yield f"clocks.{id}.limit: {field} may be missing when {state} starts the clock: require it before"


def _statuses(flow: Workflow, clock: Clock) -> set[Status]:
    first = (flow.start.state, entered(clock, flow.start.state, "off"))
    reached, todo = {first}, [first]
    while todo:
        state, status = todo.pop()
        for transition in flow.leaving(state).values():
            to = transition.target(state)
            new = (to, status if to == state else entered(clock, to, status))
            if new not in reached:
                reached.add(new)
                todo.append(new)
    return reached


def entered(clock: Clock, state: str, status: str) -> str:
    """The state of a clock after an item has entered another state: off, running or paused."""
    if state in clock.stop:
        return "off"
    if status == "off":
        return "running" if state in clock.start else "off"
    if status == "running":
        return "paused" if state in clock.pause else "running"
    return "running" if state in clock.resume else "paused"


def _questions(flow: Workflow) -> Iterator[str]:
    """Answers that are possible before any unit was asked, and states that wait for answers nobody gives."""
    answers = {id: field for id in flow.transitions if (field := flow.answer_field(id))}
    for id, field in answers.items():
        units = str(flow.fields[field].of)
        for early in sorted(set(flow.transitions[id].from_) & _without(flow, units)):
            yield f"transitions.{id}.from: {early} can be reached before {units} is filled in: require it"
    for id, state in flow.states.items():
        if state.turn == "asked" and not any(id in flow.transitions[answer].from_ for answer in answers):
            yield f"states.{id}.turn: no step of the party asked leaves it: add one, or name another party"


def _without(flow: Workflow, field: str) -> set[str]:
    """The states that can be reached without a value of a field."""
    if field in flow.start.required:
        return set()
    reached, todo = {flow.start.state}, [flow.start.state]
    while todo:
        state = todo.pop()
        for transition in flow.leaving(state).values():
            to = transition.target(state)
            if field not in transition.required and to not in reached:
                reached.add(to)
                todo.append(to)
    return reached

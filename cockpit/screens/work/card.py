"""The card of one item: its state, clocks, parties and fields, what the visitor may do next, and its events."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

import streamlit as st

from cockpit.access import guard, visitors
from cockpit.actions import items as actions
from cockpit.address import link
from cockpit.components.lists.record import Item as Line
from cockpit.components.lists.record import record
from cockpit.components.lists.table import Column, table
from cockpit.components.navigation import actions as ways
from cockpit.components.navigation import drafts, header
from cockpit.i18n import _, language
from cockpit.labels import format
from cockpit.labels.names import area_name
from cockpit.labels.wording import worded
from cockpit.screens.admin import desk
from cockpit.screens.notified import subscribing
from cockpit.screens.work import evidence, forms, kept, origins, paper, shared
from cockpit.screens.work.fields import field_value, step_name
from cockpit.view_state import View
from data.desk import clock
from data.desk.items import links, lists, store
from data.desk.items.item import Item
from data.workflow.model import Transition, Workflow
from data.workflow.parties import open_transitions
from data.workflow.replay import Event, Snapshot, replay

ANSWERS = ("reply", "respond", "handle", "callback")
"""Steps of a case's log that answer what an item waits for."""


def draw(view: View) -> None:
    """The item that the address names, if the visitor may see it."""
    with desk.answering():
        number = st.query_params.get("item", "")
        item = store.find(visitors.desk(), number) if number else None
        known = shared.rules()
        who = shared.actor()
        if item is None or item.kind not in known.flows or not lists.may_see(actions.reader(who), item):
            if item is not None:
                guard.note_refusal(f"item {number}")
            header.title(_("No such item"), level=1)
            header.notice(
                _("There is no item of this number that you may see."), links=[(_("Work items"), view.href("inbox"))]
            )
            return
        guard.note("view_case", f"desk/{number}")
        flow, events = known.flows[item.kind], store.events(visitors.desk(), known, item.id)
        snapshot = replay(flow, events, known.calendar)
        now = clock.now()
        header.title(item.title, note=item.number, level=1)
        desk.show_outcome()
        _changed_meanwhile(flow, item)
        if flow.case_kind and known.local(item.changed_at) >= shared.counted_until(view.edition):
            header.notice(_("Not in the figures yet: they follow with the next edition."))
        record(_about(view, flow, item, now), key="about")
        _next(view, flow, item, snapshot, known.local(now))
        record(_clocks(flow, snapshot), key="clocks")
        record(_fields(flow, snapshot), key="fields")
        if item.is_open:
            subscribing.of_item(item)
        evidence.draw(item)
        _history(flow, events)
        form = link(paper.PATH.lstrip("/"), {"item": item.number, "lang": view.lang})
        ways.actions(
            [
                (_("Form to print"), form),
                (_("Work items"), view.href("inbox")),
                (_("Cockpit"), view.href(area=item.area)),
            ],
            key="ways",
        )


def _about(view: View, flow: Workflow, item: Item, now: datetime) -> list[Line]:
    colour = item.colour(now)
    return [
        Line(_("Kind"), flow.name[language()]),
        Line(_("State"), shared.state_name(item), state=shared.mark(item, now) if colour else "",
             note=shared.colour_name(colour)),
        Line(_("Waits for"), _awaited(item)),
        Line(_("Area"), area_name(view.edition, item.area), href=view.href(area=item.area)),
        Line(_("Responsible unit"), item.unit or ""),
        Line(_("Holder"), item.holder or ""),
        *_asked(flow, item),
        Line(_("Begun by"), item.author, note=shared.stamp(item.opened_at)),
        *(origins.line(view, link) for link in links.of_item(visitors.desk(), item.id)),
        Line(_("Deadline"), shared.stamp(item.due_at) if item.due_at else "",
             state=shared.mark(item, now) if shared.is_overdue(item, now) else "",
             note=_("; ").join(_of_deadline(flow, item, now))),
    ]  # fmt: skip


def _of_deadline(flow: Workflow, item: Item, now: datetime) -> Iterator[str]:
    """Of which clock the deadline is, and how long until then."""
    if item.due_at is None:
        return
    if item.clock in flow.clocks:
        yield flow.clocks[item.clock].name[language()]
    yield shared.time_left(item.due_at, now)


def _awaited(item: Item) -> str:
    """Who acts next; empty where nobody does."""
    return {
        "author": item.author, "holder": item.holder or "", "unit": item.unit or "", "supervisor": _("supervisor"),
        "anyone": _("anyone in these areas"), "asked": _waiting(item), "": "",
    }[item.turn]  # fmt: skip


def _waiting(item: Item) -> str:
    """The units that have not answered yet."""
    return _(", ").join(one.unit for one in item.asked if not one.answered)


def _asked(flow: Workflow, item: Item) -> list[Line]:
    """Each of several units that are asked at once: what it has answered, or that it has not yet."""
    said: dict[str, str] = {}
    for event in store.events(visitors.desk(), shared.rules(), item.id) if item.asked else ():
        if answering := flow.answer_field(event.transition):
            others = {id: value for id, value in event.fields.items() if id != answering}
            said[event.fields[answering]] = _note(flow, replace(event, fields=others))
    return [
        Line(_("Asked unit"), one.unit, state="green" if one.answered else "none",
             note=(said.get(one.unit) or _("has answered")) if one.answered else _("has not answered yet"))
        for one in item.asked
    ]  # fmt: skip


def _clocks(flow: Workflow, snapshot: Snapshot) -> list[Line]:
    """Each clock that has begun: when it runs out, or that it rests or has stopped."""
    words = {"running": _("running"), "paused": _("resting"), "off": _("stopped")}
    return [
        Line(_("Clock: {name}", name=flow.clocks[id].name[language()]), format.stamp(clock.deadline),
             note=words[clock.status])
        for id, clock in snapshot.clocks.items()
        if clock.deadline is not None
    ]  # fmt: skip


def _fields(flow: Workflow, snapshot: Snapshot) -> list[Line]:
    """The newest values, without what each of several units has answered."""
    answers = {name for id in flow.transitions if flow.answer_field(id) for name in sum(flow.inputs(id), ())}
    return [
        Line(field.name[language()], field_value(field, snapshot.fields[id]))
        for id, field in flow.fields.items()
        if id in snapshot.fields and id not in answers and field.type not in ("unit", "units")
    ]


def _changed_meanwhile(flow: Workflow, item: Item) -> None:
    """Say that somebody has changed the item since it was drawn here: a click on its old forms did nothing."""
    version = forms.seen(item.number)
    if version not in (None, item.version):
        kept.keep(flow, item.number, version)
        header.notice(worded(store.CHANGED), state="amber", alert=True)
    forms.set_seen(item)


def _next(view: View, flow: Workflow, item: Item, snapshot: Snapshot, at: datetime) -> None:
    """A form for each step that the visitor may do now; one is open, so that a reply is two taps."""
    drafts.drafts(guard.enter().session.account_id)
    who = shared.actor()
    possible = open_transitions(flow, snapshot, item.place, who.name, actions.reader(who).held, at)
    kept.shown(flow, item.number, possible)
    if not possible:
        if item.is_open and (awaited := _awaited(item)):
            header.notice(_("No step is open to you now: it waits for {who}.", who=awaited))
        return
    header.title(_("Next steps"))
    first = open_step(flow, snapshot.state, possible)
    for id, transition in possible.items():
        if any(flow.inputs(id)):
            with st.expander(transition.name[language()], expanded=id == first):
                forms.step(view, flow, item, id, snapshot.fields)
        else:
            forms.step(view, flow, item, id, snapshot.fields)


def open_step(flow: Workflow, state: str, possible: Mapping[str, Transition]) -> str:
    """The step whose form is open, none if the main step is a button without one.

    The main step is the first that answers what is waited for, else the first that does not call the item off.
    """
    answering = [id for id in possible if possible[id].step in ANSWERS and any(flow.inputs(id))]
    onward = [id for id, step in possible.items() if flow.states[step.target(state)].type != "cancelled"]
    main = (*answering, *onward, *possible, "")[0]
    return main if main and any(flow.inputs(main)) else ""


def _history(flow: Workflow, events: list[Event]) -> None:
    header.title(_("History"))
    columns = [Column(_("When"), short=True, lead=True), Column(_("What")), Column(_("Who")), Column(_("Note"))]
    rows = [[format.stamp(e.at), step_name(flow, e), e.actor, _note(flow, e)] for e in reversed(events)]
    table(columns, rows, key="history")


def _note(flow: Workflow, event: Event) -> str:
    """The recorded fields of an event, in one line."""
    known = {id: field for id, field in flow.fields.items() if id in event.fields}
    parts = (f"{field.name[language()]}: {field_value(field, event.fields[id])}" for id, field in known.items())
    return " · ".join(parts)

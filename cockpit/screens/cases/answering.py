"""Answers to a case of another system: what was answered and how far it has come, and the forms to answer."""

import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from cockpit import settings
from cockpit.access import guard, visitors
from cockpit.actions import cases as actions
from cockpit.actions.action import Actor
from cockpit.components.lists.record import Item, record
from cockpit.components.navigation import drafts, header
from cockpit.i18n import _
from cockpit.labels import format
from cockpit.screens.admin import desk, typed
from cockpit.view_state import View
from data.areas.levels import end_of
from data.desk.notifications import answers
from data.desk.notifications.answers import LONGEST_TEXT, NEED_TEXT, Answer, Step

STATES = {"waiting": "amber", "sent": "amber", "confirmed": "green", "dead": "red"}


def draw(view: View, case: Mapping[str, Any]) -> None:
    """The answers, and a form for each that the system takes, for who may act in the case's area."""
    actor, area = Actor.of(guard.enter()), int(case["area"])
    possible = actions.steps(settings.current(), case)
    may = actions.ANSWER.allowed(actor, ((area, end_of(area)),))
    with desk.answering():
        given = answers.of_case(visitors.desk(), str(case["source"]), str(case["key"]))
        if not given and not (possible and may):
            return
        header.title(_("Answers to its system"), note=_("The case itself changes with its next delivery"))
        desk.show_outcome()
        if given:
            record([_line(one) for one in given], key="answers")
        if possible and may:
            drafts.drafts(guard.enter().session.account_id)
        forms = {_name(case, step, len(given)): step for step in possible if may}
        typed.gone(_place(case), forms)
        for name, step in forms.items():
            _form(actor, case, step, name)


def _line(one: Answer) -> Item:
    words = {
        "waiting": _("not sent yet"), "sent": _("sent, not yet confirmed"), "confirmed": _("confirmed by its system"),
        "dead": _("could not be sent"),
    }  # fmt: skip
    note = " · ".join(filter(None, (one.text, one.who, format.stamp(desk.local(one.at)))))
    return Item(names()[one.step], words[one.state], note=note, state=STATES[one.state])


def names() -> dict[Step, str]:
    """The answers in words."""
    return {"acknowledge": _("Acknowledge the case"), "reply": _("Reply"), "return": _("Return")}


def _name(case: Mapping[str, Any], step: Step, given: int) -> str:
    return f"answer {case['source']} {case['key']} {step} {given}"


def _place(case: Mapping[str, Any]) -> str:
    return f"answers {case['source']} {case['key']}"


def _form(actor: Actor, case: Mapping[str, Any], step: Step, name: str) -> None:
    """The form of one answer. Sent twice, it is one."""
    draft = drafts.name(name)
    with drafts.draft(draft), st.form(desk.form_key(name), enter_to_submit=False, border=False):
        text = ""
        if step in NEED_TEXT:
            label = _("Text: {step}", step=names()[step])
            text = typed.text(_place(case), name, label, LONGEST_TEXT, lines=True)
        sent = st.form_submit_button(names()[step])
    if sent:
        key = str(st.session_state.setdefault(f"key {name}", uuid.uuid4().hex))
        work = partial(actions.answer, visitors.desk(), actor, settings.current(), dict(case), step, text, key=key)
        desk.act(work, _("The answer is stored and will be sent."), form=name, draft=draft)

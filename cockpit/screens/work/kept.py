"""Texts typed into a step of an item that others have changed before it was sent: they are kept until one is done."""

from collections.abc import Collection

import streamlit as st

from cockpit.components.lists.record import Item as Line
from cockpit.components.lists.record import record
from cockpit.components.navigation import header
from cockpit.i18n import _, language
from data.desk.items.item import Item
from data.workflow.model import FieldType, Workflow

ONE_LINE = 200
"""Longest text of a field of one line."""
Texts = dict[tuple[str, str], str]
"""By step and field."""


def field(type: FieldType, label: str, item: Item | None, step: str, name: str) -> str:
    """A field for a text. item: None for one that begins."""
    key = _key(item.number, item.version, step, name) if item else None
    before = _texts(item.number).get((step, name), "") if item else ""
    if type.longest > ONE_LINE:
        return st.text_area(label, before, max_chars=type.longest, height=96, key=key)
    return st.text_input(label, before, max_chars=type.longest, autocomplete="off", key=key)


def keep(flow: Workflow, number: str, version: int | None) -> None:
    """Keep what stands in the fields of the version that was drawn last."""
    for step in flow.transitions:
        for name in sum(flow.inputs(step), ()):
            if text := st.session_state.get(_key(number, version, step, name)):
                _texts(number)[step, name] = text


def shown(flow: Workflow, number: str, possible: Collection[str]) -> None:
    """Show what was typed into steps that are not possible any more."""
    lines = [
        Line(f"{flow.transitions[step].name[language()]} · {flow.fields[name].name[language()]}", text)
        for (step, name), text in _texts(number).items()
        if step not in possible
    ]
    if lines:
        header.title(_("What you had typed, not sent"))
        record(lines, key="kept")


def forget(number: str) -> None:
    """Forget it once a step was done."""
    _texts(number).clear()


def _texts(number: str) -> Texts:
    texts: Texts = st.session_state.setdefault(f"work.kept {number}", {})
    return texts


def _key(number: str, version: int | None, step: str, name: str) -> str:
    return f"work.text {number} {version} {step} {name}"

"""Texts typed into a form that is gone when its button is pressed, since others have acted first: they are not lost."""

from collections.abc import Collection

import streamlit as st

from cockpit.components.navigation import header
from cockpit.i18n import _
from cockpit.screens.admin import desk

LINES = 96
"""Height of a field of several lines."""


def text(place: str, form: str, label: str, longest: int, *, lines: bool = False) -> str:
    """A field of a form of `desk.form_key`, at a place of the page of which `gone` knows all forms."""
    key = _key(form)
    st.session_state.setdefault(_drawn(place), {})[form] = key
    if lines:
        return st.text_area(label, max_chars=longest, height=LINES, key=key)
    return st.text_input(label, max_chars=longest, autocomplete="off", key=key)


def gone(place: str, forms: Collection[str]) -> None:
    """Say it if a form that was drawn here is gone without having been sent, and what was typed into it.

    forms: the names of those that are drawn now. To be called before them.
    """
    kept = st.session_state.setdefault(f"typed.kept {place}", [])
    for form, key in st.session_state.pop(_drawn(place), {}).items():
        if form in forms or key != _key(form) or key not in st.session_state:
            continue
        header.notice(_("Others have dealt with this in the meantime: look again."), state="amber", alert=True)
        if words := str(st.session_state[key]).strip():
            kept.append(words)
    for words in kept:
        header.notice(_("You had typed: {text}", text=words))


def _key(form: str) -> str:
    """Of the field: another one after the form was sent."""
    return f"{desk.form_key(form)} text"


def _drawn(place: str) -> str:
    return f"typed.drawn {place}"

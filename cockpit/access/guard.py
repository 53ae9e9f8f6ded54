"""The guard that every page calls itself: the gate stands before the server, this before the numbers."""

import streamlit as st

from cockpit import problem
from cockpit.access import record, visitors
from cockpit.access.policy import Can
from cockpit.access.visitors import COOKIE, Visitor
from data.errors import DataError


def enter(what: Can | None = None) -> Visitor:
    """Who is asking. A polite refusal ends the run unless somebody is signed in and may do this somewhere."""
    visitor = _visitor()
    if visitor is None:
        problem.signed_out()
        st.stop()
    if what and not visitor.grants.may(what):
        refuse(visitor, what=str(what))
    return visitor


def refuse(visitor: Visitor, *, what: str, area: str = "") -> None:
    """Say politely that this is not the visitor's to see, write it down, and stop."""
    record.write(visitor=visitor, event="refused", what=f"{what} {area}".strip(), result="refused")
    problem.refused()
    st.stop()


def note(event: str, what: str) -> None:
    """Write down what the visitor opens: once a visit, not once a run of its page."""
    if st.session_state.get(_NOTED) != (event, what):
        st.session_state[_NOTED] = (event, what)
        record.write(visitor=enter(), event=event, what=what)


_NOTED = "guard.noted"


def token() -> str | None:
    """The session's token, as the browser sent it when it opened the connection."""
    return st.context.cookies.get(COOKIE)


def _visitor() -> Visitor | None:
    try:
        return visitors.known.of(token())
    except DataError as error:
        problem.unanswerable(str(error))
        return st.stop()

"""The guard that every page calls. The gate protects the server; the guard checks the right to the page."""

import contextlib

import streamlit as st

from cockpit import problem
from cockpit.access import pages, parameters, record, visitors
from cockpit.access.policy import Can
from cockpit.access.visitors import COOKIE, Visitor
from cockpit.labels.wording import worded
from cockpit.serving import slow_queries
from data.errors import DataError
from metrics.scope import OutOfScope


def enter(what: Can | None = None) -> Visitor:
    """The visitor of this run. Shows a refusal and ends the run without a session or the right anywhere."""
    visitor = _visitor()
    if visitor is None:
        problem.signed_out()
        st.stop()
    if what and not visitor.grants.may(what):
        refuse(visitor, what=str(what))
    slow_queries.asks(slow_queries.on_a_screen(visitor.name))
    return visitor


def mark() -> str:
    """Fingerprint of the grants of this run; empty without a session."""
    with contextlib.suppress(DataError):
        if visitor := visitors.known.of(token()):
            return visitor.grants.mark
    return ""


def open_page(name: str) -> Visitor:
    """The visitor of the page, as `enter`, with the right that the page register requires.

    Shows a friendly page and ends the run for a parameter of the address that the page cannot take.
    """
    visitor = enter(pages.PAGES[name].right)
    if fault := parameters.fault(name, st.query_params.to_dict()):
        problem.bad_parameter(fault.name, fault.value, fault.hint)
        st.stop()
    return visitor


def refuse(visitor: Visitor, *, what: str, area: str = "") -> None:
    """Say politely that this is not the visitor's to see, write it down, and stop."""
    record.note(visitor=visitor, event="refused", what=f"{what} {area}".strip(), result="refused")
    problem.refused(pages.landing(visitor.grants))
    st.stop()


def note(event: str, what: str, result: str = "ok") -> None:
    """Write down what the visitor opens: once a visit, not once a run of its page."""
    if st.session_state.get(_NOTED) != (event, what):
        st.session_state[_NOTED] = (event, what)
        record.note(visitor=enter(), event=event, what=what, result=result)


def note_refusal(what: str) -> None:
    """Write down what is refused in the words of something that does not exist."""
    note("refused", what, "refused")


def of_a_run(error: Exception) -> bool:
    """Show the failure of a page run (`streamlit.App(on_script_error=…)`); refusals are audited."""
    if isinstance(error, OutOfScope):
        with contextlib.suppress(DataError):
            record.note(visitor=visitors.known.of(token()), event="refused", what=str(error), result="refused")
    return problem.of_a_run(error)


_NOTED = "guard.noted"


def token() -> str | None:
    """The session's token, as the browser sent it when it opened the connection."""
    return st.context.cookies.get(COOKIE)


def _visitor() -> Visitor | None:
    try:
        return visitors.known.of(token())
    except DataError as error:
        problem.unanswerable(worded(error))
        return st.stop()

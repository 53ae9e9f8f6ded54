"""Queue for slow queries, fair between people; quick queries bypass it.

A query starts at once. One that exceeds COCKPIT_QUICK_SECONDS is cancelled and restarted in one of a few slots
(COCKPIT_COSTLY_QUERIES); one person holds at most one. The screen shows the queue position; leaving it frees the slot.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime import exists, get_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx

from cockpit import settings
from cockpit.i18n import _, ngettext
from cockpit.server import telemetry
from cockpit.serving.fair_queue import FairQueue, Full
from data.editions import queries
from data.errors import TooMany

WAITING, WAITING_OF_ONE = 200, 8
"""Queue length, in total and per person."""
RETRY_SECONDS = 10
SERVER_SECONDS = 3600.0
"""Timeout of the server's own queries, which no user waits for."""


@dataclass(frozen=True)
class Asker:
    """The requester of queries.

    on_wait: called while waiting with the number of queries ahead, and with None when done.
    gone: whether the requester has left.
    """

    name: str
    on_wait: Callable[[int | None], None] = lambda before: None
    gone: Callable[[], bool] = lambda: False


SERVER = Asker("")
"""The server's own queries, such as prewarming."""
_asker: ContextVar[Asker] = ContextVar("who asks", default=SERVER)


def begin() -> None:
    """Enable the queue in this process."""
    queries.set_apart(queries.Apart(settings.current().quick_seconds, _place, _gone))


def asks(asker: Asker) -> None:
    """Set the requester of this thread's queries."""
    _asker.set(asker)


def on_a_screen(name: str) -> Asker:
    """The viewer of the current Streamlit run."""
    context = get_script_run_ctx(suppress_warning=True)
    if context is None:
        return Asker(name)
    line: list[DeltaGenerator] = []

    def gone() -> bool:
        return exists() and not get_instance().is_active_session(context.session_id)

    def show_position(position: int | None) -> None:
        """Show the queue position. Streamlit ends the run here if the viewer has moved on."""
        if position is None:
            if line:
                line[0].empty()
            return
        context.yield_check()
        if gone():
            st.stop()
        line[:] = line or [st.empty()]
        line[0].info(waiting_in_words(position))

    return Asker(name, show_position, gone)


def waiting_in_words(before: int) -> str:
    if not before:
        return _("This takes long and is done in turn: yours is next.")
    return ngettext(
        "This takes long and is done in turn: {n} is before yours.",
        "This takes long and is done in turn: {n} are before yours.",
        before,
    )


@contextmanager
def _place() -> Iterator[None]:
    asker = _asker.get()
    patience = settings.current().queue_seconds if asker.name else SERVER_SECONDS
    try:
        with _queue().place(asker.name, patience=patience, on_wait=asker.on_wait):
            telemetry.costly.inc()
            yield
        asker.on_wait(None)
    except Full:
        raise TooMany(
            "query.crowded", "too many long questions wait at this moment: try again later, or ask for less"
        ) from None


def _gone() -> Callable[[], bool]:
    return _asker.get().gone


@cache
def _queue() -> FairQueue:
    places = settings.current().costly_queries
    return FairQueue(places, per_key=1, waiting=WAITING, waiting_per_key=WAITING_OF_ONE, retry=RETRY_SECONDS)

"""Shared by the pages of the three administrators: run an action, show its outcome, page lists."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cockpit import settings
from cockpit.components.lists.record import Item
from cockpit.components.lists.record import record as shown
from cockpit.components.lists.table import Page
from cockpit.components.navigation import drafts, header
from cockpit.errors import CockpitError
from cockpit.i18n import _
from cockpit.labels import format
from cockpit.labels.wording import worded
from cockpit.nav import here
from data.desk.errors import DeskError
from data.errors import DataError

AT_ONCE = 50
"""Lines of a list on one page."""
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)
_OUTCOME = "desk.outcome "
_MARKS = re.compile(r"[\\`*_{}\[\]()<>#+!|~$:.-]")
Row = TypeVar("Row")


def act(
    action: Callable[[], object], said: str, *, secret: bool = False, form: str = "", place: str = "", draft: str = ""
) -> None:
    """Run an action of `cockpit.actions`. Done: draw the page again, which then says so. Refused: say why, here.

    secret: the action returns a password or token, shown this once with `said` and kept nowhere.
    form: the name of a form that is empty again when the action succeeds, see `form_key`.
    place: where on the page `said` is shown, as `show_outcome` names it. draft: the draft that was sent.
    """
    try:
        result = action()
    except (DataError, CockpitError) as error:
        header.notice(worded(error), state="red", alert=True)
        return
    if draft:
        drafts.delete(draft)
    st.session_state[_OUTCOME + place] = (said, str(result) if secret else "")
    if form:
        sent(form)
    st.rerun()


def form_key(name: str) -> str:
    """The key of a form or button: another one after an action that succeeded.

    The form is empty again, and the second click of a double one is for a form that is gone: it would do the same
    once more, or do it with what has taken the first place of the list. Streamlit's own `clear_on_submit` empties the
    form at the first click, so that a double click sends it empty.
    """
    return f"{name} {st.session_state.get(_forms(name), 0)}"


def plain(text: str) -> str:
    """A text for a label of Streamlit, which takes Markdown: what somebody typed makes no link or picture there."""
    return _MARKS.sub(r"\\\g<0>", " ".join(text.split()))


def sent(name: str) -> None:
    """Give a form or button its next key."""
    st.session_state[_forms(name)] = st.session_state.get(_forms(name), 0) + 1


def _forms(name: str) -> str:
    return f"form.{name}"


@contextmanager
def answering() -> Iterator[None]:
    """The result of a desk query; one line in its place if the desk or a file of the district fails."""
    try:
        yield
    except (DeskError, CockpitError) as error:
        header.notice(worded(error), state="red")


def show_outcome(place: str = "", secret: str = "") -> None:
    """Say once what the last action of this place of the page did. secret: what its secret is, a password if empty."""
    text, value = st.session_state.pop(_OUTCOME + place, ("", ""))
    if text:
        header.notice(text, state="green", alert=True)
    if value:
        shown([Item(secret or _("Password"), value, note=_("shown this once"))], key=f"secret{place}")


def some(rows: Sequence[Row]) -> tuple[Sequence[Row], list[Page]]:
    """The rows of the page that the address names, and the pages there are."""
    last = max(1, -(-len(rows) // AT_ONCE))
    number = min(page_number(), last)
    return rows[(number - 1) * AT_ONCE : number * AT_ONCE], pages(number, more=number < last)


def page_number() -> int:
    """The page of a list that the address names; the first if it names none that can be."""
    text = st.query_params.get("page", "")
    return int(text) if text.isdecimal() and 0 < len(text) < 7 and int(text) else 1


def pages(number: int, *, more: bool) -> list[Page]:
    """One back, the one shown, one on."""
    if number == 1 and not more:
        return []
    back = [Page(_("Previous"), here(page=number - 1 if number > 2 else None))] if number > 1 else []
    return [*back, Page(format.number(number)), *([Page(_("Next"), here(page=number + 1))] if more else [])]


def day(place: DeltaGenerator, label: str, value: date | None = None) -> date | None:
    """A field for a day, or none."""
    return place.date_input(label, value=value, min_value=FIRST_DAY, max_value=LAST_DAY, format="YYYY-MM-DD")


def local(at: datetime) -> datetime:
    """A time of the desk on the district's clock."""
    return at.replace(tzinfo=UTC).astimezone(_zone()).replace(tzinfo=None)


def of_desk(at: datetime) -> datetime:
    """A time of the district's clock as the desk keeps it."""
    return at.replace(tzinfo=_zone()).astimezone(UTC).replace(tzinfo=None)


def _zone() -> ZoneInfo:
    return ZoneInfo(settings.current().zone)

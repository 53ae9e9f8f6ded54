"""The choice of one row that an action is for, among rows that others change while the form is open."""

from collections import Counter
from collections.abc import Mapping
from typing import Generic, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cockpit.components.navigation import header
from cockpit.i18n import _
from cockpit.screens.admin import desk

Id = TypeVar("Id", int, str)
_AFRESH, _TYPED = "choice.afresh ", "choice.typed "


class RowChoice(Generic[Id]):
    """A list of rows of which one is chosen. What is submitted is the row that was shown as chosen, by its id.

    Streamlit's own selectbox falls back to the first option when the chosen one is gone, and the button that was
    clicked then acts on a row that nobody chose. Here nothing is chosen any more, one line says so, and what was typed
    next to it stays.
    """

    def __init__(self, form: str, titles: Mapping[Id, str], *, first: Id | None = None, of: str = "row") -> None:
        """Say it if the row that was chosen is gone.

        form: of `desk.form_key`. titles: the rows that can be chosen now. first: the one chosen to begin with.
        of: what is chosen, where a form has several lists.
        """
        self.id: Id | None = None
        self.key = f"{desk.form_key(form)} {of}"
        self.titles: Mapping[Id, str] = _distinct(titles)
        self.first: Id | None = first
        chosen = st.session_state.get(self._row())  # as its browser had it, with the options of the run before
        self.changed = chosen is not None and chosen not in self.titles
        if self.changed:
            st.session_state[_TYPED + self.key] = "" if self.titles else self._typed()
            st.session_state[_AFRESH + self.key] = st.session_state.get(_AFRESH + self.key, 0) + 1
            text = _("Others have dealt with the one chosen in the meantime: look again.")
            header.notice(text, state="amber", alert=True)
        if not self.titles and (typed := st.session_state.get(_TYPED + self.key)):
            header.notice(_("You had typed: {text}", text=typed))

    def __bool__(self) -> bool:
        """Whether there is anything to choose."""
        return bool(self.titles)

    def draw(self, label: str, place: DeltaGenerator | None = None) -> Id | None:
        """The list. Gives the id of the row chosen, None if the visitor has to choose again."""
        ids = list(self.titles)
        index = ids.index(self.first) if self.first in ids else 0
        self.id = (place or st).selectbox(
            label, ids, None if st.session_state.get(_AFRESH + self.key) else index, self.titles.__getitem__,
            key=self._row(), placeholder=_("Choose one"),
        )  # fmt: skip
        return self.id

    def text(self, label: str, longest: int) -> str:
        """A line to type next to the choice. It is not lost when the last row is gone."""
        before = str(st.session_state.get(_TYPED + self.key, ""))
        return st.text_input(label, before, max_chars=longest, autocomplete="off", key=f"{self.key} text")

    def made(self) -> bool:
        """Whether a row is chosen, for a button that was clicked; says it if none is."""
        if self.id is None and not self.changed:
            header.notice(_("Choose one of the list first."), state="red", alert=True)
        return self.id is not None

    def _row(self) -> str:
        """The key of the list: another one after a row was gone, so that no late click names a row of the old list."""
        return f"{self.key} {st.session_state.get(_AFRESH + self.key, 0)}"

    def _typed(self) -> str:
        return str(st.session_state.get(f"{self.key} text", "")).strip()


def _distinct(titles: Mapping[Id, str]) -> dict[Id, str]:
    """The titles, with the id where two are the same: a list of Streamlit names a row by its title alone."""
    count = Counter(titles.values())
    return {id: f"{title} · {id}" if count[title] > 1 else title for id, title in titles.items()}

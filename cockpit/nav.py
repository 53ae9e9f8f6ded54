"""One way to move: an ordinary `<a href>`, taken over in the browser (nav.js). The URL is the only state.

`st.switch_page` and `st.page_link` push two history entries for one move and break Back: they are not used.
"""

import copy
from functools import cache
from pathlib import Path

import streamlit as st

from cockpit.access import pages as register
from cockpit.address import link
from cockpit.i18n import _, pgettext
from cockpit.server import assets

_nav = st.components.v2.component("cockpit_nav", html="<i hidden></i>\n", js=assets.loader("nav"))


FOLDER = Path(__file__).parents[1] / "pages"


def pages() -> list[st.Page]:
    """The pages of this run, those of the register: each is a file of `pages/`. For `cockpit/main.py`."""
    return [copy.copy(page) for page in _pages()]


@cache
def _pages() -> tuple[st.Page, ...]:
    """Made once, inside the first run: to make one, Streamlit looks its file up."""
    return tuple(
        st.Page(FOLDER / f"{name}.py", title=name, url_path=name, default=name == register.FIRST)
        for name in register.PAGES
    )


def here(**changes: object) -> str:
    """This very page with changes of its parameters; None removes one."""
    return link("", st.query_params.to_dict() | changes)[1:] or "?"


DRAWN = "nav.header"
"""In the state of a session: whether this run of a page has drawn its header."""


def install(*, language: str, size: str, wall: bool, mark: str) -> None:
    """Take over the clicks of this run's screen, and carry out a move requested by `go`.

    mark: of the grants that the screen was drawn with; it is reloaded when they change.
    """
    st.session_state[DRAWN] = False
    st.session_state[_RUN] = st.session_state.get(_RUN, 0) + 1
    data = {
        "pages": [link(name, {}) for name in register.PAGES],
        "lang": {"zh": "zh-CN"}.get(language, language),
        "size": size,
        "wall": wall,
        "mark": mark,
        "run": st.session_state[_RUN],
        "go": st.session_state.pop(_GO, None),
        "style": assets.url("style.css"),
        "skip": _("Skip to the content"),
        "words": _lost() | ({} if language.startswith("en") else _words()),
        "cut": _("The text was cut to {n} characters, the most that this field takes.", n="{n}"),
    }
    _nav(key="nav", data=data)


def _lost() -> dict[str, str]:
    """What Streamlit says of a lost connection, in words for a visitor."""
    silent = _("The server does not answer. This page goes on by itself once it does.")
    return {
        "Connection error": _("The connection is lost"),
        "Streamlit server is not responding. Are you connected to the internet?": silent,
        "Connection timed out.": silent,
        "Connection failed with status {x}": silent,
    }


def _words() -> dict[str, str]:
    """Texts that Streamlit's widgets have in English only, {x} standing for what varies, in the language spoken."""
    return {
        "No results": _("No results"),
        "Clear all": _("Clear all"),
        "Select all": _("Select all"),
        "Select {x} matches": _("Select {x} matches", x="{x}"),
        "Remove {x}": _("Remove {x}", x="{x}"),
        "Selected values": _("Selected values"),
        "Clear value": _("Clear value"),
        "Close": pgettext("a dialog", "Close"),
        "Open": _("Open the list"),
        "Choose options": _("Choose"),
        "Choose an option": _("Choose"),
        "Press Enter to apply": _("Press Enter to apply"),
        "Press Enter to submit form": _("Press Enter to submit form"),
    }


_GO = "nav.go"
_RUN = "nav.run"


def go(href: str) -> None:
    """Move to `href` after this run. For callbacks of widgets only: everything else is a link."""
    st.session_state[_GO] = href

"""The menu of a panel: its numbers as a table, full screen, a picture, a file, a link.

Each panel has a button of its own, in its title if it has one, since each element costs every run; one component a
page opens the menus. The table and the file are requested when they are wanted, so that they cost a run nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from html import escape

from cockpit.components.base import define, group, html
from cockpit.i18n import _, language

_panelmenu = define("panelmenu")
_untitled: ContextVar[list[tuple[str, str, bool, str]] | None] = ContextVar("panel menu", default=None)
FILES = "/files/panel"
"""Address of a panel's numbers: `.json` for the table, `.csv` for the file."""
PARAMETER = "panel"
"""The parameter of an address that names a panel."""


@contextmanager
def panel(name: str, *, table: bool, notify: str = "", title: str = "") -> Iterator[None]:
    """A panel with a menu. name: unique on the page. table: whether it has numbers to show as a table.

    title: what it shows, where its heading alone does not say it; for pictures and screen readers.
    notify: address of the page where one subscribes to its metric; empty if there is none.
    """
    with group(f"panel-{name}"):
        token = _untitled.set([(name, title, table, notify)])
        try:
            yield
            if alone := take():
                html(alone)
        finally:
            _untitled.reset(token)


def take(heading: str = "") -> str:
    """The button of the panel that is being drawn, for its first heading; empty if taken, and outside of panels."""
    waiting = _untitled.get()
    if not waiting:
        return ""
    name, title, table, notify = waiting.pop()
    return _button(name, title, title or heading, table, notify, language())


def menus(*, link: str, place: str, stamp: str, demo: str = "", export: bool = False) -> None:
    """Open the menus of this page's panels.

    link: the page's own address for good; place, stamp, demo: what a picture says of itself: area and period, time of
    the data, the mark of a demonstration. export: whether the visitor may take the numbers away as a file.
    """
    import streamlit as st

    data = {
        "link": link,
        "files": FILES,
        "place": place,
        "stamp": stamp,
        "demo": demo,
        "export": export,
        "open": st.query_params.get(PARAMETER, ""),
        "words": _words(language()),
    }
    _panelmenu(key="panelmenu", data=data)


@lru_cache(maxsize=2048)
def _button(name: str, title: str, shown: str, table: bool, notify: str, spoken: str) -> str:
    label = _("Panel menu")
    named = f"{label}: {shown}" if shown else label
    data = {"panel": name, "title": title, "notify": notify}
    attributes = "".join(f' data-{key}="{escape(value)}"' for key, value in data.items() if value)
    return (
        f'<button type="button" class="panel-menu"{attributes}{" data-table" if table else ""} aria-haspopup="menu" '
        f'aria-expanded="false" aria-label="{escape(named)}" title="{escape(label)}">⋯</button>'
    )


@lru_cache(maxsize=8)
def _words(spoken: str) -> dict[str, str]:
    return {
        "table": _("Table"),
        "full": _("Full screen"),
        "svg": _("Picture (SVG)"),
        "png": _("Picture (PNG)"),
        "csv": _("Download CSV"),
        "link": _("Copy link"),
        "notify": _("Notify me when this turns red"),
        "copied": _("Copied"),
        "by_hand": _("Copy this address"),
        "leave": _("Leave full screen"),
        "close": _("Close"),
        "empty": _("No data in this period"),
        "failed": _("The table does not load. Try again."),
        "unpictured": _("The picture cannot be made in this browser."),
    }

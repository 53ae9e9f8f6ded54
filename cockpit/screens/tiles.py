"""Which metrics an account sees as tiles, on the layout of the view."""

import streamlit as st

from cockpit.access import guard, visitors
from cockpit.access.visitors import Visitor
from cockpit.actions import own
from cockpit.actions.action import Actor
from cockpit.components.navigation import header
from cockpit.components.navigation.chooser import Option, chooser
from cockpit.i18n import _, language
from cockpit.labels.pinyin import initials
from cockpit.panels import layouts
from cockpit.screens.admin import desk
from cockpit.settings import current as settings
from cockpit.view_state import View
from data.desk import preferences
from data.errors import DataError
from metrics.engine.plan import exists_at

MOST = 32
"""More than the tiles of any layout of ours."""
_STATE = "tiles."


def chosen(view: View, visitor: Visitor) -> tuple[str, ...]:
    """The metrics that the visitor chose for the layout of the view, of those that still exist; empty by default.

    The desk is read once a session; if it does not answer the default stays.
    """
    place = _STATE + view.layout.id
    if place not in st.session_state:
        st.session_state[place] = stored(view, visitor)
    return tuple(name for name in st.session_state[place] if name in view.catalog.metrics)[:MOST]


def stored(view: View, visitor: Visitor) -> tuple[str, ...]:
    """The stored choice of tiles; empty if the desk does not answer."""
    try:
        value = preferences.read(visitors.desk(), visitor.session.account_id, f"tiles.{view.layout.id}")
    except DataError:
        return ()
    return tuple(name for name in map(str, value) if name in view.catalog.metrics) if isinstance(value, list) else ()


def choose(view: View) -> None:
    """The page: all metrics on one side, those shown on the other."""
    visitor = guard.enter()
    name = view.layout.name[language()]
    header.title(_("Metrics of {name}", name=name), links=[(_("Back"), view.href())], level=1)
    desk.show_outcome()
    offered = [metric for metric in view.catalog.metrics.values() if exists_at(metric, view.area.level)]
    topics = _topics()
    options = [
        Option(
            metric.id,
            metric.name[language()],
            topics.get(metric.id, ""),
            f"{initials(metric.name.zh)} {metric.id} {metric.name.en} {metric.code or ''}",
        )
        for metric in offered
    ]
    now = chosen(view, visitor) or view.layout.tiles
    saved = chooser(options, now, most=MOST, key="chooser")
    if saved is not None:
        _save(
            view, visitor, [name for name in dict.fromkeys(saved) if name in {option.id for option in options}][:MOST]
        )


def _save(view: View, visitor: Visitor, names: list[str]) -> None:
    names = [] if tuple(names) == view.layout.tiles else names

    def work() -> None:
        own.choose_tiles(visitors.desk(), Actor.of(visitor), visitor.session.account_id, view.layout.id, names)
        st.session_state[_STATE + view.layout.id] = tuple(names)

    desk.act(work, _("Saved; the cockpit shows them now."))


def _topics() -> dict[str, str]:
    """The name of the first topic that shows each metric."""
    names: dict[str, str] = {}
    for topic in layouts.of(settings()).topics():
        for name in (*topic.metrics, *topic.grouped):
            names.setdefault(name, topic.name[language()])
    return names

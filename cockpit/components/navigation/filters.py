"""The filters of a screen as chips, each with a link that removes it."""

from typing import TYPE_CHECKING

from cockpit.i18n import _, language
from cockpit.labels import words
from cockpit.labels.movers import group_name

if TYPE_CHECKING:
    from cockpit.components.navigation.header import Chip
    from cockpit.view_state import View


def chips(view: "View") -> "list[Chip]":
    """A wall has no controls: there the chips only say what holds."""
    from cockpit.components.navigation.header import Chip  # reports use the words here, and start without Streamlit

    return [
        Chip(
            _("{column}: {value}", column=words.column(name), value=group_name(view, name, value)),
            "" if view.wall else view.here(**{name: None, "page": None}),
        )
        for name, value in view.query.where
    ]


def draw(view: "View") -> None:
    """Draw the active filters as chips; nothing without filters."""
    from cockpit.components.navigation import header

    if view.query.where:
        header.chips(chips(view), label=_("Filter"))


def in_words(view: "View") -> str:
    """`区住建局 · 路灯照明`"""
    return " · ".join(group_name(view, name, value) for name, value in view.query.where)


def columns_in_words(columns: tuple[str, ...]) -> str:
    """`类别、来源`"""
    listed = words.listed([words.column(name) for name in columns])
    return listed if language() == "zh" else listed.lower()

"""The cockpit of an area with areas below: a district (a city, a province) with towns, a town with villages."""

import streamlit as st

from cockpit.components import areamap
from cockpit.components.header import notice, title
from cockpit.i18n import _, language
from cockpit.layouts import answers, places
from cockpit.layouts.attention import attention, lines
from cockpit.layouts.panels import (
    age_bars,
    backlog_ages,
    breakdown,
    breakdown_bars,
    breakdown_note,
    drawn_splits,
    has_trend,
    split_metric,
    trend,
    trend_figure,
)
from cockpit.layouts.vitals import ASKED, VITALS, vital_signs, vital_tiles
from cockpit.layouts.words import ask, level
from cockpit.seen import View

MAP_HEIGHT = 430
WIDTHS = {"category": 8, "source": 6, "department": 9}
"""Of the breakdowns, in proportion."""


def draw(view: View) -> None:
    """What needs a look, how it stands, where, since when, and of what kind."""
    _ask_ahead(view)
    attention(view)
    vital_signs(view)
    if places.has_below(view):
        where(view)
    with st.container(key="page2"):
        when(view)
        of_what_kind(view)


def ready(view: View) -> None:
    """Make all that `draw` keeps, outside of a run."""
    _ask_ahead(view)
    lines(view)
    vital_tiles(view)
    if places.has_below(view) and places.has_values(view):
        places.map_areas(view)
        places.area_rows(view)
        areamap.drawable(view, view.area)
    if has_trend(view):
        trend_figure(view, False)
    age_bars(view)
    for by in drawn_splits(view):
        if by == "department":
            places.department_rows(view)
        else:
            breakdown_bars(view, by)


def _ask_ahead(view: View) -> None:
    answers.ahead(ask(view), ASKED, VITALS, view.metric, split_metric(view), tuple(drawn_splits(view)))


def where(view: View) -> None:
    """Map and ranking of the areas below; the ranking alone where there is nothing to draw."""
    if not places.has_values(view):
        lower = places.compared(view)[0]
        title(places.title(view))
        notice(_("No {level} has data of this metric in this period.", level=level(lower)))
        return
    if not areamap.drawable(view, view.area):
        title(places.title(view), note=places.note(view))
        places.area_ranking(view, height=MAP_HEIGHT)
        return
    left, right = st.columns([11, 12], gap="medium")
    with left:
        title(places.title(view), note=places.note(view))
        places.area_map(view, height=MAP_HEIGHT)
    with right:
        title(_("Most in need first"))
        places.area_ranking(view, height=MAP_HEIGHT + 30)


def when(view: View) -> None:
    """The trend, and how old the backlog is."""
    if not has_trend(view):
        title(_("Age of the backlog"))
        backlog_ages(view)
        return
    left, right = st.columns([16, 7], gap="medium")
    with left:
        title(_("{metric} over time", metric=view.metric.name[language()]))
        trend(view)
    with right:
        title(_("Age of the backlog"))
        backlog_ages(view)


def of_what_kind(view: View) -> None:
    """The chosen metric by category, source and responsible unit, as far as its facts have them."""
    metric, splits = split_metric(view).name[language()], drawn_splits(view)
    for by, place in zip(splits, st.columns([WIDTHS[by] for by in splits], gap="medium"), strict=True):
        with place:
            if by == "department":
                title(_("{metric} by responsible unit", metric=metric) if by == splits[0] else _("by responsible unit"))
                places.department_ranking(view, height=300)
                continue
            titles = {"category": _("{metric} by category", metric=metric), "source": _("by source")}
            if by == "source" == splits[0]:
                titles["source"] = _("{metric} by source", metric=metric)
            title(titles[by], note=breakdown_note(view, by))
            breakdown(view, by)

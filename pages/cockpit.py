"""The cockpits and topics: one page for all levels. `?area=CODE` names the area, its level or `?topic=` the layout."""

from dataclasses import replace

import streamlit as st

from cockpit.access.guard import enter
from cockpit.access.policy import Can
from cockpit.components.composed import composed
from cockpit.components.navigation import filters
from cockpit.components.navigation.header import header
from cockpit.panels import screen
from cockpit.panels.kinds import publicity
from cockpit.screens import tiles, wall
from cockpit.screens.work import forms, origins
from cockpit.view import current
from metrics.availability.extent import occurs

view = current("cockpit")
if view.wall:
    wall.draw()
else:
    sheet = st.query_params.get("sheet") == "publicity"
    header(view, heading="" if sheet else screen.heading(view))
    with composed():
        filters.draw(view)
        forms.report_link(view)
        export = view.grants.may(Can.EXPORT, view.area.code, view.area.end)
        own = view
        view = replace(view.shared, tiles=tiles.chosen(view, enter()))
        exists = occurs(view.edition, view.area.code, view.query.where)
        panel = publicity.of(view) if exists and sheet else None
        if not exists:
            screen.nothing(view)
        elif panel:
            publicity.sheet(view, panel)
        else:
            screen.left_topic(view, st.query_params.get("topic"))
            screen.draw(view, export=export)
            origins.about_area(own)

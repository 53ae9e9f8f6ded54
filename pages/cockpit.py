"""The cockpits: one page for all levels. `?area=CODE` names the area, its level decides the layout."""

import streamlit as st

from cockpit.components.header import header
from cockpit.layouts import overview, publicity, village, wall
from cockpit.view import current

view = current("cockpit")
if view.wall:
    wall.draw()
else:
    header(view)
    view = view.shared
    if view.area.level != "village":
        overview.draw(view)
    elif st.query_params.get("sheet") == "publicity":
        publicity.draw(view)
    else:
        village.draw(view)

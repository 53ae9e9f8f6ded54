"""What a search finds: areas, cases, units, metrics and sites."""

import streamlit as st

from cockpit import view as views
from cockpit.components.navigation import header
from cockpit.screens import search

view = views.current("search")
text = st.query_params.get("q", "")
header.header(view, searched=text)
search.shown(view, text)

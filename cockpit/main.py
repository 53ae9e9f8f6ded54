"""The shell of every screen: which pages there are, the look, and the way to move. Runs on every visit of every page.

A page is one file of `pages/` and one row of `cockpit.access.pages`.
"""

import streamlit as st

from cockpit import nav
from cockpit.access import guard
from cockpit.access.pages import FIRST
from cockpit.i18n import _, language, using
from cockpit.server import telemetry
from cockpit.serving import uploads

page = st.navigation(nav.pages(), position="hidden")
with using(language()):
    st.set_page_config(page_title=_("Governance Cockpit"), layout="wide", initial_sidebar_state="collapsed")
    given = st.query_params
    nav.install(language=language(), size=given.get("size", "m"), wall=given.get("wall") == "1", mark=guard.mark())
    with telemetry.run(page.url_path or FIRST), uploads.one_run():
        page.run()

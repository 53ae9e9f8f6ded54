"""The shell of every screen: which pages there are, the look, and the way to move. Runs on every visit of every page.

A page is one file of `pages/`; a new file is a new page at the path of its name.
"""

from pathlib import Path

import streamlit as st

from cockpit import assets, nav
from cockpit.i18n import _, language

HERE = Path(__file__).parent
FILES = sorted(path for path in (HERE.parent / "pages").glob("*.py") if not path.stem.startswith("_"))
STYLE = f'<style>@import url("{assets.url("style.css")}")</style>'
FIRST = "cockpit"

pages = [st.Page(file, title=file.stem, url_path=file.stem, default=file.stem == FIRST) for file in FILES]
page = st.navigation(pages, position="hidden")
st.set_page_config(page_title=_("Governance Cockpit"), layout="wide", initial_sidebar_state="collapsed")
st.html(STYLE)
given = st.query_params
nav.install(
    (file.stem for file in FILES), language=language(), size=given.get("size", "m"), wall=given.get("wall") == "1"
)
page.run()

"""One case: its stages, its place, and where it came from."""

import streamlit as st

from cockpit import view as views
from cockpit.components import actions, header, timeline
from cockpit.components.record import record
from cockpit.i18n import _
from cockpit.screens import case

view = views.current("case")
header.header(view)

if found := case.find(view):
    header.title(case.title(found), note=str(found["key"]), level=1)
    timeline.timeline(case.stages(view, found))
    left, right = st.columns([3, 2])
    with left:
        record(case.about(view, found), key="about")
        record([*case.history(view, found), *case.callback(found)], key="history")
        record(case.origin(view, found), key="origin")
    with right:
        case.place_map(view, found)
    own = {"source": found["source"], "key": found["key"]}
    actions.actions([(_("Cockpit"), view.href(area=found["area"]))], copy=view.permalink("case", **own))

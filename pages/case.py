"""One case: what it comes to, its stages and log, who has it in hand, its repeats, and where it came from."""

import streamlit as st

from cockpit import view as views
from cockpit.components.charts import timeline
from cockpit.components.lists.record import record
from cockpit.components.navigation import actions, header
from cockpit.components.status import verdicts
from cockpit.i18n import _
from cockpit.screens.cases import case, case_list, casefile
from metrics.cases.casefile import steps
from metrics.cases.chain import chain

view = views.current("case")
header.header(view)

if found := case.find(view):
    log = steps(view.edition, found)
    case_list.draw(view, found)
    header.title(case.title(found), note=str(found["key"]), level=1)
    verdicts.verdicts(casefile.verdicts(view, found))
    casefile.description(found)
    timeline.timeline(case.stages(view, found))
    left, right = st.columns([3, 2])
    with left:
        record([*casefile.spent(view, found), *case.callback(found), *case.history(view, found)], key="history")
        record(case.about(view, found), key="about")
        record(case.origin(view, found), key="origin")
    with right:
        casefile.units(view, found, log)
        case.place_map(view, found)
    casefile.log(view, log)
    casefile.repeats(view, found, chain(view.edition, found))
    own = {"source": found["source"], "key": found["key"]}
    actions.actions([(_("Cockpit"), view.href(area=found["area"]))], copy=view.permalink("case", **own))

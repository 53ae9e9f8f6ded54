"""One case: verdicts, stages and log, responsible unit, repeats, and origin."""

import streamlit as st

from cockpit import view as views
from cockpit.components.charts import timeline
from cockpit.components.lists.record import record
from cockpit.components.navigation import actions, header
from cockpit.components.status import verdicts
from cockpit.i18n import _
from cockpit.screens.cases import answering, case, case_list, casefile
from metrics.cases.casefile import steps
from metrics.cases.chain import chain

view = views.current("case")
header.header(view)

if row := case.find(view):
    log = steps(view.edition, row)
    case_list.draw(view, row)
    header.title(case.title(row), note=str(row["key"]), level=1)
    verdicts.verdicts(casefile.verdicts(view, row))
    casefile.description(view, row)
    timeline.timeline(case.stages(view, row))
    left, right = st.columns([3, 2])
    with left:
        record([*casefile.spent(view, row), *case.callback(row), *case.history(view, row)], key="history")
        record(case.about(view, row), key="about")
        record(case.origin(view, row), key="origin")
    with right:
        casefile.units(view, row, log)
        case.place_map(view, row)
    casefile.log(view, log)
    casefile.repeats(view, row, chain(view.edition, row))
    answering.draw(view, row)
    case.items(view, row)
    own = {"source": row["source"], "key": row["key"]}
    actions.actions([(_("Cockpit"), view.href(area=row["area"]))], copy=view.permalink("case", **own))

"""The passport of a number: definition, computation, sources, and quality."""

import streamlit as st

from cockpit import view as views
from cockpit.components.lists.record import record
from cockpit.components.navigation import actions, filters, header
from cockpit.i18n import _, language
from cockpit.labels import format
from cockpit.screens import passport, shared
from cockpit.screens.notified import subscribing
from cockpit.screens.work import origins

view = views.current("passport")
header.header(view)
filters.draw(view)

if shared.is_available(view, "passport"):
    summary = passport.answer(view)
    now = summary.now
    name = view.metric.name[language()]
    header.title(f"{name} · {view.area.name} · {format.period(view.period)}", level=1)
    shared.sentence(view.metric.definition[language()])
    left, right = st.columns([1, 4])
    with left:
        passport.number(view, summary)
    with right:
        items = [*passport.made_of(view, now), *passport.limits(view, summary.state), *passport.stamped(view, now)]
        record(items, key="made")
        actions.actions(passport.links(view, now), copy=view.permalink("passport"))
    subscribing.draw(view)
    origins.about_number(view)
    passport.sql_item(view)
    header.title(_("Sources"))
    shared.sources_table(view, view.metric)

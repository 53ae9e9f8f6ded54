"""Assessments: the list of those that the visitor may see, the form of a draft, and the schemes."""

from dataclasses import replace
from datetime import date
from functools import partial

import streamlit as st

from cockpit import settings
from cockpit.access import guard, visitors
from cockpit.access.pages import PAGES, may_open
from cockpit.actions import assessments as actions
from cockpit.actions.action import Actor
from cockpit.components.lists.table import Cell, Column, table
from cockpit.components.navigation import header
from cockpit.i18n import _, language
from cockpit.labels import format, words
from cockpit.screens.admin import desk
from cockpit.screens.admin.choice import RowChoice
from cockpit.screens.assessing import explanation
from cockpit.screens.assessing import schemes as shown
from cockpit.view_state import View
from data.desk.assessing import schemes as desk_schemes
from metrics.assessment import schemes
from metrics.assessment.schemes import Scheme
from metrics.period import Period, last_day, month_start, shift

MONTHS = {"month": 1, "quarter": 3, "year": 12}
OFFERED = 4
"""Complete periods that a draft may be of."""
COLOURS = {"draft": "none", "open": "amber", "approved": "green", "published": "green", "withdrawn": "none"}


def draw(view: View) -> None:
    """The one that the address names, or the list."""
    number = st.query_params.get("id", "")
    one = next((one for one in actions.visible(visitors.desk(), view.grants) if str(one.id) == number), None)
    if one:
        explanation.card(view, one)
        return
    _listed(view)
    _drafting(view)


def _listed(view: View) -> None:
    header.title(_("Assessments"), level=1)
    desk.show_outcome()
    rows: list[list[Cell | str]] = [
        [
            Cell(one.scheme["name"][language()], view.href("assessments", id=one.id)),
            Cell(words.assessment_state(one.state), state=COLOURS[one.state]),
            format.period(Period(one.first, one.end)),
            one.made_by,
            format.stamp(desk.local(one.made_at)),
        ]
        for one in actions.visible(visitors.desk(), view.grants)
    ]
    if not rows:
        header.notice(_("There is no assessment yet."))
        return
    columns = [Column(_("Scheme"), lead=True), Column(_("State")), Column(_("Period")), Column(_("Drafted by"))]
    table([*columns, Column(_("Drafted"))], rows, key="assessments")


def _drafting(view: View) -> None:
    """The form of a new draft, for those who may; the schemes themselves for everybody."""
    known = shown.current(view)
    actor = Actor.of(guard.enter())
    if actions.DRAFT.allowed(actor, ((view.area.code, view.area.end),)):
        header.title(_("Draft an assessment"))
        choice = RowChoice("draft", {id: one.name[language()] for id, one in known.items()})
        if id := choice.draw(_("Scheme")):
            _draft(view, actor, known[id])
    links = [(_("Assessment schemes"), view.href("schemes"))] if may_open(PAGES["schemes"], actor.grants) else []
    header.title(_("Schemes"), note=_("Each period is assessed by the scheme in force on its first day"), links=links)
    for scheme in known.values():
        shown.lines(view, scheme)


def _draft(view: View, actor: Actor, scheme: Scheme) -> None:
    """The periods that a draft by a scheme may be of, and its button."""
    periods = {format.period(period): period for period in _periods(scheme, last_day(view.as_of))}
    choice = RowChoice("draft", {title: title for title in periods}, of=f"period of {scheme.id}")
    with st.form(f"{desk.form_key('draft')} {scheme.id}", border=False):
        title = choice.draw(_("Period"))
        made = st.form_submit_button(_("Draw it up"))
    if made and choice.made() and title:
        query = replace(view.query.filtered(()), period=periods[title], comparison=None)
        used = _in_force(view, scheme.id, periods[title])
        work = partial(actions.draft, visitors.desk(), actor, query, used, settings.current().data)
        desk.act(work, _("Drafted."), form="draft")


def _in_force(view: View, id: str, period: Period) -> Scheme:
    """The scheme of an id on the first day of a period; the one of today if there was none yet."""
    known = schemes.load(view.catalog, settings.current().schemes)
    rows = desk_schemes.listing(visitors.desk())
    then = schemes.in_force(known, rows, view.area.code, period.start)
    return then.get(id) or shown.current(view)[id]


def _periods(scheme: Scheme, today: date) -> list[Period]:
    """The newest complete periods of a scheme, newest first."""
    months = MONTHS[scheme.period]
    start = month_start(today)
    start = start.replace(month=(start.month - 1) // months * months + 1)
    return [Period(shift(start, -months * (i + 1)), shift(start, -months * i)) for i in range(OFFERED)]

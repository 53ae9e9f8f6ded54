"""Assessments: the list of those that the visitor may see, the form of a draft, and the schemes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import partial

import streamlit as st

from cockpit import settings
from cockpit.access import guard, visitors
from cockpit.access.policy import Can
from cockpit.actions import assessments as actions
from cockpit.actions.action import Actor
from cockpit.components.lists.table import Cell, Column, table
from cockpit.components.navigation import header
from cockpit.i18n import _, language
from cockpit.labels import format, words
from cockpit.screens.admin import desk
from cockpit.screens.assessing import explanation
from cockpit.view_state import View
from data.areas.levels import end_of
from data.desk.assessing import assessments
from data.desk.assessing.assessments import Assessment
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
    one = next((one for one in visible(view) if str(one.id) == number), None)
    if one:
        explanation.card(view, one)
        return
    _listed(view)
    _drafting(view)


def visible(view: View) -> Iterator[Assessment]:
    """Those that the visitor may see: drafts only with the right to assess there."""
    for one in assessments.listing(visitors.desk()):
        may_assess = view.grants.may(Can.ASSESS, one.area, end_of(one.area))
        shown = one.state in ("open", "approved", "published") and explanation.within(view, one)
        if may_assess or shown:
            yield one


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
        for one in visible(view)
    ]
    if not rows:
        header.notice(_("There is no assessment yet."))
        return
    columns = [Column(_("Scheme"), lead=True), Column(_("State")), Column(_("Period")), Column(_("Drafted by"))]
    table([*columns, Column(_("Drafted"))], rows, key="assessments")


def _drafting(view: View) -> None:
    """The form of a new draft, for those who may; the schemes themselves for everybody."""
    known = schemes.load(view.catalog, settings.current().schemes)
    actor = Actor.of(guard.enter())
    if actions.DRAFT.allowed(actor, ((view.area.code, view.area.end),)):
        header.title(_("Draft an assessment"))
        names = {id: one.name[language()] for id, one in known.items()}
        scheme = known[st.selectbox(_("Scheme"), list(known), format_func=names.__getitem__)]
        periods = {format.period(period): period for period in _periods(scheme, last_day(view.as_of))}
        with st.form(desk.form_key("draft"), border=False):
            period = periods[st.selectbox(_("Period"), list(periods))]
            made = st.form_submit_button(_("Draw it up"))
        if made:
            query = replace(view.query.filtered(()), period=period, comparison=None)
            work = partial(actions.draft, visitors.desk(), actor, query, scheme, settings.current().data)
            desk.act(work, _("Drafted."), form="draft")
    header.title(_("Schemes"))
    for scheme in known.values():
        _scheme(view, scheme)


def _periods(scheme: Scheme, today: date) -> list[Period]:
    """The newest complete periods of a scheme, newest first."""
    months = MONTHS[scheme.period]
    start = month_start(today)
    start = start.replace(month=(start.month - 1) // months * months + 1)
    return [Period(shift(start, -months * (i + 1)), shift(start, -months * i)) for i in range(OFFERED)]


def _scheme(view: View, scheme: Scheme) -> None:
    columns = [
        Column(_("Metric"), lead=True),
        Column(_("Weight"), number=True),
        Column(_("Target"), number=True),
        Column(_("Floor"), number=True),
    ]
    rows: list[list[Cell | str]] = []
    for line in scheme.lines:
        metric = view.catalog.metrics[line.metric]
        rows.append(
            [
                Cell(metric.name[language()], view.href("passport", metric=metric)),
                f"{line.weight:g}",
                format.quantity(metric, line.target),
                format.quantity(metric, line.floor),
            ]
        )
    note = _("at least {n} cases in every line", n=scheme.least)
    header.title(f"{scheme.name[language()]} · {words.level_heading(scheme.level, 2)}", note=note)
    table(columns, rows, key=f"scheme-{scheme.id}")

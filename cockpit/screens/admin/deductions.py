"""The table of deductions: cost, source, and for leaders the form that edits an entry."""

from functools import partial

import streamlit as st

from cockpit.access import guard, visitors
from cockpit.actions import sites as actions
from cockpit.actions.action import Actor
from cockpit.components.lists.table import Cell, Column, table
from cockpit.components.navigation import header
from cockpit.i18n import _, ngettext
from cockpit.labels import format, words
from cockpit.screens.admin import desk
from cockpit.screens.admin.choice import RowChoice
from cockpit.view_state import View
from data.desk import deductions
from data.desk.deductions import Deduction

FORM = "deduction"
"""The part of the page that says how saving went."""


def listed(view: View) -> None:
    """Every entry with its points, whether a text confirms it, and whether it lowers scores."""
    entries = deductions.listing(visitors.desk())
    header.title(_("Deductions"), note=_("Points that a site loses when a rule fails; 100 to begin with"),
                 links=[(_("All sites"), view.href("sites"))], level=1)  # fmt: skip
    columns = [
        Column(_("Indicator")), Column(_("Entry"), lead=True), Column(_("Rule")), Column(_("Columns")),
        Column(_("Points"), number=True), Column(_("Source")), Column(_("State")),
    ]  # fmt: skip
    table(columns, [_row(entry) for entry in entries], key="deductions")
    header.notice(_("Three entries are confirmed by a ministry's own check; the points of the others are yet to be."))


def _row(entry: Deduction) -> list[Cell | str]:
    span = ngettext("{n} month", "{n} months", entry.months) if entry.months else ""
    about = " · ".join(filter(None, (_columns(entry.columns), span)))
    mark = Cell(_("confirmed"), state="green") if entry.confirmed else Cell(_("to be confirmed"), state="amber")
    state = Cell(_("Counts"), state="green") if entry.enabled else Cell(_("Does not count"), state="none")
    points = format.number(entry.points, 0 if entry.points.is_integer() else 1) if entry.points is not None else "–"
    return [entry.indicator, Cell(entry.title, note=entry.name), words.rule(entry.rule), about, points, mark, state]


def _columns(pattern: str) -> str:
    return words.value("column_kind", pattern)


def form(view: View) -> None:
    """Edit an entry; for those who may."""
    actor = Actor.of(guard.enter())
    if not actions.SAVE_DEDUCTION.allowed(actor):
        return
    entries = {entry.name: entry for entry in deductions.listing(visitors.desk())}
    header.title(_("Edit an entry"))
    desk.show_outcome(FORM)
    name = RowChoice("deductions", {key: entry.title for key, entry in entries.items()}).draw(_("Entry"))
    if name is None:
        return
    # as it was when the form was first drawn: another's change neither replaces what is typed nor is overwritten
    typed, edited = f"points {name}", f"edited {name}"
    if typed not in st.session_state:  # Streamlit forgets what is typed when the page is left
        st.session_state[edited] = entries[name]
    entry = st.session_state.setdefault(edited, entries[name])
    with st.form(f"deduction {name}", enter_to_submit=False, border=False):
        first, second, third = st.columns([2, 4, 1])
        indicator = first.text_input(_("Indicator"), entry.indicator, autocomplete="off")
        title = second.text_input(_("Entry"), entry.title, autocomplete="off")
        points = third.number_input(_("Points"), None, None, entry.points, 0.5, key=typed)  # the action says its limits
        fourth, fifth, sixth, seventh = st.columns([4, 1, 1, 1])
        pattern = fourth.text_input(_("Columns: a kind, or a pattern of names"), entry.columns, autocomplete="off")
        months = fifth.number_input(_("Months"), None, None, entry.months or 0)
        confirmed = sixth.checkbox(_("confirmed"), entry.confirmed)
        enabled = seventh.checkbox(_("counts"), entry.enabled)
        saved = st.form_submit_button(_("Save"))
    if saved:
        made = Deduction(
            name, indicator, title, entry.rule, pattern, int(months) or None, points or None, confirmed, enabled
        )
        del st.session_state[edited]
        work = partial(actions.save_deduction, visitors.desk(), actor, made, entry)
        desk.act(work, _("Saved; scores follow with the next day's checks."), place=FORM)

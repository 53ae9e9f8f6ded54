"""Known events: the list, and for data officers the forms that add and remove one."""

from functools import partial

import streamlit as st

from cockpit.access import guard, visitors
from cockpit.actions import data as actions
from cockpit.actions.action import Actor
from cockpit.components.lists.table import Column, table
from cockpit.components.navigation import header
from cockpit.i18n import _, language
from cockpit.labels import format
from cockpit.labels.names import area_name
from cockpit.screens.admin import desk
from cockpit.screens.admin.choice import RowChoice
from cockpit.view_state import View
from data.desk import events
from data.desk.events import Event
from metrics import areas


def section(view: View) -> None:
    """All events with their days, and the forms."""
    header.title(_("Known events"), note=_("Marked on every trend"))
    desk.show_outcome()
    with desk.answering():
        known = events.listing(visitors.desk())
        actor = Actor.of(guard.enter())
        if known:
            columns = [Column(_("Day"), lead=True, short=True), Column(_("Event")), Column(_("Area"), short=True)]
            table(columns, [[format.day(e.day), _words(e), _where(view, e)] for e in known], key="events")
        else:
            header.notice(_("No event is kept."))
        if actions.ADD_EVENT.allowed(actor):
            _forms(view, actor, {event.id: event for event in known})


def _words(event: Event) -> str:
    return event.zh if language() == "zh" else event.en


def _where(view: View, event: Event) -> str:
    return area_name(view.edition, event.area) if event.area else _("everywhere")


def _forms(view: View, actor: Actor, known: dict[int, Event]) -> None:
    places = {0: _("everywhere")} | {place.code: place.name for place in areas.children(view.edition, view.top)}
    place = RowChoice("event", places)
    with st.form(desk.form_key("event"), enter_to_submit=False, border=False):
        first, second, third, fourth = st.columns([1, 2, 2, 1])
        day = desk.day(first, _("Day"))
        zh = second.text_input(_("Words in Chinese"), max_chars=events.LONGEST, autocomplete="off")
        en = third.text_input(_("Words in English"), max_chars=events.LONGEST, autocomplete="off")
        area = place.draw(_("Area"), fourth)
        if st.form_submit_button(_("Add event")) and place.made():
            if day is None:
                header.notice(_("Name the day of the event."), state="red")
            else:
                event = Event(day, zh, en, area or None)
                desk.act(
                    partial(actions.add_event, visitors.desk(), actor, event), _("The event is kept."), form="event"
                )
    choice = RowChoice("remove event", {id: f"{format.day(one.day)} {_words(one)}" for id, one in known.items()})
    if choice:
        with st.form(desk.form_key("remove event"), enter_to_submit=False, border=False):
            id = choice.draw(_("Event"))
            if st.form_submit_button(_("Remove event")) and choice.made() and id:
                removal = partial(actions.remove_event, visitors.desk(), actor, known[id])
                desk.act(removal, _("The event is removed."), form="remove event")

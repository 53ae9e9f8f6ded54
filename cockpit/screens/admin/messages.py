"""Messages to other systems that were not sent: why, and the buttons to send again or to discard."""

from functools import partial

import streamlit as st

from cockpit.access import guard, visitors
from cockpit.actions import cases as actions
from cockpit.actions.action import Actor
from cockpit.components.lists.table import Cell, Column, table
from cockpit.components.navigation import header
from cockpit.i18n import _
from cockpit.labels import format
from cockpit.labels.wording import worded
from cockpit.screens.admin import desk
from cockpit.screens.admin.choice import RowChoice
from data.desk.notifications import dispatches
from data.desk.notifications.dispatches import Dispatch


def section() -> None:
    """Messages given up or waiting after a failed attempt; draws nothing without any."""
    actor = Actor.of(guard.enter())
    if not actions.RETRY.allowed(actor):
        return
    with desk.answering():
        dead = dispatches.listing(visitors.desk(), "dead")
        waiting = [one for one in dispatches.listing(visitors.desk(), "waiting") if one.fault]
        messages = {one.id: one for one in (*dead, *waiting)}
        choice = RowChoice("messages", {one.id: f"{one.channel} {_about(one)}" for one in messages.values()})
        if not choice:
            return
        header.title(_("Messages that were not sent"), note=_("Later answers to the same case wait for them"))
        desk.show_outcome()
        columns = [
            Column(_("Number"), lead=True), Column(_("Channel")), Column(_("State")), Column(_("Why")),
            Column(_("Since"), short=True),
        ]  # fmt: skip
        table(columns, [_row(one) for one in messages.values()], key="messages")
        with st.form(desk.form_key("messages"), enter_to_submit=False, border=False):
            id = choice.draw(_("Number"))
            left, right = st.columns(2)
            again, away = left.form_submit_button(_("Send again")), right.form_submit_button(_("Discard"))
            if (again or away) and choice.made() and id:
                work = partial(actions.retry if again else actions.discard, visitors.desk(), actor, messages[id])
                said = _("The message is sent again.") if again else _("The message is discarded.")
                desk.act(work, said, form="messages")


def _about(one: Dispatch) -> str:
    """The case that an answer is about, else the message's key."""
    data = one.content.get("event", {}).get("data", {})
    return str(data.get("key") or one.key)


def _row(one: Dispatch) -> list[Cell | str]:
    dead = one.state == "dead"
    state = Cell(_("given up") if dead else _("tried again"), state="red" if dead else "amber",
                 note=_("{n} attempts", n=format.number(one.tries)))  # fmt: skip
    return [_about(one), one.channel, state, worded(one.fault), format.stamp(desk.local(one.made_at))]

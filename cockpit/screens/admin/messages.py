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
        messages = [*dead, *waiting]
        if not messages:
            return
        header.title(_("Messages that were not sent"), note=_("Later answers to the same case wait for them"))
        desk.show_outcome()
        columns = [
            Column(_("Number"), lead=True), Column(_("Channel")), Column(_("State")), Column(_("Why")),
            Column(_("Since"), short=True),
        ]  # fmt: skip
        table(columns, [_row(one) for one in messages], key="messages")
        with st.form(desk.form_key("messages"), enter_to_submit=False, border=False):
            by_id = {one.id: f"{one.channel} {_about(one)}" for one in messages}
            id = st.selectbox(_("Number"), list(by_id), format_func=by_id.__getitem__)
            again, away = st.columns(2)
            if again.form_submit_button(_("Send again")):
                work = partial(actions.retry, visitors.desk(), actor, _named(messages, id))
                desk.act(work, _("The message is sent again."), form="messages")
            if away.form_submit_button(_("Discard")):
                work = partial(actions.discard, visitors.desk(), actor, _named(messages, id))
                desk.act(work, _("The message is discarded."), form="messages")


def _named(messages: list[Dispatch], id: int | None) -> Dispatch:
    return next(one for one in messages if one.id == id)


def _about(one: Dispatch) -> str:
    """The case that an answer is about, else the message's key."""
    data = one.content.get("event", {}).get("data", {})
    return str(data.get("key") or one.key)


def _row(one: Dispatch) -> list[Cell | str]:
    dead = one.state == "dead"
    state = Cell(_("given up") if dead else _("tried again"), state="red" if dead else "amber",
                 note=_("{n} attempts", n=format.number(one.tries)))  # fmt: skip
    return [_about(one), one.channel, state, worded(one.fault), format.stamp(desk.local(one.made_at))]

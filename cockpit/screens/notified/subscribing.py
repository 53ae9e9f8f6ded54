"""The buttons by which a visitor is notified when a metric turns red, or of what happens to an item."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from cockpit import settings
from cockpit.access import guard, visitors
from cockpit.actions import own
from cockpit.actions.action import Actor
from cockpit.i18n import _
from cockpit.notifications import channels
from cockpit.notifications.subscriptions import red_metrics
from cockpit.screens.admin import desk
from cockpit.view_state import View
from data.desk.items.item import Item
from data.desk.notifications import choices, subscriptions


def draw(view: View) -> None:
    """Subscribe, or end the subscription; nothing for a metric without limits, or a filtered one."""
    if view.metric.thresholds is None or view.query.where:
        return
    visitor = guard.enter()
    account, actor = visitor.session.account_id, Actor.of(visitor)
    desk.show_outcome()
    with desk.answering():
        own_ones = subscriptions.of_account(visitors.desk(), account)
        here = (view.metric.id, view.area.code)
        known = next((one for one in own_ones if (one.metric, one.area) == here), None)

        def subscribe(by_mail: bool) -> None:
            is_red = bool(red_metrics(view.edition, view.catalog, view.area.code, [view.metric.id]))
            own.subscribe(visitors.desk(), actor, account, *here, is_red=is_red, by_mail=by_mail)

        end = partial(own.end_subscription, visitors.desk(), actor, account, known.id) if known else None
        _buttons(_("Notify me when this turns red"), subscribe, end, by_mail=known.by_mail if known else None)


def of_item(item: Item) -> None:
    """Subscribe to the steps and deadlines of an item, or end that."""
    visitor = guard.enter()
    account, actor = visitor.session.account_id, Actor.of(visitor)
    by_mail = subscriptions.watchers(visitors.desk(), [item.id]).get(item.id, {}).get(account)

    def subscribe(by_mail: bool) -> None:
        own.watch(visitors.desk(), actor, account, item, by_mail=by_mail)

    end = partial(own.unwatch, visitors.desk(), actor, account, item)
    _buttons(_("Notify me of this item"), subscribe, end if by_mail is not None else None, by_mail=by_mail)


def _buttons(
    text: str, subscribe: Callable[[bool], None], end: Callable[[], object] | None, *, by_mail: bool | None
) -> None:
    """by_mail: how the visitor is notified now; None: not at all. A mail is offered to who gets mails."""
    mailed = _gets_mail()
    with st.container(horizontal=True):
        if end is None:
            if st.button(text):
                desk.act(partial(subscribe, False), _("You are notified in the cockpit."))
            if mailed and st.button(_("{text}, also by mail", text=text)):
                desk.act(partial(subscribe, True), _("You are notified in the cockpit and by mail."))
            return
        if st.button(_("Notify me no more")):
            desk.act(end, _("You are not notified of it any more."))
        if mailed and by_mail and st.button(_("Without mail")):
            desk.act(partial(subscribe, False), _("You are notified in the cockpit."))
        if mailed and not by_mail and st.button(_("Also by mail")):
            desk.act(partial(subscribe, True), _("You are notified in the cockpit and by mail."))


def _gets_mail() -> bool:
    if channels.usable(settings.current()).mail is None:
        return False
    return bool(choices.read(visitors.desk(), guard.enter().session.account_id).mail)

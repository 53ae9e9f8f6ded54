"""The button by which a visitor is notified when the metric of the view turns red."""

from functools import partial

import streamlit as st

from cockpit.access import guard, visitors
from cockpit.actions import own
from cockpit.actions.action import Actor
from cockpit.i18n import _
from cockpit.notifications.subscriptions import red_metrics
from cockpit.screens.admin import desk
from cockpit.view_state import View
from data.desk.notifications import subscriptions


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
        if known and st.button(_("Notify me no more")):
            work = partial(own.end_subscription, visitors.desk(), actor, account, known.id)
            desk.act(work, _("You are not notified of it any more."))
        if not known and st.button(_("Notify me when this turns red")):
            red = red_metrics(view.edition, view.catalog, view.area.code, [view.metric.id])
            work = partial(own.subscribe, visitors.desk(), actor, account, *here, is_red=bool(red))
            desk.act(work, _("You are notified when it turns red."))

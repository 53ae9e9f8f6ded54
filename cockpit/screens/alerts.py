"""Alerts: the list of what fired, the card of one with its history and what may be done, and what is silent."""

from collections.abc import Sequence
from contextlib import nullcontext
from datetime import timedelta
from functools import partial

import streamlit as st

from cockpit import settings
from cockpit.access import guard, visitors
from cockpit.access.policy import Can
from cockpit.actions import alerts as actions
from cockpit.actions.action import Actor
from cockpit.components.base import unprinted
from cockpit.components.lists.record import Item, record
from cockpit.components.lists.table import Cell, Column, table
from cockpit.components.navigation import actions as links
from cockpit.components.navigation import header
from cockpit.i18n import _, language
from cockpit.labels import format
from cockpit.labels.names import area_name, source_name
from cockpit.screens.admin import desk
from cockpit.screens.admin.choice import RowChoice
from cockpit.screens.work import origins, shared
from cockpit.server.alerting import rules_of
from cockpit.view_state import View
from data.areas.levels import end_of
from data.desk import clock
from data.desk.alerting import alerts, silences
from data.desk.alerting.alerts import Alert, Event
from data.desk.alerting.silences import Silence
from data.desk.items import lists
from data.desk.items.item import Item as WorkItem
from data.editions.scoped import Scope
from metrics import areas
from metrics.alerting.rules import Rule

DAYS = (1, 3, 7, 14, 30)
"""Days that alerts can be silent for."""
MOST = 500


def rules() -> dict[str, Rule]:
    """The rules in force; a wrong file of the district's own stops the server's start, not a screen."""
    return rules_of(settings.current())


def here(view: View) -> Scope:
    """The codes of the area that the screen is about."""
    return ((view.area.code, view.area.end),)


def listed(view: View) -> None:
    """The current alerts of the area and all below it; with `show=over` those of the past."""
    over = st.query_params.get("show") == "over"
    with desk.answering():
        alerts_here = alerts.listing(visitors.desk(), here(view), over=over, limit=MOST)
        firing = sum(alert.state == "firing" for alert in alerts_here)
        note = _("ended") if over else _("{n} to acknowledge", n=format.number(firing))
        other = (_("Current"), view.href("alerts")) if over else (_("Ended"), view.href("alerts", show="over"))
        header.title(_("Alerts"), note=note, links=[other], level=1)
        desk.show_outcome()
        if not alerts_here:
            header.notice(
                _("No alert has ended.") if over else _("No alert is current."), state="none" if over else "green"
            )
            return
        shown, pages = desk.some(alerts_here)
        columns = [
            Column(_("Alert"), lead=True), Column(_("Where")), Column(_("Value"), number=True), Column(_("Rule")),
            Column(_("State")), Column(_("Ended at") if over else _("Since"), short=True),
        ]  # fmt: skip
        known, items = rules(), _items(shown)
        table(columns, [_row(view, alert, known, items) for alert in shown], pages=pages, key="alerts")


def _items(listed: Sequence[Alert]) -> dict[str, WorkItem]:
    """The work items that some alerts are about, as far as the visitor may open them, by number."""
    numbers = [alert.key for alert in listed if alert.source == alerts.DESK]
    return {item.number: item for item in origins.visible(lists.of_numbers(visitors.desk(), numbers))}


def _row(view: View, alert: Alert, known: dict[str, Rule], items: dict[str, WorkItem]) -> list[Cell | str]:
    item = items.get(alert.key)
    return [
        Cell(subject(view, alert), href=view.href("alerts", alert=alert.id), note=item.title if item else ""),
        area_name(view.edition, alert.area),
        _deadline(item) if item else value(view, alert),
        rule_name(known, alert.rule),
        Cell(state_in_words(alert), state=state_mark(alert)),
        format.stamp(desk.local(alert.over_at or alert.fired_at)),
    ]


def subject(view: View, alert: Alert) -> str:
    """The subject of an alert in words: the name of a site or unit, else the metric or the source."""
    metric = view.catalog.metrics.get(alert.metric)
    if alert.key:
        return alert.name
    if metric is None:
        return source_name(view.edition, alert.name) if alert.name else alert.metric
    named = metric.name[language()]
    return f"{alert.name} {named}" if alert.name else named


def value(view: View, alert: Alert) -> str:
    """The value that it has now; of a source the days without a delivery."""
    metric = view.catalog.metrics.get(alert.metric)
    if alert.value is None or alert.key:
        return ""  # the score of a site says nothing of a veto
    if metric is None:
        return format.age(timedelta(days=alert.value)) if not alert.metric else format.number(alert.value)
    return format.quantity(metric, alert.value)


def _deadline(item: WorkItem) -> str:
    """The time left of an item that is still open."""
    return shared.time_left(item.due_at, clock.now()) if item.is_open and item.due_at else ""


def rule_name(known: dict[str, Rule], id: str) -> str:
    """A rule's name; its id where it is no longer there."""
    return known[id].name[language()] if id in known else id


def state_in_words(alert: Alert) -> str:
    """The state in words, with a mark if it was not acknowledged in time."""
    words = {
        "firing": _("To acknowledge"), "acknowledged": _("Acknowledged"), "ordered": _("Order given"),
        "false_alarm": _("False alarm"), "resolved": _("Ended"),
    }  # fmt: skip
    return words[alert.state] + (_(", late") if alert.escalated and alert.state == "firing" else "")


def state_mark(alert: Alert) -> str:
    """The shape and colour of a state."""
    if alert.over_at is not None or alert.state == "false_alarm":
        return "none"
    return "red" if alert.state == "firing" else "amber"


# --- one alert ---------------------------------------------------------------------------------------


def chosen(view: View) -> Alert | None:
    """The alert that the address names, if the visitor may see its area; else says that there is none."""
    given = st.query_params.get("alert", "")
    if not given:
        return None
    alert = alerts.find(visitors.desk(), int(given)) if given.isdecimal() and len(given) < 10 else None
    if alert is None or not view.grants.may(Can.LOOK, alert.area, end_of(alert.area)):
        header.title(_("No such alert"), level=1)
        header.notice(
            _("There is no alert of this number that you may see."), links=[(_("Alerts"), view.href("alerts"))]
        )
        st.stop()
    return alert


def card(view: View, alert: Alert) -> None:
    """One alert: what, where, how far; what may be done; its history."""
    item = _items([alert]).get(alert.key)
    note = " · ".join(filter(None, (item.title if item else "", area_name(view.edition, alert.area))))
    header.title(subject(view, alert), note=note, level=1)
    desk.show_outcome()
    known = rules()
    due = alert.due_at if alert.state == "firing" else None
    record(
        [
            Item(_("State"), state_in_words(alert), state=state_mark(alert)),
            Item(_("Deadline"), _deadline(item))
            if item
            else Item(_("Value"), value(view, alert), note=_limit(view, alert)),
            Item(_("Rule"), rule_name(known, alert.rule)),
            Item(_("First seen in the data of"), format.stamp(alert.first_at)),
            Item(_("Last seen in the data of"), format.stamp(alert.last_at)),
            Item(_("To be acknowledged by"), format.stamp(desk.local(due)) if due else ""),
        ],
        key="alert",
    )
    links.actions([*_ways(view, alert), (_("Alerts"), view.href("alerts"))], key="ways")
    undecided = alert.is_open and alert.state != "ordered"
    if undecided:
        _forms(alert)
    origins.about(view, "alert", str(alert.id), area=alert.area, title=_title(view, alert), more=undecided)
    with desk.answering():
        _history(alerts.history(visitors.desk(), [alert.id])[alert.id])


def _title(view: View, alert: Alert) -> str:
    """The title of an item about the alert."""
    return f"{area_name(view.edition, alert.area)} {subject(view, alert)}"


def _limit(view: View, alert: Alert) -> str:
    """The limit of the metric at the area's level."""
    metric = view.catalog.metrics.get(alert.metric)
    if metric is None or metric.thresholds is None or alert.key:
        return ""
    level = areas.area(view.edition, alert.area).level
    return _("limit {bound}", bound=format.alarm(view.catalog, metric, level))


def _ways(view: View, alert: Alert) -> list[tuple[str, str]]:
    """The pages where its number is shown, explained and listed."""
    metric = view.catalog.metrics.get(alert.metric)
    if alert.source == alerts.DESK:
        return [(_("Work item"), view.href("item", item=alert.key))]
    if alert.key:
        return [(_("Site"), view.href("site", source=alert.source, key=alert.key))]
    if metric is None:
        return [(_("Data"), view.data_page())]
    unit = {"department": alert.name} if alert.name else {}
    return [
        (_("Cockpit"), view.href(area=alert.area, metric=metric)),
        (_("Rows"), "" if metric.components else view.href("rows", area=alert.area, metric=metric, **unit)),
        (_("Why"), "" if unit else view.href("why", area=alert.area, metric=metric)),
    ]


def _forms(alert: Alert) -> None:
    actor, place = Actor.of(guard.enter()), ((alert.area, end_of(alert.area)),)
    if not actions.ACKNOWLEDGE.allowed(actor, place):
        return
    if alert.state == "firing" and st.button(_("Acknowledge"), type="primary"):
        desk.act(partial(actions.acknowledge, visitors.desk(), actor, alert.id), _("The alert is acknowledged."))
    with st.form(desk.form_key(f"false alarm {alert.id}"), enter_to_submit=False, border=False):
        note = st.text_input(_("Why it is a false alarm"), max_chars=alerts.LONGEST_NOTE, autocomplete="off")
        if st.form_submit_button(_("False alarm")):
            work = partial(actions.false_alarm, visitors.desk(), actor, alert.id, note)
            desk.act(work, _("The alert is called false."), form=f"false alarm {alert.id}")


def _history(events: Sequence[Event]) -> None:
    words = {
        "fired": _("Fired"), "acknowledged": _("Acknowledged"), "ordered": _("Order given"),
        "false_alarm": _("False alarm"), "escalated": _("Passed on to the area above"), "resolved": _("Ended"),
    }  # fmt: skip
    header.title(_("History"))
    columns = [Column(_("When"), short=True, lead=True), Column(_("What")), Column(_("Who")), Column(_("Note"))]
    rows = [[format.stamp(desk.local(e.at)), words[e.what], e.who or _("the system"), e.note] for e in events]
    table(columns, rows, key="history")


# --- silences ----------------------------------------------------------------------------------------


def silenced(view: View) -> None:
    """The silences in the area with reason and end; and the form to add one, for those who may."""
    with desk.answering():
        area = view.area
        silences_here = [
            one for one in silences.listing(visitors.desk()) if one.first_code < area.end and area.code < one.end_code
        ]
        actor = Actor.of(guard.enter())
        may = actions.SILENCE.allowed(actor, here(view))
        if not silences_here and not may:
            return
        known = rules()
        with nullcontext() if silences_here else unprinted("silent"):
            header.title(_("Silent"), note=_("These alerts do not fire"))
        if silences_here:
            columns = [
                Column(_("Rule"), lead=True), Column(_("Where")), Column(_("Until"), short=True), Column(_("Reason")),
                Column(_("Who")),
            ]  # fmt: skip
            table(columns, [_silence_row(view, one, known) for one in silences_here], key="silences")
        if may:
            with unprinted("silence"):
                _silence_forms(view, actor, known, silences_here)


def _silence_row(view: View, one: Silence, known: dict[str, Rule]) -> list[Cell | str]:
    return [*_silence_title(view, one, known), one.reason, one.who]


def _silence_title(view: View, one: Silence, known: dict[str, Rule]) -> tuple[str, str, str]:
    rule = rule_name(known, one.rule) if one.rule else _("all rules")
    return rule, area_name(view.edition, one.first_code), format.stamp(desk.local(one.until))


def _silence_forms(view: View, actor: Actor, known: dict[str, Rule], current: Sequence[Silence]) -> None:
    names = {"": _("all rules")} | {rule.id: rule.name[language()] for rule in known.values()}
    with st.form(desk.form_key("silence"), enter_to_submit=False, border=False):
        first, second, third = st.columns([2, 1, 3])
        rule = first.selectbox(_("Rule"), list(names), format_func=names.__getitem__)
        days = second.selectbox(_("Days"), DAYS)
        reason = third.text_input(_("Reason"), max_chars=silences.LONGEST_REASON, autocomplete="off")
        if st.form_submit_button(_("Silence in {area}", area=desk.plain(view.area.name))):
            until = clock.now() + timedelta(days=days)
            one = Silence(rule, view.area.code, view.area.end, reason, until, actor.name)
            desk.act(
                partial(actions.silence, visitors.desk(), actor, one), _("These alerts are silent now."), form="silence"
            )
    mine = [one for one in current if actions.END_SILENCE.allowed(actor, ((one.first_code, one.end_code),))]
    choice = RowChoice("end silence", {one.id: " ".join(_silence_title(view, one, known)) for one in mine})
    if choice:
        with st.form(desk.form_key("end silence"), enter_to_submit=False, border=False):
            id = choice.draw(_("Silence"))
            if st.form_submit_button(_("End the silence")) and choice.made():
                one = next(one for one in mine if one.id == id)
                work = partial(actions.end_silence, visitors.desk(), actor, one)
                desk.act(work, _("What is still true fires with the next data."), form="end silence")

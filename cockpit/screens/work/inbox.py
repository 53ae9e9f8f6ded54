"""The inbox: items that wait for the visitor, for others, and those overdue, by deadline."""

from datetime import datetime

import streamlit as st

from cockpit.access import guard, visitors
from cockpit.actions import items as actions
from cockpit.components.base import unprinted
from cockpit.components.lists.todo import Card, Count, todo
from cockpit.components.navigation import actions as links
from cockpit.components.navigation import header, searchbox
from cockpit.components.navigation.header import Chip
from cockpit.i18n import _, language
from cockpit.labels import format
from cockpit.labels.names import area_name
from cockpit.nav import here
from cockpit.screens.admin import desk
from cockpit.screens.work import ledger, shared
from cockpit.view_state import View
from data.desk import clock
from data.desk.items import lists
from data.desk.items.item import Item
from data.desk.items.lists import VIEWS, Filter


def draw(view: View) -> None:
    """Counts that choose the list, a card an item, and the kinds that may be begun here."""
    header.title(_("Work items"), level=1, links=[(_("Board"), view.href("board"))])
    desk.show_outcome()
    begin = [
        (_("Begin: {kind}", kind=flow.name[language()]), view.href("start", kind=id))
        for id, flow in shared.startable(view.area.code).items()
    ]
    with desk.answering():
        reader, now, chosen, only = actions.reader(shared.actor()), clock.now(), _chosen(), _filter()
        searchbox.searchbox(_("Number or title"), here(q=None, page=None), value=only.text)
        if chips := _chips(only):
            header.chips(chips)
        who = guard.enter()
        exporter = ledger.exporter(who.name, who.grants)
        may_export = bool(exporter.held)
        number = desk.page_number()
        skip = (number - 1) * desk.AT_ONCE
        sampled = ledger.read_sample(st.query_params.get("sample", "")) if may_export else None
        if sampled:
            items = lists.sample(visitors.desk(), exporter, chosen, now, only, *sampled)[: desk.AT_ONCE]
            guard.note("drill", f"items {chosen} {only.kind} sample {sampled[0]} seed {sampled[1]}")
            header.chips([Chip(ledger.in_words(sampled), here(sample=None))])
        else:
            items = lists.items(visitors.desk(), reader, chosen, now, only, most=desk.AT_ONCE + 1, skip=skip)
        cards = [_card(view, item, now) for item in items[: desk.AT_ONCE]]
        todo(cards, counts=_counts(reader, chosen, now, only), empty=_("Nothing is waiting here."), key="inbox")
        pages = desk.pages(number, more=len(items) > desk.AT_ONCE)
        if pages:
            links.actions([(page.text, page.href) for page in pages], key="pages")
    if may_export:
        links.actions(ledger.ways(), key="ledger")
    if begin:
        with unprinted("begin"):
            header.title(_("Begin an item"), note=view.area.name)
            links.actions(begin, key="begin")


def _chosen() -> lists.View:
    show = st.query_params.get("show")
    return next((view for view in VIEWS if view == show), "mine")


def _filter() -> Filter:
    """The filter of the list in the address."""
    given = st.query_params
    kind = given.get("kind", "")
    return Filter(kind, given.get("state", "") if kind else "", given.get("owner", ""), given.get("q", "").strip())


def _chips(only: Filter) -> list[Chip]:
    """The filters in words, each with the address without it."""
    flow = shared.rules().flows.get(only.kind)
    state = flow.states.get(only.state) if flow else None
    unit = _("no unit yet") if only.unit == lists.NO_UNIT else only.unit
    chips = [
        (flow.name[language()] if flow else only.kind, here(kind=None, state=None, page=None)),
        (state.name[language()] if state else only.state, here(state=None, page=None)),
        (unit, here(owner=None, page=None)),
        (only.text, here(q=None, page=None)),
    ]
    return [Chip(text, remove) for text, remove in chips if text]


def _counts(reader: lists.Reader, chosen: lists.View, now: datetime, only: Filter) -> list[Count]:
    words = {
        "mine": _("For me"), "waiting": _("Waiting for others"), "overdue": _("Overdue"), "all": _("All open"),
        "closed": _("Closed"),
    }  # fmt: skip
    counts = []
    for name in VIEWS:
        n = lists.count(visitors.desk(), reader, name, now, only)
        state = "red" if name == "overdue" and n else "none"
        text = format.number(n) if n < lists.MOST_COUNTED else f"{format.number(n - 1)}+"
        counts.append(Count(words[name], text, state, here(show=name, page=None), name == chosen))
    return counts


def _card(view: View, item: Item, now: datetime) -> Card:
    facts = (
        item.number, shared.state_name(item), shared.colour_name(item.colour(now)),
        area_name(view.edition, item.area), item.unit or "",
        _("by {time}", time=shared.stamp(item.due_at)) if item.due_at else _("no deadline"),
    )  # fmt: skip
    return Card(
        item.title,
        view.href("item", item=item.number),
        shared.kind_name(item),
        shared.mark(item, now),
        shared.time_left(item.due_at, now) if item.due_at else "",
        tuple(fact for fact in facts if fact),
    )

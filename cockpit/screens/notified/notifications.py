"""The visitor's own notifications. Marking as read is not audited: nobody else learns what somebody has read."""

import streamlit as st

from cockpit import nav
from cockpit.access import guard, visitors
from cockpit.access import notifications as counts
from cockpit.components.lists.table import Cell, Column, table
from cockpit.components.lists.todo import Count, todo
from cockpit.components.navigation import header
from cockpit.i18n import _
from cockpit.labels import format
from cockpit.labels.wording import worded
from cockpit.screens.admin import desk
from cockpit.view_state import View
from data.desk.notifications import store
from data.desk.notifications.store import KINDS, Stored

STATES = {"red": "red", "yellow": "amber", "blue": "none", "none": "none"}
"""Shape and colour of a severity."""


def draw(view: View) -> None:
    """The list with its filters. With `open=ID` that notification is marked as read and its screen opens."""
    account = guard.enter().session.account_id
    with desk.answering():
        _open(account)
        header.title(_("Notifications"), level=1)
        desk.show_outcome()
        chosen, number = _chosen(), desk.page_number()
        unread = store.count_unread(visitors.desk(), account)
        _filters(view, chosen, unread)
        notifications = store.listing(
            visitors.desk(), account, unread=chosen == "unread", kind=chosen if chosen in KINDS else "",
            most=desk.AT_ONCE + 1, skip=(number - 1) * desk.AT_ONCE,
        )  # fmt: skip
        if not notifications:
            header.notice(_("There are no notifications here."), state="none")
            return
        columns = [Column(_("Notification"), lead=True), Column(_("Kind")), Column(_("When"), short=True)]
        pages = desk.pages(number, more=len(notifications) > desk.AT_ONCE)
        table(columns, [_row(view, one) for one in notifications[: desk.AT_ONCE]], pages=pages, key="notifications")
        if unread and st.button(_("Mark all as read")):
            _mark(account)
            st.rerun()


def _open(account: int) -> None:
    given = st.query_params.get("open", "")
    notification = store.find(visitors.desk(), account, int(given)) if given.isdecimal() and len(given) < 10 else None
    if notification and not notification.is_read:
        _mark(account, notification.id)
        if notification.link:
            nav.go(_spoken(notification.link))
        st.rerun()


def _mark(account: int, id: int | None = None) -> None:
    store.mark_read(visitors.desk(), account, None if id is None else [id])
    counts.forget(account)


def _chosen() -> str:
    kind = st.query_params.get("show", "")
    return kind if kind in ("unread", *KINDS) else "all"


def _filters(view: View, chosen: str, unread: int) -> None:
    n = format.number(unread) if unread < store.MOST_COUNTED else f"{format.number(unread - 1)}+"
    words = {"all": _("All"), "unread": _("Unread"), **kinds()}
    shown = [
        Count(text, n if name == "unread" else "", "none", view.href("notifications", show=name), name == chosen)
        for name, text in words.items()
    ]
    todo([], counts=shown, key="filters")


def kinds() -> dict[str, str]:
    """The label of each kind of notification."""
    return {
        "alert": _("Alerts"), "item": _("Work items"), "deadline": _("Deadlines"),
        "subscription": _("Subscriptions"), "answer": _("Answers to other systems"),
    }  # fmt: skip


def _row(view: View, one: Stored) -> list[Cell | str]:
    href = _spoken(one.link) if one.is_read else view.href("notifications", open=one.id)
    text = Cell(worded(one.message), href=href, state=STATES[one.severity], note="" if one.is_read else _("unread"))
    return [text, kinds().get(one.kind, one.kind), format.stamp(desk.local(one.made_at))]


def _spoken(address: str) -> str:
    """A stored address in the language of the screen."""
    lang = st.query_params.get("lang")
    return f"{address}{'&' if '?' in address else '?'}lang={lang}" if lang and address else address

"""The accounts page of the system administrator."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from cockpit.access import visitors
from cockpit.access.visitors import Visitor
from cockpit.actions import accounts as actions
from cockpit.actions.action import Actor
from cockpit.components.lists.record import Item, record
from cockpit.components.lists.table import Cell, Column, table
from cockpit.components.navigation import header, searchbox
from cockpit.i18n import _, ngettext, pgettext
from cockpit.labels import format
from cockpit.nav import here
from cockpit.screens.admin import desk
from data.desk import clock
from data.desk.errors import Refused
from data.desk.identity import accounts, identities, requests
from data.desk.identity.accounts import Account
from data.desk.store import Desk


def listed() -> None:
    """All accounts, or those that a search finds."""
    search = st.query_params.get("q", "")
    matches = [a for a, _held in accounts.listing(visitors.desk()) if search.lower() in f"{a.name} {a.title}".lower()]
    header.title(_("Accounts"), note=ngettext("{n} account", "{n} accounts", len(matches)), level=1)
    desk.show_outcome()
    searchbox.searchbox(_("Name or office"), here(q=None, page=None, account=None), value=search)
    columns = [
        Column(_("Account"), lead=True),
        Column(_("Name and office")),
        Column(_("State")),
        Column(_("Password")),
        Column(_("Second factor")),
    ]
    shown, pages = desk.some(matches)
    table(columns, [_row(account) for account in shown], pages=pages, key="accounts")


def _row(account: Account) -> list[Cell | str]:
    return [
        Cell(account.name, here(account=account.name)),
        account.title,
        _state(account),
        _("To be changed at the next sign-in") if account.must_change else _("Own"),
        pgettext("state", "Set up") if account.has_totp else "–",
    ]


def _state(account: Account) -> Cell:
    if account.disabled:
        return Cell(_("Locked"), state="red")
    if account.locked_until and account.locked_until > clock.now():
        until = format.stamp(desk.local(account.locked_until))
        return Cell(_("Locked after failures until {time}", time=until), state="amber")
    return Cell(_("In use"), state="green")


def chosen() -> Account | None:
    """The account that the address names."""
    name = st.query_params.get("account", "")
    try:
        return accounts.named(visitors.desk(), name) if name else None
    except Refused:
        header.notice(_("There is no account {name}.", name=name))
        return None


def one(visitor: Visitor, account: Account) -> None:
    """One account, and what can be done with it."""
    header.title(account.name, note=account.title, links=[(_("All accounts"), here(account=None))], level=1)
    desk.show_outcome()
    state = _state(account)
    record(
        [
            Item(_("State"), state.text, state=state.state),
            Item(_("Password"), _("To be changed at the next sign-in") if account.must_change else _("Own")),
            Item(_("Second factor"), _("Set up") if account.has_totp else _("None")),
        ],
        key="account",
    )
    if account.name == visitor.name:
        header.notice(_("This is your own account: another system administrator acts on it."))
        return
    with st.container(horizontal=True, key="acts"):
        _acts(visitor, account)


def _acts(visitor: Visitor, account: Account) -> None:
    name, by = account.name, (visitors.desk(), Actor.of(visitor), account.name)
    if account.disabled or account.locked_until:
        if st.button(_("Unlock")):
            desk.act(partial(actions.unlock, *by), _("{name} is open again.", name=name))
    elif st.button(_("Lock")):
        desk.act(partial(actions.lock, *by), _("{name} is locked, its sessions have ended.", name=name))
    if st.button(_("New password")):
        said = _("{name} has a new password, to be changed at the next sign-in.", name=name)
        _reset(by, "set_password", partial(desk.act, partial(actions.set_password, *by), said, secret=True))
    if st.button(_("End its sessions")):
        desk.act(partial(actions.end_sessions, *by), _("The sessions of {name} have ended.", name=name))
    if account.has_totp and st.button(_("Take the second factor away")):
        said = _("{name} signs in by password alone.", name=name)
        _reset(by, "remove_factor", partial(desk.act, partial(actions.remove_factor, *by), said))
    if identities.tied(visitors.desk(), account.id) and st.button(_("Untie from the unified identity")):
        said = _("{name} is untied. To tie it again its owner confirms with the account's password.", name=name)
        desk.act(partial(actions.unlink, *by), said)


def _reset(by: tuple[Desk, Actor, str], kind: str, do: Callable[[], None]) -> None:
    """Do it, or let a second administrator confirm it where the account is an administrator's."""
    if not actions.needs_second(*by):
        do()
        return
    store, actor, name = by
    said = _("Another system administrator has to confirm this within a day.")
    desk.act(partial(actions.ask, store, actor, kind, name), said)


def requested(visitor: Visitor) -> None:
    """Requests of one administrator that a second one has to confirm."""
    waiting = requests.waiting(visitors.desk())
    if not waiting:
        return
    header.title(_("To be confirmed by a second administrator"))
    by, words = (visitors.desk(), Actor.of(visitor)), {
        "set_password": _("New password"), "remove_factor": _("Take the second factor away"),
    }  # fmt: skip
    for one in waiting:
        with st.container(horizontal=True, vertical_alignment="center", key=f"request{one.id}"):
            st.text(f"{one.name} · {words[one.kind]} · {one.asked_by} · {format.stamp(desk.local(one.asked_at))}")
            if visitor.name not in (one.name, one.asked_by) and st.button(_("Confirm"), key=f"confirm{one.id}"):
                done, secret = _("Done for {name}.", name=one.name), one.kind == "set_password"
                desk.act(partial(actions.confirm, *by, one.id), done, secret=secret)
            if st.button(_("Withdraw"), key=f"withdraw{one.id}"):
                desk.act(partial(actions.withdraw, *by, one.id), _("The request was withdrawn."))


def add(visitor: Visitor) -> None:
    """The form of a new account. It can do nothing until the security administrator grants it a role."""
    header.title(_("Add an account"), note=_("It may see nothing until it is granted a role"))
    with st.form(desk.form_key("add"), enter_to_submit=False, border=False):
        left, right = st.columns(2)
        name = left.text_input(_("Account"), max_chars=60, autocomplete="off").strip()
        title = right.text_input(_("Name and office"), max_chars=120, autocomplete="off").strip()
        if st.form_submit_button(_("Add")):
            said = _("{name} can sign in, and changes this password then.", name=name)
            desk.act(
                partial(actions.add, visitors.desk(), Actor.of(visitor), name, title=title),
                said,
                secret=True,
                form="add",
            )

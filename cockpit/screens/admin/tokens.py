"""The tokens of systems, for the security administrator: which there are, and the forms that issue and revoke one."""

import re
from functools import partial

import streamlit as st

from cockpit import settings
from cockpit.access import visitors
from cockpit.access.visitors import Visitor
from cockpit.actions import grants as actions
from cockpit.actions.action import Actor
from cockpit.components.lists.table import Cell, Column, table
from cockpit.components.navigation import header
from cockpit.i18n import _
from cockpit.labels import format
from cockpit.screens.admin import desk, grants
from cockpit.screens.admin.choice import RowChoice
from data.desk import clock
from data.desk.identity import tokens
from data.desk.identity.tokens import Token

PLACE = "tokens"
"""The part of the page that says how an action went."""
USUAL_DAYS = 365


def section(visitor: Visitor) -> None:
    """All tokens, those in use first, and the forms."""
    known = sorted(tokens.listing(visitors.desk()), key=lambda one: (not _in_use(one), -one.id))
    header.title(_("Tokens of systems"), note=_("For the HTTP API; a token is shown once, when it is issued"))
    desk.show_outcome(PLACE, _("Token"))
    if known:
        columns = [
            Column(_("No."), number=True), Column(_("System"), lead=True), Column(_("Area"), short=True),
            Column(_("Reports")), Column(_("Sources")), Column(_("Holds")),
        ]  # fmt: skip
        table(columns, [_row(one) for one in known], key="tokens")
    else:
        header.notice(_("No token has been issued."))
    _issue(visitor)
    _revoke(visitor, {one.id: one for one in known if _in_use(one)})


def _in_use(token: Token) -> bool:
    return token.revoked_at is None and token.expires_at > clock.now()


def _row(token: Token) -> list[Cell | str]:
    reports = _("Yes") if token.reports else _("No")
    return [
        str(token.id), token.system, grants.area(token.area), reports, ", ".join(token.sources) or "–", _state(token),
    ]  # fmt: skip


def _state(token: Token) -> Cell:
    if token.revoked_at:
        return Cell(_("revoked {day}", day=format.day(desk.local(token.revoked_at).date())), state="none")
    day = format.day(desk.local(token.expires_at).date())
    if _in_use(token):
        return Cell(_("until {day}", day=day), state="green")
    return Cell(_("ended {day}", day=day), state="none")


def _issue(visitor: Visitor) -> None:
    header.title(_("Issue a token"), level=3)
    with st.form(desk.form_key("token"), enter_to_submit=False, border=False):
        first, second, third = st.columns([2, 3, 3])
        system = first.text_input(_("System"), max_chars=tokens.LONGEST_NAME, autocomplete="off")
        place = second.text_input(_("Area that it may read: name or code"), autocomplete="off")
        sources = third.text_input(_("Sources that it may push to, separated by commas"), autocomplete="off")
        fourth, fifth, _rest = st.columns([2, 3, 3], vertical_alignment="bottom")
        days = fourth.number_input(_("Days"), None, None, USUAL_DAYS)
        reports = fifth.checkbox(_("It may ask for reports without single cases"))
        if st.form_submit_button(_("Issue")):
            _issued(visitor, system, place.strip(), sources, int(days or 0), reports)


def _issued(visitor: Visitor, system: str, place: str, sources: str, days: int, reports: bool) -> None:
    code = grants.named(place) if place else None
    if isinstance(code, list):
        grants.no_area(place, code)
        return
    work = partial(
        actions.issue_token, visitors.desk(), Actor.of(visitor), settings.current(), system, area=code, days=days,
        sources=tuple(filter(None, re.split(r"[,，;；\s]+", sources))), reports=reports,
    )  # fmt: skip
    said = _("The token of {system} is issued: put it into the system now.", system=system)
    desk.act(work, said, secret=True, form="token", place=PLACE)


def _revoke(visitor: Visitor, known: dict[int, Token]) -> None:
    choice = RowChoice("revoke token", {id: f"{id} {one.system}" for id, one in known.items()})
    if not choice:
        return
    with st.form(desk.form_key("revoke token"), enter_to_submit=False, border=False):
        id = choice.draw(_("Token"))
        if st.form_submit_button(_("Revoke")) and choice.made() and id:
            work = partial(actions.revoke_token, visitors.desk(), Actor.of(visitor), id)
            desk.act(work, _("The token is revoked and refused from now on."), form="revoke token", place=PLACE)

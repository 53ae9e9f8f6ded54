"""The grants page of the security administrator: roles of accounts by area, with validity."""

from datetime import date
from functools import partial

import streamlit as st

from cockpit import editions, settings
from cockpit.access import visitors
from cockpit.access.signin import demo
from cockpit.access.visitors import Visitor
from cockpit.actions import grants as actions
from cockpit.actions.action import Actor
from cockpit.components.lists.table import Cell, Column, table
from cockpit.components.navigation import header, searchbox
from cockpit.i18n import _, ngettext
from cockpit.labels import format
from cockpit.nav import here
from cockpit.screens.admin import desk
from data.desk.identity import accounts
from data.desk.identity.accounts import Account, Grant
from data.desk.identity.roles import ADMINISTRATORS, ROLES
from data.editions.scoped import EVERYTHING
from data.errors import DataError
from metrics import areas, directory
from metrics.areas import Area
from metrics.errors import MetricsError
from metrics.search import areas_like

MOST_NEAR = 5
MOST_UNITS = 12
"""Units that a refusal names."""
Days = tuple[date | None, date | None]
Holder = tuple[Account, list[Grant]]


def listed() -> None:
    """All accounts with what they are granted, or those that a search finds."""
    search = st.query_params.get("q", "").lower()
    holders = [holder for holder in accounts.listing(visitors.desk()) if search in _words(holder)]
    header.title(_("Grants"), note=ngettext("{n} account", "{n} accounts", len(holders)), level=1)
    desk.show_outcome()
    searchbox.searchbox(_("Name, office or role"), here(q=None, page=None, account=None), value=search)
    shown, pages = desk.some(holders)
    lines = [line for holder in shown for line in _lines(holder)]
    columns = [
        Column(_("Account"), lead=True),
        Column(_("Name and office")),
        Column(_("Role")),
        Column(_("Area"), short=True),
        Column(_("Unit")),
        Column(_("Holds")),
    ]
    table(columns, lines, pages=pages, key="grants")


def _words(holder: Holder) -> str:
    account, grants = holder
    return " ".join([account.name, account.title, *(f"{g.role} {demo.title(g.role)}" for g in grants)]).lower()


def _lines(holder: Holder) -> list[list[Cell | str]]:
    account, grants = holder
    name = Cell(account.name, here(account=account.name))
    if not grants:
        return [[name, account.title, Cell(_("None"), state="none"), "", "", ""]]
    return [[name, account.title, demo.title(g.role), area(g.area), g.unit, when(g)] for g in grants]


def area(code: int | None) -> str:
    """An area's name and code; the code alone where nothing that is published holds it."""
    if code is None:
        return "–"
    try:
        place = areas.area(editions.current(settings.current()), code)
    except (DataError, MetricsError):
        return str(code)
    return f"{place.name} {code}"


def when(grant: Grant) -> Cell:
    """Whether a grant holds today, and its days."""
    today = visitors.today()
    note = _("said by the unified identity") if grant.by_provider else ""
    if grant.first_day and grant.first_day > today:
        return Cell(_("from {day}", day=format.day(grant.first_day)), state="amber", note=note)
    if grant.last_day and grant.last_day < today:
        return Cell(_("ended {day}", day=format.day(grant.last_day)), state="none", note=note)
    until = _("until {day}", day=format.day(grant.last_day)) if grant.last_day else _("without an end")
    return Cell(until, state="green", note=note)


def chosen() -> Holder | None:
    """The account that the address names, with its grants."""
    name = st.query_params.get("account", "")
    holder = next((h for h in accounts.listing(visitors.desk()) if h[0].name == name), None) if name else None
    if name and holder is None:
        header.notice(_("There is no account {name}.", name=name))
    return holder


def one(visitor: Visitor, holder: Holder) -> None:
    """The grants of one account, each with a button to revoke it, and the form for a new grant."""
    account, grants = holder
    header.title(account.name, note=account.title, links=[(_("All accounts"), here(account=None))], level=1)
    desk.show_outcome()
    if account.name == visitor.name:
        header.notice(_("These are your own grants: another security administrator acts on them."))
        return
    if not grants:
        header.notice(_("Nothing has been granted to this account."))
    for grant in grants:
        words, act = st.columns([5, 1], vertical_alignment="center")
        days = when(grant)
        note = " · ".join(
            filter(None, (area(grant.area) if grant.area is not None else "", grant.unit, days.text, days.note))
        )
        with words:
            header.title(demo.title(grant.role), note=note, level=3)
        if act.button(_("Revoke"), key=f"revoke {account.name} {grant.role} {grant.area}"):
            _revoke(visitor, account, grant)
    _form(visitor, account)


def _revoke(visitor: Visitor, account: Account, grant: Grant) -> None:
    work = partial(actions.revoke, visitors.desk(), Actor.of(visitor), account.name, grant.role, grant.area)
    desk.act(work, _("The grant is revoked; open screens feel it within seconds."))


def _form(visitor: Visitor, account: Account) -> None:
    header.title(_("Grant a role"))
    with st.form(desk.form_key("grant"), enter_to_submit=False, border=False):
        first, second, unit, third, fourth = st.columns([2, 3, 3, 2, 2])
        role = first.selectbox(_("Role"), ROLES, format_func=demo.title)
        place = second.text_input(_("Area: name or code; none for an administrator"), autocomplete="off")
        part = unit.text_input(_("Unit of the area; none: any"), max_chars=accounts.LONGEST_UNIT, autocomplete="off")
        start = desk.day(third, _("First day"))
        end = desk.day(fourth, _("Last day"))
        if st.form_submit_button(_("Grant")):
            _grant(visitor, account, role, place, part.strip(), (start, end))


def _grant(visitor: Visitor, account: Account, role: str, place: str, unit: str, days: Days) -> None:
    code = None
    if place.strip():
        match = named(place.strip())
        if not isinstance(match, int):
            no_area(place, match)
            return
        code = match
    if (code is None) != (role in ADMINISTRATORS):
        text = _("An administrator's role has no area; every other role needs one.")
        header.notice(text, state="red")
        return
    if unit and (others := _other_units(unit, code)) is not None:
        text = _("{area} has no unit {unit}. Its units: {near}", area=area(code), unit=unit, near=others or _("none"))
        header.notice(text, state="red")
        return
    by = (visitors.desk(), Actor.of(visitor), account.name, role, code)
    work = partial(actions.grant, *by, first_day=days[0], last_day=days[1], unit=unit)
    desk.act(work, _("{name} is now {role}.", name=account.name, role=demo.title(role)), form="grant")


def _other_units(unit: str, code: int | None) -> str | None:
    """The units that an area has where it has none of this name; None where it has it, or nothing is published."""
    try:
        known = directory.unit_names(editions.current(settings.current()), [code] if code is not None else [])
    except DataError:
        return None
    return None if unit in known else ", ".join(known[:MOST_UNITS])


def no_area(text: str, near: list[Area]) -> None:
    """Say that a text names no area, or several, and which come near."""
    listed = ", ".join(f"{a.name} {a.code}" for a in near) or _("none")
    header.notice(_("{area} is not the name or code of one area. Near: {near}", area=text, near=listed), state="red")


def named(text: str) -> int | list[Area]:
    """The code that a text names, or the areas it may have meant."""
    try:
        edition = editions.current(settings.current()).scoped(EVERYTHING)
    except DataError:
        return int(text) if text.isdecimal() and len(text) == 12 else []
    matches = areas_like(edition, text, MOST_NEAR)
    exact = [a for a in matches if text in (a.name, f"{a.code:012}")]
    return exact[0].code if len(exact) == 1 else matches

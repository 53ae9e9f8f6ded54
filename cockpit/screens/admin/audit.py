"""The audit, for the audit administrator: who did what, filtered, and whether the chain is intact."""

from datetime import date, datetime, time, timedelta

import streamlit as st

from cockpit import nav
from cockpit.access import record, visitors
from cockpit.access.signin import demo
from cockpit.access.visitors import Visitor
from cockpit.address import link
from cockpit.components.lists.table import Cell, Column, table
from cockpit.components.navigation import actions, header
from cockpit.i18n import _, ngettext
from cockpit.labels.wording import worded
from cockpit.screens.admin import audit_export, desk
from data.desk.auditing import audit
from data.desk.auditing.audit import EVENTS
from data.desk.auditing.proof import verify

FILTERS = ("event", "who", "since", "until")


def filters() -> None:
    """A form whose answer is an address: event, who, and the days."""
    parameters = st.query_params
    with st.form("filters", enter_to_submit=False, border=False):
        first, second, third, fourth = st.columns(4)
        offered = ("", *EVENTS)
        kind = parameters.get("event", "")
        index = offered.index(kind) if kind in offered else 0
        event = first.selectbox(_("Event"), offered, index=index, format_func=lambda name: _events().get(name, name))
        who = second.text_input(_("Who"), value=parameters.get("who", ""), max_chars=120, autocomplete="off").strip()
        since = desk.day(third, _("First day"), _day("since"))
        until = desk.day(fourth, _("Last day"), _day("until"))
        if st.form_submit_button(_("Show")):
            others = {name: value for name, value in parameters.to_dict().items() if name not in (*FILTERS, "page")}
            nav.go(link("audit", others | {"event": event, "who": who, "since": since, "until": until}))
            st.rerun()


def listed() -> None:
    """The rows that the address asks for, the newest first."""
    number = desk.page_number()
    since, until = _day("since"), _day("until")
    entries = audit.entries(
        visitors.desk(),
        event=st.query_params.get("event") or None,
        who=st.query_params.get("who") or None,
        since=_instant(since) if since else None,
        until=_instant(until + timedelta(days=1)) if until else None,
        limit=desk.AT_ONCE + 1,
        offset=(number - 1) * desk.AT_ONCE,
    )
    if not entries:
        header.notice(_("Nothing of this kind was recorded."))
        return
    columns = [
        Column(_("Number"), number=True),
        Column(_("Time"), short=True),
        Column(_("Who"), lead=True),
        Column(_("Role")),
        Column(_("Scope")),
        Column(_("Event")),
        Column(_("What")),
        Column(_("Result")),
        Column(_("From")),
    ]
    shown, more = entries[: desk.AT_ONCE], len(entries) > desk.AT_ONCE
    table(columns, [_row(row) for row in shown], pages=desk.pages(number, more=more), key="audit")


def _row(row: dict[str, object]) -> list[Cell | str]:
    at = row["at"]
    roles = [demo.titles().get(role, role) for role in str(row["role"]).split(",")]
    return [
        str(row["id"]),
        f"{desk.local(at):%Y-%m-%d %H:%M:%S}" if isinstance(at, datetime) else str(at),
        Cell(str(row["who"])),
        ", ".join(roles),
        str(row["scope"]),
        _events().get(str(row["event"]), str(row["event"])),
        str(row["what"]),
        _result(str(row["result"])),
        audit.masked(str(row["address"])),
    ]


def _events() -> dict[str, str]:
    """The events in words."""
    return {
        "": _("All"), "login": _("Sign-in"), "login_failed": _("Failed sign-in"), "logout": _("Sign-out"),
        "view_case": _("Case opened"), "drill": _("Rows opened"), "export": _("Export"), "push": _("Push"),
        "act": _("Act"), "grant": _("Grant"), "revoke": _("Revocation"), "account": _("Account"),
        "password": _("Password"), "settings": _("Settings"), "refused": _("Refusal"),
    }  # fmt: skip


def _result(result: str) -> Cell:
    words = {
        "ok": _("ok"), "refused": _("refused"), "failed": _("failed"), "wrong": _("wrong password"),
        "locked": _("locked"), "totp": _("wrong code"), "ungranted": _("nothing granted"),
        "unreachable": _("no answer"), "untrusted": _("not trusted"), "broken": _("not intact"),
    }  # fmt: skip
    return Cell(words.get(result, result), state="green" if result == "ok" else "amber")


def proof(visitor: Visitor) -> None:
    """A button that verifies the chain, and a link to its file."""
    with st.container(horizontal=True, vertical_alignment="center", key="proof"):
        requested = st.button(_("Verify the chain"))
        actions.actions([(_("Export"), audit_export.PATH)])
    if not requested:
        return
    with st.spinner(_("Walking the chain…"), show_time=True):
        verdict = verify(visitors.desk())
    what = f"audit verify: {verdict.fault or f'intact, {verdict.rows} rows'}"
    record.note(visitor=visitor, event="act", what=what, result="ok" if verdict.ok else "broken")
    if verdict.fault is None:
        header.notice(
            ngettext("The audit is intact: {n} row.", "The audit is intact: {n} rows.", verdict.rows), state="green"
        )
    else:
        header.notice(_("The audit is not intact: {fault}", fault=worded(verdict.fault)), state="red")
    for note in verdict.notes:
        header.notice(worded(note), state="amber")


def _day(name: str) -> date | None:
    """A day that the address names; none if it names none that can be."""
    try:
        day = date.fromisoformat(st.query_params.get(name, ""))
    except ValueError:
        return None
    return day if desk.FIRST_DAY <= day <= desk.LAST_DAY else None


def _instant(day: date) -> datetime:
    """When a day of the district begins, as the desk keeps times."""
    return desk.of_desk(datetime.combine(day, time()))

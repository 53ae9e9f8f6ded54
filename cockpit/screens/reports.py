"""The page of reports below its builder: queue, history, and one report."""

from functools import partial

import streamlit as st

from cockpit import settings
from cockpit.access import guard, visitors
from cockpit.access.visitors import Visitor
from cockpit.actions import reports as actions
from cockpit.actions.action import Actor
from cockpit.address import link
from cockpit.components.lists.record import Item
from cockpit.components.lists.record import record as shown
from cockpit.components.lists.table import Cell, Column, table
from cockpit.components.navigation import actions as links
from cockpit.components.navigation import header
from cockpit.i18n import _, language
from cockpit.labels import format, words
from cockpit.labels.names import area_name
from cockpit.labels.wording import worded
from cockpit.reports import make, wording
from cockpit.reports.delivery import access
from cockpit.reports.request import kinds_of
from cockpit.screens.admin import desk
from cockpit.view_state import View
from data.desk import reports
from data.desk.reports import DRAFT, FAILED, FINAL, ISSUED, QUEUED, RUNNING, Report

ACTIVE = (QUEUED, RUNNING)
LOOK_SECONDS = 1.0


# --- what is being made -------------------------------------------------------------------------------------------


def queue(visitor: Visitor) -> None:
    """Reports in progress; polls each second until none is left, then redraws the page."""
    if _waiting(visitor):
        st.fragment(_queue, run_every=LOOK_SECONDS)()


def _queue() -> None:
    visitor = guard.open_page("reports")  # a fragment runs without its page, which checked the right once
    left = _waiting(visitor)
    if not left:
        st.rerun()
    header.title(_("Being made"), note=_("You may leave this page: it goes on"))
    for report in left:
        name = access.title(settings.current(), report)
        progress = _("waiting its turn") if report.status == QUEUED else _("being made")
        st.progress(report.share, f"{name} · {progress} {report.step if '/' in report.step else ''}")


def _waiting(visitor: Visitor) -> list[Report]:
    return [r for r in reports.listing(visitors.desk(), who=visitor.name, limit=20) if r.status in ACTIVE]


# --- what was made ------------------------------------------------------------------------------------------------


def history(visitor: Visitor, view: View) -> None:
    """The reports that the visitor may have; a line opens one."""
    listed = access.listing(visitors.desk(), settings.current(), visitor.grants)
    if not listed:
        header.notice(_("No report was made yet."))
        return
    rows, pages = desk.some(listed)
    columns = [
        Column(_("Report"), lead=True), Column(_("Areas")), Column(_("Period")), Column(_("State")),
        Column(_("Format")), Column(_("Made by")), Column(_("Asked for"), short=True), Column(_("File")),
    ]  # fmt: skip
    table(columns, [_line(view, report) for report in rows], pages=pages, key="history")


def _line(view: View, report: Report) -> list[Cell | str]:
    requested = make.request_of(report)
    names = [area_name(view.edition, code) for code in requested.areas[:3]]
    more = f" +{len(requested.areas) - 3}" if len(requested.areas) > 3 else ""
    kind = kinds_of(settings.current()).get(report.kind)
    return [
        Cell(kind.name[language()] if kind else report.kind, href(report), note=report.id),
        words.listed(names) + more,
        format.period(requested.period),
        state(report),
        requested.format.upper(),
        report.who,
        format.stamp(desk.local(report.asked_at)),
        Cell(_("Download"), f"/files/report/{report.id}") if report.made else "",
    ]


def state(report: Report) -> Cell:
    states = {
        QUEUED: (_("Waiting"), "none"), RUNNING: (_("Being made"), "none"), DRAFT: (_("Draft"), "none"),
        FINAL: (_("Final"), "green"), ISSUED: (_("Issued"), "green"), FAILED: (_("Not made"), "red"),
    }  # fmt: skip
    text, shape = states[report.status]
    return Cell(text, state=shape, note=fault(report))


def fault(report: Report) -> str:
    """Why it was not made; empty where it was."""
    return worded(report.why)


def href(report: Report) -> str:
    return link("reports", {"report": report.id, "lang": st.query_params.get("lang")})


def chosen(visitor: Visitor) -> Report | None:
    """The report that the address names; a line where it names none of theirs."""
    id = st.query_params.get("report", "")
    try:
        return access.find(visitors.desk(), settings.current(), visitor.grants, id) if id else None
    except access.NotThere as error:
        header.notice(worded(error), state="red")
        return None


def one(visitor: Visitor, view: View, report: Report) -> None:
    """One report: where it comes from, its file, and what becomes of it."""
    requested = make.request_of(report)
    back = [(_("All reports"), link("reports", {"lang": st.query_params.get("lang")}))]
    header.title(access.title(settings.current(), report), note=report.id, links=back, level=1)
    desk.show_outcome()
    status = state(report)
    shown(
        [
            Item(_("State"), status.text, state=status.state, note=report.issued_by),
            Item(_("Fault"), fault(report)),
            Item(
                _("Areas"), words.listed(f"{area_name(view.edition, code)}（{code:012}）" for code in requested.areas)
            ),
            Item(_("Period"), format.period(requested.period)),
            Item(_("Compared with"), format.period(view.against)),
            Item(_("Filters"), wording.filters(view.edition, requested.where)),
            Item(_("Edition"), report.edition),
            Item(_("Definitions"), words.listed(_defined(view, report))),
            Item(_("Made by"), f"{report.who} · {format.stamp(desk.local(report.asked_at))}"),
            Item("SHA-256", report.sha256),
            Item(_("Sent to"), report.mail, note=worded(report.why_unsent)),
        ],
        key="report",
    )
    offered = [
        (_("Download"), f"/files/report/{report.id}" if report.made else ""),
        (_("The same view"), view.permalink(area=requested.areas[0])),
    ]
    links.actions(offered, copy=link("cockpit", {"report": report.id}))
    if report.made:
        _moves(visitor, report)


def _defined(view: View, report: Report) -> list[str]:
    known = view.catalog.metrics
    return [f"{known[n].name[language()] if n in known else n} v{v}" for n, v in report.versions.items()]


def _moves(visitor: Visitor, report: Report) -> None:
    """The changes of state that the visitor may make: draft to final and back, final to issued."""
    steps = {
        DRAFT: [(FINAL, _("Make it final"))],
        FINAL: [(DRAFT, _("Back to draft")), (ISSUED, _("Mark as issued"))],
    }.get(report.status, [])
    actor = Actor.of(visitor)
    with st.container(horizontal=True, key="moves"):
        for to, text in steps:
            if actions.may_move(actor, report, to) and st.button(text, key=f"to-{to}"):
                move = partial(actions.move, visitors.desk(), actor, settings.current(), report.id, to)
                desk.act(move, _("Done: {what}", what=text))

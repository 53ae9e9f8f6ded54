"""The page of schemes: what is in force, proposals with their lines, and the forms that propose and decide."""

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from cockpit import settings
from cockpit.access import guard, visitors
from cockpit.access.pages import PAGES, may_open
from cockpit.access.policy import Can
from cockpit.actions import assessments as actions
from cockpit.actions.action import Actor
from cockpit.components.lists.table import Cell, Column, table
from cockpit.components.navigation import header
from cockpit.i18n import _, language, pgettext
from cockpit.labels import format, words
from cockpit.screens.admin import desk
from cockpit.screens.admin.choice import RowChoice
from cockpit.screens.admin.limits import area_name
from cockpit.view_state import View
from data.areas.levels import end_of
from data.desk.assessing import schemes as desk_schemes
from data.desk.assessing.schemes import Row
from metrics.assessment import schemes
from metrics.assessment.schemes import Scheme
from metrics.period import last_day

FORM = "schemes"
"""The part of the page that says how an action went."""
STATES: dict[str, Callable[[], str]] = {
    "proposed": lambda: _("to be decided"),
    "approved": lambda: _("approved"),
    "refused": lambda: pgettext("of a proposal", "refused"),
    "withdrawn": lambda: _("withdrawn"),
}
COLOURS = {"proposed": "amber", "approved": "green", "refused": "none", "withdrawn": "none"}


def current(view: View) -> dict[str, Scheme]:
    """The schemes in force for a period that begins today."""
    known = schemes.load(view.catalog, settings.current().schemes)
    return schemes.in_force(known, desk_schemes.listing(visitors.desk()), view.area.code, last_day(view.as_of))


def listed(view: View) -> None:
    """Every proposal with its state, those that wait first; the one that the address names with its lines."""
    leads = [("assessments", _("Assessments")), ("limits", _("Limits"))]
    links = [(text, view.href(name)) for name, text in leads if may_open(PAGES[name], guard.enter().grants)]
    header.title(
        _("Assessment schemes"),
        note=_("A data officer proposes, a leader approves; periods that begin on its first day or later use a scheme"),
        links=links,
        level=1,
    )
    desk.show_outcome(FORM)
    with desk.answering():
        rows = sorted(_visible(), key=lambda row: row.state != "proposed")
        shown, pages = desk.some(rows)
        columns = [
            Column(_("Scheme"), lead=True), Column(_("Area")), Column(_("First day")),
            Column(pgettext("of a limit", "Source")), Column(_("Proposed")), Column(_("State")),
        ]  # fmt: skip
        if rows:
            table(columns, [_row(view, row) for row in shown], key="schemes", pages=pages)
        else:
            header.notice(_("No scheme was proposed yet: those of the files are in force."))
        number = st.query_params.get("id", "")
        if chosen := next((row for row in rows if str(row.id) == number), None):
            _compared(view, chosen)
    header.title(_("In force now"))
    for scheme in current(view).values():
        lines(view, scheme)


def _visible() -> list[Row]:
    """The rows that apply to an area where the visitor may see data."""
    grants = guard.enter().grants
    scope, rows = grants.scope(Can.DATA), desk_schemes.listing(visitors.desk())
    return [row for row in rows if any(row.what.area < end and low < end_of(row.what.area) for low, end in scope)]


def _name(row: Row) -> str:
    return row.what.en if language() == "en" else row.what.zh


def _row(view: View, row: Row) -> list[Cell | str]:
    decided = format.stamp(desk.local(row.decided_at)) if row.decided_at else ""
    note = " ".join(filter(None, (row.decided_by, decided, row.note)))
    return [
        Cell(_name(row), view.href("schemes", id=row.id), note=row.what.scheme), area_name(view, row.what.area),
        str(row.what.valid_from), row.what.source,
        f"{row.proposed_by} {format.stamp(desk.local(row.proposed_at))}",
        Cell(STATES[row.state](), state=COLOURS[row.state], note=note),
    ]  # fmt: skip


def _compared(view: View, row: Row) -> None:
    """The lines of a proposal next to those of the scheme in force before its day."""
    known = schemes.load(view.catalog, settings.current().schemes)
    others = [other for other in desk_schemes.listing(visitors.desk()) if other.id != row.id]
    before = schemes.in_force(known, others, row.what.area, row.what.valid_from).get(row.what.scheme)
    old = {line.metric: line for line in before.lines} if before else {}
    scheme = schemes.of_row(row)
    columns = [*_columns(), Column(_("In force before"))]
    body: list[list[Cell | str]] = []
    for line in scheme.lines:
        was = old.pop(line.metric, None)
        said = (
            _figures(view, was)
            if was and was != line
            else pgettext("in a scheme", "unchanged")
            if was
            else pgettext("in a scheme", "new")
        )
        body.append([*_line(view, line), said])
    body += [[_metric(view, line.metric), "–", "–", "–", _figures(view, line)] for line in old.values()]
    day = _("from {day}", day=row.what.valid_from)
    header.title(_name(row), note=f"{day} · {words.level_heading(scheme.level, 2)} · {_least(scheme)}")
    table(columns, body, key="proposed-scheme")


def lines(view: View, scheme: Scheme) -> None:
    """The lines of a scheme in force."""
    header.title(f"{scheme.name[language()]} · {words.level_heading(scheme.level, 2)}", note=_least(scheme))
    table(_columns(), [_line(view, line) for line in scheme.lines], key=f"scheme-{scheme.id}")


def _least(scheme: Scheme) -> str:
    return _("at least {n} cases in every line", n=scheme.least)


def _columns() -> list[Column]:
    return [
        Column(_("Metric"), lead=True), Column(_("Weight"), number=True), Column(_("Target"), number=True),
        Column(_("Floor"), number=True),
    ]  # fmt: skip


def _metric(view: View, name: str) -> Cell:
    metric = view.catalog.metrics.get(name)
    if metric is None:
        return Cell(name)
    return Cell(metric.name[language()], _passport(view, name))


def _passport(view: View, name: str) -> str:
    seen = may_open(PAGES["passport"], guard.enter().grants)
    return view.href("passport", metric=view.catalog.metrics[name]) if seen else ""


def _line(view: View, line: Any) -> list[Cell | str]:
    return [
        _metric(view, line.metric),
        f"{line.weight:g}",
        *(_quantity(view, line, one) for one in ("target", "floor")),
    ]


def _quantity(view: View, line: Any, of: str) -> str:
    metric, value = view.catalog.metrics.get(line.metric), getattr(line, of)
    return format.quantity(metric, value) if metric else f"{value:g}"


def _figures(view: View, line: Any) -> str:
    target, floor = (_quantity(view, line, of) for of in ("target", "floor"))
    return _("weight {weight}, target {target}, floor {floor}", weight=f"{line.weight:g}", target=target, floor=floor)


def deciding(view: View) -> None:
    """Approve or refuse a proposal, or take an own one back; for those who may."""
    actor = Actor.of(guard.enter())
    with desk.answering():
        waiting = [row for row in _visible() if row.state == "proposed"]
        _decide(view, actor, [row for row in waiting if _may(actor, Can.APPROVE, row)])
        _withdraw(view, actor, [row for row in waiting if row.proposed_by == actor.name])


def _may(actor: Actor, right: Can, row: Row) -> bool:
    return actor.grants.may(right, row.what.area, end_of(row.what.area))


def _title(view: View, row: Row) -> str:
    parts = (_name(row), area_name(view, row.what.area), _("from {day}", day=row.what.valid_from), row.proposed_by)
    return " · ".join(parts)


def _decide(view: View, actor: Actor, rows: list[Row]) -> None:
    choice = RowChoice("decide scheme", {row.id: _title(view, row) for row in rows})
    if not choice:
        return
    header.title(_("Decide on a proposal"), note=_("Nobody decides on an own proposal"))
    with st.form(desk.form_key("decide scheme"), border=False):
        id = choice.draw(pgettext("of a scheme", "Proposal"))
        note = choice.text(_("Reason"), desk_schemes.LONGEST_NOTE)
        left, right = st.columns([1, 1])
        approved, refused = left.form_submit_button(_("Approve")), right.form_submit_button(_("Refuse"))
    work = actions.approve_scheme if approved else actions.refuse_scheme
    if (approved or refused) and choice.made() and id:
        said = _("Approved.") if approved else _("Refused.")
        desk.act(partial(work, visitors.desk(), actor, id, note), said, form="decide scheme", place=FORM)


def _withdraw(view: View, actor: Actor, rows: list[Row]) -> None:
    choice = RowChoice("withdraw scheme", {row.id: _title(view, row) for row in rows})
    if not choice:
        return
    header.title(_("Take back a proposal"))
    with st.form(desk.form_key("withdraw scheme"), border=False):
        id = choice.draw(pgettext("own scheme", "Proposal"))
        withdrawn = st.form_submit_button(_("Withdraw"))
    if withdrawn and choice.made() and id:
        work = partial(actions.withdraw_scheme, visitors.desk(), actor, id)
        desk.act(work, _("Withdrawn."), form="withdraw scheme", place=FORM)

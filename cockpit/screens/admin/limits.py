"""The page of limits: what waits for a decision, what applies, and the forms to propose, decide and end one."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial

import streamlit as st

from cockpit.access import guard, visitors
from cockpit.access.policy import Can
from cockpit.actions import register as actions
from cockpit.actions.action import Actor
from cockpit.components.lists.table import Cell, Column, table
from cockpit.components.navigation import header
from cockpit.i18n import _, language, pgettext
from cockpit.labels import format
from cockpit.screens.admin import desk
from cockpit.screens.admin.choice import RowChoice
from cockpit.screens.sitehealth.publishing import publish_decided_in_background
from cockpit.view_state import View
from data.areas.levels import LOWEST, end_of, is_above
from data.desk.register import limits
from data.desk.register.limits import Proposal, Row
from data.editions.scoped import EVERYTHING, Scope
from metrics import areas
from metrics.areas import Area
from metrics.catalog import Metric
from metrics.catalog.bounds import Bound, bound
from metrics.errors import MetricsError
from metrics.limits import overlaps

FORM = "limits"
"""The part of the page that says how an action went."""


def listed(view: View) -> None:
    """Every proposal with its state, those that wait for a decision first."""
    header.title(
        _("Limits"),
        note=_("A data officer proposes, a leader approves; an approved limit applies from the next edition on"),
        links=[(_("Definitions"), view.href("dictionary")), (_("Assessment schemes"), view.href("schemes"))],
        level=1,
    )
    desk.show_outcome(FORM)
    with desk.answering():
        rows = sorted(_within(guard.enter().grants.scope(Can.DATA)), key=lambda row: row.state != "proposed")
        shown, pages = desk.some(rows)
        columns = [
            Column(_("Metric"), lead=True), Column(_("Area"), short=True), Column(_("Applies")), Column(_("Green")),
            Column(_("Red")), Column(pgettext("of a limit", "Source")), Column(_("Proposed")), Column(_("State")),
        ]  # fmt: skip
        if rows:
            table(columns, [_line(view, row) for row in shown], key="limits", pages=pages)
        else:
            header.notice(_("No limit was proposed yet: all metrics have those of their definition."))


def _within(scope: Scope) -> list[Row]:
    """The rows that apply to an area of a scope."""
    rows = limits.listing(visitors.desk())
    return [row for row in rows if any(row.what.area < end and low < end_of(row.what.area) for low, end in scope)]


def _line(view: View, row: Row) -> list[Cell | str]:
    what = row.what
    metric = view.catalog.metrics.get(what.metric)
    name = metric.name[language()] if metric else what.metric
    proposed = f"{row.proposed_by} {format.stamp(desk.local(row.proposed_at))}"
    state = Cell(STATES[row.state](), state=COLOURS[row.state], note=_decided(row))
    days = span(what.valid_from, what.valid_to)
    return [
        Cell(name, note=what.category), area_name(view, what.area), days, written(what.green) or "–",
        written(what.red), what.source, proposed, state,
    ]  # fmt: skip


def written(text: str) -> str:
    """A bound as all screens write it, however it was typed."""
    try:
        return str(Bound.model_validate(bound(text)))
    except ValueError:
        return text


STATES: dict[str, Callable[[], str]] = {
    "proposed": lambda: _("to be decided"),
    "approved": lambda: _("approved"),
    "refused": lambda: pgettext("of a proposal", "refused"),
    "ended": lambda: pgettext("of a limit", "ended"),
    "withdrawn": lambda: _("withdrawn"),
}
COLOURS = {"proposed": "amber", "approved": "green", "refused": "none", "ended": "none", "withdrawn": "none"}


def _decided(row: Row) -> str:
    if row.decided_at is None:
        return " ".join(_overlaps(row))
    return " ".join(filter(None, (row.decided_by, format.stamp(desk.local(row.decided_at)), row.note)))


def span(first: date, end: date | None) -> str:
    """The days of a limit in words. end: exclusive; None for no end."""
    if end is None:
        return _("from {day}", day=first)
    if end <= first:
        return pgettext("of a limit", "on no day")
    return _("{first} to {last}", first=first, last=end - timedelta(days=1))


def area_name(view: View, code: int) -> str:
    """The name of an area; its code if the edition has none."""
    try:
        return areas.area(view.edition, code).name
    except MetricsError:
        return f"{code:012}"


def deciding(view: View) -> None:
    """Approve or refuse a proposal, take an own one back, or end an approved limit; for those who may."""
    actor = Actor.of(guard.enter())
    with desk.answering():
        every = _within(actor.grants.scope(Can.PROPOSE))
        _withdraw(view, actor, [row for row in every if (row.state, row.proposed_by) == ("proposed", actor.name)])
    if not actor.grants.may(Can.APPROVE):
        return
    with desk.answering():
        rows = [r for r in _within(EVERYTHING) if actor.grants.may(Can.APPROVE, r.what.area, end_of(r.what.area))]
        _decide(view, actor, {row.id: row for row in rows if row.state == "proposed"})
        _end(view, actor, [row for row in rows if row.state == "approved"])


def _decide(view: View, actor: Actor, waiting: dict[int, Row]) -> None:
    choice = RowChoice("decide limit", {id: _title(view, row) for id, row in waiting.items()})
    if not choice:
        return
    header.title(_("Decide on a proposal"), note=_("Nobody decides on an own proposal"))
    id = choice.draw(_("Proposal"))
    for text in _overlaps(waiting[id]) if id else ():
        header.notice(text, state="amber", alert=True)
    with st.form(desk.form_key("decide limit"), border=False):
        note = choice.text(_("Reason"), limits.LONGEST_NOTE)
        left, right = st.columns([1, 1])
        approved, refused = left.form_submit_button(_("Approve")), right.form_submit_button(_("Refuse"))
    if (approved or refused) and choice.made() and id:
        work = actions.approve_limit if approved else actions.refuse_limit
        said = _("Approved.") if approved else _("Refused.")
        act(partial(work, visitors.desk(), actor, id, note), said, "decide limit")


def _overlaps(row: Row) -> Iterator[str]:
    """Approved limits that a proposal shares days with, and which of the two applies on these days."""
    if row.state != "proposed":
        return
    for overlap in overlaps(limits.approved(visitors.desk()), limits.as_limit(row)):
        bounds = " · ".join(filter(None, map(written, (overlap.row.green, overlap.row.red))))
        days = span(overlap.first, overlap.end)
        if overlap.yields:
            yield _("Overlaps the approved limit {bounds} {days}: once approved, the proposal applies then.",
                    bounds=bounds, days=days)  # fmt: skip
        else:
            yield _("Overlaps the approved limit {bounds} {days}: that one applies then, even if the proposal is "
                    "approved.", bounds=bounds, days=days)  # fmt: skip


def _withdraw(view: View, actor: Actor, rows: list[Row]) -> None:
    choice = RowChoice("withdraw limit", {row.id: _title(view, row) for row in rows})
    if not choice:
        return
    header.title(_("Take back a proposal"))
    with st.form(desk.form_key("withdraw limit"), border=False):
        id = choice.draw(pgettext("own", "Proposal"))
        withdrawn = st.form_submit_button(_("Withdraw"))
    if withdrawn and choice.made() and id:
        work = partial(actions.withdraw_limit, visitors.desk(), actor, id)
        desk.act(work, _("Withdrawn."), form="withdraw limit", place=FORM)


def _end(view: View, actor: Actor, rows: list[Row]) -> None:
    choice = RowChoice("end limit", {row.id: _title(view, row) for row in rows})
    if not choice:
        return
    header.title(_("End a limit"), note=_("Periods that end before this day keep it"))
    with st.form(desk.form_key("end limit"), border=False):
        left, right = st.columns([3, 1])
        id = choice.draw(pgettext("of a metric", "Limit"), left)
        day = desk.day(right, _("No longer from"), view.as_of.date())
        ended = st.form_submit_button(pgettext("a limit", "End"))
    if ended and choice.made() and id and day:
        version = next(row.version for row in rows if row.id == id)
        act(partial(actions.end_limit, visitors.desk(), actor, id, day, version=version), _("Ended."), "end limit")


def act(action: Callable[[], object], said: str, form: str) -> None:
    """Run an action on limits. What it changed is published at once, in the background."""

    def run() -> None:
        action()
        publish_decided_in_background()

    desk.act(run, said, form=form, place=FORM)


def _title(view: View, row: Row) -> str:
    metric = view.catalog.metrics.get(row.what.metric)
    name = metric.name[language()] if metric else row.what.metric
    parts = (
        name,
        row.what.category,
        area_name(view, row.what.area),
        written(row.what.green),
        written(row.what.red),
        span(row.what.valid_from, row.what.valid_to),
    )
    return " · ".join(filter(None, parts))


def proposing(view: View) -> None:
    """Propose a limit; for those who may."""
    actor = Actor.of(guard.enter())
    where = places(view, actor)
    if not where:
        return
    header.title(_("Propose a limit"), note=_("For an area and all below it, from a day on"))
    catalog = view.catalog.base
    limited = {name: _with_bounds(metric) for name, metric in catalog.metrics.items() if metric.thresholds}
    metric = RowChoice("propose limit", limited, first=st.query_params.get("metric", ""))
    area = RowChoice("propose limit", {place.code: f"{place.name} {place.code:012}" for place in where}, of="area")
    with st.form(desk.form_key("propose limit"), border=False):
        first, second, third = st.columns([3, 2, 2])
        name, place = metric.draw(_("Metric"), first), area.draw(_("Area"), second)
        category = third.text_input(_("Category, if not for all"), max_chars=200, autocomplete="off")
        fourth, fifth, sixth, seventh = st.columns(4)
        green = fourth.text_input(_("Green, such as >= 95"), max_chars=40, autocomplete="off")
        red = fifth.text_input(_("Red, such as < 85"), max_chars=40, autocomplete="off")
        start = desk.day(sixth, _("First day"), view.period.start)
        last = desk.day(seventh, _("Last day, if any"))
        source = st.text_input(_("Source: document or decision"), max_chars=limits.LONGEST_SOURCE, autocomplete="off")
        proposed = st.form_submit_button(_("Propose"))
    if proposed and metric.made() and area.made() and name and place and start:
        what = Proposal(name, place, green.strip(), red.strip(), start, source, _after(last), category.strip())
        work = partial(actions.propose_limit, visitors.desk(), actor, view.edition, catalog, what)
        desk.act(work, _("Proposed; a leader decides."), form="propose limit", place=FORM)


def _after(last: date | None) -> date | None:
    return last + timedelta(days=1) if last else None


def _with_bounds(metric: Metric) -> str:
    limits = metric.thresholds
    bounds = f"{limits.green or ''} {limits.red}".strip() if limits else ""
    return f"{metric.name[language()]} ({bounds})"


def places(view: View, actor: Actor) -> list[Area]:
    """The areas down to towns that the actor may propose for."""
    top = areas.root(view.edition)
    between = (one for one in areas.levels(view.edition) if is_above(top.level, one) and is_above(one, LOWEST.id))
    every = [top, *(place for level in between for place in areas.of_level(view.edition, top, level))]
    return [place for place in every if actor.grants.may(Can.PROPOSE, place.code, place.end)]

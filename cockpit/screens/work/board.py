"""The board: open items of a kind counted by unit and state; a count leads to its items."""

from collections.abc import Mapping

import streamlit as st

from cockpit.access import visitors
from cockpit.actions import items as actions
from cockpit.components.lists.table import Cell, Column, table
from cockpit.components.lists.todo import Count, todo
from cockpit.components.navigation import header
from cockpit.i18n import _, language, ngettext
from cockpit.labels import format
from cockpit.screens.admin import desk
from cockpit.screens.work import shared
from cockpit.view_state import View
from data.desk import clock
from data.desk.items import lists
from data.desk.items.lists import NO_UNIT, Field
from data.workflow.model import Workflow


def draw(view: View) -> None:
    """The kinds with their counts, and the board of the one that the address names, by default the most frequent."""
    header.title(_("Board of work items"), level=1, links=[(_("Work items"), view.href("inbox"))])
    with desk.answering():
        known, reader = shared.rules().flows, actions.reader(shared.actor())
        counts = {kind: n for kind, n in lists.counts_by_kind(visitors.desk(), reader).items() if kind in known}
        chosen = st.query_params.get("kind", "")
        chosen = chosen if chosen in known else max(counts, key=lambda kind: counts[kind], default="")
        if not chosen:
            header.notice(_("No work item is open."), state="green")
            return
        todo([], counts=[_count(view, known[kind], n, kind == chosen) for kind, n in _in_order(counts, known)])
        fields = lists.board(visitors.desk(), reader, chosen, clock.now())
        if not fields:
            header.notice(_("No work item of this kind is open."), state="green")
            return
        _table(view, known[chosen], fields)


def _in_order(counts: dict[str, int], known: Mapping[str, Workflow]) -> list[tuple[str, int]]:
    return [(kind, counts[kind]) for kind in known if kind in counts]


def _count(view: View, flow: Workflow, n: int, chosen: bool) -> Count:
    return Count(flow.name[language()], format.number(n), "none", view.href("board", kind=flow.id), chosen)


def _table(view: View, flow: Workflow, fields: list[Field]) -> None:
    """A row a unit, a column an open state that has items, with the sums of both."""
    states = [id for id, state in flow.states.items() if state.is_open and any(f.state == id for f in fields)]
    units = sorted({field.unit or "" for field in fields}, key=lambda unit: (unit == "", unit))
    columns = [
        Column(_("Unit"), lead=True),
        *(Column(flow.states[state].name[language()], number=True) for state in states),
        Column(_("Total"), number=True),
    ]
    rows: list[list[Cell | str]] = []
    for unit in units:
        rows.append([_unit(unit), *(_cell(view, flow, fields, state, unit) for state in (*states, ""))])
    if len(units) > 1:
        rows.append([_("Total"), *(_cell(view, flow, fields, state, None) for state in (*states, ""))])
    table(columns, rows, key="board")


def _unit(unit: str) -> str:
    return unit or _("no unit yet")


def _cell(view: View, flow: Workflow, fields: list[Field], state: str, unit: str | None) -> Cell:
    """The items of a state (of all without one) and a unit (of all for None)."""
    same = [f for f in fields if state in ("", f.state) and (unit is None or (f.unit or "") == unit)]
    n, overdue, red = (sum(getattr(f, name) for f in same) for name in ("count", "overdue", "red"))
    if not n:
        return Cell("0", quiet=True)
    owner = None if unit is None else unit or NO_UNIT
    href = view.href("inbox", show="all", kind=flow.id, state=state, owner=owner)
    note = _("{n} overdue", n=format.number(overdue)) if overdue else ""
    text = ngettext("{n} item", "{n} items", n)  # a digit alone is too narrow for a finger
    return Cell(text, href, "red" if red else "amber" if overdue else "", note)

"""The rows behind a number: parameters of the address, query, and texts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil

import streamlit as st

from cockpit import problem
from cockpit.components.lists.rowbar import Choice, rowbar
from cockpit.components.lists.table import Action, Cell, Column, Page, Picks
from cockpit.components.navigation import header
from cockpit.components.navigation.filters import chips as filter_chips
from cockpit.components.navigation.header import Chip
from cockpit.filters import parameters
from cockpit.filters import read as from_address
from cockpit.i18n import _, language
from cockpit.labels import format, words
from cockpit.labels.wording import worded
from cockpit.panels.picks import MOST_PICKED, picked, write_picks
from cockpit.screens.listing import row_table, row_tools
from cockpit.screens.shared import when
from cockpit.view import BadParameter
from cockpit.view_state import View
from metrics.analysis.ageing import has_age
from metrics.answer import answer
from metrics.engine.failures import Uncomputable
from metrics.engine.frames import records
from metrics.engine.plan import filters
from metrics.query import Query
from metrics.rows import DUE, PARTS, Selection, count_rows, rows

PER_PAGE = 50


@dataclass(frozen=True)
class Chosen:
    """The rows that an address asks for: of which number, which of them, and which page of these.

    columns: those shown besides the leading one; the usual ones by default. mine: the visitor's own alone.
    """

    query: Query
    selection: Selection
    page: int = 1
    columns: tuple[str, ...] = ()
    mine: bool = False

    @property
    def parameters(self) -> dict[str, str | None]:
        """Filters and selection as parameters of an address."""
        chosen = self.selection
        low, high = chosen.age or (0, None)
        age = f"{low:g}-{'' if high is None else f'{high:g}'}" if chosen.age else None
        order = f"{'-' if chosen.descending else ''}{chosen.order}" if chosen.order else None
        where = parameters(self.query.where)
        return {
            "part": chosen.part, **where, "age": age, "q": chosen.search, "sort": order, "due": chosen.due,
            "mine": "1" if self.mine else None, "cols": ",".join(self.columns) or None,
            "pick": write_picks(chosen.only), "asset": chosen.asset,
        }  # fmt: skip


@dataclass(frozen=True)
class RowsPage:
    """One page of the rows, in words. fault: why the number they belong to cannot be computed.

    picks: each row as the parameter `pick` names it.
    """

    title: str
    count: int
    chips: list[Chip]
    columns: list[Column]
    rows: list[list[Cell | str]]
    pages: list[Page]
    fault: str = ""
    picks: tuple[str, ...] = ()


def has_rows(view: View) -> bool:
    """Whether the metric counts facts of its own; one made of other metrics leads to theirs."""
    parts = view.metric.components
    if not parts:
        return True
    header.title(f"{view.area.name} · {view.metric.name[language()]}", level=1)
    made = [view.catalog.metrics[part] for part in parts]
    header.notice(
        _("This metric is made of other metrics and counts nothing itself. Their rows:"),
        links=[(metric.name[language()], view.href("rows", metric=metric)) for metric in made],
    )
    return False


def chosen(view: View) -> Chosen:
    """Read from the page's address; a friendly page where it asks for something that is not there."""
    try:
        return read(view, st.query_params.to_dict())
    except BadParameter as fault:
        problem.bad_parameter(fault.name, fault.value, fault.hint)
        return st.stop()


def read(view: View, given: Mapping[str, str]) -> Chosen:
    """The selection of rows that the parameters of an address describe. BadParameter for unknown values."""
    part, age, order = given.get("part") or None, given.get("age"), given.get("sort", "")
    parts = PARTS if view.metric.composite else view.metric.parts
    if part not in (None, *parts):
        hint = _("It can be: {known}.", known=", ".join(parts)) if parts else _("This number has no parts.")
        raise BadParameter("part", str(part), hint)
    where = tuple((dict(view.query.where) | dict(from_address(given))).items())
    known = filters(view.catalog, view.metric)
    refused = [(name, value) for name, value in where if name not in known]
    if age and not has_age(view.catalog.domain(view.metric)):
        refused.append(("age", age))
    due = given.get("due") or None
    if due not in (None, *DUE):
        raise BadParameter("due", str(due), _("It can be: {known}.", known=", ".join(DUE)))
    if due and not _has_deadlines(view):
        refused.append(("due", due))
    for name, value in refused[:1]:
        raise BadParameter(name, value, _("{metric} is not counted by it.", metric=view.metric.name[language()]))
    mine = row_tools.own_of(view) if given.get("mine") == "1" and _has_deadlines(view) else None
    if order and order.removeprefix("-") not in (columns := row_table.known_columns(view)):
        raise BadParameter("sort", order, _("It can be: {known}.", known=", ".join(columns)))
    query = view.query.filtered(where)
    page = given.get("page", "")
    selection = Selection(
        part,
        given.get("q", "").strip() if searchable(view) else "",
        _age(age) if age else None,
        order.removeprefix("-") or None,
        order.startswith("-"),
        due,
        mine.unit if mine else None,
        row_tools.read_picks(given["pick"]) if given.get("pick") else (),
        given.get("asset") or None,
    )
    return Chosen(
        replace(query, area=mine.area.code) if mine else query,
        selection,
        int(page) if page.isdecimal() and len(page) < 9 else 1,
        row_tools.read_columns(given.get("cols", ""), row_table.known_columns(view)),
        mine is not None,
    )


def mine_links(view: View, chosen: Chosen) -> list[tuple[str, str]]:
    """The way to the visitor's own rows, where there are such and others."""
    if chosen.mine or not _has_deadlines(view) or row_tools.own_of(view) is None:
        return []
    return [(_("Mine"), view.here(mine=1, page=None, pick=None))]


def due_links(view: View, chosen: Chosen) -> list[tuple[str, str]]:
    """Text and address of the overdue rows and of those due soon, where there are such; not of those shown."""
    if not _has_deadlines(view):
        return []
    return [(text, view.here(due=due, page=None)) for due, text in _due_words().items() if due != chosen.selection.due]


def _due_words() -> dict[str, str]:
    return {"overdue": _("Overdue"), "soon": _("Due in 3 days")}


def _has_deadlines(view: View) -> bool:
    domain = view.catalog.domain(view.metric)
    return domain.view is None and domain.fact == "cases"


def _age(text: str) -> tuple[float, float | None]:
    """`1-3`: from one day of age to below three; `90-`: ninety days or more."""
    match = re.fullmatch(r"(\d{1,5})-(\d{1,5})?", text)
    if match is None or (match[2] and int(match[2]) <= int(match[1])):
        hint = _("An age is two numbers of days such as 1-3, or one and a dash such as 90-.")
        raise BadParameter("age", text, hint)
    return float(match[1]), float(match[2]) if match[2] else None


def find(view: View, chosen: Chosen) -> RowsPage:
    """The one request of the page."""
    domain = view.catalog.domain(view.metric)
    count = count_rows(chosen.query, chosen.selection)
    last = max(1, ceil(count / PER_PAGE))
    page = min(max(chosen.page, 1), last)
    names = row_table.shown_columns(view, chosen.columns)
    selection = row_table.in_order(view, chosen.selection)
    frame = rows(chosen.query, selection, limit=PER_PAGE, offset=(page - 1) * PER_PAGE)
    number, fault = _number(view, chosen)
    listed = list(records(frame))
    return RowsPage(
        _title(view, chosen, count, number),
        count,
        _chips(view, chosen),
        [row_table.heading(view, name, selection, names[0]) for name in names],
        [[row_table.cell(view, domain, name, row) for name in names] for row in listed],
        _pages(view, page, last),
        fault,
        tuple(picked(row) for row in listed),
    )


def searchable(view: View) -> bool:
    """Whether the rows are facts, whose texts can be searched; the verdicts on sites are few."""
    return view.catalog.domain(view.metric).view is None


def tools(view: View, chosen: Chosen) -> None:
    """The menus above the rows: what they are filtered by, and their columns."""
    shown, known = row_table.shown_columns(view, chosen.columns), row_table.known_columns(view)
    choices = [Choice(name, row_tools.label(view, name), name in shown, name == shown[0]) for name in known]
    rowbar(
        row_tools.menus(view, chosen.query), choices, kind=row_tools.kind_of(view), url=row_tools.COLUMNS,
        href=view.here(cols=None),
    )  # fmt: skip


def picks(view: View, chosen: Chosen, rows: RowsPage) -> Picks:
    """The actions on selected rows."""
    parameters = chosen.parameters | {"pick": None}
    made = ((action, action.href(view, parameters)) for action in row_tools.ROW_ACTIONS)
    actions = tuple(Action(_(action.text), action.kind, href) for action, href in made if href)
    named = {name: value for name, value in parameters.items() if name not in ("sort", "cols")}
    return Picks(rows.picks, actions, view.href("rows", **named), MOST_PICKED)


# --- words --------------------------------------------------------------------------------------------------------


def _title(view: View, chosen: Chosen, count: int, number: float | None) -> str:
    """`沙洲镇 2026年11月 到期未按期办结 161 件，按期办结率的分母 − 分子`"""
    metric, part = view.metric, chosen.selection.part
    name = metric.name[language()]
    amount = words.facts(view.catalog.domain(metric), count)
    place = {"area": view.area.name, "when": when(view)}
    if part and (metric.numerator or metric.aggregate or metric.concentration):
        of = {
            "numerator": _("the numerator of {metric}", metric=name),
            "denominator": _("the denominator of {metric}", metric=name),
            "rest": _("the denominator less the numerator of {metric}", metric=name),
        }[part]
        place |= {"words": words.side(metric, part), "of": of}
        if number is None or number == count:
            return _("{area}, {when}: {amount} {words}, {of}", amount=amount, **place)
        value = format.number(number)
        return _("{area}, {when}: {words} {number}, in {amount}, {of}", number=value, amount=amount, **place)
    if metric.is_additive and number is not None and number != count:
        value = format.quantity(metric, number)
        return _("{area}, {when}: {metric} {number}, in {amount}", metric=name, number=value, amount=amount, **place)
    if metric.is_additive:
        return _("{area}, {when}: {metric}, {amount}", **place, metric=name, amount=amount)
    return _("{area}, {when}: {amount} counted in {metric}", **place, metric=name, amount=amount)


def _number(view: View, chosen: Chosen) -> tuple[float | None, str]:
    """The number that was opened, None where a search or an age leaves only some of its rows; why it has none."""
    part = chosen.selection.part
    try:
        row = answer(chosen.query, periods=(view.period,)).iloc[0]
    except Uncomputable as error:
        return None, worded(error)
    if (
        chosen.selection.search
        or chosen.selection.age
        or chosen.selection.due
        or chosen.selection.only
        or chosen.mine
        or (part is None and not view.metric.is_additive)
    ):
        return None, ""
    if part == "rest":
        return float(row["denominator"] - row["numerator"]), ""
    return float(row[part or "value"]), ""


def _chips(view: View, chosen: Chosen) -> list[Chip]:
    selection = chosen.selection
    chips = [Chip(words.side(view.metric, selection.part), view.here(part=None, page=None))] if selection.part else []
    chips += filter_chips(view.asking(where=chosen.query.where))
    if selection.age:
        low, high = selection.age
        span = f"{low:g}–{high:g}" if high else f">{low:g}"
        chips.append(Chip(_("Open for {span} days", span=span), view.here(age=None, page=None)))
    if selection.due:
        chips.append(Chip(_due_words()[selection.due], view.here(due=None, page=None)))
    if chosen.mine:
        chips.append(Chip(_("Mine: {unit}", unit=selection.unit or ""), view.here(mine=None, page=None)))
    if selection.only:
        chips.append(Chip(_("{n} selected", n=len(selection.only)), view.here(pick=None, page=None)))
    if selection.search:
        text = _("{column}: {value}", column=words.column("q"), value=selection.search)
        chips.append(Chip(text, view.here(q=None, page=None)))
    return chips


def _pages(view: View, page: int, last: int) -> list[Page]:
    """`‹ 1 … 4 [5] 6 … 12 ›`; none for a single page."""
    if last == 1:
        return []
    near = sorted({1, last, *range(max(1, page - 2), min(last, page + 2) + 1)})
    made = [Page(_("Previous"), view.here(page=page - 1))] if page > 1 else []
    for number, before in zip(near, [0, *near[:-1]], strict=True):
        if number - before > 1:
            made.append(Page("…", view.here(page=(number + before) // 2)))
        made.append(Page(format.number(number), "" if number == page else view.here(page=number)))
    return [*made, Page(_("Next"), view.here(page=page + 1))] if page < last else made

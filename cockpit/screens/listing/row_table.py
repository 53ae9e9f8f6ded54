"""The table of rows: its columns, headings and cells."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from cockpit.components.lists.table import Cell, Column
from cockpit.i18n import _
from cockpit.labels import format, words
from cockpit.labels.names import area_name, source_name
from cockpit.screens.listing import row_tools
from cockpit.screens.shared import case_href
from cockpit.view_state import View
from data.areas.levels import LOWEST
from data.schema import FACTS, NUMERIC, TIME
from metrics import areas
from metrics.availability.needs import needs
from metrics.catalog import Domain, Stock
from metrics.catalog.generated import DISPUTED
from metrics.engine.views import has_shared_measures
from metrics.errors import MetricsError
from metrics.rows import WORST_FIRST, Selection, view_columns

SHOWN_OF_VIEWS = {
    "sites": ("name", "area", "unit", "score", "vetoes", "visits", "down", "home_age", "stale", "blank"),
    "guides": ("name", "area", "unit", "passed", "elements", "checked_at"),
    "functions": ("name", "area", "unit", "passed", "observed", "tests", "checked_at"),
    "queue_days": ("unit", "area", "measured_at", "minutes", "most", "snapshots"),
    "income_growth": ("key", "area", "before", "value", "increase", "measured_at"),
}
"""The columns shown of our own views; of a district's, its name and its first columns."""
NAMES = ("name", "title", "key")
HIDDEN = ("source", "key", "area", "area_then")
MOST_OF_VIEW = 8
UNSHOWN = ("source", "key", "area_then")
"""Columns that no page of rows shows by themselves: the key stands with the title."""
MEASURED = ("BOOLEAN", TIME, *NUMERIC)
"""Types of columns that a metric counts by, such as whether the caller was satisfied."""
NUMBERS_OF_VIEWS = ("score", "visits", "down", "home_age", "stale", "blank", "elements", "tests", "observed", "before",
                    "increase", "minutes", "most", "snapshots")  # fmt: skip
Row = Mapping[str, Any]


def known_columns(view: View) -> tuple[str, ...]:
    """Every column that these rows may show, the leading one first."""
    domain = view.catalog.domain(view.metric)
    usual = _names(view)
    others = view_columns(view.edition, domain) if domain.view else row_tools.fact_columns(view)
    return tuple(dict.fromkeys((*usual, *(name for name in others if name not in UNSHOWN))))


def shown_columns(view: View, chosen: Sequence[str]) -> list[str]:
    """The columns of the page: the chosen ones of its address, else the visitor's stored ones, else the usual ones."""
    usual, known = _names(view), known_columns(view)
    picked = chosen or row_tools.remembered(view, known)
    return [usual[0], *(name for name in picked if name != usual[0])] if picked else usual


def in_order(view: View, selection: Selection) -> Selection:
    """The selection by a column that is shown, else by what suits the number.

    That is what waits longest, what came last, or the worst.
    """
    if selection.order in known_columns(view):
        return selection
    domain = view.catalog.domain(view.metric)
    if domain.view:
        first = next(name for name in WORST_FIRST if name in view_columns(view.edition, domain))
        return replace(selection, order=first, descending=False)
    stock = isinstance(domain.measures.get(view.metric.value or ""), Stock) or view.metric.oldest is not None
    fact = FACTS[domain.fact]
    time = fact.time or ("registered_at" if "registered_at" in fact.by_name else "key")
    return replace(selection, order=time, descending=not stock)


def _names(view: View) -> list[str]:
    domain = view.catalog.domain(view.metric)
    shown = (SHOWN_OF_VIEWS.get(domain.id) or _of_view(view, domain)) if domain.view else _of_fact(view, domain)
    return [name for name in shown if name != "area" or view.area.level != LOWEST.id]


def _of_fact(view: View, domain: Domain) -> tuple[str, ...]:
    """The fact's listed columns, and those that the metric counts by; a case also has its state, next to its title.

    Without the time that ends what is open: no open case has one.
    """
    fact, empty = FACTS[domain.fact], _ends_open(view, domain)
    counted = needs(view.catalog, view.metric.id).columns
    more = (c.name for c in fact.exported if c.name in counted and not c.listed and c.type in MEASURED)
    first, *others = (column.name for column in fact.listed if column.name != empty)
    return (first, "state", *others, *more) if fact.name == "cases" else (first, *others, *more)


def _ends_open(view: View, domain: Domain) -> str | None:
    """The column that ends what a stock holds, where the rows are those that it still holds now; None elsewhere."""
    oldest = view.metric.oldest
    stock = domain.measures.get(oldest.stock if oldest else view.metric.value or "")
    now = view.period.end > view.as_of.date()
    return stock.until if isinstance(stock, Stock) and now else None


def _of_view(view: View, domain: Domain) -> tuple[str, ...]:
    """The columns of a view of the district's own: name, area, then its columns in their order."""
    columns = view_columns(view.edition, domain)
    first = next(name for name in NAMES if name in columns)
    if domain.latest:
        if has_shared_measures(view.edition):
            return (first, "area", "unit", "value", "lowest", "by_lowest", "highest", "by_highest")
        columns = tuple(name for name in columns if name not in DISPUTED)
    return (first, "area", *(name for name in columns if name not in (*HIDDEN, first)))[:MOST_OF_VIEW]


def heading(view: View, name: str, selection: Selection, lead: str) -> Column:
    """A heading that sorts by its column; the one sorted by turns the order round."""
    domain = view.catalog.domain(view.metric)
    stored = FACTS[domain.fact].by_name.get(name) if domain.view is None else None
    order, falling = selection.order, selection.descending
    turned = name if name != order or falling else f"-{name}"
    return Column(
        words.column(name, domain.fact),
        view.here(sort=turned, page=None),
        ("down" if falling else "up") if name == order else "",
        name == lead,
        stored.type in NUMERIC and name not in words.CODES if stored else name in NUMBERS_OF_VIEWS,
        name in ("area", "state") or name.endswith("_at"),
    )


def cell(view: View, domain: Domain, name: str, row: Row) -> Cell | str:
    own_view = domain.view is not None and domain.id not in SHOWN_OF_VIEWS
    make = (CELLS_OF_VIEWS if own_view else CELLS).get(name)
    return make(view, row) if make else words.value(name, row.get(name))


def _case_title(view: View, row: Row) -> Cell:
    text = row["title"] or row["subcategory"] or row["category"] or words.value("kind", row["kind"])
    listed = urlencode({"metric": view.metric.id} | st.query_params.to_dict())
    return Cell(str(text), case_href(view, row["source"], row["key"], list=listed), note=str(row["key"]))


def _area(view: View, row: Row) -> str:
    """The area, with the one right above it where that is not the view's own."""
    name = area_name(view.edition, row["area"])
    try:
        above = None if row["area"] is None else areas.area(view.edition, int(row["area"])).parent
    except MetricsError:  # a code that the edition does not know is shown as it is
        return name
    if above is None or not view.area.code < above < view.area.end:
        return name
    named = area_name(view.edition, above)
    return name if name.startswith(named) else f"{named} {name}"


def state(view: View, row: Row) -> Cell:
    """State of a case against its deadline, as of the edition's time."""
    text, state = words.standing(row, view.as_of)
    return Cell(text, state=state)


def _vetoes(view: View, row: Row) -> Cell:
    rules = row["vetoes"] if row["vetoes"] is not None else ()
    if texts := dict.fromkeys(words.veto(str(rule)) for rule in rules):
        return Cell(words.listed(texts), state="red")
    return Cell(_("None"), state="green") if row["passed"] else Cell(_("None, below 60 points"), state="amber")


def _source(view: View, source: object) -> str:
    return source_name(view.edition, str(source)) if source else ""


CELLS_OF_VIEWS: dict[str, Callable[[View, Row], Cell | str]] = {
    "area": _area,
    "by_lowest": lambda view, row: _source(view, row["by_lowest"]),
    "by_highest": lambda view, row: _source(view, row["by_highest"]),
}
CELLS: dict[str, Callable[[View, Row], Cell | str]] = {
    "title": _case_title,
    "area": _area,
    "state": state,
    "vetoes": _vetoes,
    "stale": lambda view, row: format.number(row["stale_listed"] + row["stale_other"]),
}

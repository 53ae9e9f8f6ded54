"""The list a case was opened from: its address as a parameter of the case, checked, and the way through it."""

from collections.abc import Mapping
from math import ceil
from typing import Any
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from cockpit import settings
from cockpit import view as views
from cockpit.access.policy import Can
from cockpit.address import link
from cockpit.components.navigation import listnav
from cockpit.i18n import _
from cockpit.labels import format
from cockpit.screens.listing import row_table, rows
from cockpit.screens.shared import case_href
from cockpit.view import BadParameter
from cockpit.view_state import View
from data.errors import DataError
from metrics.errors import MetricsError
from metrics.rows import Position, position

PARAMETER = "list"
LONGEST = 6000
"""Characters of an address; a list that takes more is not followed."""


def draw(view: View, case: Mapping[str, Any]) -> None:
    """Previous, next and the way back, where the case was opened from a list; nothing for an address of no list."""
    list_query = _list_query(view)
    if list_query is None:
        return
    parameters, listed, chosen = list_query
    try:
        at = position(chosen.query, row_table.in_order(listed, chosen.selection), (case["source"], case["key"]))
    except MetricsError:  # the list cannot be made: its metric counts no rows, or its definition fails
        return
    back = _page(parameters, ceil(at.number / rows.PER_PAGE)) if at else parameters
    listnav.listnav(
        place=_place(at),
        back=link("rows", back),
        previous=_neighbour(view, parameters, at.previous, at.number - 1) if at else "",
        following=_neighbour(view, parameters, at.next, at.number + 1) if at else "",
    )


def _list_query(view: View) -> tuple[dict[str, str], View, rows.Chosen] | None:
    """The parameters of the list, its view and what it asks of the rows; None where they make no list of cases.

    The list is read as its own page reads it, with the visitor's grants; its data are those that the case is of.
    """
    text = st.query_params.get(PARAMETER, "")
    if not text or len(text) > LONGEST:
        return None
    parameters = dict(parse_qsl(text))
    if "metric" not in parameters:
        return None
    if edition := dict(view.given).get("edition"):
        parameters["edition"] = edition
    try:
        listed = views.read(parameters, settings.current(), view.grants)
        chosen = rows.read(listed, parameters)
    except (BadParameter, MetricsError, DataError):
        return None
    of_cases = listed.catalog.domain(listed.metric)
    fits = listed.edition.id == view.edition.id and of_cases.fact == "cases" and of_cases.view is None
    return (
        (parameters, listed, chosen) if fits and view.grants.may(Can.LOOK, listed.area.code, listed.area.end) else None
    )


def _page(parameters: Mapping[str, str], page: int) -> dict[str, str]:
    """The parameters of the list with the page of a case; the first page has none."""
    others = {name: value for name, value in parameters.items() if name != "page"}
    return others if page <= 1 else {**others, "page": str(page)}


def _neighbour(view: View, parameters: Mapping[str, str], identity: tuple[str, str] | None, number: int) -> str:
    if identity is None:
        return ""
    there = _page(parameters, ceil(number / rows.PER_PAGE))
    return case_href(view, *identity, list=urlencode(there))


def _place(at: Position | None) -> str:
    if at is None:
        return _("no longer in the list")
    return _("{n} of {total}", n=format.number(at.number), total=format.number(at.count))

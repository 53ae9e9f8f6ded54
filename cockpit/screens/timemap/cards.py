"""A mark in words, and the pages that marks open."""

from collections.abc import Sequence
from typing import Any

from cockpit.labels import words
from cockpit.labels.names import area_name
from cockpit.screens.listing import row_tools
from cockpit.screens.shared import case_href
from cockpit.view_state import View
from data.schema import FACTS
from metrics.availability.extent import extent
from metrics.mapping.layers import Layer
from metrics.period import DAY, Period
from metrics.rows import fact

LINES = {
    "cases": ("kind", "category", "place", "unit", "registered_at", "due_at", "closed_at"),
    "assets": ("kind", "unit", "phone", "url", "registered_at"),
    "readings": ("measure", "unit", "measured_at", "value", "n"),
}
"""The columns that a card shows, in order; empty ones are left out."""
TITLES = {"cases": "title", "assets": "name", "readings": "unit"}


def card(view: View, layer: Layer, source: str, key: str) -> dict[str, Any]:
    """Title, state, lines of label and text, and the address that the mark opens; empty where it opens none."""
    found = fact(view.edition, layer.fact, source, key) or {}
    name = FACTS[layer.fact].name
    title = str(found.get(layer.label or TITLES[name]) or key)
    lines = [
        {"label": words.column(column, name), "text": words.value(column, found[column])}
        for column in LINES[name]
        if found.get(column) not in (None, "")
    ]
    lines.insert(0, {"label": words.column("area", name), "text": area_name(view.edition, found.get("area"))})
    text, state = words.standing(found, view.as_of) if name == "cases" else ("", "none")
    href = _href(view, layer, source, key, found)
    return {"title": title, "state": state, "standing": text, "lines": lines, "href": href}


def _href(view: View, layer: Layer, source: str, key: str, found: dict[str, Any]) -> str:
    link = layer.link or ("case" if layer.of == "cases" else "area")
    if link == "case" and layer.of == "cases":
        return case_href(view, source, key)
    if link == "area" and layer.of == "assets" and found.get("kind") == "site":
        return view.href("site", source=source, key=key)
    return view.href(area=found["area"]) if link == "area" and found.get("area") else ""


def rows_href(view: View, layer: Layer, rows: Sequence[int]) -> str:
    """The page of these rows, of a layer of cases; empty for another, whose rows no metric counts."""
    days = extent(view.edition)
    if layer.of != "cases" or days is None:
        return ""
    picks = row_tools.write_picks(identities(view, layer, rows))
    period = Period(days[0], days[1] + DAY)
    return view.href("rows", metric=view.catalog.id_of("intake"), period=period, pick=picks)


def identities(view: View, layer: Layer, rows: Sequence[int]) -> list[tuple[str, str]]:
    """Source and key of row ids of the layer's fact."""
    sql = f"SELECT rowid, source, key FROM {FACTS[layer.fact].name} WHERE rowid IN (SELECT unnest($1::BIGINT[]))"
    found = view.edition.unscoped.cursor().execute(sql, [list(rows)]).fetchall()
    by_row = {row: (source, key) for row, source, key in found}
    return [by_row[row] for row in rows]

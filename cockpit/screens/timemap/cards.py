"""A mark in words, and the pages that marks open."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from cockpit.i18n import _
from cockpit.labels import words
from cockpit.labels.names import area_name
from cockpit.panels.picks import picked
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
SHORT = {"cases": ("area", "unit"), "assets": ("area", "unit"), "readings": ("area", "measure", "value")}
"""The columns that a line of the table shows besides the name."""
LINKED = ("open", "file")
"""The kinds of actions on rows that are links, which the map can offer."""
TITLES = {"cases": "title", "assets": "name", "readings": "unit"}


def card(view: View, layer: Layer, source: str, key: str) -> dict[str, Any]:
    """Title, state, lines of label and text, and the address that the mark opens; empty where it opens none."""
    values = fact(view.edition, layer.fact, source, key) or {}
    name = FACTS[layer.fact].name
    title = str(values.get(layer.label or TITLES[name]) or key)
    lines = [
        {"label": words.column(column, name), "text": words.value(column, values[column])}
        for column in LINES[name]
        if values.get(column) not in (None, "")
    ]
    lines.insert(0, {"label": words.column("area", name), "text": area_name(view.edition, values.get("area"))})
    text, state = words.standing(values, view.as_of) if name == "cases" else ("", "none")
    href = _href(view, layer, source, key, values)
    return {"title": title, "state": state, "standing": text, "lines": lines, "href": href}


def lines(view: View, layer: Layer, rows: Sequence[int]) -> list[dict[str, str]]:
    """Marks by row id as lines of a table: name, what there is to say of it in short, and the address it opens."""
    made = []
    for source, key in identities(view, layer, rows):
        about = card(view, layer, source, key)
        said = {line["label"]: line["text"] for line in about["lines"]}
        labels = (words.column(column, layer.fact) for column in SHORT[layer.fact])
        texts = [about["standing"], *(said.get(label, "") for label in labels)]
        made.append({"title": about["title"], "text": " · ".join(filter(None, texts)), "href": about["href"]})
    return made


def _href(view: View, layer: Layer, source: str, key: str, values: dict[str, Any]) -> str:
    link = layer.link or ("case" if layer.of == "cases" else "area")
    if link == "case" and layer.of == "cases":
        return case_href(view, source, key)
    if link == "area" and layer.of == "assets" and values.get("kind") == "site":
        return view.href("site", source=source, key=key)
    return view.href(area=values["area"]) if link == "area" and values.get("area") else ""


def selection(view: View, layer: Layer, rows: Sequence[int]) -> dict[str, Any]:
    """What selected marks are as `pick` lists them, and the actions of the row page on them.

    No actions on marks of a layer that is not of cases: no metric counts their rows.
    """
    picks = [picked({"source": source, "key": key}) for source, key in identities(view, layer, rows)]
    days = extent(view.edition)
    if layer.of != "cases" or days is None:
        return {"picks": picks, "actions": []}
    metric, period = view.catalog.id_of("intake"), Period(days[0], days[1] + DAY)
    given = dict(view.given) | {"metric": metric, "from": str(period.start), "to": str(period.end)}
    listing = replace(view.asking(metrics=(metric,), period=period), given=tuple(given.items()))
    actions = ((action, action.href(listing, {})) for action in row_tools.ROW_ACTIONS if action.kind in LINKED)
    return {
        "picks": picks,
        "actions": [{"text": _(a.text), "kind": a.kind, "href": href} for a, href in actions if href],
    }


def identities(view: View, layer: Layer, rows: Sequence[int]) -> list[tuple[str, str]]:
    """Source and key of row ids of the layer's fact."""
    sql = f"SELECT rowid, source, key FROM {FACTS[layer.fact].name} WHERE rowid IN (SELECT unnest($1::BIGINT[]))"
    identified = view.edition.unscoped.cursor().execute(sql, [list(rows)]).fetchall()
    by_row = {row: (source, key) for row, source, key in identified}
    return [by_row[row] for row in rows]

"""The map as a pydeck description: layers, their data by URL, and the view. A browser draws it with deck.gl or Canvas.

A description contains no data and names no style of a map, so that nothing is fetched from elsewhere.
"""

import json
from collections.abc import Sequence
from typing import Any

import pydeck

from cockpit.drawing import outlines
from cockpit.i18n import language
from cockpit.screens.timemap import layers
from cockpit.view_state import View
from metrics.mapping.layers import MARKS, Layer

TYPES = {
    "areas": "PolygonLayer",
    "points": "ColumnLayer",
    "clusters": "ScatterplotLayer",
    "hexagons": "ColumnLayer",
    "symbols": "ScatterplotLayer",
    "outlines": "PathLayer",
}
"""The layer of deck.gl that draws each shape."""
ZOOM = 10


def description(view: View, drawn: Sequence[Layer]) -> dict[str, Any]:
    """The deck as JSON: one layer each, those below first. Texts are in the language spoken."""
    place = view.area
    deck = pydeck.Deck(
        layers=[_layer(view, layer) for layer in drawn],
        initial_view_state=pydeck.ViewState(longitude=place.lon or 0, latitude=place.lat or 0, zoom=ZOOM),
        map_provider=None,
        tooltip=False,
    )
    described: dict[str, Any] = json.loads(deck.to_json())
    del described["mapStyle"]  # pydeck's placeholder for a style that would be fetched
    return described


def _layer(view: View, layer: Layer) -> pydeck.Layer:
    about: dict[str, Any] = {
        "of": _text("marks" if layer.of in MARKS else layer.of),
        "form": _text(layer.form),
        "name": _text(layer.name[language()]),
        "colour": _text("state" if layer.colour == "state" and layer.of == "cases" else "group"),
        "size": 0 if layer.size == "value" else layer.size,
        "zoom": list(layer.zoom),
        "shown": layer.shown,
        "opens": layer.of in MARKS,
        "selects": layer.of == "cases",
        "lists": layer.of != "cases" or layer.where is not None,
        "spread": layer.form == "symbols" or layer.place == "area",
    }
    if layer.of in layers.AREAS:
        about |= {"outlines": _text(outlines.url(view.edition, view.area, level=layers.level(view, layer) or ""))}
    more = {name: str(value) for name, value in (("metric", view.metric.id),) if layer.of == "areas"}
    more |= {name: value for name, value in view.query.where if layer.of in (*MARKS, *layers.AREAS)}
    about |= {"groups": _text(layers.groups_url(view, layer, **more))}
    return pydeck.Layer(
        TYPES[layer.form], _text(layers.url(view, layer, **more)), id=layer.id, opacity=layer.opacity,
        pickable=False, about=about,
    )  # fmt: skip


def _text(text: str) -> pydeck.types.String:
    """pydeck takes a plain string for an expression."""
    return pydeck.types.String(text)

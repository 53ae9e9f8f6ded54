"""The layers that a visitor may see, and the addresses of their data."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

from cockpit import settings
from cockpit.access.policy import Can, Grants
from cockpit.settings import Settings
from cockpit.view_state import View, catalog_of
from data.areas.levels import LEVELS
from metrics import areas
from metrics.catalog import Metric
from metrics.engine.plan import exists_at
from metrics.mapping import layers as definitions
from metrics.mapping.layers import Layer

OURS = Path(__file__).parents[2] / "layers"
BELOW = "/files/layer/"
AREAS = ("areas", "hotspots")
"""Contents that are drawn as areas."""


@cache
def of(config: Settings) -> dict[str, Layer]:
    """All layers, ours and the district's own. Raises MetricsError that lists the faults."""
    return definitions.load(catalog_of(config), OURS, config.layers)


def may_see(layer: Layer, grants: Grants, first: int, end: int) -> bool:
    """Whether the layer is for a visitor with these grants, in all of the area codes [first, end)."""
    return all(grants.may(right, first, end) for right in {Can.LOOK, Can(layer.right)})


def visible(view: View, config: Settings) -> list[Layer]:
    """The layers that the visitor may see of the view's area, those below first, without what does not exist there."""
    grants, place = view.grants, view.area
    return [
        layer
        for layer in of(config).values()
        if may_see(layer, grants, place.code, place.end) and (layer.of not in AREAS or level(view, layer))
    ]


def level(view: View, layer: Layer) -> str | None:
    """The level of a layer's areas below the view's area; None where there are none, or the metric has no values."""
    lower = areas.lower_levels(view.edition, view.area)
    if not lower:
        return None
    chosen = layer.level or lower[0]
    below_it = LEVELS.index(chosen) > LEVELS.index(view.area.level)
    return chosen if below_it and (layer.of == "hotspots" or exists_at(metric(view, layer), chosen)) else None


def metric(view: View, layer: Layer) -> Metric:
    """The metric of a layer of areas."""
    return view.catalog.metrics[layer.metric] if layer.metric else view.metric


def url(view: View, layer: Layer, ending: str = ".bin", **parameters: str) -> str:
    """Address of a layer's data, different for each edition, area, definition and language.

    Layers that draw the same marks in different shapes and colours have one address, so that a browser fetches them
    once.
    """
    same = next(other for other in of(settings.current()).values() if other.data_definition == layer.data_definition)
    return _address(view, same, ending, {"v": same.fingerprint, "lang": view.lang, **parameters})


def groups_url(view: View, layer: Layer, **parameters: str) -> str:
    """Address of the groups that colour a layer's marks; empty where there are none."""
    about = {"v": layer.group_fingerprint, "lang": view.lang, "part": "groups", **parameters}
    return _address(view, layer, ".bin", about) if layer.has_groups else ""


def _address(view: View, layer: Layer, ending: str, parameters: Mapping[str, str]) -> str:
    return f"{BELOW}{view.edition.id}/{view.area.code}/{layer.id}{ending}?{urlencode(parameters)}"

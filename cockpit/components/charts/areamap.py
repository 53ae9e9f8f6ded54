"""The map: the areas below one, coloured by a metric, each an ordinary link. Drawn in the browser as SVG from
geometry that comes by URL once an edition; a run sends only the values."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cockpit import settings
from cockpit.components.base import define
from cockpit.drawing import outlines
from cockpit.i18n import _
from metrics.areas import Area

if TYPE_CHECKING:
    from cockpit.view_state import View

MOST_STOPS = 60
"""Above so many areas Tab stops at the first alone, and the arrow keys lead on."""

_map = define("areamap")


@dataclass(frozen=True)
class MapArea:
    """One area of the map: its value in words and the key of its entry in the legend.

    key: a state (`red`, `amber`, `green`), `none` for a value without a state, `step0` to `step4`, `small` for too
    small a sample, `absent` for no data.
    """

    code: int
    name: str
    value: str
    href: str = ""
    key: str = "absent"


@dataclass(frozen=True)
class Entry:
    """One line of the legend, which shows its areas alone when it is chosen. key: as of MapArea.

    bound: the limit of a state in words. count: how many areas or points have it.
    """

    key: str
    label: str
    count: int
    bound: str = ""


@dataclass(frozen=True)
class MapPoint:
    """Something at a place, drawn as the shape of its state, `key`."""

    lon: float
    lat: float
    text: str
    href: str = ""
    key: str = "none"


def areamap(
    view: "View",
    areas: Sequence[MapArea],
    *,
    parent: Area,
    legend: Sequence[Entry] = (),
    points: Sequence[MapPoint] = (),
    own: bool = False,
    title: str = "",
    height: int = 420,
    key: str = "map",
) -> None:
    """Draw the areas below `parent`, or with `own` the outline of `parent` under the points.

    height: in pixels; 0 is what is left of the window.
    Draws nothing where the edition has neither polygons nor points of these areas: ask `drawable` to lay out.
    """
    if not drawable(view, parent, own=own):
        return
    data = {
        "geometry": outlines.url(view.edition, parent, own=own),
        "areas": tuple(areas),
        "legend": tuple(legend),
        "points": tuple(points),
        "height": height,
        "title": title or _("Map of {area}", area=parent.name),
        "none": _("No data"),
        "all": _("All"),
        "pick": _("Show on the map"),
        "note": map_note(),
        "demo": _("Demo data") if view.edition.demo else "",
        "stops": len(areas) <= MOST_STOPS,
    }
    _map(key=key, data=data)


def map_note() -> str:
    """What stands under a map: the number of its review, or that it is schematic."""
    review = settings.current().map_review
    return _("Map review no. {number}", number=review) if review else _("Schematic")


def drawable(view: "View", parent: Area, *, own: bool = False) -> bool:
    """Whether the edition has anything to draw below `parent` (or of itself)."""
    return outlines.drawable(view.edition, parent, own=own)

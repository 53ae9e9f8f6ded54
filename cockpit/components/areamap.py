"""The map: the areas below one, coloured by a metric, each an ordinary link. Drawn in the browser as SVG from
geometry that comes by URL once an edition; a run sends only the values."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from cockpit import settings
from cockpit.components.base import define
from cockpit.drawing import outlines
from cockpit.i18n import _
from cockpit.labels import format
from metrics.areas import Area
from metrics.catalog import Metric
from metrics.catalog.model import Bound

if TYPE_CHECKING:
    from cockpit.view_state import View

STEPS = 5
MOST_STOPS = 60
"""Above so many areas the keyboard skips the map: the ranking beside it holds the same links."""

_map = define("areamap")


@dataclass(frozen=True)
class MapArea:
    """One area of the map: its value in words and the step of its colour, None where there is no value.

    mark: one of the few that carry their name on the map. small: its sample is too small to be coloured.
    """

    code: int
    name: str
    value: str
    href: str = ""
    step: int | None = None
    state: str = "none"
    mark: bool = False
    small: bool = False


@dataclass(frozen=True)
class Step:
    """One line of the legend."""

    label: str
    state: str = ""


@dataclass(frozen=True)
class MapPoint:
    """Something at a place, drawn as the shape of its state."""

    lon: float
    lat: float
    text: str
    href: str = ""
    state: str = "none"


def areamap(
    view: "View",
    areas: Sequence[MapArea],
    *,
    parent: Area,
    steps: Sequence[Step] = (),
    points: Sequence[MapPoint] = (),
    own: bool = False,
    title: str = "",
    height: int = 420,
    least: int = 0,
    key: str = "map",
) -> None:
    """Draw the areas below `parent`, or with `own` the outline of `parent` under the points.

    least: the sample from which on an area has a colour, named in the legend where one has less.
    height: in pixels; 0 is what is left of the window.
    Draws nothing where the edition has neither polygons nor points of these areas: ask `drawable` to lay out.
    """
    if not drawable(view, parent, own=own):
        return
    review = getattr(settings.current(), "map_review", None)
    data = {
        "geometry": outlines.url(view.edition, parent, own=own),
        "areas": tuple(areas),
        "steps": tuple(steps),
        "points": tuple(points),
        "height": height,
        "title": title or _("Map of {area}", area=parent.name),
        "none": _("No data"),
        "small": _("Sample below {n}, no colour", n=least),
        "note": _("Map review no. {number}", number=review) if review else _("Schematic"),
        "demo": _("Demo data") if view.edition.demo else "",
        "stops": len(areas) <= MOST_STOPS,
    }
    _map(key=key, data=data)


def drawable(view: "View", parent: Area, *, own: bool = False) -> bool:
    """Whether the edition has anything to draw below `parent` (or of itself)."""
    return outlines.drawable(view.edition, parent, own=own)


def steps(metric: Metric, values: Sequence[float | None]) -> tuple[list[Step], list[int | None]]:
    """The legend of a metric and the step of each value, 0 the best (or the least, without a good direction).

    Cut at the metric's own thresholds where they hold for the value itself, else where the values fall into fifths.
    """
    amounts = [format.given(value) for value in values]
    known = sorted({amount for amount in amounts if amount is not None})
    if not known:
        return [], [None] * len(values)
    limits = metric.thresholds
    if limits and limits.green and limits.against == "value":
        legend, place = _by_limits(limits.green, limits.red, rising=metric.direction == "up")
    else:
        legend, place = _by_fifths(metric, known)
    return legend, [None if amount is None else place(amount) for amount in amounts]


Place = Callable[[float], int]


def _by_limits(green: Bound, red: Bound, *, rising: bool) -> tuple[list[Step], Place]:
    """Green, two of amber, two of red: the width of amber also parts the red. rising: more is better."""
    middle, beyond = (green.limit + red.limit) / 2, 2 * red.limit - green.limit
    sign = 1 if rising else -1

    def place(value: float) -> int:
        if green.holds(value):
            return 0
        if red.holds(value):
            return 3 if sign * (value - beyond) >= 0 else 4
        return 1 if sign * (value - middle) >= 0 else 2

    ends = [f"{end:g}" for end in (green.limit, middle, red.limit, beyond)]
    between = [f"{min(a, b, key=float)}–{max(a, b, key=float)}" for a, b in pairwise(ends)]
    labels = [str(green), *between, f"{'<' if sign > 0 else '>'} {ends[-1]}"]
    return [Step(*of) for of in zip(labels, ("green", "amber", "amber", "red", "red"), strict=True)], place


def _by_fifths(metric: Metric, known: Sequence[float]) -> tuple[list[Step], Place]:
    """At most five groups of about as many areas each, best or least first."""
    falling = metric.direction == "up"
    ranked = list(reversed(known)) if falling else list(known)
    size = -(-len(ranked) // STEPS)
    groups = [ranked[start : start + size] for start in range(0, len(ranked), size)]
    step_of = {value: index for index, group in enumerate(groups) for value in group}
    labels = []
    for group in groups:
        low, high = min(group), max(group)
        texts = list(dict.fromkeys(format.value(metric, end) for end in (low, high)))
        labels.append(Step("–".join(texts)))
    return labels, lambda value: step_of[float(value)]

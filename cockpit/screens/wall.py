"""The wall screen: large, without controls, rotating through the area and the areas below that need attention."""

from dataclasses import dataclass, replace

import streamlit as st

from cockpit import settings
from cockpit.components.composed import composed
from cockpit.components.navigation import filters, header
from cockpit.components.status import wall
from cockpit.i18n import _
from cockpit.panels import layouts, screen
from cockpit.panels.kinds.alerts import reds_of
from cockpit.panels.layouts import Row
from cockpit.view import current
from cockpit.view_state import View
from metrics import areas
from metrics.areas import Area
from metrics.availability.extent import occurs

TURNS = "wall.turns"


def draw() -> None:
    """One area after the other, each for the seconds that the layout gives."""
    st.fragment(_draw, run_every=layouts.of(settings.current()).wall.turn)()


def _draw() -> None:
    """One area, until the next turn. The view is read again: a new edition is shown as soon as it is published."""
    view = current("cockpit").shared
    layout = layouts.of(settings.current()).wall
    stops = stops_of(view)
    turn = st.session_state.get(TURNS, 0) % len(stops)
    st.session_state[TURNS] = turn + 1
    shown = stops[turn].of(view)
    wall.wall(shown, shown.area, turn=layout.turn)
    filters.draw(shown)
    if not occurs(shown.edition, shown.area.code, shown.query.where):
        header.notice(
            _("No data: nothing of {area} has {filters}.", area=shown.area.name, filters=filters.in_words(shown))
        )
        return
    with composed():
        screen.draw_rows(shown, stops[turn].rows or layout.rows)


@dataclass(frozen=True)
class Stop:
    """An area that a wall shows. metric: the most severe of what is red there; empty: the wall's own.

    rows: the panels of its scene; empty: those of the layout.
    """

    area: Area
    metric: str = ""
    rows: tuple[Row, ...] = ()

    def of(self, view: View) -> View:
        """The view of the stop: its metric colours the map and is one of the tiles."""
        if not self.metric:
            return view.asking(area=self.area.code)
        shown = view.asking(area=self.area.code, metrics=(self.metric,))
        tiles = view.tiles or view.layout.tiles
        return replace(shown, tiles=tuple(dict.fromkeys((self.metric, *tiles))))


def stops_of(view: View) -> list[Stop]:
    """The stops of the layout's scenes; the area itself where none of them has one."""
    stops: list[Stop] = []
    for scene in layouts.of(settings.current()).wall.scenes:
        if scene.of == "area":
            stops.append(Stop(view.area, scene.metric or "", scene.rows))
        else:
            stops += [Stop(*stop, scene.rows) for stop in _most_red(view)[: scene.most]]
    return stops or [Stop(view.area)]


def _most_red(view: View) -> list[tuple[Area, str]]:
    """The areas below with reds, those with the most first, each with its most severe metric."""
    below: dict[int, list[str]] = {}
    for red in reds_of(view):
        if red.kind == "below" and red.area != view.area.code:
            below.setdefault(red.area, []).append(red.metric)
    worst = sorted(below, key=lambda code: (-len(below[code]), code))
    return [(areas.area(view.edition, code), below[code][0]) for code in worst]

"""The wall screen: no controls, large, turning through the area and those below it that need a look."""

from dataclasses import dataclass, replace

import streamlit as st

from cockpit import settings
from cockpit.components.navigation import filters, header
from cockpit.components.status import wall
from cockpit.components.status.wall import TURN
from cockpit.i18n import _
from cockpit.panels import layouts, screen
from cockpit.panels.kinds.alerts import reds_of
from cockpit.view import current
from cockpit.view_state import View
from metrics import areas
from metrics.areas import Area
from metrics.availability.extent import occurs

MOST_STOPS = 8
TURNS = "wall.turns"


@st.fragment(run_every=TURN)
def draw() -> None:
    """One area, until the next turn. The view is read again: a new edition is shown as soon as it is published."""
    view = current("cockpit").shared
    stops = stops_of(view)
    turn = st.session_state.get(TURNS, 0) % len(stops)
    st.session_state[TURNS] = turn + 1
    shown = stops[turn].of(view)
    wall.wall(shown, shown.area)
    filters.draw(shown)
    if not occurs(shown.edition, shown.area.code, shown.query.where):
        header.notice(
            _("No data: nothing of {area} has {filters}.", area=shown.area.name, filters=filters.in_words(shown))
        )
        return
    screen.draw_rows(shown, layouts.of(settings.current()).wall.rows)


@dataclass(frozen=True)
class Stop:
    """An area that a wall shows. metric: the most severe of what is red there; empty for the wall's own area."""

    area: Area
    metric: str = ""

    def of(self, view: View) -> View:
        """The view of the stop: its metric colours the map and is one of the tiles."""
        if not self.metric:
            return view.asking(area=self.area.code)
        shown = view.asking(area=self.area.code, metrics=(self.metric,))
        tiles = view.tiles or view.layout.metrics
        return replace(shown, tiles=tuple(dict.fromkeys((self.metric, *tiles))))


def stops_of(view: View) -> list[Stop]:
    """The area itself, then those below it with the most reds."""
    below: dict[int, list[str]] = {}
    for red in reds_of(view):
        if red.kind == "below" and red.area != view.area.code:
            below.setdefault(red.area, []).append(red.metric)
    worst = sorted(below, key=lambda code: (-len(below[code]), code))[: MOST_STOPS - 1]
    return [Stop(view.area), *(Stop(areas.area(view.edition, code), below[code][0]) for code in worst)]

"""The wall screen: no controls, large, turning through the area and those below it that need a look."""

import streamlit as st

from cockpit import settings
from cockpit.components import filters, header, wall
from cockpit.components.wall import TURN
from cockpit.i18n import _
from cockpit.panels import layouts, screen
from cockpit.panels.alerts import reds_of
from cockpit.view import current
from cockpit.view_state import View
from metrics import areas
from metrics.areas import Area
from metrics.engine.extent import occurs

MOST_STOPS = 8
TURNS = "wall.turns"


@st.fragment(run_every=TURN)
def draw() -> None:
    """One area, until the next turn. The view is read anew: a new edition is shown as soon as it is published."""
    view = current("cockpit").shared
    stops = stops_of(view)
    turn = st.session_state.get(TURNS, 0)
    st.session_state[TURNS] = turn + 1
    shown = view.asking(area=stops[turn % len(stops)].code)
    wall.wall(shown, shown.area)
    filters.draw(shown)
    if not occurs(shown.edition, shown.area.code, shown.query.where):
        header.notice(
            _("No data: nothing of {area} has {filters}.", area=shown.area.name, filters=filters.in_words(shown))
        )
        return
    screen.draw_rows(shown, layouts.of(settings.current()).wall.rows)


def stops_of(view: View) -> list[Area]:
    """The area itself, then those below it with the most reds."""
    counted: dict[int, int] = {}
    for red in reds_of(view):
        if red.kind == "below":
            counted[red.area] = counted.get(red.area, 0) + 1
    worst = sorted((code for code in counted if code != view.area.code), key=lambda code: (-counted[code], code))
    return [view.area, *(areas.area(view.edition, code) for code in worst[: MOST_STOPS - 1])]

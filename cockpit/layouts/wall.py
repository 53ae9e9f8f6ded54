"""The wall screen: no controls, large, turning through the area and those below it that need a look."""

from dataclasses import replace

import streamlit as st

from cockpit.components import areamap, tiles, wall
from cockpit.components.header import title
from cockpit.components.today import Item, Line, today
from cockpit.components.wall import TURN
from cockpit.i18n import _
from cockpit.layouts import answers, places
from cockpit.layouts.attention import oldest, red_in_words, reds
from cockpit.layouts.vitals import to_look_at, vital_tiles
from cockpit.layouts.words import ask
from cockpit.seen import View
from cockpit.view import current
from metrics import areas
from metrics.areas import Area

TILES = 4
REDS = 3
MOST_STOPS = 8
RANKING_HEIGHT = 640
TURNS = "wall.turns"


@st.fragment(run_every=TURN)
def draw() -> None:
    """One area, until the next turn. The view is read anew: a new edition is shown as soon as it is published."""
    view = current("cockpit").shared
    stops = stops_of(view)
    turn = st.session_state.get(TURNS, 0)
    st.session_state[TURNS] = turn + 1
    shown = replace(view, area=stops[turn % len(stops)])
    wall.wall(shown, shown.area)
    tiles.tiles([replace(tile, href="", passport="") for tile in vital_tiles(shown)[:TILES]])
    left, right = st.columns([3, 2], gap="large")
    with left:
        _map(shown)
    with right:
        _reds(shown)


def stops_of(view: View) -> list[Area]:
    """The area itself, then those below it with the most reds."""
    counted: dict[int, int] = {}
    for red in answers.reds(ask(view)):
        if red.kind == "below":
            counted[red.area] = counted.get(red.area, 0) + 1
    worst = sorted((code for code in counted if code != view.area.code), key=lambda code: (-counted[code], code))
    return [view.area, *(areas.area(view.edition, code) for code in worst[: MOST_STOPS - 1])]


def _map(view: View) -> None:
    if places.has_below(view) and areamap.drawable(view, view.area):
        title(places.title(view))
        places.area_map(view, height=0)
    elif places.has_below(view):
        title(places.title(view))
        places.area_ranking(view, height=RANKING_HEIGHT)


def _reds(view: View) -> None:
    """The worst reds of the area, and what has been open longest."""
    every = answers.reds(ask(view))
    worst = [red_in_words(view, red) for red in every[:REDS]]
    title(_("Over the limit: {n}", n=len(every)))
    lines = [Line("▲", item.strong, (Item(item.text),), state="red") for item in worst] or [reds(view, [])]
    old = oldest(view, to_look_at(view).oldest)
    today([*lines, *([replace(old, on="")] if old else [])], label="")

"""The cockpit of a village: what to do first, then how it stands. One column on a phone."""

import streamlit as st

from cockpit import charts, format
from cockpit.components import areamap, tiles
from cockpit.components.areamap import MapPoint
from cockpit.components.header import notice, title
from cockpit.i18n import _, language, ngettext
from cockpit.kept import kept
from cockpit.layouts import answers, clocks
from cockpit.layouts.vitals import tile
from cockpit.layouts.words import ask, rows_link
from cockpit.seen import View
from metrics import areas
from metrics.catalog import Metric
from metrics.frames import each
from metrics.period import DAY

VITALS = ("backlog", "overdue_open", "on_time_rate", "satisfaction_rate", "intake", "closed")
TILES = 4
MAP_HEIGHT = 320


def draw(view: View) -> None:
    """To-do first; on a desk the numbers stand beside it."""
    if not view.area.live:
        merged(view)
        record(view)
        return
    first, second = st.columns([12, 11], gap="medium")
    with first:
        clocks.to_do(view)
    with second:
        record(view)


def record(view: View) -> None:
    """How the village stands: numbers, trend, what is open on the map, and the list to print."""
    numbers(view)
    own_trend(view)
    own_map(view)
    with st.container(key="noprint"):
        title(_("Publicity list"), links=[(_("Show and print"), view.here(sheet="publicity"))])


def merged(view: View) -> None:
    """Where a village went that is no more. What is shown below is its own history."""
    holder = areas.area(view.edition, view.area.holder)
    told = {"area": view.area.name, "holder": holder.name}
    if view.area.valid_to:
        since = format.day(view.area.valid_to)
        text = _("{area} has been part of {holder} since {since}. Shown here is its own record.", **told, since=since)
    else:
        text = _("{area} is part of {holder} now. Shown here is its own record.", **told)
    notice(text, state="amber", links=[(_("To {area}", area=holder.name), view.href(area=holder))])


def numbers(view: View) -> None:
    """The village's own numbers; those that nothing feeds are left out."""
    title(_("How the village stands"), note=format.period(view.period))
    tiles.tiles(vital_tiles(view))


@kept(maxsize=512)
def vital_tiles(view: View) -> tuple[tiles.Tile, ...]:
    found = answers.vitals(ask(view), VITALS)
    return tuple(tile(view, vital, found) for vital in [v for v in found.values() if v.ever][:TILES])


def own_trend(view: View) -> None:
    """The chosen metric month by month; a point opens the rows of its month."""
    metric = view.metric_at("village")
    title(_("{metric} by month", metric=metric.name[language()]))
    charts.show(trend_figure(view, metric, view.dark), key="trend", height=220, label=metric.name[language()])


@kept(maxsize=512)
def trend_figure(view: View, metric: Metric, dark: bool) -> charts.Figure:
    """The months of the tiles' lines. `dark` tells apart the two figures of a view."""
    found = answers.vitals(ask(view), VITALS)
    vital = found.get(metric.id) or answers.vitals(ask(view), (metric.id,))[metric.id]
    months = answers.last_months(view.period.end - DAY)
    hrefs = [rows_link(view, metric, period=month) for month in months]
    return charts.trend(view, metric, [m.start for m in months], [charts.Line(_("Month"), vital.trend)], hrefs=hrefs)


def own_map(view: View) -> None:
    """The outline of the village and its open cases; nothing where neither is known."""
    points = case_points(view)
    if areamap.drawable(view, view.area, own=True):
        every = answers.open_cases(view.edition, view.area)
        note = ngettext(
            "{n} of {all} open cases has a place", "{n} of {all} open cases have a place", len(points), all=every
        )
        title(_("Open cases on the map"), note=note)
        areamap.areamap(view, (), parent=view.area, points=points, own=True, height=MAP_HEIGHT)


@kept(maxsize=512)
def case_points(view: View) -> tuple[MapPoint, ...]:
    found, _counts = answers.to_do(view.edition, view.area)
    return tuple(
        MapPoint(
            row.lon,
            row.lat,
            f"{clocks.what(row)} {clocks.clock(view, row)}".strip(),
            clocks.case_link(view, row),
            clocks.STATES[row.when],
        )
        for row in each(found.dropna(subset=["lon", "lat"]))
    )

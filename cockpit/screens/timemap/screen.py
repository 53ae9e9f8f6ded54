"""The screen of the time-and-space map."""

from collections.abc import Sequence
from typing import Any

from cockpit import settings
from cockpit.access import visitors
from cockpit.actions import items as actions
from cockpit.components.navigation import header
from cockpit.components.timemap.timemap import timemap
from cockpit.drawing import outlines
from cockpit.i18n import _, language, ngettext, pgettext
from cockpit.labels import format
from cockpit.screens.admin import desk
from cockpit.screens.timemap import deck, layers, legends
from cockpit.screens.timemap.tiles import proxy, services
from cockpit.screens.work import shared
from cockpit.view_state import View
from data.desk.items import lists
from metrics.availability.extent import extent
from metrics.mapping.boxes import own_box
from metrics.mapping.layers import Layer
from metrics.period import last_day


def draw(view: View) -> None:
    """The map of the view's area, or why there is none."""
    header.title(_("Time-and-space map"), note=view.area.name, level=1)
    drawn = layers.visible(view, settings.current())
    days = extent(view.edition)
    if days is None or own_box(view.edition, view.area.code, view.area.end) is None:
        header.notice(
            _("There is no map of {area}: its outline and its place are not known.", area=view.area.name),
            links=[(_("Cockpit"), view.href())],
        )
        return
    _newer(view)
    timemap(_data(view, drawn), key="timemap")


def _newer(view: View) -> None:
    """Say how many work items began after the data of the map: they are not on it."""
    with desk.answering():
        known, reader = shared.rules(), actions.reader(shared.actor())
        kinds = [id for id, flow in known.flows.items() if flow.case_kind]
        place = (view.area.code, view.area.end)
        n = lists.count_begun(visitors.desk(), reader, kinds, place, known.utc(shared.counted_until(view.edition)))
        if n:
            header.notice(
                ngettext("{n} work item that began after the data of {time} is not on the map yet.",
                         "{n} work items that began after the data of {time} are not on the map yet.",
                         n, time=format.stamp(view.edition.as_of)),
                links=[(_("Work items"), view.href("inbox", show="all"))],
            )  # fmt: skip


def _data(view: View, drawn: Sequence[Layer]) -> dict[str, Any]:
    """The data of the component; all data of the layers come by URL."""
    days = extent(view.edition)
    assert days, "the caller has checked it"
    review = settings.current().map_review
    return {
        "deck": deck.description(view, drawn),
        "own": outlines.url(view.edition, view.area, own=True),
        "box": own_box(view.edition, view.area.code, view.area.end),
        "first": str(days[0]),
        "last": str(last_day(view.as_of)),
        "area": str(view.area.code),
        "areaHref": view.href(area="AREA"),
        "rows": view.href("rows", metric=view.catalog.id_of("open")),
        "permalink": view.permalink("map"),
        "tiles": _tiles(services.of(settings.current())),
        "styles": legends.STYLES,
        "states": legends.states(),
        "lang": language(),
        "title": _("Map of {area}", area=view.area.name),
        "note": _("Map review no. {number}", number=review) if review else _("Schematic"),
        "stamp": _("Data of {time}", time=format.stamp(view.as_of)),
        "demo": _("Demo data") if view.edition.demo else "",
        "words": _words(),
    }


def _tiles(service: services.Service | None) -> dict[str, Any] | None:
    """What the browser gets of the tile service: our own addresses and what is written on the map, no key."""
    if service is None:
        return None
    sets = [
        {"url": f"{proxy.BELOW}{service.version}/{tiles.id}/{{z}}/{{x}}/{{y}}", "zoom": tiles.zoom}
        for tiles in service.tiles
    ]
    number = _("Map review no. {number}", number=service.review)
    return {"sets": sets, "name": _("Base map"), "note": f"{service.attribution} · {number}"}


def _words() -> dict[str, str]:
    return {
        "play": _("Play"),
        "pause": _("Pause"),
        "back": _("One step back"),
        "on": _("One step on"),
        "speed": _("Speed"),
        "slow": _("Slow"),
        "normal": _("Medium"),
        "fast": _("Fast"),
        "step": _("Step by"),
        "day": _("By day"),
        "week": _("By week"),
        "month": _("By month"),
        "show": _("Show"),
        "open": _("Open on the day"),
        "opened": _("Registered"),
        "closed": _("Closed"),
        "overdue": _("Overdue"),
        "time": _("Day of the map"),
        "trend": _("Count by day"),
        "layers": _("Layers"),
        "opacity": _("Opacity"),
        "up": _("Draw above"),
        "down": _("Draw below"),
        "legend": _("Legend, with counts in view"),
        "far": _("Shown when nearer"),
        "in": _("Enlarge"),
        "out": _("Reduce"),
        "whole": _("Whole area"),
        "find": _("Find an area on the map"),
        "selects": _("Select cases"),
        "lasso": _("Select by outline"),
        "rectangle": _("Select by rectangle"),
        "enclose": _("Draw around cases on the map; Enter selects all in view, Escape ends."),
        "clear": _("Clear the selection"),
        "selected": _("{n} selected"),
        "too_many": _("{n} selected. At most {most} can be opened as rows: draw a smaller outline."),
        "link": _("Copy link"),
        "copied": _("Copied"),
        "by_hand": _("Copy this address"),
        "table": _("As a table"),
        "listed": _("The first {n} of {all} are listed."),
        "name": _("Area"),
        "absent": _("No data"),
        "unplaced": _("{n} without a place, or with one far off the map, over all time"),
        "close": _("Close"),
        "goto": pgettext("a page", "Open"),
        "state": _("State"),
        "loading": _("Loading"),
        "failed": _("The map does not load. Try again."),
        "nowhere": _("No one area on the map is called {text}."),
        "missing": _("{name} does not load; it is asked for again."),
        "two": _("Move the map with two fingers"),
        "wheel": _("Hold Ctrl to zoom with the wheel"),
        "keys": _("Arrow keys move the map, plus and minus zoom, space plays, comma and full stop step."),
    }

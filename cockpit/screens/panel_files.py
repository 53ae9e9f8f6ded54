"""The numbers of a panel: as JSON for the table that its menu opens, and as a CSV file.

The address is that of the panel's page with `panel`, its name there; rights and scope are checked as for the page.
"""

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cockpit import settings
from cockpit.access.policy import Can
from cockpit.access.visitors import Visitor
from cockpit.components.base import plain
from cockpit.components.navigation.filters import in_words
from cockpit.components.navigation.panelmenu import FILES, PARAMETER
from cockpit.i18n import _, using
from cockpit.labels import format
from cockpit.labels.spreadsheets import safe_csv
from cockpit.panels.numbers import Number, Numbers
from cockpit.screens import tiles
from cockpit.screens.comparison import compared
from cockpit.screens.comparison import numbers as comparison
from cockpit.screens.listing.download import answered, attachment, check_export
from cockpit.serving import slow_queries
from cockpit.view import BadParameter, read
from cockpit.view_state import View
from metrics.scope import OutOfScope

MOST = 100
"""Characters of a panel's name."""


async def table(request: Request) -> Response:
    """The numbers with their headings, as JSON. 403 outside of what the visitor may see, 400 for an unknown panel."""
    return await answered(request, _table, _what("look", request))


async def file(request: Request) -> Response:
    """The same as an attachment, for who may export of the area; the audit has its hash, or nothing is given away."""
    return await answered(request, _file, _what("export", request))


def _what(done: str, request: Request) -> str:
    given = request.query_params
    return f"{done} {given.get('area', '')} panel {given.get(PARAMETER, '')}"


def _table(visitor: Visitor, given: dict[str, str], address: str) -> Response:
    view = _view(visitor, given)
    if not visitor.grants.may(Can.LOOK, view.area.code, view.area.end):
        raise OutOfScope("rows.no_look", "{area} lies outside of what you may see", area=view.area.name)
    with using(view.lang):
        content = numbers(view, given, visitor)
        place = (view.area.name, in_words(view), format.period(view.period))
        note = " · ".join(filter(None, (*place, _("Data of {time}", time=format.stamp(view.as_of)))))
        payload = {"title": content.title, "note": note, "columns": content.columns, "rows": plain(content.rows)}
    return JSONResponse(payload, headers={"Cache-Control": "no-store"})


def _file(visitor: Visitor, given: dict[str, str], address: str) -> Response:
    view = _view(visitor, given)
    _check_export(view, visitor, given)
    with using(view.lang):
        made = csv(numbers(view, given, visitor))
    name = f"{given[PARAMETER]}-{view.area.code}-{view.period.start}-{view.period.last}.csv"
    return attachment(visitor, view, made, "".join(c if c.isalnum() or c in "-._" else "_" for c in name), address)


def _check_export(view: View, visitor: Visitor, given: Mapping[str, str]) -> None:
    """A comparison names areas of its own: all of them count, not that of the view."""
    if given.get(PARAMETER) not in comparison.PANELS:
        check_export(view, visitor)
    elif not compared.may_export(view, comparison.choice_of(view, given)):
        raise OutOfScope(
            "rows.no_right",
            "your roles do not let you export rows of {area}",
            area=given.get("areas", view.area.name)[:MOST],
        )


def _view(visitor: Visitor, given: Mapping[str, str]) -> View:
    slow_queries.asks(slow_queries.Asker(visitor.name))
    page = "compare" if given.get(PARAMETER) in comparison.PANELS else "cockpit"
    return read(given, settings.current(), visitor.grants, page)


def numbers(view: View, given: Mapping[str, str], visitor: Visitor) -> Numbers:
    """The numbers of the panel that the address names. BadParameter if its page has none of this name."""
    name = given.get(PARAMETER, "")
    if name in comparison.PANELS:
        return comparison.numbers(view, given, name)
    panel = view.layout.by_name.get(name)
    view = replace(view.shared, tiles=tiles.stored(view, visitor)[: tiles.MOST])
    shown = panel is not None and view.area.level in panel.levels and panel.shown(view)
    content: Numbers | None = panel.numbers(view) if panel is not None and shown else None
    if content is None:
        hint = _("This screen has no panel of this name with numbers.")
        raise BadParameter(PARAMETER, name[:MOST], hint)
    return content


def csv(content: Numbers) -> bytes:
    """A table as CSV for a spreadsheet, its numbers as numbers."""
    rows = [[cell.in_file if isinstance(cell, Number) else cell for cell in row] for row in content.rows]
    frame = pd.DataFrame(rows, columns=range(len(content.columns)), dtype=object)
    frame.columns = pd.Index(content.columns)
    return safe_csv(frame).encode("utf-8-sig")


ROUTES = (Route(f"{FILES}.json", table), Route(f"{FILES}.csv", file))

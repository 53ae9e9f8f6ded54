"""The public list: items in publication, for everybody, without accounts, texts or places; off by default."""

import time
from html import escape

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from cockpit import editions, settings
from cockpit.access import visitors
from cockpit.access.signin.forms import alert, page, spoken
from cockpit.i18n import _, language, using
from cockpit.labels.names import area_name
from cockpit.labels.wording import worded
from cockpit.screens.work import shared
from data.desk.items import lists
from data.errors import DataError

PATH = "/public"
MOST = 300
FRESH_SECONDS = 60.0
_made: dict[str, tuple[float, str]] = {}


async def serve(request: Request) -> Response:
    """The list; 404 unless COCKPIT_PUBLIC_ITEMS is set."""
    if not settings.current().public_items:
        return PlainTextResponse("Not Found", 404)
    with using(spoken(request)):
        try:
            return page(
                await run_in_threadpool(_content), title=_("Published items"), headers={"X-Robots-Tag": "noindex"}
            )
        except DataError as error:
            return page(alert(worded(error)), 503)


def _content() -> str:
    """The list of the last minute: it is made once for everybody of a language."""
    at, made = _made.get(language(), (0.0, ""))
    if time.monotonic() < at + FRESH_SECONDS and made:
        return made
    made = _list()
    _made[language()] = (time.monotonic(), made)
    return made


def _list() -> str:
    states = [
        (id, state) for id, flow in shared.rules().flows.items() for state, one in flow.states.items() if one.public
    ]
    items = lists.in_states(visitors.desk(), states, MOST + 1)
    if not items:
        nothing = _("Nothing is published at this time.")
        return f"<p>{escape(nothing)}</p>"
    edition = editions.current(settings.current())
    names = (_("Number"), _("Kind"), _("Title"), _("Area"), _("Responsible unit"), _("State"), _("Since"))
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(text)}</td>" for text in (
            item.number, shared.kind_name(item), item.title, area_name(edition, item.area), item.unit or "",
            shared.state_name(item), shared.stamp(item.changed_at)[:10],
        )) + "</tr>"
        for item in items[:MOST]
    )  # fmt: skip
    cut = _("The newest {n} are shown; there are more.", n=MOST) if len(items) > MOST else ""
    return f"<table><tr>{head}</tr>{rows}</table>{f'<p>{escape(cut)}</p>' if cut else ''}"


ROUTES = (Route(PATH, serve),)

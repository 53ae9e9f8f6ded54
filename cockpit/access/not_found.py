"""404 page for unknown paths. Streamlit would serve its shell for any path and open the first page."""

from collections.abc import Sequence
from html import escape

from starlette.requests import Request
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from cockpit.access import pages
from cockpit.access.gate import visitor_of
from cockpit.access.signin.forms import here, page, spoken
from cockpit.i18n import _, using

PATHS = {"", *(f"/{name}" for name in pages.PAGES)}
STREAMLIT = ("/_stcore/", "/static/", "/component/", "/media/", "/app/static/", "/favicon", "/manifest.json")
"""Prefixes that Streamlit serves; it returns 404 there itself."""


class KnownPages:
    """Answers 404 with a page of ours where neither a page, nor one of `routes`, nor a file of Streamlit's is asked.

    Stands behind the gate: strangers learn no pages.
    """

    def __init__(self, app: ASGIApp, routes: Sequence[BaseRoute]) -> None:
        self.app, self.routes = app, routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or self._is_known(scope):
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        with using(spoken(request)):
            answer = page(_body(scope), 404, title=_("No such page"), visitor=visitor_of(scope))
        await answer(scope, receive, send)

    def _is_known(self, scope: Scope) -> bool:
        path = scope["path"]
        known = path.rstrip("/") in PATHS or path.startswith(STREAMLIT)
        return known or any(route.matches(scope)[0] is not Match.NONE for route in self.routes)


def _body(scope: Scope) -> str:
    visitor = visitor_of(scope)
    home = pages.landing(visitor.grants) if visitor else pages.FIRST
    hint = _("The address may be mistyped, or the page has moved.")
    link, way = here("/" if home == pages.FIRST else f"/{home}"), _("To the first screen")
    return (
        f'<section role="alert"><p><code>{escape(scope["path"][:200])}</code></p>'
        f'<p>{escape(hint)}</p><p><a class="button" href="{escape(link)}">{escape(way)}</a></p></section>'
    )

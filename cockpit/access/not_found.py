"""Pages for addresses that lead nowhere: unknown paths, and addresses that are too long.

Streamlit would serve its shell for any path and open the first page. Under the name of the first page as well, with a
message of its own: that name is redirected to the address.
"""

from collections.abc import Sequence
from functools import cache
from html import escape
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from cockpit import settings
from cockpit.access import pages
from cockpit.access.gate import API, visitor_of
from cockpit.access.signin.forms import here, page, spoken
from cockpit.i18n import LANGUAGES, _, using

NAME_OF_FIRST = f"/{pages.FIRST}"
PATHS = {"", *(f"/{name}" for name in pages.PAGES if name != pages.FIRST)}
STREAMLIT = ("/_stcore/", "/static/", "/component/", "/media/", "/app/static/", "/favicon", "/manifest.json")
"""Prefixes that Streamlit serves; it returns 404 there itself."""
MOST_READ = 2_000
"""Characters of a query that is too long in which its language is looked for."""


class KnownPages:
    """Answers 404 with a page of ours for a path that is no page, none of `routes` and no file of Streamlit.

    Stands behind the gate: strangers learn no pages.
    """

    def __init__(self, app: ASGIApp, routes: Sequence[BaseRoute]) -> None:
        self.app, self.routes = app, routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or self._is_known(scope):
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        if scope["path"].rstrip("/") == NAME_OF_FIRST:
            query = request.url.query
            await RedirectResponse(f"/?{query}" if query else "/", 307)(scope, receive, send)
            return
        with using(spoken(request)):
            answer = page(_body(scope), 404, title=_("No such page"), visitor=visitor_of(scope))
        await answer(scope, receive, send)

    def _is_known(self, scope: Scope) -> bool:
        path = scope["path"]
        known = path.rstrip("/") in PATHS or path.startswith(STREAMLIT)
        return known or any(route.matches(scope)[0] is not Match.NONE for route in self.routes)


def too_long(url: bytes, most: int) -> bytes:
    """The page for an address of more than `most` bytes, in its language; empty for the API, which gets a line."""
    path, _question, query = url[:most].decode("latin-1").partition("?")
    if path.startswith(API):
        return b""
    lang = parse_qs(query[:MOST_READ]).get("lang", [""])[0]
    return _too_long(lang if lang in LANGUAGES else settings.current().language, most)


@cache
def _too_long(language: str, most: int) -> bytes:
    with using(language):
        hint = _(
            "The address is longer than {n} bytes. Search for less text, or choose fewer rows or filters.",
            n=f"{most:,}",
        )
        return bytes(page(_section("", hint, "/"), 414, title=_("The address is too long")).body)


def _body(scope: Scope) -> str:
    visitor = visitor_of(scope)
    home = pages.landing(visitor.grants) if visitor else pages.FIRST
    hint = _("The address may be mistyped, or the page has moved.")
    return _section(scope["path"][:200], hint, "/" if home == pages.FIRST else f"/{home}")


def _section(path: str, hint: str, home: str) -> str:
    """The requested address, what to do, and a link to the first screen."""
    named = f"<p><code>{escape(path)}</code></p>" if path else ""
    way = f'<a class="button" href="{escape(here(home))}">{escape(_("To the first screen"))}</a>'
    return f'<section role="alert">{named}<p>{escape(hint)}</p><p>{way}</p></section>'

"""404 page for unknown paths. Streamlit would serve its shell for any path and open the first page."""

from html import escape

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from cockpit.access import pages
from cockpit.access.signin.forms import here, page, spoken
from cockpit.i18n import _, using

PATHS = {"", *(f"/{name}" for name in pages.PAGES)}
STREAMLIT = ("/_stcore/", "/static/", "/component/", "/media/", "/app/static/", "/favicon", "/manifest.json")
"""Prefixes that Streamlit serves; it returns 404 there itself."""


class KnownPages:
    """404 page for paths that are no page, no route under `prefixes` and no file of Streamlit.

    prefixes: first path segments of the other routes. Runs behind the gate, so visitors without a session learn no page
    names.
    """

    def __init__(self, app: ASGIApp, prefixes: frozenset[str]) -> None:
        self.app, self.ours = app, prefixes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or self._is_known(scope["path"]):
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        with using(spoken(request)):
            answer = page(_body(scope), 404)
        await answer(scope, receive, send)

    def _is_known(self, path: str) -> bool:
        known = path.rstrip("/") in PATHS or path.startswith(STREAMLIT)
        return known or path.split("/")[1] in self.ours


def _body(scope: Scope) -> str:
    visitor = scope.get("state", {}).get("visitor")
    home = pages.landing(visitor.grants) if visitor else pages.FIRST
    title, hint = _("No such page"), _("The address may be mistyped, or the page has moved.")
    link, link_text = here("/" if home == pages.FIRST else f"/{home}"), _("To the first screen")
    return (
        f'<section role="alert"><h2>{escape(title)}</h2><p><code>{escape(scope["path"][:200])}</code></p>'
        f'<p>{escape(hint)}</p><p><a class="button" href="{escape(link)}">{escape(link_text)}</a></p></section>'
    )

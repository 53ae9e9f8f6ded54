"""The answer to an address of no page. Streamlit would serve its shell for any path and open the first page."""

from html import escape

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from cockpit.access import pages
from cockpit.access.signin.forms import here, page, spoken
from cockpit.i18n import _, using

PATHS = {"", *(f"/{name}" for name in pages.PAGES)}
STREAMLIT = ("/_stcore/", "/static/", "/component/", "/media/", "/app/static/", "/favicon", "/manifest.json")
"""What Streamlit serves itself beside pages; it answers 404 there."""


class KnownPages:
    """Answers 404 with a page of ours where neither a page, nor a route of `ours`, nor a file of Streamlit's is asked.

    ours: first segments of the paths that other routes serve. Stands behind the gate: strangers learn no pages.
    """

    def __init__(self, app: ASGIApp, ours: frozenset[str]) -> None:
        self.app, self.ours = app, ours

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or self._knows(scope["path"]):
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        with using(spoken(request)):
            answer = page(_body(scope), 404)
        await answer(scope, receive, send)

    def _knows(self, path: str) -> bool:
        known = path.rstrip("/") in PATHS or path.startswith(STREAMLIT)
        return known or path.split("/")[1] in self.ours


def _body(scope: Scope) -> str:
    visitor = scope.get("state", {}).get("visitor")
    home = pages.landing(visitor.grants) if visitor else pages.FIRST
    title, hint = _("No such page"), _("The address may be mistyped, or the page has moved.")
    link, way = here("/" if home == pages.FIRST else f"/{home}"), _("To the first screen")
    return (
        f'<section role="alert"><h2>{escape(title)}</h2><p><code>{escape(scope["path"][:200])}</code></p>'
        f'<p>{escape(hint)}</p><p><a class="button" href="{escape(link)}">{escape(way)}</a></p></section>'
    )

"""HTML shell of all screens: Streamlit's page, changed to load faster.

Streamlit's page makes a browser wait for its scripts one after another, for two fonts that our texts are not set in,
for two questions to the server, and then for the connection. What a first screen needs is named here in the page's
head, and the connection opens at once.
"""

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from html import escape
from pathlib import Path
from urllib.parse import parse_qs, urlencode

import streamlit as st
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from cockpit.access.gate import visitor_of
from cockpit.access.pages import FIRST, PAGES, landing
from cockpit.address import link
from cockpit.i18n import _, using
from cockpit.server import assets
from cockpit.server.static_files import File, content_type, response

STREAMLIT = Path(st.__file__).parent / "static"
SCRIPTS = STREAMLIT / "static" / "js"
LAZY = "BidiComponent"
"""The chunk that Streamlit loads lazily although every screen needs it: cockpits are drawn by components alone."""
POLYFILLS = Path(__file__).parents[1] / "polyfills.js"
"""What older browsers lack; docs/serving.md names the oldest."""
CONNECT = Path(__file__).parents[1] / "connect.js"
"""Opens the connection while Streamlit's scripts load."""
FORGET = (Path(__file__).parents[1] / "forget.js").read_text("utf-8")
"""The one script of the plain pages: it runs after signing out."""
MODULE = re.compile(r'<link rel="modulepreload" crossorigin href="\./static/js/([^"]+)">\s*')
IMPORT = re.compile(r'(?:from|import)"\./([^"]+\.js)"')
PATHS = {"/", *(f"/{name}" for name in PAGES)}
FIRST_PATHS = {"/", f"/{FIRST}"}
LARGE = 4
"""One script in so many counts as large."""
LASTING = ("lang", "size")
"""Parameters of the root address that are passed on."""
LOOK, DARK = "embed_options", "dark_theme"
"""Streamlit's parameter for the theme of one page, and its value for the dark one; `light_theme` is the other."""


@cache
def page() -> str:
    """The HTML, the same for all users."""
    html = (STREAMLIT / "index.html").read_text("utf-8")
    first, *later = (f'<link rel="modulepreload" href="{assets.url(name)}">' for name in assets.MODULES)
    preloads = [f'<link rel="modulepreload" crossorigin href="./static/js/{name}">' for name in _scripts(html)]
    with using("zh"):
        title, noscript = escape(_("Governance Cockpit")), escape(_("Switch JavaScript on: the screens need it."))
    head = [
        f'<link rel="stylesheet" href="{assets.url("style.css")}" id="cockpit-style">',
        *(f"<script>{script.read_text('utf-8')}</script>" for script in (POLYFILLS, CONNECT)),
    ]
    html = MODULE.sub("", html)
    html = re.sub(r"<!--.*?-->\s*", "", html, flags=re.DOTALL)
    html = re.sub(r'<link\s+rel="(?:preload|service-desc)".*?/>\s*', "", html, flags=re.DOTALL)
    html = re.sub(r'<link rel="stylesheet"[^>]*>\s*', "", html)
    html = re.sub(r"<title>.*?</title>", f"<title>{title}</title>", html)
    html = re.sub(r"<noscript>.*?</noscript>", f"<noscript>{noscript}</noscript>", html, flags=re.DOTALL)
    html = html.replace('<html lang="en">', '<html lang="zh-CN">')
    html = html.replace("<script", "\n    ".join([*head, "<script"]), 1)
    return html.replace("</head>", "\n    ".join([first, *preloads, *later, "</head>"]))


def inline_scripts() -> str:
    """CSP hashes of the inline scripts: those of the page, and FORGET."""
    bodies = [*re.findall(r"<script>(.*?)</script>", page(), re.DOTALL), FORGET]
    return " ".join(f"'sha256-{b64encode(sha256(body.encode()).digest()).decode()}'" for body in bodies)


class Shell:
    """Serves the shell on page paths; runs behind the gate."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.file = File(content_type("index.html"), False, lambda: page().encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and scope["path"] in PATHS:
            if elsewhere := _landing(scope) or _darkened(scope):
                await RedirectResponse(elsewhere, 303)(scope, receive, send)
                return
            await (await response("/index.html", self.file, scope))(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def _darkened(scope: Scope) -> str:
    """The address of a wall screen in the dark theme, unless it names one; empty for all other addresses."""
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
    if query.get("wall") != ["1"] or LOOK in query:
        return ""
    return f"{scope['path']}?{urlencode({**query, LOOK: DARK}, doseq=True)}"


def _landing(scope: Scope) -> str:
    """The landing page of a visitor who may not see the first page; empty for all others.

    An address that names an area or anything else is left to the page, which says why it is refused.
    """
    visitor = visitor_of(scope)
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    if not visitor or scope["path"] not in FIRST_PATHS or not query.keys() <= set(LASTING):
        return ""
    name = landing(visitor.grants)
    return "" if name == FIRST else link(name, {key: values[0] for key, values in query.items()})


def _scripts(html: str) -> list[str]:
    """Scripts of a first screen besides its entry, each large one followed by its share of the small ones."""
    names = [*MODULE.findall(html), *(path.name for path in SCRIPTS.glob(f"{LAZY}.*.js"))]
    entry = re.findall(r'src="\./static/js/([^"]+)"', html)
    for name in names:  # grows during the loop
        text = (SCRIPTS / name).read_text("utf-8")
        names += [
            needed for needed in dict.fromkeys(IMPORT.findall(text)) if needed not in names and needed not in entry
        ]
    sizes = {name: (SCRIPTS / name).stat().st_size for name in (*entry, *names)}
    return [name for name in _in_turn(sizes) if name not in entry]


def _in_turn(sizes: dict[str, int]) -> list[str]:
    """Names in the order to request them, so that a line with a long way is busy until the last one.

    A browser requests six files at a time. One large file fills the line; while it comes, the other five connections
    get small files, for which the line is needed less than the way is waited for.
    """
    by_size = sorted(sizes, key=lambda name: -sizes[name])
    large, small = by_size[: len(by_size) // LARGE], by_size[len(by_size) // LARGE :]
    total = sum(sizes[name] for name in large)
    ordered: list[str] = []
    passed = taken = 0
    for name in large:
        passed += sizes[name]
        share = len(small) * passed // total
        ordered += [name, *small[taken:share]]
        taken = share
    return ordered

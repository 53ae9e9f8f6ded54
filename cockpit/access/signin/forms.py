"""Plain HTML pages and forms without scripts, in two languages."""

from html import escape
from pathlib import Path
from string import Template
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from cockpit import settings
from cockpit.access import pages
from cockpit.access.pages import PAGES
from cockpit.access.visitors import Visitor
from cockpit.address import link
from cockpit.i18n import LANGUAGES, _, language

PAGE = Template((Path(__file__).parent / "page.html").read_text("utf-8"))
MOST_BYTES = 10_000
QUIET = ' class="quiet"'


def page(
    body: str,
    status: int = 200,
    headers: dict[str, str] | None = None,
    *,
    title: str = "",
    visitor: Visitor | None = None,
    at: str = "",
) -> Response:
    """A page of these. With a visitor it has the header of the screens: pages that they may open, and the language.

    title: the heading, the name of the product by default. at: the page's address where the request was a form's.
    """
    product = _("Governance Cockpit")
    text = PAGE.substitute(
        lang={"zh": "zh-CN"}.get(language(), language()),
        title=escape(f"{title} · {product}" if title else product),
        heading=escape(title or product),
        header=_header(visitor, product, at) if visitor else "",
        demo="" if visitor else _demo(),
        body=body,
    )
    return HTMLResponse(text, status, {"Cache-Control": "no-store", **(headers or {})})


def _demo() -> str:
    return f'<p class="demo">{escape(_("Demo sign-in"))}</p>' if settings.current().demo else ""


def _header(visitor: Visitor, product: str, at: str) -> str:
    """The product's name leads to the visitor's first page; then what they may open, and the other language."""
    other = next(name for name in LANGUAGES if name != language())
    home = pages.landing(visitor.grants)
    shown = [PAGES[home]] if home in PAGES else []
    shown += [one for menu in ("view", "work") for one in pages.in_menu(menu, visitor.grants) if one not in shown]
    links = [(_(one.title), here(link(one.name, {}))) for one in shown]
    account = "" if home == pages.ACCOUNT and not at else here(f"/{pages.ACCOUNT}")
    links += [(_("Account"), account)] if account else []
    ways = "".join(f'<a href="{escape(href)}">{escape(text)}</a>' for text, href in links)
    switch = f'<a href="{escape(at)}?lang={other}" lang="{other}">{LANGUAGES[other]}</a>'
    return (
        f'<header><a class="product" href="{escape(here(link(home, {})))}">{escape(product)}</a>{_demo()}'
        f"<nav>{ways}</nav>{switch}</header>"
    )


async def read_form(request: Request) -> dict[str, str]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            return {}
    text = body.decode("utf-8", "replace").replace("%00", "%EF%BF%BD").replace("\0", "\ufffd")
    return dict(parse_qsl(text, keep_blank_values=True))  # no NUL: PostgreSQL takes none


def inside(target: str) -> str:
    """`target` if it is a local path, else `/`."""
    parts = urlsplit(target)
    safe = target.startswith("/") and not target.startswith(("//", "/\\", "/login")) and not parts.netloc
    return target if safe and target.isprintable() and "\\" not in target else "/"


def spoken(request: Request) -> str:
    target_query = dict(parse_qsl(urlsplit(request.query_params.get("next", "")).query))
    requested = request.query_params.get("lang") or target_query.get("lang")
    return requested if requested in LANGUAGES else settings.current().language


def here(path: str) -> str:
    """A local URL that keeps the current language."""
    if language() == settings.current().language:
        return path
    return f"{path}{'&' if '?' in path else '?'}lang={language()}"


def field(
    name: str, label: str, value: str = "", *, kind: str = "text", autocomplete: str = "off", needed: bool = True
) -> str:
    return (
        f'<label>{escape(label)}<input name="{name}" type="{kind}" value="{escape(value)}" '
        f'autocomplete="{autocomplete}"{" required" if needed else ""}></label>'
    )


def form_of(action: str, fields: str, button: str, note: str = "", *, quiet: bool = False) -> str:
    """A form. quiet: its button is not what the page is for."""
    noted = f'<p class="quiet">{escape(note)}</p>' if note else ""
    return (
        f'<form method="post" action="{escape(here(action))}">{fields}{noted}'
        f"<button{QUIET if quiet else ''}>{escape(button)}</button></form>"
    )


def alert(text: str) -> str:
    return f'<p class="problem" role="alert">{escape(text)}</p>' if text else ""

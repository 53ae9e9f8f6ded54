"""Plain HTML pages and forms without scripts, in two languages."""

from html import escape
from pathlib import Path
from string import Template
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from cockpit import settings
from cockpit.i18n import LANGUAGES, _, language

PAGE = Template((Path(__file__).parent / "page.html").read_text("utf-8"))
MOST_BYTES = 10_000


def page(body: str, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    lang = {"zh": "zh-CN"}.get(language(), language())
    mark = escape(_("Demo sign-in"))
    demo = f'<p class="demo">{mark}</p>' if settings.current().demo else ""
    page = PAGE.substitute(title=_("Governance Cockpit"), body=demo + body, lang=lang)
    return HTMLResponse(page, status, {"Cache-Control": "no-store", **(headers or {})})


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


def form_of(action: str, fields: str, button: str, note: str = "") -> str:
    hint = f'<p class="quiet">{escape(note)}</p>' if note else ""
    return f'<form method="post" action="{escape(here(action))}">{fields}{hint}<button>{escape(button)}</button></form>'


def alert(text: str) -> str:
    return f'<p class="problem" role="alert">{escape(text)}</p>' if text else ""

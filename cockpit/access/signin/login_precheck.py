"""Refuse sign-ins at protocol level when the login queue is full, before the application sees them."""

from functools import cache

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Scope
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from cockpit import settings
from cockpit.access.signin import login_queue
from cockpit.access.signin.forms import alert, page, spoken
from cockpit.access.signin.new_session import place_of
from cockpit.i18n import _, using

PATH, LONGEST = "/login", 20_000
"""Bytes of a form checked here; the application refuses longer ones."""


def is_sign_in(scope: Scope) -> bool:
    """Whether a request posts the login form with a valid Content-Length."""
    if scope["method"] != "POST" or scope["path"] != PATH:
        return False
    length = Headers(scope=scope).get("content-length", "")
    return length.isascii() and length.isdigit() and int(length[:20]) <= LONGEST


def refusal(scope: Scope) -> tuple[int, bytes] | None:
    """Seconds to wait and the body of the 503 page; None if the sign-in may proceed.

    scope: as uvicorn makes it, before the headers of proxies are applied.
    """
    request = Request({**scope, "client": _client(scope), "scheme": _scheme(scope)})
    seconds = login_queue.refused_for(place_of(request))
    return (seconds, _page(spoken(request), seconds)) if seconds else None


def busy() -> str:
    """Message for a password that was not checked because of load."""
    return _("Too many people are signing in at this moment. Nothing was checked: try again in a few seconds.")


@cache
def _page(language: str, seconds: int) -> bytes:
    with using(language):
        again = _("Reload this page in {n} seconds to send the same name and password again.", n=seconds)
        return bytes(page(f"{alert(busy())}<p>{again}</p>").body)


def _client(scope: Scope) -> tuple[str, int] | None:
    """The visitor's address; behind a trusted proxy the forwarded one."""
    client: tuple[str, int] | None = scope["client"]
    trusted = _proxies().trusted_hosts
    if not client or client[0] not in trusted:
        return client
    forwarded = b", ".join(value for name, value in scope["headers"] if name == b"x-forwarded-for").decode("latin-1")
    host, port = trusted.get_trusted_client_address(forwarded) if forwarded else ("", 0)
    return (host, port) if host else client


def _scheme(scope: Scope) -> str:
    """The visitor's scheme; behind a trusted proxy the forwarded one. It decides the cookie name."""
    client = scope["client"]
    if client and client[0] in _proxies().trusted_hosts:
        protocols = [value for name, value in scope["headers"] if name == b"x-forwarded-proto"]
        return "https" if protocols and protocols[-1].strip() == b"https" else str(scope["scheme"])
    return str(scope["scheme"])


@cache
def _proxies() -> ProxyHeadersMiddleware:
    """Uvicorn's rules for trusted proxies, configured as in `serve`."""
    return ProxyHeadersMiddleware(None, list(settings.current().proxies))  # type: ignore[arg-type]

"""Session cookies. Over TLS they have the prefix `__Host-`, which browsers accept from this host over TLS only.

Neither a neighbouring host nor a plain connection can then set one. Plain HTTP on loopback has no prefix.
"""

from typing import Literal

from starlette.datastructures import Headers
from starlette.requests import Request, cookie_parser
from starlette.responses import Response
from starlette.types import Scope

PREFIX = "__Host-"
SameSite = Literal["lax", "strict"]


def is_secure(scope: Scope) -> bool:
    """Whether a request or websocket came over TLS, according to the server or a trusted proxy."""
    return scope["scheme"] in ("https", "wss")


def name_in(scope: Scope, name: str) -> str:
    """The cookie name for the scheme of the request."""
    return f"{PREFIX}{name}" if is_secure(scope) else name


def read(scope: Scope, name: str) -> str | None:
    """The value of a cookie, or None. The name of the other scheme is ignored."""
    return cookie_parser("; ".join(Headers(scope=scope).getlist("cookie"))).get(name_in(scope, name))


def put(
    request: Request, answer: Response, name: str, value: str, seconds: int | None = None, *, path: str = "/",
    samesite: SameSite = "lax",
) -> None:  # fmt: skip
    """Set a cookie for `seconds`, or until the browser closes. Over TLS the path is always `/`."""
    secure = is_secure(request.scope)
    answer.set_cookie(
        name_in(request.scope, name), value, seconds, httponly=True, samesite=samesite, secure=secure,
        path="/" if secure else path,
    )  # fmt: skip


def drop(request: Request, answer: Response, name: str, *, path: str = "/") -> None:
    """Delete a cookie."""
    secure = is_secure(request.scope)
    answer.delete_cookie(
        name_in(request.scope, name), path="/" if secure else path, secure=secure, httponly=True, samesite="lax"
    )


def narrow(scope: Scope, name: str) -> None:
    """Keep only the valid cookie in a websocket's headers, under its plain name.

    Streamlit hands the websocket's cookies to pages without saying whether it came over TLS.
    """
    counting_name, parts = name_in(scope, name), []
    for header in Headers(scope=scope).getlist("cookie"):
        for part in header.split(";"):
            key, equals, value = part.strip().partition("=")
            if key == counting_name:
                parts.append(f"{name}{equals}{value}")
            elif key not in (name, f"{PREFIX}{name}"):
                parts.append(part.strip())
    others = [(key, value) for key, value in scope["headers"] if key.lower() != b"cookie"]
    scope["headers"] = [*others, (b"cookie", "; ".join(parts).encode("latin-1"))] if parts else others

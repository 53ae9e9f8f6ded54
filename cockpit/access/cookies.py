"""Cookies of the way in. Over TLS they have the prefix `__Host-`: a browser takes such a name from this very host over
TLS alone, so that no neighbouring host and no plain connection can plant one. Plain HTTP, on loopback, has no prefix.
"""

from typing import Literal

from starlette.datastructures import Headers
from starlette.requests import Request, cookie_parser
from starlette.responses import Response
from starlette.types import Scope

PREFIX = "__Host-"
SameSite = Literal["lax", "strict"]


def is_secure(scope: Scope) -> bool:
    """Whether a request or websocket came over TLS, as far as the server or a trusted proxy says."""
    return scope["scheme"] in ("https", "wss")


def name_in(scope: Scope, name: str) -> str:
    """The name that counts where the request came from."""
    return f"{PREFIX}{name}" if is_secure(scope) else name


def read(scope: Scope, name: str) -> str | None:
    """The value of a cookie; one under the other name counts as none."""
    return cookie_parser("; ".join(Headers(scope=scope).getlist("cookie"))).get(name_in(scope, name))


def put(
    request: Request, answer: Response, name: str, value: str, seconds: int | None = None, *, path: str = "/",
    samesite: SameSite = "lax",
) -> None:  # fmt: skip
    """Have the browser keep a cookie for so many seconds, or until it is closed. path: `/` in any case over TLS."""
    secure = is_secure(request.scope)
    answer.set_cookie(
        name_in(request.scope, name), value, seconds, httponly=True, samesite=samesite, secure=secure,
        path="/" if secure else path,
    )  # fmt: skip


def drop(request: Request, answer: Response, name: str, *, path: str = "/") -> None:
    """Have the browser forget a cookie."""
    secure = is_secure(request.scope)
    answer.delete_cookie(
        name_in(request.scope, name), path="/" if secure else path, secure=secure, httponly=True, samesite="lax"
    )


def narrow(scope: Scope, name: str) -> None:
    """Leave the cookie that counts in a websocket's headers, under its plain name, and none of the other name.

    Behind the gate Streamlit gives pages the cookies of the websocket and does not say whether it came over TLS.
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

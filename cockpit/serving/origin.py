"""Websockets and requests that change something come from a page of this server: `Origin` is compared with `Host`."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
PORTS = {"http": 80, "https": 443}
OWN_PAGE = ("same-origin", "none")
"""Values of `Sec-Fetch-Site` for a page of this server, and for what a person typed or bookmarked."""

Origin = tuple[str, str, int]
"""Scheme, host in lower case, port."""


def is_checked(scope: Scope) -> bool:
    """Whether the origin of a request or websocket matters: whatever only reads may be linked to from elsewhere."""
    return scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS


def fault(scope: Scope) -> str | None:
    """Why a request or websocket does not come from a page of this server, for the log; None if it does.

    Programs that are no browsers send neither `Origin` nor `Sec-Fetch-Site`, and carry no cookie of somebody else.
    """
    headers = Headers(scope=scope)
    hosts, origins = headers.getlist("host"), headers.getlist("origin")
    if len(hosts) != 1:
        return f"there are {len(hosts)} Host headers"
    if not origins:
        site = headers.get("sec-fetch-site", "none")
        return None if site in OWN_PAGE else f"Sec-Fetch-Site is {site[:40]}"
    scheme = scope["scheme"].replace("ws", "http")
    ours = parse(f"{scheme}://{hosts[0]}")
    if len(origins) == 1 and ours is not None and parse(origins[0]) == ours:
        return None
    return (
        f"Origin {', '.join(origins)[:200]!r} is not {scheme}://{hosts[0][:200]!r}; behind a proxy that ends TLS "
        "COCKPIT_PROXIES names its address (docs/serving.md)"
    )


def parse(text: str) -> Origin | None:
    """The parts of an origin such as `https://cockpit.example:8443`; None for `null` and for anything else."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    more = parts.path or parts.query or parts.fragment or "@" in parts.netloc or "?" in text or "#" in text
    if parts.scheme not in PORTS or not parts.hostname or more or not text.isascii() or any(map(str.isspace, text)):
        return None
    return parts.scheme, parts.hostname, PORTS[parts.scheme] if port is None else port


def hide(scope: Scope) -> None:
    """Take `Origin` out of a websocket that was checked.

    Streamlit compares it once more, letter by letter. Where the two differ, as `HOST:80` and `host`, it asks a public
    service for this server's address, from the event loop.
    """
    scope["headers"] = [(name, value) for name, value in scope["headers"] if name.lower() != b"origin"]

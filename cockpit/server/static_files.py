"""Static files of Streamlit and the cockpit: compressed, and immutable if the name holds a hash.

Streamlit itself serves its code uncompressed. No session is needed: the files hold no data.
"""

import mimetypes
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Event

import streamlit as st
from anyio import CapacityLimiter, to_thread
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from cockpit import settings
from cockpit.server import assets
from cockpit.server.compression import CODINGS, Copies, digest

STREAMLIT = Path(st.__file__).parent / "static"
BELOW = ("/static/", assets.BELOW)
ALONE = ("/favicon.png",)
HASHED = re.compile(r"\.[\w-]{8}\.\w+$")
"""File name with a content hash by Streamlit's build."""
FOREVER, ASK = "public, max-age=31536000, immutable", "no-cache"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".woff2": "font/woff2",
}
"""Types that some systems lack; the rest comes from `mimetypes`."""
HEADERS = {
    "Accept-Ranges": "none",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Vary": "Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
}
"""Of every file. No policies for documents: a first visit loads eighty files, and many are smaller than those."""
AT_ONCE = 2
"""Threads that read and compress: few, to leave the processors to the screens."""


@dataclass(frozen=True)
class File:
    """A static file. read: returns its content. for_ever: the URL changes with the content."""

    type: str
    for_ever: bool
    read: Callable[[], bytes]


@dataclass(frozen=True)
class Body:
    """A response body. coding: empty if uncompressed."""

    content: bytes
    etag: str
    coding: str


@cache
def index() -> dict[str, File]:
    """All static files by URL path. Only these are served, so no path reaches the file system."""
    paths = [path for path in (STREAMLIT / "static").rglob("*") if path.is_file()]
    paths += [STREAMLIT / path.lstrip("/") for path in ALONE]
    files = {
        f"/{path.relative_to(STREAMLIT).as_posix()}": File(
            content_type(path.name), HASHED.search(path.name) is not None, path.read_bytes
        )
        for path in paths
    }
    return files | {assets.url(name): File(content_type(name), True, _asset(name)) for name in assets.NAMES}


def content_type(name: str) -> str:
    return TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"


@cache
def copies() -> Copies:
    return Copies(settings.current().data.scratch / "static")


@cache
def _digests() -> list[str]:
    return [digest(file.read()) for file in index().values()]


def are_copied() -> bool:
    """Whether all copies exist. Drops the quickly compressed bodies once they do."""
    if not _copied.is_set() and copies().has(_digests()):
        _copied.set()
        _bodies.clear()
    return _copied.is_set()


_copied = Event()


def forget() -> None:
    """Clear the caches. For tests."""
    _copied.clear()
    _bodies.clear()


class StaticFiles:
    """Serves the paths below BELOW and those in ALONE; passes the rest to `app`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or not (path.startswith(BELOW) or path in ALONE):
            await self.app(scope, receive, send)
            return
        file = index().get(path)
        if file is None:
            answer: Response = PlainTextResponse("there is no such file: reload the page\n", 404, HEADERS)
        elif scope["method"] not in ("GET", "HEAD"):
            answer = PlainTextResponse("a file can only be read\n", 405, {**HEADERS, "Allow": "GET, HEAD"})
        else:
            answer = await response(path, file, scope)
        await answer(scope, receive, send)


async def response(path: str, file: File, scope: Scope) -> Response:
    """Response in the preferred coding; headers only for HEAD, 304 for a matching ETag."""
    request_headers = Headers(scope=scope)
    coding = chosen(request_headers.get("accept-encoding", ""))
    body = _bodies.get((path, coding))
    if body is None:
        body = await to_thread.run_sync(_body, path, file, coding, limiter=_limiter())
    headers = {**HEADERS, "Cache-Control": FOREVER if file.for_ever else ASK, "ETag": body.etag}
    if request_headers.get("if-none-match") and _matches(request_headers["if-none-match"], body.etag):
        return Response(status_code=304, headers=headers)
    headers |= {"Content-Type": file.type, "Content-Length": str(len(body.content))}
    if body.coding:
        headers["Content-Encoding"] = body.coding
    return Response(b"" if scope["method"] == "HEAD" else body.content, headers=headers)


def chosen(accepted: str) -> str:
    """The coding for an Accept-Encoding header: greatest weight first, then smallest output.

    Empty where none of CODINGS is accepted.
    """
    weights: dict[str, float] = {}
    for part in accepted.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        weights[name] = next((_weight(p[2:]) for p in parameters if p.startswith("q=")), 1.0)
    known = [(weights.get(coding, weights.get("*", 0.0)), coding) for coding in CODINGS]
    weight, coding = max(known, key=lambda pair: pair[0])
    return coding if weight > 0 else ""


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _matches(tags: str, etag: str) -> bool:
    """Whether an If-None-Match header matches a tag."""
    return tags.strip() == "*" or etag in (tag.strip().removeprefix("W/") for tag in tags.split(","))


_bodies: dict[tuple[str, str], Body] = {}
"""Cached bodies by path and coding; at most 35 MB."""


def _body(path: str, file: File, coding: str) -> Body:
    raw = file.read()
    packed = copies().of(raw, coding) if coding else None
    tag = digest(raw)
    body = Body(raw, f'"{tag}"', "") if packed is None else Body(packed, f'"{tag}-{coding}"', coding)
    _bodies[path, coding] = body
    return body


@cache
def _limiter() -> CapacityLimiter:
    return CapacityLimiter(AT_ONCE)


def _asset(name: str) -> Callable[[], bytes]:
    return lambda: assets.content(name).encode()

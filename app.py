"""The ASGI application: the screens, the geometry they draw, and the headers around both. `uvicorn app:app`"""

import asyncio
import gc
import os
import re
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cockpit import assets, background, geo, health, probing, publisher, settings, telemetry, warm
from cockpit.access import account, factor, gate, guard, hosts, linking, login, provider, trail, unknown
from cockpit.api.app import mounted
from cockpit.reports import files, worker
from cockpit.screens import download
from cockpit.serving import costly
from cockpit.serving.bodies import LimitedBodies
from data import queries


def inline_scripts() -> str:
    """Sources of a content policy for the scripts that stand in Streamlit's own page."""
    page = (Path(st.__file__).parent / "static" / "index.html").read_text("utf-8")
    bodies = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    return " ".join(f"'sha256-{b64encode(sha256(body.encode()).digest()).decode()}'" for body in bodies)


POLICY = {
    # Components are loaded as blobs and carry their styles inline; nothing leaves the origin, nothing is evaluated.
    "default-src": "'self'",
    "script-src": f"'self' blob: {inline_scripts()}",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "worker-src": "'self' blob:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'self'",
}
HSTS = "max-age=31536000"
FEATURES = (
    "accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer", "microphone", "midi",
    "payment", "publickey-credentials-get", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking",
)  # fmt: skip
"""What a browser can do and no page of ours asks for."""
HEADERS = {
    "Content-Security-Policy": "; ".join(f"{name} {sources}" for name, sources in POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in FEATURES),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
WALL = {"wall": "1", "embed": "true", "embed_options": "dark_theme"}


class Headers:
    """Adds HEADERS to every HTTP response."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                if scope["path"].startswith(gate.API):
                    headers.setdefault("Cache-Control", "no-store")
                if scope["scheme"] == "https":
                    headers["Strict-Transport-Security"] = HSTS
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)


async def wall(request: Request) -> RedirectResponse:
    """`/wall?area=…` is the address to type into a wall screen."""
    kept = dict(parse_qsl(request.url.query))
    return RedirectResponse(f"/?{urlencode(kept | WALL)}")


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Whatever the first visitor would wait for happens before the port opens."""
    os.umask(0o077)  # a server that was not started by our command keeps its files private as well
    settings.current().data.make_private()
    queries.limit(settings.current().query_seconds)
    costly.begin()
    warm.up()
    gc.collect()
    gc.freeze()
    with telemetry.told():
        watching = [asyncio.create_task(task) for task in (gate.watch.run(), warm.stay())]
        config = settings.current()
        probers = [probing.PROGRAM] if config.probe else []
        beside = background.Watch([publisher.program(config), worker.program(config), *probers])
        beside.start()
        yield
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
        queries.stop_all()
        await run_in_threadpool(beside.stop)


ROUTES = [
    Route("/wall", wall),
    *(*assets.ROUTES, *geo.ROUTES, *health.ROUTES),
    *(
        *login.ROUTES,
        *provider.ROUTES,
        *linking.ROUTES,
        *account.ROUTES,
        *factor.ROUTES,
        *trail.ROUTES,
        *files.ROUTES,
        *download.ROUTES,
    ),
    mounted(),
]
"""What is ours; every other path is a page of the screens."""

OURS = frozenset(path.split("/")[1] for path in (route.path for route in ROUTES))
OUTER = (telemetry.Counted, Headers, LimitedBodies, hosts.KnownHosts, gate.Gate)

app = st.App(
    Path(__file__).parent / "cockpit" / "main.py",
    lifespan=lifespan,
    routes=ROUTES,
    middleware=[*(Middleware(outer) for outer in OUTER), Middleware(unknown.KnownPages, ours=OURS)],
    on_script_error=guard.of_a_run,
)

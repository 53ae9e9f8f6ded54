"""Security headers of every HTTP response."""

from functools import cache

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cockpit.server.shell import inline_scripts

API = "/api/v1/"


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
    "accelerometer", "camera", "display-capture", "gyroscope", "magnetometer", "microphone", "midi",
    "payment", "publickey-credentials-get", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking",
)  # fmt: skip
"""Browser features that no page uses; disabled."""
OWN_FEATURES = ("geolocation",)
"""Used by our own pages alone: the position of an event, at a press of its button."""
HEADERS = {
    "Content-Security-Policy": "; ".join(f"{name} {sources}" for name, sources in POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": ", ".join(
        (*(f"{name}=()" for name in FEATURES), *(f"{name}=(self)" for name in OWN_FEATURES))
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Headers:
    """Adds HEADERS to every HTTP response, including unexpected errors."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                if scope["path"].startswith(API):
                    headers.setdefault("Cache-Control", "no-store")
                if scope["scheme"] == "https":
                    headers["Strict-Transport-Security"] = HSTS
            await send(message)

        try:
            await self.app(scope, receive, with_headers)
        except Exception:
            if not started:  # outer middleware would answer without them
                await PlainTextResponse("Internal Server Error\n", 500)(scope, receive, with_headers)
            raise


@cache
def lines() -> bytes:
    """HEADERS for an answer that is written without the application."""
    return b"".join(f"{name.lower()}: {value}\r\n".encode() for name, value in HEADERS.items())

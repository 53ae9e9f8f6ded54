"""Host header check: only the server's own names are answered, against DNS rebinding."""

import socket
from functools import cache

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from cockpit import settings

LOCAL = ("localhost", "127.0.0.1", "::1")


class KnownHosts:
    """Turns away requests whose Host is not a name of this machine, its address, or one of the setting's."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or _known(scope):
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            text = "this server does not answer to that name: COCKPIT_ALLOWED_HOSTS lists those it answers to\n"
            await PlainTextResponse(text, 400)(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": 1008})


def _known(scope: Scope) -> bool:
    name = _name(Headers(scope=scope).get("host", ""))
    # a name that was pointed here is a name; the very address of the connection is none
    return name in names() or name == (scope.get("server") or ("",))[0]


@cache
def names() -> frozenset[str]:
    """This machine's names, and those of the setting."""
    config = settings.current()
    return frozenset({*LOCAL, socket.gethostname().lower(), config.host.lower(), *config.allowed_hosts})


def _name(host: str) -> str:
    """`[::1]:8501`, `localhost:8501`: without the port and the brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()

"""Size limit of request bodies, enforced while they arrive."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cockpit.serving import uploads
from cockpit.serving.protocol import OWN_BODY_LIMITS

LONGEST = 1_000_000
"""Bytes of a form or API request. Pushes and uploads have their own limits."""


class LimitedBodies:
    """Answers 413 for a body that is too large; ignores clients that disconnect early."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(OWN_BODY_LIMITS):
            await self.app(scope, receive, send)
            return
        limit = uploads.LONGEST if uploads.is_upload(scope["path"]) else LONGEST
        refusal = PlainTextResponse(f"the body is larger than {limit:,} bytes\n", 413, {"Connection": "close"})
        content_length = Headers(scope=scope).get("content-length", "")
        if content_length.isascii() and content_length.isdigit() and int(content_length[:20]) > limit:
            await refusal(scope, receive, send)
            return
        size, started = 0, False

        async def receive_counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > limit:
                raise _TooLarge
            return message

        async def send_noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive_counted, send_noted)
        except _TooLarge:
            if not started:
                await refusal(scope, receive, send)
        except ClientDisconnect:
            pass


class _TooLarge(HTTPException):
    """An HTTPException, so that FastAPI does not report a parse error."""

    def __init__(self) -> None:
        super().__init__(413, "the body is too large", {"Connection": "close"})

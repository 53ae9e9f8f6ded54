"""HTTP protocol limits, enforced before the application sees a request: size and time of the head, time of the body.

Uvicorn's own protocol takes heads of any size, and its parser takes quadratic time to put a long one together.
"""

import asyncio
from collections.abc import Callable
from enum import Enum
from functools import cache

import httptools
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from cockpit import settings
from cockpit.access import not_found
from cockpit.access.signin import login_precheck
from cockpit.server import telemetry
from cockpit.serving import headers
from cockpit.serving.connections import Waiting

HEAD_BYTES, HEADERS, URL_BYTES = 32_768, 100, 8_192
"""Most bytes of a request line and its headers, most headers, most bytes of a URL."""
UPGRADE_BYTES = 8_000
"""Longest header of a websocket handshake: its own parser ends the connection at 8,192 without an answer."""
BODY_SECONDS = 60.0
"""Most time from the head of a request to the end of its body. Pushes have limits of their own (`cockpit.api.body`)."""
OWN_BODY_LIMITS = "/api/v1/push/"
PIPELINED = 8
"""Requests that may wait behind one that is being answered; browsers send none."""
LINGER_SECONDS = 2.0
"""Time that a refused sender is read and ignored: a connection closed at once loses the answer."""
REST_SECONDS = 10.0
"""Time limit for the rest of a body whose request was already answered."""
UNREAD_SECONDS = 60.0
"""Time limit for a client to read an answer."""


class Reading(Enum):
    """The part of a request that a connection waits for."""

    HEAD = "head"
    BODY = "body"
    NOTHING = "nothing"


class Refusal(Exception):
    """An error response that closes the connection."""

    def __init__(self, status: int, text: str, *, page: bytes = b"", retry: int = 0) -> None:
        """page: HTML body in place of the text. retry: Retry-After in seconds."""
        super().__init__(text)
        self.status, self.text, self.page, self.retry = status, text, page, retry

    def answer(self) -> bytes:
        """The raw response."""
        body, kind = self.page or f"{self.text}\n".encode(), b"html" if self.page else b"plain"
        return b"".join([
            STATUS_LINE[self.status], b"content-type: text/%b; charset=utf-8\r\n" % kind,
            b"content-length: %d\r\ncache-control: no-store\r\n" % len(body),
            headers.lines(),
            b"retry-after: %d\r\n" % self.retry if self.retry else b"", b"connection: close\r\n\r\n", body,
        ])  # fmt: skip


class LimitedHttp(HttpToolsProtocol):
    """Uvicorn's protocol with limits; give it to uvicorn as `http=`."""

    _reading = Reading.HEAD
    _armed: tuple[int, Reading] | None = None
    _timer: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None
    _refusal: Refusal | None = None
    _answered: RequestResponseCycle | None = None
    _held: tuple[RequestResponseCycle, ASGI3Application] | None = None
    _lingers = False
    _messages = 0
    _head = 0
    _fed = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's own is as narrow
        super().connection_made(transport)
        self._request_seconds, self._waiting = settings.current().request_seconds, waiting()
        self._address = self.client[0] if self.client else ""
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        self._leave()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._lingers or self.transport.is_closing():
            return
        try:
            self._feed(data)
        except httptools.HttpParserUpgrade:
            if self._should_upgrade():
                self._forget()
                self.handle_websocket_upgrade()
                return
        except httptools.HttpParserError:
            self._refuse(self._refusal or Refusal(400, "this is not a request of HTTP/1.1"))
            return
        self._watch()

    def _feed(self, data: bytes) -> None:
        """Feed the parser. A head is fed in small pieces, so that its size is checked after each."""
        rest = memoryview(data)
        while rest:
            in_head = self._reading is not Reading.BODY
            piece, rest = (rest[:URL_BYTES], rest[URL_BYTES:]) if in_head else (rest, rest[:0])
            message = self._messages
            self.parser.feed_data(piece)
            if self._reading is not Reading.HEAD:
                self._fed = 0
            elif message == self._messages:
                self._fed += len(piece)
                if self._fed > HEAD_BYTES:
                    self._refusal = _too_large()
                    raise httptools.HttpParserError

    def on_message_begin(self) -> None:
        self._unset_keepalive_if_required()
        super().on_message_begin()
        self._reading, self._head, self._fed = Reading.HEAD, 0, 0
        self._messages += 1

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > URL_BYTES:
            text = f"the address is longer than {URL_BYTES:,} bytes"
            self._fail(Refusal(414, text, page=not_found.too_long(self.url, URL_BYTES)))

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer after a body in chunks: both count."""
        self._head += len(name) + len(value) + 4
        if self._head + len(self.url) > HEAD_BYTES or len(self.headers) >= HEADERS:
            self._fail(_too_large())
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if self.parser.should_upgrade() and self._should_upgrade():
            longest = max(len(name) + len(value) for name, value in self.headers)
            if longest > UPGRADE_BYTES or len(self.url) > UPGRADE_BYTES:
                self._fail(Refusal(431, f"a header of a websocket is longer than {UPGRADE_BYTES:,} bytes"))
        elif not self.url.startswith((b"/", b"http://", b"https://")):
            self._fail(Refusal(400, "the address has no path"))
        elif len(self.pipeline) >= PIPELINED:
            self._fail(Refusal(429, "too many requests at once on one connection"))
        self._reading = Reading.BODY
        super().on_headers_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        incomplete = self._reading is Reading.BODY and cycle is self.cycle
        if incomplete and login_precheck.is_sign_in(dict(cycle.scope)) and not self.expect_100_continue:
            self._held = cycle, app  # until the form is complete: an incomplete form costs nothing
            return
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._reading = Reading.NOTHING
        if self._held is None:
            return
        (cycle, app), self._held = self._held, None
        if refusal := login_precheck.refusal(dict(cycle.scope)):
            seconds, page = refusal
            self._fail(Refusal(503, "too many sign-ins at once", page=page, retry=seconds))
        self._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing():
            return
        self._watch()
        if self._reading is Reading.BODY:  # answered early: discard the rest of the body
            self._set_timer(REST_SECONDS, self._end, "unwanted body")

    def pause_writing(self) -> None:
        super().pause_writing()
        self._waiting.add(self._address, self, self._push_out)
        self._unread = self.loop.call_later(UNREAD_SECONDS, self._end, "unread")

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._unread:
            self._unread.cancel()
            self._unread = None
        self._watch()

    def timeout_keep_alive_handler(self) -> None:
        self._forget()
        super().timeout_keep_alive_handler()

    @property
    def _busy(self) -> bool:
        """Whether a request is being answered."""
        return bool(self.pipeline) or (self._answered is not None and not self._answered.response_complete)

    def _watch(self) -> None:
        """Register a waiting connection and set the timeout of what it waits for."""
        if self._lingers:
            return
        if self._reading is Reading.NOTHING and self._busy:
            if self._unread is None:
                self._waiting.remove(self._address, self)
        elif self._armed != (self._messages, self._reading) or self._reading is Reading.NOTHING:
            self._waiting.add(self._address, self, self._push_out)
        if self._armed == (self._messages, self._reading):
            return
        self._armed = self._messages, self._reading
        if self._reading is Reading.HEAD:
            self._set_timer(self._request_seconds, self._late)
        elif self._reading is Reading.BODY and not self.scope["path"].startswith(OWN_BODY_LIMITS):
            self._set_timer(BODY_SECONDS, self._late)
        elif self._timer:
            self._timer.cancel()
            self._timer = None

    def _set_timer(self, seconds: float, call: Callable[..., None], *arguments: object) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = self.loop.call_later(seconds, call, *arguments)

    def _late(self) -> None:
        if self._messages == 0:  # no request yet, so no response: browsers open connections in advance
            self._end("idle")
            return
        self._refuse(Refusal(408, f"the {self._reading.value} of the request came too slowly"))

    def _push_out(self) -> None:
        """Close this connection: its address has too many waiting ones, and it has waited longest."""
        if self._unread:
            self._end("too many")
        elif self._messages == 0 or self._reading is Reading.NOTHING:
            self._end("too many", abort=False)
        else:
            self._refuse(Refusal(408, "too many requests of this address are incomplete"))

    def _fail(self, refusal: Refusal) -> None:
        """Stop the parser; `data_received` catches the exception."""
        self._refusal = refusal
        raise refusal

    def _refuse(self, refusal: Refusal) -> None:
        """Send the refusal and stop reading. Just close if a response has already started."""
        telemetry.refused.labels(str(refusal.status)).inc()
        if self.transport.is_closing():
            return
        if self._busy and (self.cycle.response_started or self._reading is not Reading.BODY or self.pipeline):
            self._end("refused", abort=False)
            return
        self._forget()
        self._leave()
        self._lingers = True
        self.flow.resume_reading()
        self.transport.write(refusal.answer())
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._timer = self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    def _end(self, why: str, *, abort: bool = True) -> None:
        telemetry.refused.labels(why).inc()
        self._forget()
        self._leave()
        if not self.transport.is_closing():
            self.transport.abort() if abort else self.transport.close()

    def _leave(self) -> None:
        """Mark pending requests as disconnected; uvicorn does so for the newest only."""
        if self._answered and not self._answered.response_complete:
            self._answered.disconnected = True
            self._answered.message_event.set()
        self.pipeline.clear()
        self._held = None

    def _forget(self) -> None:
        """Cancel the timers and unregister the connection."""
        for timer in (self._timer, self._unread):
            if timer:
                timer.cancel()
        self._timer = self._unread = None
        self._waiting.remove(self._address, self)


class LimitedWebsocket(WebSocketsSansIOProtocol):
    """Uvicorn's websockets; an oversized or malformed message closes the connection without a stack trace."""

    def handle_parser_exception(self) -> None:
        if self.conn.close_sent is None:  # the handshake itself could not be read
            telemetry.refused.labels("handshake").inc()
            self.transport.close()
            return
        super().handle_parser_exception()


def _too_large() -> Refusal:
    return Refusal(431, f"the headers have more than {HEAD_BYTES:,} bytes, or are more than {HEADERS}")


@cache
def waiting() -> Waiting:
    """The waiting connections of this process."""
    config = settings.current()
    return Waiting(config.connections_per_address, config.connections, config.proxies)

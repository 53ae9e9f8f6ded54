"""Gate in front of the server: requests and websockets need a session, except on a few open paths."""

import asyncio
import contextlib
import logging
from collections import defaultdict
from functools import cache
from hashlib import sha256
from urllib.parse import quote

from anyio import CapacityLimiter, to_thread
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cockpit.access import cookies, visitors
from cockpit.access.signin.forms import alert, page, spoken
from cockpit.access.visitors import COOKIE, Visitor
from cockpit.i18n import _, using
from cockpit.serving import origin, uploads
from data.desk.identity import sessions
from data.errors import DataError

log = logging.getLogger(__name__)

API = "/api/v1/"
"""The API checks tokens itself and refuses requests with neither token nor session."""
OPEN = ("/login", "/unsubscribe", "/public", "/healthz", "/readyz", "/_stcore/health")
OPEN_BELOW = ("/login/", API)
"""Paths without a session: exact ones, and prefixes."""
CLOSED = ("/_stcore/metrics", "/_stcore/agent", "/media/")
"""Never served: Streamlit's internal endpoints and its media files, which check neither rights nor sessions."""
TO_CHANGE = ("/password", "/logout")
"""Paths allowed while the password must be changed."""
FACTOR = "/account/factor"
"""Additional path allowed while a second factor must be set up."""
OWNER = b"x-cockpit-session"
"""Internal websocket header with a hash of the session token; removed from incoming requests."""
WATCH_SECONDS = 2.0
POLICY_VIOLATION = 1008
RETRY_SECONDS = 5
MOST_SCREENS = 40
"""Open websockets per session: one per tab, each with its own memory."""


class Gate:
    """Refuses requests without a session or from another origin; closes websockets seconds after their session ends."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        if any(closed in path for closed in CLOSED):
            await _refuse(scope, receive, send, PlainTextResponse("not found\n", 404))
            return
        if origin.is_checked(scope):
            if fault := origin.fault(scope):
                log.warning("refused what comes from a page elsewhere: %s", fault)
                await _refuse(scope, receive, send, _foreign(scope))
                return
            if scope["type"] == "websocket":
                origin.hide(scope)
        token = token_of(scope)
        if scope["type"] == "websocket":
            cookies.narrow(scope, COOKIE)
            _bind(scope, token)
        try:
            visitor = visitors.known.just_now(token) or await _visitor_of(token)
        except DataError as error:
            log.error("%s", error)
            if not is_open(path):  # who it is cannot be said, so nobody is sent away to sign in again
                await _refuse(scope, receive, send, _unknown(scope))
                return
            visitor = None
            scope.setdefault("state", {})["fault"] = error
        scope.setdefault("state", {})["visitor"] = visitor
        if visitor is None and not is_open(path):
            await _refuse(scope, receive, send, _away(scope))
        elif visitor and visitor.session.must_change and not _may_before_change(path):
            await _refuse(scope, receive, send, _to_change(path))
        elif visitor and visitor.lacks_factor and path != FACTOR and not _may_before_change(path):
            await _refuse(scope, receive, send, _to_factor(path))
        elif visitor and uploads.is_upload(path) and (refusal := uploads.offers.refusal(scope, token, visitor.grants)):
            status, text = refusal
            await _refuse(scope, receive, send, PlainTextResponse(f"{text}\n", status, {"Connection": "close"}))
        elif scope["type"] == "websocket" and token and len(watch.open.get(token, ())) >= MOST_SCREENS:
            await _refuse(scope, receive, send, Response(status_code=403))
        elif scope["type"] == "websocket" and token and visitor:
            await watch.over(token, self.app, scope, receive, send)
        else:
            if token and visitor and path != "/session":
                watch.active.add(token)
            await self.app(scope, receive, send)


async def _visitor_of(token: str | None) -> Visitor | None:
    """The visitor according to the desk. Unknown tokens use other threads, so that they do not delay known visitors."""
    if not token:
        return None
    limiter = _for_known() if visitors.known.remembers(token) else _for_unknown()
    return await to_thread.run_sync(visitors.known.of, token, limiter=limiter)


@cache
def _for_known() -> CapacityLimiter:
    """Separate threads, since those of requests may all be busy."""
    return CapacityLimiter(visitors.AT_ONCE)


@cache
def _for_unknown() -> CapacityLimiter:
    return CapacityLimiter(visitors.AT_ONCE)


def is_open(path: str) -> bool:
    """Whether a path needs no session."""
    return path in OPEN or path.startswith(OPEN_BELOW)


def _may_before_change(path: str) -> bool:
    return path in TO_CHANGE or (is_open(path) and not path.startswith(API))


def _to_change(path: str) -> Response:
    if path.startswith(API):
        return PlainTextResponse("change your password first: /password\n", 403)
    return RedirectResponse("/password", 303)


def _to_factor(path: str) -> Response:
    if path.startswith(API):
        return PlainTextResponse(f"set up a second factor first: {FACTOR}\n", 403)
    return RedirectResponse(FACTOR, 303)


class Watch:
    """The open websockets by the token of their session, and which sessions were used since the last look."""

    def __init__(self) -> None:
        self.open: dict[str, set[asyncio.Event]] = defaultdict(set)
        self.active: set[str] = set()

    async def over(self, token: str, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Run `app` on a websocket until it ends or its session does."""
        ended = asyncio.Event()
        self.open[token].add(ended)
        stop = asyncio.ensure_future(ended.wait())

        async def received() -> Message:
            coming = asyncio.ensure_future(receive())
            await asyncio.wait({coming, stop}, return_when=asyncio.FIRST_COMPLETED)
            if ended.is_set():
                coming.cancel()
                with contextlib.suppress(Exception):  # the browser may have gone first
                    await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": "the session has ended"})
                return {"type": "websocket.disconnect", "code": POLICY_VIOLATION}
            message = coming.result()
            if message["type"] == "websocket.receive":
                self.active.add(token)
            return message

        async def sent(message: Message) -> None:
            if ended.is_set():
                return
            try:
                await send(message)
            except RuntimeError as error:  # the server has closed it: a message was too large
                raise ConnectionAbortedError("the websocket is closed") from error

        try:
            await app(scope, received, sent)
        finally:
            stop.cancel()
            self.open[token].discard(ended)
            if not self.open[token]:
                del self.open[token]

    def end(self, token: str) -> None:
        """Close the websockets of a session."""
        visitors.known.forget(token)
        for ended in self.open.get(token, ()):
            ended.set()

    async def run(self) -> None:
        """Look at the desk every WATCH_SECONDS, for ever: note who was active, end who may no longer stay."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            active, self.active = self.active, set()
            try:
                for token in await run_in_threadpool(_ended, active, tuple(self.open)):
                    self.end(token)
            except DataError as error:
                self.active |= active
                log.warning("sessions cannot be checked: %s", error)


watch = Watch()


def _bind(scope: Scope, token: str | None) -> None:
    """Say whose websocket it is, in a header that Streamlit trusts (.streamlit/config.toml).

    A browser that lost its connection goes on with the page's state by the state's id; Streamlit then compares owners.
    """
    others = [(key, value) for key, value in scope["headers"] if key.lower() != OWNER]
    scope["headers"] = [*others, (OWNER, sha256((token or "").encode()).hexdigest().encode())]


def token_of(scope: Scope) -> str | None:
    """The session's token in the request's cookies."""
    return cookies.read(scope, COOKIE)


def visitor_of(scope: Scope) -> Visitor | None:
    """The visitor that the gate identified."""
    visitor: Visitor | None = scope.get("state", {}).get("visitor")
    return visitor


def fault_of(scope: Scope) -> DataError | None:
    """Why the gate could not say who it is, where a session was given and the desk did not answer."""
    fault: DataError | None = scope.get("state", {}).get("fault")
    return fault


def _ended(active: set[str], watched: tuple[str, ...]) -> list[str]:
    desk = visitors.desk()
    if active:
        sessions.touch(desk, active)
    if not watched:
        return []
    idle, longest = visitors.limits()
    alive = sessions.alive(desk, watched, idle=idle, longest=longest)
    return [token for token in watched if token not in alive]


def _away(scope: Scope) -> Response:
    """Redirect page requests to the login page; a plain 401 for anything else."""
    headers = Headers(scope=scope)
    if scope.get("method") in ("GET", "HEAD") and "text/html" in headers.get("accept", ""):
        query = scope["query_string"].decode("latin-1")
        target = scope["path"] + (f"?{query}" if query else "")
        return RedirectResponse(f"/login?next={quote(target)}", 303)
    return PlainTextResponse("sign in first: /login\n", 401)


def _unknown(scope: Scope) -> Response:
    """503: there is a session, and the desk cannot say whose."""
    if scope["type"] == "websocket":
        return Response(status_code=503)
    request, again = Request(scope), {"Retry-After": str(RETRY_SECONDS)}
    with using(spoken(request)):
        text = _(
            "The desk does not answer, so your session cannot be checked. You stay signed in; try again in a moment."
        )
        if "text/html" in request.headers.get("accept", ""):
            return page(alert(text), 503, again)
        return PlainTextResponse(f"{text}\n", 503, again)


def _foreign(scope: Scope) -> Response:
    """403 for a form, a script or a websocket of a page that is not ours."""
    if scope["type"] == "websocket":
        return Response(status_code=403)
    request = Request(scope)
    with using(spoken(request)):
        text = _("This came from a page elsewhere, and nothing was changed. Open the cockpit itself and try again.")
        if "text/html" in request.headers.get("accept", ""):
            return page(alert(text), 403)
        return PlainTextResponse(f"{text}\n", 403)


async def _refuse(scope: Scope, receive: Receive, send: Send, response: Response) -> None:
    if scope["type"] == "http":
        await response(scope, receive, send)
        return
    await receive()
    await send({"type": "websocket.close", "code": POLICY_VIOLATION})

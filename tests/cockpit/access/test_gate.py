"""The gate and the login over HTTP: open and closed paths, signing in and out."""

import asyncio
import re
from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import delete
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from cockpit import settings
from cockpit.access import gate, hosts, visitors
from cockpit.access.signin import account, login
from cockpit.access.visitors import COOKIE
from cockpit.components.navigation import drafts
from cockpit.serving import headers
from data.desk import clock, models
from data.desk.auditing import audit, proof
from data.desk.errors import DeskError
from data.desk.identity import accounts, failures, sessions
from tests.factory import DISTRICT, TOWNS

PASSWORD = "Hongqi+2026+x"
HTML = {"accept": "text/html"}


async def inner(request: Request) -> PlainTextResponse:
    return PlainTextResponse("inside")


async def stream(socket: WebSocket) -> None:
    await socket.accept()
    async for text in socket.iter_text():
        await socket.send_text(text)


def served() -> Starlette:
    """Our own routes behind our own middleware; what Streamlit serves is stood for by one page and one websocket."""
    routes = [*login.ROUTES, *account.ROUTES, WebSocketRoute("/_stcore/stream", stream), Route("/{path:path}", inner)]
    middleware = [Middleware(headers.Headers), Middleware(hosts.KnownHosts), Middleware(gate.Gate)]
    return Starlette(routes=routes, middleware=middleware)


@pytest.fixture(autouse=True)
def _fresh(home: Path) -> None:
    """No failure of an address is remembered from the test before."""
    with visitors.desk().begin() as session:
        session.execute(delete(models.Failure))


@pytest.fixture
def wang(home: Path) -> str:
    """An account that signs in by password."""
    desk = visitors.desk()
    try:
        accounts.add(desk, "wang", PASSWORD, title="王镇长", must_change=False)
        accounts.grant(desk, "wang", "leader", DISTRICT)
    except accounts.Refused:
        accounts.unlock(desk, "wang")
    return "wang"


def ask(work: Callable[[httpx.AsyncClient], Any], **how: Any) -> Any:
    async def run() -> Any:
        transport = httpx.ASGITransport(served(), client=("10.1.2.3", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", **how) as client:
            return await work(client)

    return asyncio.run(run())


def get(path: str, **headers: str) -> httpx.Response:
    return ask(lambda client: client.get(path, headers=headers))


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/rows",
        "/account",
        "/password",
        "/session",
        "/geo/x/1.geojson",
        "/_stcore/upload_file/x",
        "/_stcore/host-config",
    ],
)
def test_nothing_passes_without_a_session(path: str) -> None:
    response = get(path)
    assert (response.status_code, response.text) == (401, "sign in first: /login\n")
    led = get(f"{path}?area=1", **HTML)
    assert (led.status_code, led.headers["location"]) == (303, f"/login?next={path}%3Farea%3D1")


@pytest.mark.parametrize("path", ["/login/demo", "/_stcore/health", "/healthz"])
def test_open_paths_need_no_session(path: str) -> None:
    assert get(path).text == "inside"


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/_stcore/agent/run"])
def test_internal_paths_are_closed_to_everybody(path: str, session: Callable[..., str]) -> None:
    assert get(path).status_code == 404
    assert get(path, cookie=f"{COOKIE}={session('leader', DISTRICT)}").status_code == 404


def test_session_is_accepted_and_a_forged_one_is_not(session: Callable[..., str]) -> None:
    assert get("/", cookie=f"{COOKIE}={session('leader', DISTRICT)}").text == "inside"
    for wrong in ("x", "", session("leader", DISTRICT)[:-1], "a" * 5000, "\"';--"):
        assert get("/", cookie=f"{COOKIE}={wrong}").status_code == 401


def test_unknown_host_is_refused(session: Callable[..., str]) -> None:
    assert get("/login", host="evil.example").status_code == 400
    assert get("/login", host="localhost:8501").status_code == 200


def test_signing_in_starts_a_session_with_a_new_id(wang: str) -> None:
    async def work(client: httpx.AsyncClient) -> list[httpx.Response]:
        first = await client.post("/login?next=/rows", data={"name": wang, "password": PASSWORD})
        again = await client.post("/login", data={"name": wang, "password": PASSWORD})
        old = await client.get("/", headers={"cookie": f"{COOKIE}={first.cookies[COOKIE]}"})
        return [first, again, old]

    first, again, old = ask(work)
    assert (first.status_code, first.headers["location"]) == (303, "/rows")
    cookie = first.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie
    assert first.cookies[COOKIE] != again.cookies[COOKIE]
    assert old.status_code == 401


def test_tls_login_sets_secure_cookie_and_hsts(wang: str) -> None:
    response = ask(lambda c: c.post("https://localhost/login", data={"name": wang, "password": PASSWORD}))
    assert "secure" in response.headers["set-cookie"].lower()
    assert "strict-transport-security" in response.headers


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "/login", "javascript:1"]
)
def test_sign_in_never_redirects_to_another_host(wang: str, target: str) -> None:
    response = ask(lambda c: c.post("/login", params={"next": target}, data={"name": wang, "password": PASSWORD}))
    assert response.headers["location"] == "/"


def test_an_unknown_name_and_a_wrong_password_get_the_same_answer(wang: str) -> None:
    answers = [
        ask(lambda c, n=name: c.post("/login", data={"name": n, "password": "wrong"})) for name in (wang, "nobody")
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert answers[0].text.replace(wang, "NAME") == answers[1].text.replace("nobody", "NAME")
    accounts.unlock(visitors.desk(), wang)


def test_an_address_that_fails_too_often_waits(wang: str) -> None:
    async def work(client: httpx.AsyncClient) -> httpx.Response:
        for i in range(failures.MOST):
            assert (await client.post("/login", data={"name": f"n{i}", "password": "x"})).status_code == 401
        return await client.post("/login", data={"name": wang, "password": PASSWORD})

    response = ask(work)
    assert response.status_code == 429
    assert 0 < int(response.headers["retry-after"]) <= failures.SPAN.total_seconds() + 1


def test_cross_origin_form_is_refused(wang: str) -> None:
    for origin in ("https://evil.example", "http://localhost.evil.example"):
        response = ask(
            lambda c, o=origin: c.post("/login", data={"name": wang, "password": PASSWORD}, headers={"origin": o})
        )
        assert (response.status_code, COOKIE in response.cookies) == (403, False)


def test_one_click_roles_are_for_demonstrations_only(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(lambda c: c.post("/login/demo", data={"role": "leader"})).status_code == 404
    assert "/login/demo" not in get("/login").text
    monkeypatch.setenv("COCKPIT_DEMO", "1")
    settings.current.cache_clear()
    assert "/login/demo" in get("/login").text
    response = ask(lambda c: c.post("/login/demo", data={"role": "cadre"}))
    assert (response.status_code, COOKIE in response.cookies) == (303, True)
    assert ask(lambda c: c.post("/login/demo", data={"role": "king"})).status_code == 403


def test_signing_out_ends_every_session_of_the_account(wang: str) -> None:
    async def work(client: httpx.AsyncClient) -> tuple[int, int]:
        here = (await client.post("/login", data={"name": wang, "password": PASSWORD})).cookies[COOKIE]
        client.cookies.clear()
        there = (await client.post("/login", data={"name": wang, "password": PASSWORD})).cookies[COOKIE]
        client.cookies.clear()
        left = await client.post("/logout", headers={"cookie": f"{COOKIE}={here}"})
        visitors.known.forget(there)
        other = await client.get("/", headers={"cookie": f"{COOKIE}={there}"})
        return left.status_code, other.status_code

    assert ask(work) == (200, 401)


def test_drafts_of_who_signs_out_leave_the_device_and_nothing_else_does(wang: str) -> None:
    """The key of the own drafts alone is named, and the page may run its script. A session that is over names none."""

    async def work(client: httpx.AsyncClient) -> list[httpx.Response]:
        here = (await client.post("/login", data={"name": wang, "password": PASSWORD})).cookies[COOKIE]
        client.cookies.clear()
        return [await client.post("/logout", headers={"cookie": f"{COOKIE}={here}"}) for _ in range(2)]

    left, again = ask(work)
    assert drafts.key_of(accounts.named(visitors.desk(), wang).id) in left.text
    (script,) = re.findall("<script data-forget=[^>]*>(.*?)</script>", left.text, re.DOTALL)
    digest = b64encode(sha256(script.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in left.headers["content-security-policy"]
    assert 'content="0;url=/login"' in left.text
    assert "<script" not in again.text


def test_password_set_by_an_administrator_must_be_changed_at_login(home: Path) -> None:
    accounts.add(visitors.desk(), "li", PASSWORD)
    new = {"old": PASSWORD, "new": "Baiyun-2027-x", "again": "Baiyun-2027-x"}

    async def work(client: httpx.AsyncClient) -> list[httpx.Response]:
        return [
            await client.post("/login", data={"name": "li", "password": PASSWORD}),
            await client.get("/"),
            await client.post("/password", data={**new, "again": "other"}),
            await client.post("/password", data={**new, "new": "short", "again": "short"}),
            await client.post("/password", data=new),
            await client.get("/"),
        ]

    response = ask(work)
    assert [answer.status_code for answer in response] == [303, 303, 400, 400, 303, 200]
    assert (response[0].headers["location"], response[1].headers["location"]) == ("/password", "/password")


def test_expired_password_must_be_changed_at_login(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_at = clock.now() - timedelta(days=31)
    accounts.add(visitors.desk(), "too-old", PASSWORD, must_change=False, now=set_at)
    signs_in = {"name": "too-old", "password": PASSWORD}
    assert ask(lambda c: c.post("/login", data=signs_in)).headers["location"] != "/password"
    monkeypatch.setenv("COCKPIT_PASSWORD_DAYS", "30")
    settings.current.cache_clear()
    assert ask(lambda c: c.post("/login", data=signs_in)).headers["location"] == "/password"
    row = audit.entries(visitors.desk(), who="too-old", event="password", limit=1)[0]
    assert row["what"] == "the password is older than 30 days"


def test_language_of_the_login_page_is_kept_after_login(wang: str) -> None:
    page = get("/login?lang=en&next=/rows").text
    assert 'action="/login?next=/rows&amp;lang=en"' in page
    response = ask(lambda c: c.post("/login?next=/rows&lang=en", data={"name": wang, "password": PASSWORD}))
    assert response.headers["location"] == "/rows?lang=en"
    assert 'action="/login?next=/rows"' in get("/login?lang=zh&next=/rows").text


def test_logins_and_failures_are_audited(wang: str) -> None:
    ask(lambda c: c.post("/login", data={"name": wang, "password": "wrong"}))
    ask(lambda c: c.post("/login", data={"name": wang, "password": PASSWORD}))
    rows = audit.entries(visitors.desk(), who=wang, limit=2)
    assert [(row["event"], row["result"], row["address"]) for row in rows] == [
        ("login", "ok", "10.1.2.3"), ("login_failed", "wrong", "10.1.2.3"),
    ]  # fmt: skip
    assert PASSWORD not in str(audit.entries(visitors.desk(), limit=10**6))
    assert proof.verify(visitors.desk()).ok


def test_cached_sessions_serve_while_the_desk_is_unreachable(
    session: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cookie = f"{COOKIE}={session('leader', DISTRICT)}"
    assert get("/", cookie=cookie).status_code == 200
    monkeypatch.setenv("COCKPIT_DESK", "sqlite:////proc/nowhere/desk.sqlite")
    settings.current.cache_clear()
    monkeypatch.setattr(visitors, "FRESH_SECONDS", 0.0)
    assert get("/", cookie=cookie).status_code == 200
    unknown = get("/", cookie=f"{COOKIE}=unknown", accept="text/html")
    assert (unknown.status_code, unknown.headers["retry-after"]) == (503, "5")
    assert "您仍处于登录状态" in unknown.text
    response = ask(lambda c: c.post("/login", data={"name": "wang", "password": PASSWORD}))
    assert response.status_code == 503
    assert "业务库没有响应" in response.text
    assert "/proc/nowhere" not in response.text


def test_a_websocket_needs_a_session_and_ends_with_it(
    session: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "WATCH_SECONDS", 0.05)
    token = session("inspector", DISTRICT)

    async def work() -> list[str]:
        refused = await connect(None)
        assert [message["type"] for message in refused.sent] == ["websocket.close"]
        watching = asyncio.create_task(gate.watch.run())
        opened = await connect(token)
        opened.put({"type": "websocket.receive", "text": "hello"})
        while len(opened.sent) < 2:
            await asyncio.sleep(0.01)
        sessions.end(visitors.desk(), token, now=clock.now() - timedelta(seconds=1))
        await asyncio.wait_for(opened.task, 5)
        watching.cancel()
        return [message["type"] for message in opened.sent]

    assert asyncio.run(work()) == ["websocket.accept", "websocket.send", "websocket.close"]


class Opened:
    """A websocket as the server's side sees it."""

    def __init__(self, token: str | None) -> None:
        self.sent: list[dict[str, Any]] = []
        self._coming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        headers = [(b"host", b"localhost"), *([(b"cookie", f"{COOKIE}={token}".encode())] if token else [])]
        scope = {
            "type": "websocket", "path": "/_stcore/stream", "raw_path": b"/_stcore/stream", "query_string": b"",
            "headers": headers, "subprotocols": [], "scheme": "ws", "server": ("localhost", 80),
            "client": ("10.1.2.3", 1), "root_path": "",
        }  # fmt: skip
        self.put({"type": "websocket.connect"})
        self.task = asyncio.ensure_future(served()(scope, self._coming.get, self._send))

    def put(self, message: dict[str, Any]) -> None:
        self._coming.put_nowait(message)

    async def _send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)


async def connect(token: str | None) -> Opened:
    opened = Opened(token)
    while not opened.sent and not opened.task.done():
        await asyncio.sleep(0.01)
    return opened


@pytest.mark.usefixtures("home")
def test_app_learns_that_the_server_closed_its_websocket() -> None:
    async def app(scope: object, receive: object, send: Callable[..., Any]) -> None:
        with pytest.raises(OSError, match="closed"):  # Starlette takes no other error for the end of a websocket
            await send({"type": "websocket.send", "text": "hello"})

    async def send(message: object) -> None:
        raise RuntimeError("Unexpected ASGI message 'websocket.send', after sending 'websocket.close'.")

    asyncio.run(gate.Watch().over("token", app, {}, asyncio.Queue().get, send))


@pytest.mark.usefixtures("home")
def test_a_page_learns_that_its_grants_are_others_now() -> None:
    desk = visitors.desk()
    made = accounts.add(desk, "marked", "Hongqi+2026+x", must_change=False)
    accounts.grant(desk, "marked", "official", DISTRICT)
    token = sessions.start(desk, made.id)

    def mark() -> str:
        visitors.known.forget(token)
        return get("/session", cookie=f"{COOKIE}={token}").headers[login.MARK]

    before = mark()
    assert before == mark()
    accounts.revoke(desk, "marked", "official", DISTRICT)
    none = mark()
    accounts.grant(desk, "marked", "official", TOWNS[0])
    assert len({before, none, mark()}) == 3


def test_unreachable_desk_does_not_extend_a_session(
    session: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    token = session("leader", DISTRICT)
    assert get("/", cookie=f"{COOKIE}={token}").status_code == 200
    monkeypatch.setattr(visitors, "FRESH_SECONDS", 0.0)
    monkeypatch.setattr(visitors, "_read", lambda token: _gone())
    assert get("/", cookie=f"{COOKIE}={token}").status_code == 200
    later = clock.now() + timedelta(hours=settings.current().session_longest, minutes=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert get("/", cookie=f"{COOKIE}={token}").status_code == 503


def _gone() -> None:
    raise DeskError("desk.silent", "the desk does not answer")


def test_stale_visitor_waits_for_a_busy_desk(session: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    token, own = session("leader", DISTRICT), visitors.Visitors()
    assert own.of(token)
    monkeypatch.setattr(visitors, "FRESH_SECONDS", 0.0)
    monkeypatch.setattr(visitors, "ASK_SECONDS_NEW", 0.05)
    for _ in range(visitors.AT_ONCE):
        own._asking.acquire()
    assert own.of(token)
    monkeypatch.setattr(visitors, "STALE_SECONDS", 0.0)
    with pytest.raises(DeskError):
        own.of(token)

"""People see their own open sessions and end them; over TLS the cookie's name is bound to this host."""

import asyncio
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from cockpit.access import cookies, gate, visitors
from cockpit.access.gate import visitor_of
from cockpit.access.signin import account, browsers, login
from cockpit.access.visitors import COOKIE
from data.desk.auditing import audit
from data.desk.identity import accounts, sessions

PASSWORD = "Hongqi+2026+x"
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/141.0 Safari/537.36 Edg/141.0"
WECHAT = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130 Mobile Safari/537.36 MicroMessenger/8.0"


async def inner(request: Request) -> PlainTextResponse:
    visitor = visitor_of(request.scope)
    return PlainTextResponse(visitor.name if visitor else "nobody")


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    name = f"own{abs(hash(request.node.name)) % 10**8}"
    accounts.add(visitors.desk(), name, PASSWORD, must_change=False)
    return name


def ask(work: Callable[[httpx.AsyncClient], Any], scheme: str = "http") -> Any:
    routes = [*login.ROUTES, *account.ROUTES, Route("/{path:path}", inner)]
    served = Starlette(routes=routes, middleware=[Middleware(gate.Gate)])

    async def run() -> Any:
        transport = httpx.ASGITransport(served, client=("10.1.2.3", 1))
        async with httpx.AsyncClient(transport=transport, base_url=f"{scheme}://localhost") as client:
            return await work(client)

    return asyncio.run(run())


async def enter(client: httpx.AsyncClient, name: str, browser: str) -> str:
    """Sign in again; the session's token."""
    client.cookies.clear()
    form = {"name": name, "password": PASSWORD}
    answer = await client.post("/login", data=form, headers={"user-agent": browser})
    return answer.cookies[COOKIE]


def as_(token: str) -> dict[str, str]:
    visitors.known.forget(token)
    return {"cookie": f"{COOKIE}={token}"}


def test_the_own_sessions_are_listed_with_masked_addresses(name: str) -> None:
    async def work(client: httpx.AsyncClient) -> str:
        await enter(client, name, WECHAT)
        token = await enter(client, name, EDGE)
        client.cookies.clear()
        return (await client.get("/account", headers=as_(token))).text

    response = ask(work)
    assert "Edge, Windows（当前）" in response
    assert "WeChat, Android" in response
    assert response.count("10.1.2.*") == 2
    assert "10.1.2.3" not in response
    assert len(re.findall(r'name="id" value="[0-9a-f]{16}"', response)) == 1, "this one has no button"


def test_session_can_be_ended_from_another_session(name: str) -> None:
    async def work(client: httpx.AsyncClient) -> list[Any]:
        there, here = await enter(client, name, WECHAT), await enter(client, name, EDGE)
        client.cookies.clear()
        id = re.findall(r'name="id" value="([0-9a-f]+)"', (await client.get("/account", headers=as_(here))).text)[0]
        ended = await client.post("/account/sessions", data={"id": id}, headers=as_(here))
        again = await client.post("/account/sessions", data={"id": id}, headers=as_(here))
        return [ended.status_code, again, *[(await client.get("/", headers=as_(t))).status_code for t in (there, here)]]

    ended, again, there, here = ask(work)
    assert (ended, again.status_code, there, here) == (303, 409, 401, 200)
    assert "这个会话已经结束" in again.text
    rows = audit.entries(visitors.desk(), who=name, event="logout", limit=2)
    assert [row["result"] for row in rows] == ["failed", "ok"]
    assert str(rows[1]["what"]).startswith("end session ")


def test_all_others_are_ended_at_once(name: str) -> None:
    async def work(client: httpx.AsyncClient) -> list[int]:
        others = [await enter(client, name, WECHAT) for _ in range(3)]
        here = await enter(client, name, EDGE)
        client.cookies.clear()
        await client.post("/account/sessions", headers=as_(here))
        return [(await client.get("/", headers=as_(token))).status_code for token in (*others, here)]

    assert ask(work) == [401, 401, 401, 200]
    assert audit.entries(visitors.desk(), who=name, event="logout", limit=1)[0]["what"] == "end 3 other sessions"


def test_session_of_another_account_cannot_be_ended(name: str) -> None:
    desk = visitors.desk()
    other = accounts.add(desk, f"{name}b", PASSWORD, must_change=False)
    token = sessions.start(desk, other.id)

    async def work(client: httpx.AsyncClient) -> list[int]:
        here = await enter(client, name, EDGE)
        client.cookies.clear()
        id = sessions.hashed(token)[: sessions.SHOWN]
        tried = await client.post("/account/sessions", data={"id": id}, headers=as_(here))
        return [tried.status_code, (await client.get("/", headers=as_(token))).status_code]

    assert ask(work) == [409, 200]


def test_over_tls_only_a_cookie_of_this_host_counts(name: str) -> None:
    async def work(client: httpx.AsyncClient) -> list[Any]:
        answer = await client.post("/login", data={"name": name, "password": PASSWORD})
        token = answer.cookies[cookies.PREFIX + COOKIE]
        client.cookies.clear()
        return [
            answer.headers.get_list("set-cookie"),
            (await client.get("/", headers=as_(token))).status_code,
            (await client.get("/", headers={"cookie": f"{cookies.PREFIX}{COOKIE}={token}"})).text,
            await client.post("/logout", headers={"cookie": f"{cookies.PREFIX}{COOKIE}={token}"}),
        ]

    cookie, plain, visitor, left = ask(work, "https")
    for header in cookie:
        parts = {part.strip().lower() for part in header.split(";")}
        assert header.startswith(cookies.PREFIX)
        assert {"secure", "httponly", "path=/"} <= parts
        assert not any(part.startswith("domain") for part in parts)
    assert (plain, visitor) == (401, name)
    assert "Secure" in left.headers["set-cookie"]
    assert left.headers["set-cookie"].startswith(f"{cookies.PREFIX}{COOKIE}=")


def test_over_plain_http_a_cookie_of_the_tls_name_counts_for_nothing(name: str) -> None:
    token = sessions.start(visitors.desk(), accounts.named(visitors.desk(), name).id)
    headers = {"cookie": f"{cookies.PREFIX}{COOKIE}={token}"}
    assert ask(lambda c: c.get("/", headers=headers)).status_code == 401


@pytest.mark.parametrize(
    ("scheme", "held", "left"),
    [
        ("wss", "a=1; __Host-x=t; x=planted; b=2", "a=1; x=t; b=2"),
        ("ws", "a=1; __Host-x=t; x=own", "a=1; x=own"),
        ("wss", "x=planted", None),
        ("ws", 'q="a b"; x=t', 'q="a b"; x=t'),
    ],
)
def test_a_page_behind_the_gate_sees_only_the_cookie_that_counts(scheme: str, held: str, left: str | None) -> None:
    scope = {"type": "websocket", "scheme": scheme, "headers": [(b"host", b"h"), (b"cookie", held.encode())]}
    cookies.narrow(scope, "x")
    assert dict(scope["headers"]).get(b"cookie") == (left.encode() if left else None)


@pytest.mark.parametrize(
    ("agent", "family"),
    [
        (EDGE, "Edge, Windows"), (WECHAT, "WeChat, Android"), ("", ""), ("curl/8", ""), ("x" * 5_000, ""),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1", "Safari, iOS"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit Chrome/108.0 Safari/537.36 QIHU 360SE", "360, Windows"),
    ],
)  # fmt: skip
def test_a_browser_is_known_by_its_family(agent: str, family: str) -> None:
    assert browsers.family(agent) == family


def test_sign_out_ends_this_session_or_all(name: str) -> None:
    async def work(client: httpx.AsyncClient) -> list[list[int]]:
        there, here, third = [await enter(client, name, EDGE) for _ in range(3)]
        client.cookies.clear()

        async def open_ones() -> list[int]:
            return [(await client.get("/account", headers=as_(token))).status_code for token in (there, here, third)]

        await client.post("/logout", data={"only": "this"}, headers=as_(here))
        one = await open_ones()
        await client.post("/logout", headers=as_(there))
        return [one, await open_ones()]

    assert ask(work) == [[200, 401, 200], [401, 401, 401]]
    assert len(audit.entries(visitors.desk(), who=name, event="logout", limit=9)) == 2

"""Setting up a second factor for oneself, and signing in with it."""

import asyncio
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pyotp
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware

from cockpit.access import account, factor, gate, login, visitors
from cockpit.access.visitors import COOKIE
from cockpit.commands import cli
from data.desk import accounts, audit, clock, secondfactor, sessions

PASSWORD = "Hongqi+2026"


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """An account of this test alone."""
    name = f"u{abs(hash(request.node.name)) % 10**8}"
    accounts.add(visitors.desk(), name, PASSWORD, must_change=False)
    return name


def browse(name: str, work: Callable[[httpx.AsyncClient], Any], *, by_provider: bool = False) -> Any:
    """Somebody who is signed in."""
    served = Starlette(routes=[*login.ROUTES, *account.ROUTES, *factor.ROUTES], middleware=[Middleware(gate.Gate)])
    token = sessions.start(visitors.desk(), accounts.named(visitors.desk(), name).id, by_provider=by_provider)

    async def run() -> Any:
        transport = httpx.ASGITransport(served, client=("10.1.2.3", 1))
        headers = {"cookie": f"{COOKIE}={token}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client:
            return await work(client)

    return asyncio.run(run())


def letters(page: str) -> str:
    """The secret that the page shows."""
    return re.findall(r"<code>([A-Z2-7]{32})</code>", page)[0]


def test_a_password_begins_and_a_code_ends_the_setting_up(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(client: httpx.AsyncClient) -> list[httpx.Response]:
        begun = await client.post(factor.PATH, data={"password": PASSWORD})
        right = pyotp.TOTP(letters(begun.text)).at(clock.now().timestamp())
        wrong = await client.post(factor.PATH, data={"code": f"{(int(right) + 1) % 10**6:06}"})
        code = pyotp.TOTP(letters(wrong.text)).now()
        return [begun, wrong, await client.post(factor.PATH, data={"code": code}), await client.get(factor.PATH)]

    begun, wrong, done, after = browse(name, work)
    assert "<svg" in begun.text
    assert letters(begun.text) == letters(wrong.text)
    assert "这不是应用现在显示的动态码" in wrong.text
    assert "从下次登录起" in done.text
    assert "如需取消" in after.text
    assert audit.entries(visitors.desk(), who=name, limit=1)[0]["what"] == f"{name} second factor on"
    later = clock.now() + timedelta(seconds=90)
    monkeypatch.setattr(clock, "now", lambda: later)
    code = pyotp.TOTP(letters(begun.text)).at(int(_unix(later)))
    assert accounts.sign_in(visitors.desk(), name, PASSWORD).outcome == "totp"
    assert accounts.sign_in(visitors.desk(), name, PASSWORD, totp=code).outcome == "ok"


def _unix(at: Any) -> float:
    from datetime import UTC

    return at.replace(tzinfo=UTC).timestamp()


def test_who_finds_a_screen_open_cannot_set_one_up(name: str) -> None:
    told = browse(name, lambda c: c.post(factor.PATH, data={"password": "Baiyun+2027"}))
    assert "密码不对" in told.text
    assert "<svg" not in told.text
    told = browse(name, lambda c: c.post(factor.PATH, data={"code": "123456"}))
    assert "请重新开始" in told.text
    told = browse(name, lambda c: c.post(factor.PATH, data={"password": PASSWORD}, headers={"origin": "http://evil"}))
    assert told.status_code == 403


def test_one_that_is_on_is_not_replaced(name: str) -> None:
    desk, found = visitors.desk(), accounts.named(visitors.desk(), name)
    secret = secondfactor.secret_of(secondfactor.start(desk, found.id))
    secondfactor.confirm(desk, found.id, pyotp.TOTP(secret).now(), clock.now())
    told = browse(name, lambda c: c.post(factor.PATH, data={"password": PASSWORD}))
    assert "<svg" not in told.text
    assert accounts.named(desk, name).has_totp
    assert cli.main(["user", "factor", name, "--off"], standalone_mode=False) is None
    assert not accounts.named(desk, name).has_totp


def test_who_comes_through_a_provider_sets_it_up_there(name: str) -> None:
    told = browse(name, lambda c: c.get(factor.PATH), by_provider=True)
    assert "统一身份认证" in told.text
    assert "<form" not in told.text
    assert factor.PATH not in browse(name, lambda c: c.get("/account"), by_provider=True).text
    assert factor.PATH in browse(name, lambda c: c.get("/account")).text

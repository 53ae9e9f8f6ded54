"""Setting up an own second factor, and signing in with it."""

import asyncio
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pyotp
import pytest
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.middleware import Middleware

from cockpit import settings
from cockpit.access import gate, visitors
from cockpit.access.signin import account, factor, identity, login
from cockpit.access.visitors import COOKIE
from cockpit.commands import cli
from data.desk import clock, models
from data.desk.auditing import audit
from data.desk.identity import accounts, roles, secondfactor, sessions

PASSWORD = "Hongqi+2026+x"


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """An account of this test alone."""
    name = f"u{abs(hash(request.node.name)) % 10**8}"
    accounts.add(visitors.desk(), name, PASSWORD, must_change=False)
    return name


def browse(name: str, work: Callable[[httpx.AsyncClient], Any], *, by_provider: bool = False, **how: Any) -> Any:
    """Somebody who is signed in."""
    served = Starlette(routes=[*login.ROUTES, *account.ROUTES, *factor.ROUTES], middleware=[Middleware(gate.Gate)])
    token = sessions.start(visitors.desk(), accounts.named(visitors.desk(), name).id, by_provider=by_provider, **how)

    async def run() -> Any:
        transport = httpx.ASGITransport(served, client=("10.1.2.3", 1))
        headers = {"cookie": f"{COOKIE}={token}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client:
            return await work(client)

    return asyncio.run(run())


def letters(page: str) -> str:
    """The secret that the page shows."""
    return re.findall(r"<code>([A-Z2-7]{32})</code>", page)[0]


def proof(page: str) -> str:
    """What the form of the code carries to show that the password was given."""
    return re.findall(r'name="begun" value="([^"]+)"', page)[0]


def test_a_password_begins_and_a_code_ends_the_setting_up(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(client: httpx.AsyncClient) -> list[httpx.Response]:
        begun = await client.post(factor.PATH, data={"password": PASSWORD})
        right = pyotp.TOTP(letters(begun.text)).at(clock.now().timestamp())
        wrong = await client.post(
            factor.PATH, data={"code": f"{(int(right) + 1) % 10**6:06}", "begun": proof(begun.text)}
        )
        form = {"code": pyotp.TOTP(letters(wrong.text)).now(), "begun": proof(wrong.text)}
        return [begun, wrong, await client.post(factor.PATH, data=form), await client.get(factor.PATH)]

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


def test_setup_of_second_factor_requires_the_password(name: str) -> None:
    response = browse(name, lambda c: c.post(factor.PATH, data={"password": "Baiyun+2027+x"}))
    assert "密码不对" in response.text
    assert "<svg" not in response.text
    response = browse(name, lambda c: c.post(factor.PATH, data={"code": "123456"}))
    assert "请重新输入密码" in response.text
    response = browse(
        name, lambda c: c.post(factor.PATH, data={"password": PASSWORD}, headers={"origin": "http://evil"})
    )
    assert response.status_code == 403


@pytest.mark.parametrize("of", ["nobody", "another session", "another account", "long ago"])
def test_pending_secret_is_shown_only_after_the_password(name: str, of: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stolen session must not read the secret that its owner has begun to set up, nor confirm it."""
    begun = browse(name, lambda c: c.post(factor.PATH, data={"password": PASSWORD})).text
    given = {"nobody": "", "another session": proof(begun), "long ago": ""}.get(of)
    if of == "another account":
        accounts.add(visitors.desk(), f"{name}x", PASSWORD, must_change=False)
        given = proof(browse(f"{name}x", lambda c: c.post(factor.PATH, data={"password": PASSWORD})).text)
    code = pyotp.TOTP(letters(begun)).now()

    async def confirm(client: httpx.AsyncClient) -> httpx.Response:
        if of != "long ago":
            return await client.post(factor.PATH, data={"code": code, "begun": given})
        own = await client.post(factor.PATH, data={"password": PASSWORD})
        monkeypatch.setattr(factor, "TICKET_SECONDS", -1)
        form = {"code": pyotp.TOTP(letters(own.text)).now(), "begun": proof(own.text)}
        return await client.post(factor.PATH, data=form)

    text = browse(name, confirm).text
    assert "请重新输入密码" in text
    assert not re.search(r"<svg|<code>", text)
    assert not accounts.named(visitors.desk(), name).has_totp


def test_active_second_factor_is_not_replaced(name: str) -> None:
    desk, owner = visitors.desk(), accounts.named(visitors.desk(), name)
    secret = secondfactor.secret_of(secondfactor.start(desk, owner.id))
    secondfactor.confirm(desk, owner.id, pyotp.TOTP(secret).now(), clock.now())
    response = browse(name, lambda c: c.post(factor.PATH, data={"password": PASSWORD}))
    assert "<svg" not in response.text
    assert accounts.named(desk, name).has_totp
    assert cli.main(["user", "factor", name, "--off"], standalone_mode=False) is None
    assert not accounts.named(desk, name).has_totp


def test_provider_account_is_referred_to_the_provider_for_its_second_factor(name: str) -> None:
    response = browse(name, lambda c: c.get(factor.PATH), by_provider=True)
    assert "统一身份认证" in response.text
    assert "<form" not in response.text
    assert factor.PATH not in browse(name, lambda c: c.get("/account"), by_provider=True).text
    assert factor.PATH in browse(name, lambda c: c.get("/account")).text


def on(name: str) -> tuple[str, list[str]]:
    """A second factor that is set up: its secret, and the recovery codes."""
    desk, id = visitors.desk(), accounts.named(visitors.desk(), name).id
    secret = secondfactor.secret_of(secondfactor.start(desk, id))
    return secret, secondfactor.confirm(desk, id, pyotp.TOTP(secret).now(), clock.now() - timedelta(seconds=30))


def code_of(secret: str, steps: int = 1) -> str:
    """A code that was not used yet."""
    return pyotp.TOTP(secret).at(int(_unix(clock.now())) + 30 * steps)


def test_the_password_page_asks_for_the_code(name: str) -> None:
    secret, _codes = on(name)
    change = {"old": PASSWORD, "new": "Baiyun+2027+x", "again": "Baiyun+2027+x"}

    async def work(client: httpx.AsyncClient) -> list[httpx.Response]:
        return [
            await client.get("/password"),
            await client.post("/password", data=change),
            await client.post("/password", data=change | {"totp": "000000"}),
            await client.post("/password", data=change | {"totp": code_of(secret)}),
        ]

    shown, without, wrong, right = browse(name, work)
    assert 'name="totp"' in shown.text
    assert (without.status_code, wrong.status_code, right.status_code) == (400, 400, 303)
    assert "验证码" in without.text or "动态码" in without.text
    rows = audit.entries(visitors.desk(), who=name, event="login_failed")
    assert [(row["what"], row["result"]) for row in rows] == [("change of the password", "totp")] * 2


@pytest.mark.parametrize("code", ["", "000000", "aaaa-aaaa-aaaa-aaaa"])
def test_a_missing_or_wrong_code_at_sign_in_is_in_the_audit(name: str, code: str) -> None:
    on(name)
    response = browse(name, lambda c: c.post("/login", data={"name": name, "password": PASSWORD, "totp": code}))
    assert response.status_code == 401
    row = audit.entries(visitors.desk(), who=name, event="login_failed", limit=1)[0]
    assert (row["result"], row["address"]) == ("totp", "10.1.2.3")


def test_a_recovery_code_works_once_in_place_of_the_app(name: str) -> None:
    desk, (_secret, codes) = visitors.desk(), on(name)
    assert len(set(codes)) == secondfactor.RECOVERY
    account_id = accounts.named(desk, name).id
    with desk.read() as session:
        unused = set(
            session.scalars(select(models.RecoveryCode.code).where(models.RecoveryCode.account_id == account_id))
        )
    assert not unused & set(codes), "only hashes are kept"
    signed_in = accounts.sign_in(desk, name, PASSWORD, totp=codes[0].upper())
    assert (signed_in.outcome, signed_in.recovered) == ("ok", True)
    assert accounts.sign_in(desk, name, PASSWORD, totp=codes[0]).outcome == "totp"
    assert accounts.sign_in(desk, name, "Wrong+2026", totp=codes[1]).outcome == "wrong"
    assert secondfactor.codes_left(desk, account_id) == secondfactor.RECOVERY - 1
    secondfactor.off(desk, name)
    assert secondfactor.codes_left(desk, account_id) == 0


def test_new_recovery_codes_take_the_password_and_a_code(name: str) -> None:
    secret, codes = on(name)
    response = browse(name, lambda c: c.post(factor.PATH, data={"password": PASSWORD, "totp": "000000"}))
    assert "密码或动态码不对" in response.text
    response = browse(name, lambda c: c.post(factor.PATH, data={"password": PASSWORD, "totp": code_of(secret)}))
    fresh = re.findall(r"<code>([a-z2-9-]{19})</code>", response.text)
    assert len(fresh) == secondfactor.RECOVERY
    assert not set(fresh) & set(codes)
    assert accounts.sign_in(visitors.desk(), name, PASSWORD, totp=codes[0]).outcome == "totp"


@pytest.mark.parametrize("role", roles.ADMINISTRATORS)
def test_administrator_is_redirected_to_second_factor_setup(name: str, role: str) -> None:
    accounts.grant(visitors.desk(), name, role)

    async def work(client: httpx.AsyncClient) -> list[httpx.Response]:
        before = [await client.get("/account"), await client.get("/api/v1/metrics"), await client.get(factor.PATH)]
        begun = await client.post(factor.PATH, data={"password": PASSWORD})
        form = {"code": pyotp.TOTP(letters(begun.text)).now(), "begun": proof(begun.text)}
        done = await client.post(factor.PATH, data=form)
        return [*before, done, await client.get("/account")]

    led, api, shown, done, after = browse(name, work)
    assert (led.status_code, led.headers["location"]) == (303, factor.PATH)
    assert api.status_code == 403
    assert "必须使用第二因素" in shown.text
    assert len(re.findall(r"<code>[a-z2-9-]{19}</code>", done.text)) == secondfactor.RECOVERY
    assert after.status_code == 200


def test_a_setting_makes_it_compulsory_for_all(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert browse(name, lambda c: c.get("/account")).status_code == 200
    monkeypatch.setenv("COCKPIT_SECOND_FACTOR", "all")
    settings.current.cache_clear()
    assert browse(name, lambda c: c.get("/account")).headers["location"] == factor.PATH


@pytest.mark.parametrize(
    ("amr", "enough"),
    [(["mfa"], True), (["pwd", "otp"], True), (["pwd"], False), (["otp"], False), (None, False), ("mfa", False)],
)
def test_a_provider_says_whether_two_factors_were_shown(amr: Any, enough: bool) -> None:
    assert identity.has_factor({"sub": "1", **({"amr": amr} if amr else {})}) is enough


def test_an_administrator_of_a_provider_needs_its_second_factor(name: str) -> None:
    accounts.grant(visitors.desk(), name, "audit_admin")
    assert browse(name, lambda c: c.get("/account"), by_provider=True).headers["location"] == factor.PATH
    assert "请在统一身份认证中" in browse(name, lambda c: c.get(factor.PATH), by_provider=True).text
    assert browse(name, lambda c: c.get("/account"), by_provider=True, factor=True).status_code == 200


def test_a_session_of_a_demonstration_ends_with_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_DEMO", "1")
    settings.current.cache_clear()
    token = sessions.start(visitors.desk(), accounts.named(visitors.desk(), name).id, demo=True)
    assert visitors.Visitors().of(token)
    monkeypatch.setenv("COCKPIT_DEMO", "0")
    settings.current.cache_clear()
    assert visitors.Visitors().of(token) is None

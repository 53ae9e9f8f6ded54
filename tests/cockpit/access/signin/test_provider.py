"""Signing in through a real identity provider in a separate process."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from cockpit import settings
from cockpit.access import gate, visitors
from cockpit.access.gate import visitor_of
from cockpit.access.signin import account, linking, login, provider
from cockpit.access.visitors import COOKIE
from data.desk.auditing import audit, proof
from data.desk.identity import accounts, identities
from tests.factory import DISTRICT, TOWNS
from tests.servers.provider import known

PASSWORD = "Hongqi+2026+x"
ROLES = {"leaders": f"leader:{DISTRICT}", "north": f"official:{TOWNS[0]}", "auditors": "audit_admin"}


@pytest.fixture(autouse=True)
def _configured(issuer: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    variables = {
        "ISSUER": issuer, "CLIENT_ID": "cockpit", "CLIENT_SECRET": "geheim", "ROLES_CLAIM": "groups",
        "ROLES": json.dumps(ROLES), "NAME": "区统一身份认证",
    }  # fmt: skip
    for name, value in variables.items():
        monkeypatch.setenv(f"COCKPIT_OIDC_{name}", value)
    settings.current.cache_clear()
    provider._client.cache_clear()
    yield
    provider._client.cache_clear()


async def inner(request: Request) -> PlainTextResponse:
    visitor = visitor_of(request.scope)
    return PlainTextResponse(",".join(visitor.grants.roles) if visitor else "nobody")


class Browser:
    """One browser: its cookies, and the two servers it can reach."""

    def __init__(self, client: httpx.AsyncClient, outside: httpx.AsyncClient) -> None:
        self.client, self.outside = client, outside

    async def leave(self, target: str = "/") -> str:
        """The provider's address that the login page's link leads to."""
        answer = await self.client.get("/login/provider", params={"next": target})
        assert answer.status_code == 302
        return answer.headers["location"]

    async def agree(self, address: str, subject: str) -> str:
        """Say who one is to the provider; where it sends the browser back to."""
        answer = await self.outside.post(address, data={"sub": subject})
        assert answer.status_code == 302
        return answer.headers["location"]

    async def come_back(self, address: str) -> httpx.Response:
        parts = urlsplit(address)
        assert (parts.netloc, parts.path) == ("localhost", provider.BACK)
        return await self.client.get(f"{parts.path}?{parts.query}")

    async def sign_in(self, subject: str, target: str = "/") -> httpx.Response:
        return await self.come_back(await self.agree(await self.leave(target), subject))


def browse(work: Callable[[Browser], Any]) -> Any:
    routes = [*login.ROUTES, *provider.ROUTES, *linking.ROUTES, *account.ROUTES, Route("/{path:path}", inner)]
    served = Starlette(routes=routes, middleware=[Middleware(gate.Gate)])

    async def run() -> Any:
        transport = httpx.ASGITransport(served, client=("10.1.2.3", 1))
        async with (
            httpx.AsyncClient(transport=transport, base_url="http://localhost") as client,
            httpx.AsyncClient() as outside,
        ):
            return await work(Browser(client, outside))

    return asyncio.run(run())


def newest(event: str) -> dict[str, object]:
    return audit.entries(visitors.desk(), event=event, limit=1)[0]


def test_the_login_page_offers_the_provider_by_its_name() -> None:
    page = browse(lambda b: b.client.get("/login?next=/rows"))
    assert "区统一身份认证" in page.text
    assert 'href="/login/provider?next=/rows"' in page.text


def test_the_way_there_carries_state_nonce_and_a_challenge(issuer: str) -> None:
    query = parse_qs(urlsplit(browse(lambda b: b.leave())).query)
    assert query["response_type"] == ["code"]
    assert query["code_challenge_method"] == ["S256"]
    assert all(len(query[name][0]) >= 20 for name in ("state", "nonce", "code_challenge"))
    assert query["redirect_uri"] == [f"http://localhost{provider.BACK}"]


def test_an_identity_signs_in_as_its_account_and_lands_where_the_link_led(issuer: str) -> None:
    accounts.add(visitors.desk(), "wu", PASSWORD)
    accounts.grant(visitors.desk(), "wu", "official", TOWNS[0])
    identities.link(visitors.desk(), "wu", issuer, "s-wu")
    known(issuer, "s-wu", preferred_username="wu")

    async def work(b: Browser) -> tuple[httpx.Response, httpx.Response]:
        return await b.sign_in("s-wu", "/rows?area=1"), await b.client.get("/")

    back, inside = browse(work)
    assert (back.status_code, back.headers["location"]) == (303, "/rows?area=1")
    assert "httponly" in back.headers["set-cookie"].lower()
    # its password of ours, which it never uses, has to be changed by nobody
    assert (inside.status_code, inside.text) == (200, "official")
    assert (newest("login")["who"], newest("login")["role"]) == ("wu", "official")


def test_signing_out_ends_a_session_of_the_provider_as_any_other(issuer: str) -> None:
    known(issuer, "s-chen", preferred_username="chen", groups=["leaders"])

    async def work(b: Browser) -> list[int]:
        await b.sign_in("s-chen")
        cookie = b.client.cookies[COOKIE]
        statuses = [(await b.client.get("/")).status_code, (await b.client.post("/logout")).status_code]
        visitors.known.forget(cookie)
        return [*statuses, (await b.client.get("/", headers={"cookie": f"{COOKIE}={cookie}"})).status_code]

    assert browse(work) == [200, 200, 401]


def test_identity_without_grants_is_refused(issuer: str) -> None:
    known(issuer, "s-nobody", preferred_username="nobody", groups=["gardeners"])
    response = browse(lambda b: b.sign_in("s-nobody"))
    assert (response.status_code, COOKIE in response.cookies) == (403, False)
    assert "还没有给您授权" in response.text
    assert 'name="password"' in response.text
    row = newest("login_failed")
    assert (row["who"], row["result"], row["address"]) == ("nobody", "ungranted", "10.1.2.3")
    assert "nobody" not in [account.name for account, _ in accounts.listing(visitors.desk())]


def test_account_without_a_current_grant_has_no_access(issuer: str) -> None:
    accounts.add(visitors.desk(), "ma", PASSWORD)
    identities.link(visitors.desk(), "ma", issuer, "s-ma")
    known(issuer, "s-ma", preferred_username="ma")
    assert browse(lambda b: b.sign_in("s-ma")).status_code == 403


def test_groups_give_roles_and_take_them_away_again(issuer: str) -> None:
    def roles_after(*groups: str) -> str:
        known(issuer, "s-sun", preferred_username="sun", name="孙主任", groups=list(groups), amr=["pwd", "otp"])

        async def work(b: Browser) -> str:
            answer = await b.sign_in("s-sun")
            return (await b.client.get("/")).text if answer.status_code == 303 else ""

        return browse(work)

    assert set(roles_after("leaders", "north", "gardeners").split(",")) == {"leader", "official"}
    assert (newest("grant")["who"], newest("grant")["what"]) == ("provider", f"sun official {TOWNS[0]}")
    assert accounts.named(visitors.desk(), "sun").title == "孙主任"
    assert roles_after("north") == "official"
    assert newest("revoke")["what"] == f"sun leader {DISTRICT}"
    assert roles_after() == ""
    assert roles_after("auditors") == "audit_admin"
    # an administrator holds no other role, whatever the provider says; and a refusal leaves what was
    assert roles_after("auditors", "leaders") == ""
    assert proof.verify(visitors.desk()).ok


def test_provider_roles_apply_only_to_provider_sessions(issuer: str) -> None:
    known(issuer, "s-qian", preferred_username="qian", groups=["north"])
    assert browse(lambda b: b.sign_in("s-qian")).status_code == 303
    desk = visitors.desk()
    matches = accounts.named(desk, "qian")
    assert accounts.grants_of(desk, matches.id, visitors.today()) == ()
    assert [g.role for g in accounts.grants_of(desk, matches.id, visitors.today(), by_provider=True)] == ["official"]


def test_second_identity_with_the_name_of_a_linked_account_is_refused(issuer: str) -> None:
    known(issuer, "s-old", preferred_username="zhou", groups=["north"])
    known(issuer, "s-new", preferred_username="zhou", groups=["north"])
    assert browse(lambda b: b.sign_in("s-old")).status_code == 303
    assert browse(lambda b: b.sign_in("s-new")).status_code == 403
    known(issuer, "s-old", preferred_username="zhou-2", groups=["north"])
    assert browse(lambda b: b.sign_in("s-old")).status_code == 303
    assert newest("login")["who"] == "zhou"


def test_locked_account_cannot_sign_in_via_oidc(issuer: str) -> None:
    known(issuer, "s-feng", preferred_username="feng", groups=["north"])
    assert browse(lambda b: b.sign_in("s-feng")).status_code == 303
    accounts.lock(visitors.desk(), "feng")
    assert browse(lambda b: b.sign_in("s-feng")).status_code == 403


def test_callback_without_a_started_flow_is_refused(issuer: str) -> None:
    known(issuer, "s-zhao", preferred_username="zhao", groups=["leaders"])

    async def stolen(b: Browser) -> httpx.Response:
        """The victim's browser follows a way back that the thief's began."""
        back = await b.agree(await b.leave(), "s-zhao")
        b.client.cookies.clear()
        return await b.come_back(back)

    async def twice(b: Browser) -> httpx.Response:
        back = await b.agree(await b.leave(), "s-zhao")
        await b.come_back(back)
        return await b.come_back(back)

    async def swapped(b: Browser) -> httpx.Response:
        """A code that belongs to another question: its nonce is another one."""
        other = parse_qs(urlsplit(await b.agree(await b.leave(), "s-zhao")).query)["code"][0]
        state = parse_qs(urlsplit(await b.leave()).query)["state"][0]
        return await b.client.get(provider.BACK, params={"code": other, "state": state})

    for attack in (stolen, twice, swapped):
        response = browse(attack)
        assert (response.status_code, COOKIE in response.cookies, attack.__name__) == (400, False, attack.__name__)
        assert newest("login_failed")["result"] == "untrusted"


@pytest.mark.parametrize("query", ["", "?code=x", "?state=x", "?error=access_denied&error_description=%3Cscript%3E"])
def test_invalid_callback_shows_an_error(query: str) -> None:
    response = browse(lambda b: b.client.get(provider.BACK + query, headers={"cookie": "cockpit_provider=%5B1%5D"}))
    assert response.status_code == 400
    assert "<script" not in response.text


def test_a_token_for_another_cockpit_is_refused(issuer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    known(issuer, "s-wei", preferred_username="wei", groups=["leaders"])
    real = provider.StarletteOAuth2App.authorize_access_token

    async def elsewhere(self: Any, request: Request, **how: Any) -> Any:
        how["claims_options"]["aud"]["value"] = "another"
        return await real(self, request, **how)

    monkeypatch.setattr(provider.StarletteOAuth2App, "authorize_access_token", elsewhere)
    assert browse(lambda b: b.sign_in("s-wei")).status_code == 400


def test_provider_with_another_issuer_is_refused(issuer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_OIDC_ISSUER", issuer.replace("127.0.0.1", "localhost") + "/")
    settings.current.cache_clear()
    monkeypatch.setattr(provider.StarletteOAuth2App, "load_server_metadata", _named(issuer))
    assert browse(lambda b: b.client.get("/login/provider")).status_code == 400


def _named(issuer: str) -> Any:
    async def metadata(self: Any) -> dict[str, str]:
        return {"issuer": issuer}

    return metadata


def test_unreachable_provider_shows_an_error_and_password_login_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_OIDC_ISSUER", "http://127.0.0.1:9")
    settings.current.cache_clear()
    accounts.add(visitors.desk(), "he", PASSWORD, must_change=False)

    async def work(b: Browser) -> tuple[httpx.Response, httpx.Response]:
        return await b.client.get("/login/provider"), await b.client.post(
            "/login", data={"name": "he", "password": PASSWORD}
        )

    down, local = browse(work)
    assert down.status_code == 503
    assert "统一身份认证没有响应" in down.text
    assert 'name="password"' in down.text
    assert (local.status_code, COOKIE in local.cookies) == (303, True)


def test_provider_routes_are_404_without_a_provider(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.delenv("COCKPIT_OIDC_ISSUER")
    settings.current.cache_clear()
    assert [browse(lambda b, p=p: b.client.get(p)).status_code for p in ("/login/provider", provider.BACK)] == [404] * 2
    assert "/login/provider" not in browse(lambda b: b.client.get("/login")).text


def test_an_unlinked_account_is_not_tied_to_the_next_identity_of_its_name(issuer: str) -> None:
    known(issuer, "s-gao", preferred_username="gao", groups=["north"])
    assert browse(lambda b: b.sign_in("s-gao")).status_code == 303
    identities.unlink(visitors.desk(), "gao")
    known(issuer, "s-gao-2", preferred_username="gao", groups=["north"])
    assert browse(lambda b: b.sign_in("s-gao-2")).status_code == 403
    assert not identities.tied(visitors.desk(), accounts.named(visitors.desk(), "gao").id)

"""An identity of the provider is linked to an account by the account's owner, never by name."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pyotp
import pytest

from cockpit.access import visitors
from cockpit.access.signin import linking
from cockpit.access.visitors import COOKIE
from data.desk import clock
from data.desk.auditing import audit, proof
from data.desk.identity import accounts, identities, secondfactor
from tests.cockpit.access.signin.test_provider import PASSWORD, Browser, _configured, browse  # noqa: F401
from tests.factory import TOWNS
from tests.servers.provider import known


@pytest.fixture
def name(issuer: str, request: pytest.FixtureRequest) -> str:
    """An account of this test alone, and an identity of the same name."""
    name = f"link{abs(hash(request.node.name)) % 10**8}"
    accounts.add(visitors.desk(), name, PASSWORD, must_change=False)
    accounts.grant(visitors.desk(), name, "official", TOWNS[0])
    known(issuer, f"s-{name}", preferred_username=name)
    return name


def is_tied(name: str) -> bool:
    return identities.tied(visitors.desk(), accounts.named(visitors.desk(), name).id)


def rows(name: str, event: str) -> list[tuple[object, object]]:
    return [(row["what"], row["result"]) for row in audit.entries(visitors.desk(), who=name, event=event)]


async def confirm(b: Browser, **form: str) -> httpx.Response:
    return await b.client.post(linking.PATH, data=form)


def test_the_owner_confirms_once_and_signs_in_from_then_on(issuer: str, name: str) -> None:
    async def work(b: Browser) -> list[httpx.Response]:
        refused = await b.sign_in(f"s-{name}", "/rows?area=1")
        inside = await b.client.get("/")
        tied = await confirm(b, password=PASSWORD)
        return [refused, inside, tied, await b.sign_in(f"s-{name}", "/rows?area=1")]

    refused, inside, tied, after = browse(work)
    assert (refused.status_code, COOKIE in refused.cookies, inside.status_code) == (403, False, 401)
    assert f"已有账户 {name}" in refused.text
    assert "请用该账户的密码确认一次" in refused.text
    assert (tied.status_code, tied.headers["location"]) == (303, "/login/provider?next=%2Frows%3Farea%3D1&lang=zh")
    assert (after.status_code, after.headers["location"]) == (303, "/rows?area=1")
    assert rows(name, "login_failed")[0][1] == "unconfirmed"
    what = f"{name} is tied to {issuer} s-{name}, confirmed by the account's password"
    assert rows(name, "account")[0] == (what, "ok")
    assert proof.verify(visitors.desk()).ok


def test_wrong_password_links_no_identity_and_counts_as_failure(name: str) -> None:
    async def work(b: Browser) -> list[httpx.Response]:
        await b.sign_in(f"s-{name}")
        return [await confirm(b, password="wrong") for _ in range(5)] + [await confirm(b, password=PASSWORD)]

    answers = browse(work)
    assert [answer.status_code for answer in answers] == [401] * 6, "the last one comes after five failures"
    assert not is_tied(name)
    assert rows(name, "login_failed")[-2][0].startswith("tie to ")


def test_linking_requires_the_second_factor_if_active(name: str) -> None:
    desk, id = visitors.desk(), accounts.named(visitors.desk(), name).id
    totp = pyotp.TOTP(secondfactor.secret_of(secondfactor.start(desk, id)))
    secondfactor.confirm(desk, id, totp.now(), clock.now() - timedelta(seconds=30))

    async def work(b: Browser) -> list[Any]:
        await b.sign_in(f"s-{name}")
        without = await confirm(b, password=PASSWORD)
        before = is_tied(name)
        code = totp.at(datetime.now(UTC) + timedelta(seconds=30))
        return [without.status_code, before, (await confirm(b, password=PASSWORD, totp=code)).status_code]

    assert browse(work) == [401, False, 303]
    assert rows(name, "account")[0][0].endswith("and second factor")


@pytest.mark.parametrize("held", ["", "nonsense", "gAAAAAB"])
def test_linking_requires_the_provider_ticket(name: str, held: str) -> None:
    async def work(b: Browser) -> httpx.Response:
        headers = {"cookie": f"{linking.COOKIE}={held}"} if held else {}
        return await b.client.post(linking.PATH, data={"password": PASSWORD, "name": name}, headers=headers)

    answer = browse(work)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert not is_tied(name)


def test_provider_answer_is_valid_for_ten_minutes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(b: Browser) -> httpx.Response:
        await b.sign_in(f"s-{name}")
        monkeypatch.setattr(linking, "SECONDS", -1)
        return await confirm(b, password=PASSWORD)

    assert browse(work).headers["location"] == "/login"
    assert not is_tied(name)


def test_linked_account_is_not_offered_to_another_identity(issuer: str, name: str) -> None:
    identities.link(visitors.desk(), name, issuer, "s-other")
    answer = browse(lambda b: b.sign_in(f"s-{name}"))
    assert answer.status_code == 403
    assert linking.COOKIE not in answer.cookies
    assert rows(name, "login_failed")[0][1] == "ungranted"


def test_account_is_linked_to_one_of_two_identities_of_its_name(issuer: str, name: str) -> None:
    known(issuer, f"t-{name}", preferred_username=name)

    async def work(b: Browser) -> int:
        await b.sign_in(f"s-{name}")
        identities.link(visitors.desk(), name, issuer, f"t-{name}")
        return (await confirm(b, password=PASSWORD)).status_code

    assert browse(work) == 409

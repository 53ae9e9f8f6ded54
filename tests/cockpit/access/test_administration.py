"""The pages of the three administrators: the effect of each action at the desk and in the audit."""

import asyncio
import json
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from streamlit.testing.v1 import AppTest

from cockpit.access import gate, guard, visitors
from cockpit.access.visitors import COOKIE
from cockpit.screens.admin import audit_export
from cockpit.screens.admin import desk as shared
from data.desk import clock
from data.desk.auditing import audit, chain, proof
from data.desk.identity import accounts, identities, secondfactor, sessions, tokens
from tests.cockpit.access.test_matrix import text_of
from tests.drawn import components
from tests.factory import DISTRICT, TOWNS, VILLAGES

ROOT = Path(__file__).parents[3]
PASSWORD = "Hongqi+2026+x"


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """An account of this test alone."""
    name = f"u{abs(hash(request.node.nodeid)) % 10**8}"
    accounts.add(visitors.desk(), name, PASSWORD, title="刘镇长", must_change=False)
    return name


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch, session: Callable[..., str]) -> Callable[..., AppTest]:
    """A page of an administrator."""

    def opened(name: str, role: str, **parameters: str) -> AppTest:
        monkeypatch.setattr(guard, "token", lambda: session(role, DISTRICT))
        tested = AppTest.from_file(str(ROOT / "cockpit" / "main.py"), default_timeout=60)
        tested.switch_page(f"../pages/{name}.py")
        for key, value in parameters.items():
            tested.query_params[key] = value
        return tested.run()

    return opened


def press(page: AppTest, text: str) -> AppTest:
    """Push the button of a text."""
    next(button for button in page.button if button.label == text).click().run()
    assert not page.exception
    return page


def newest() -> dict[str, object]:
    return audit.entries(visitors.desk(), limit=1)[0]


def test_new_account_password_is_shown_once(open_page: Callable[..., AppTest]) -> None:
    page = open_page("accounts", "system_admin")
    page.text_input[0].input("zhu")
    page.text_input[1].input("朱主任")
    said = text_of(press(page, "新建"))
    assert "zhu 可以登录" in said
    secret = next(data["items"][0]["text"] for data in components(page) if "items" in data)
    signed_in = accounts.sign_in(visitors.desk(), "zhu", secret)
    assert signed_in.account
    assert (signed_in.outcome, signed_in.account.must_change, signed_in.account.title) == ("ok", True, "朱主任")
    assert (newest()["event"], newest()["what"], newest()["role"]) == ("account", "add zhu", "system_admin")
    assert secret not in str(audit.entries(visitors.desk(), limit=10**6))
    assert secret not in text_of(page.run())
    page.text_input[0].input("zhu")
    assert "account" in text_of(press(page, "新建"))
    assert newest()["result"] == "failed"


def test_an_account_is_locked_and_opened(open_page: Callable[..., AppTest], name: str) -> None:
    store = visitors.desk()
    token = sessions.start(store, accounts.named(store, name).id, factor=True)
    page = press(open_page("accounts", "system_admin", account=name), "锁定")
    assert "已锁定" in text_of(page)
    assert accounts.named(store, name).disabled
    assert not sessions.alive(store, [token], idle=timedelta(1), longest=timedelta(1))
    assert newest()["what"] == f"lock {name}"
    press(page, "解锁")
    assert not accounts.named(store, name).disabled
    assert newest()["what"] == f"unlock {name}"


def test_a_new_password_has_to_be_changed_and_ends_the_sessions(open_page: Callable[..., AppTest], name: str) -> None:
    store = visitors.desk()
    token = sessions.start(store, accounts.named(store, name).id, factor=True)
    press(open_page("accounts", "system_admin", account=name), "新密码")
    assert accounts.named(store, name).must_change
    assert accounts.sign_in(store, name, PASSWORD).outcome == "wrong"
    assert not sessions.alive(store, [token], idle=timedelta(1), longest=timedelta(1))
    assert (newest()["event"], newest()["what"]) == ("password", name)


def test_sessions_end_and_a_factor_and_an_identity_are_taken_away(open_page: Callable[..., AppTest], name: str) -> None:
    store, account = visitors.desk(), accounts.named(visitors.desk(), name)
    secret = secondfactor.secret_of(secondfactor.start(store, account.id))
    secondfactor.confirm(store, account.id, pyotp.TOTP(secret).now(), clock.now())
    identities.link(store, name, "https://id.example", name)
    token = sessions.start(store, account.id, factor=True)
    page = open_page("accounts", "system_admin", account=name)
    press(page, "结束全部登录")
    assert not sessions.alive(store, [token], idle=timedelta(1), longest=timedelta(1))
    press(page, "取消第二因素")
    assert not accounts.named(store, name).has_totp
    press(page, "解除统一身份绑定")
    assert not identities.tied(store, account.id)
    assert not {"取消第二因素", "解除统一身份绑定"} & {button.label for button in page.button}


@pytest.mark.parametrize(("page", "role"), [("accounts", "system_admin"), ("grants", "security_admin")])
def test_administrator_cannot_change_own_account(open_page: Callable[..., AppTest], page: str, role: str) -> None:
    tested = open_page(page, role, account=f"{role}-{DISTRICT}")
    assert "您自己的" in text_of(tested)
    assert not tested.button


def test_a_role_is_granted_on_an_area_by_its_name_for_a_span_and_revoked(
    open_page: Callable[..., AppTest], name: str
) -> None:
    page = open_page("grants", "security_admin", account=name)
    page.selectbox[0].select("official")
    page.text_input[0].input("北塘街道")
    page.date_input[0].set_value(date(2026, 1, 1))
    page.date_input[1].set_value(date(2099, 12, 31))
    said = text_of(press(page, "授权"))
    assert f"北塘街道 {TOWNS[0]} · 到 2099-12-31" in said
    account = accounts.named(visitors.desk(), name)
    (granted,) = accounts.grants_of(visitors.desk(), account.id, visitors.today())
    assert (granted.role, granted.area, granted.first_day) == ("official", TOWNS[0], date(2026, 1, 1))
    assert (newest()["event"], newest()["what"]) == (
        "grant", f"{name} official {TOWNS[0]} 2026-01-01–2099-12-31",
    )  # fmt: skip
    press(page, "撤销")
    assert not accounts.grants_of(visitors.desk(), account.id, visitors.today())
    assert (newest()["event"], newest()["what"]) == ("revoke", f"{name} official {TOWNS[0]}")


@pytest.mark.parametrize(
    ("role", "area", "said"),
    [
        ("official", "", "其他角色都要有区划"),
        ("audit_admin", str(TOWNS[0]), "管理员角色不带区划"),
        ("official", "村", "新河村 990101001201"),
        ("official", "nowhere", "没有"),
        ("official", "1", "没有"),
    ],
)
def test_invalid_grant_shows_an_error(
    open_page: Callable[..., AppTest], name: str, role: str, area: str, said: str
) -> None:
    page = open_page("grants", "security_admin", account=name)
    page.selectbox[0].select(role)
    page.text_input[0].input(area)
    assert said in text_of(press(page, "授权"))
    assert not accounts.grants_of(visitors.desk(), accounts.named(visitors.desk(), name).id, visitors.today())


def test_screen_refuses_conflicting_administrator_roles(open_page: Callable[..., AppTest], name: str) -> None:
    accounts.grant(visitors.desk(), name, "system_admin")
    for role, area in (("audit_admin", ""), ("security_admin", ""), ("leader", str(DISTRICT))):
        page = open_page("grants", "security_admin", account=name)
        page.selectbox[0].select(role)
        page.text_input[0].input(area)
        assert "管理员不得兼任其他角色" in text_of(press(page, "授权"))
        assert newest()["result"] == "failed"


def issue(page: AppTest, *, system: str, area: str = "", sources: str = "", days: int = 30) -> AppTest:
    """Fill in the form of a new token and send it."""
    fields = {field.label: field for field in page.text_input}
    fields["系统"].input(system)
    fields["可查看的区划：名称或代码"].input(area)
    fields["可推送的来源，用逗号分隔"].input(sources)
    next(field for field in page.number_input if field.label == "天数").set_value(days)
    return press(page, "签发")


def test_a_token_is_issued_shown_once_and_revoked(open_page: Callable[..., AppTest], name: str) -> None:
    page = issue(open_page("grants", "security_admin"), system=name, area="北塘街道")
    token = next(one for one in tokens.listing(visitors.desk()) if one.system == name)
    assert (token.area, token.sources, token.reports) == (TOWNS[0], (), False)
    assert (newest()["event"], newest()["what"]) == ("grant", f"token {name} {TOWNS[0]}")
    plain = re.search(r"ck_[\w-]{40,}", text_of(page))[0]
    assert tokens.read(visitors.desk(), plain) == token
    assert "ck_" not in text_of(open_page("grants", "security_admin")), "it is shown this once"
    assert plain not in str(audit.entries(visitors.desk(), limit=20))
    page = open_page("grants", "security_admin")
    box = next(box for box in page.selectbox if box.label == "令牌")
    box.select(token.id)
    press(page, "撤销")
    assert tokens.read(visitors.desk(), plain) is None
    assert (newest()["event"], newest()["what"]) == ("revoke", f"token {token.id}")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"area": ""}, "令牌用于"),
        ({"area": "nowhere"}, "没有"),
        ({"area": str(TOWNS[0]), "days": 0}, "1 至 3650 天"),
        ({"area": str(TOWNS[0]), "days": 10**12}, "1 至 3650 天"),
        ({"area": str(TOWNS[0]), "system": " "}, "系统名称"),
        ({"sources": "hotlien"}, "没有来源hotlien"),
        ({"sources": "../x"}, "不是来源名称"),
    ],
)
def test_an_unfit_token_is_refused_in_words(
    open_page: Callable[..., AppTest], name: str, given: dict[str, Any], said: str
) -> None:
    before = tokens.listing(visitors.desk())
    assert said in text_of(issue(open_page("grants", "security_admin"), **{"system": name} | given))
    assert tokens.listing(visitors.desk()) == before


def test_lists_are_searched(open_page: Callable[..., AppTest], name: str) -> None:
    accounts.grant(visitors.desk(), name, "cadre", VILLAGES[0])
    for page, role in (("accounts", "system_admin"), ("grants", "security_admin")):
        assert f"account={name}" in text_of(open_page(page, role, q=name.upper()))
        assert f"account={name}" not in text_of(open_page(page, role, q="nobody of this name"))
    assert f"account={name}" in text_of(open_page("grants", "security_admin", q="村干部"))


def test_audit_filters_by_event_actor_and_day(open_page: Callable[..., AppTest], name: str) -> None:
    store = visitors.desk()
    at = datetime(2020, 5, 1, 17)  # the second of May, an hour after midnight, on the district's clock
    for event in ("export", "drill"):
        audit.write(store, who=name, role="leader", scope="", event=event, what=f"{event} of {name}", at=at)
    both = text_of(open_page("audit", "audit_admin", who=name))
    assert "2020-05-02 01:00:00" in both
    assert all(f"{event} of {name}" in both for event in ("export", "drill"))
    one = text_of(open_page("audit", "audit_admin", who=name, event="export"))
    assert f"drill of {name}" not in one
    assert f"export of {name}" in text_of(open_page("audit", "audit_admin", who=name, since="2020-05-02"))
    for none in ({"until": "2020-05-01"}, {"since": "2020-05-03"}):
        assert "没有这样的记录" in text_of(open_page("audit", "audit_admin", who=name, **none))


def test_the_audit_is_read_a_page_at_a_time(
    open_page: Callable[..., AppTest], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for i in range(5):
        audit.write(visitors.desk(), who=name, role="", scope="", event="drill", what=f"row-{i}.")
    monkeypatch.setattr(shared, "AT_ONCE", 2)
    pages_read = [text_of(open_page("audit", "audit_admin", who=name, page=str(page))) for page in (1, 2, 3)]
    assert [[i for i in range(5) if f"row-{i}." in page] for page in pages_read] == [[3, 4], [1, 2], [0]]
    assert "page=2" in pages_read[0]
    assert "page=4" not in pages_read[2]
    assert "row-4." in text_of(open_page("audit", "audit_admin", who=name))


def test_the_chain_is_verified_from_the_screen(open_page: Callable[..., AppTest], name: str) -> None:
    page = open_page("audit", "audit_admin", who=name)
    assert "审计记录完整" in text_of(press(page, "校验完整性"))
    assert "intact" in str(newest()["what"])


def test_only_the_audit_administrator_downloads_the_audit(session: Callable[..., str]) -> None:
    served = Starlette(routes=audit_export.ROUTES, middleware=[Middleware(gate.Gate)])

    def get(role: str) -> httpx.Response:
        async def run() -> httpx.Response:
            headers = {"cookie": f"{COOKIE}={session(role, DISTRICT)}"}
            async with httpx.AsyncClient(
                transport=httpx.ASGITransport(served), base_url="http://localhost", headers=headers
            ) as client:
                return await client.get(audit_export.PATH)

        return asyncio.run(run())

    for role in ("leader", "system_admin", "security_admin", "data_officer"):
        assert get(role).status_code == 403
        assert newest()["event"] == "refused"
    before = proof.verify(visitors.desk()).rows
    answer = get("audit_admin")
    rows = [json.loads(line) for line in answer.text.splitlines()]
    assert len(rows) - 1 == before + 1, "with the row of this export; the last line seals the file"
    assert all(chain.hash_of(row, visitors.desk().custody.audit) == row["hash"] for row in rows[:-1])
    assert answer.headers["content-disposition"].startswith("attachment")
    assert newest()["event"] == "export"

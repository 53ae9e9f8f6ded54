"""Hostile texts have no effect on any screen; signing in through an identity provider."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from data.desk.identity import accounts
from data.desk.store import open_desk
from data.home import Home
from tests.browser.conftest import PageLog
from tests.factory import DISTRICT, TOWNS, VILLAGES, areas, deliver, published
from tests.servers.provider import known

pytestmark = pytest.mark.slow

Open = Callable[..., Page]
AS_OF = datetime(2026, 11, 22, 8)
HARM = (
    "<script>window.harmed = 1</script>",
    '<img src="http://evil.example/i.png" onerror="window.harmed = 1">',
    "[press](javascript:window.harmed=1)",
    "![picture](http://evil.example/m.png)",
    '"><svg onload=window.harmed=1>',
    "</textarea><iframe src=http://evil.example/>",
    ":material/home: $x^2$ {{7*7}} ${window.harmed=1}`",
)
TEXTS = ("title", "place", "unit", "category", "subcategory", "channel", "co_units")
PAGES = (
    "?", f"?area={TOWNS[0]}", f"?area={VILLAGES[0]}", f"?area={VILLAGES[0]}&sheet=publicity", "?wall=1",
    "rows?metric=backlog",
    "why?metric=intake&vs=previous", "passport", "data",
    *(f"case?source=hotline&key=harm-{i}" for i in range(len(HARM))),
)  # fmt: skip


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, issuer: str, serve: Callable[..., str]) -> str:
    """Where a district is served whose every text means harm, its accounts' too."""
    home = Home(tmp_path_factory.mktemp("hostile"), memory="1GB")
    areas(home)
    cases = [
        {
            "key": f"harm-{i}", "area": VILLAGES[0], "registered_at": AS_OF - timedelta(days=40, hours=i),
            "due_at": AS_OF - timedelta(days=10), **dict.fromkeys(TEXTS, text),
        }
        for i, text in enumerate(HARM)
    ]  # fmt: skip
    deliver(home, "cases", cases)
    broken = [{**case, "key": f"broken-{case['key']}", "registered_at": None} for case in cases]
    deliver(home, "cases", broken, source="broken")
    published(home, AS_OF)
    desk = open_desk(f"sqlite:///{home.root.resolve() / 'desk.sqlite'}")
    for i, text in enumerate(HARM):
        accounts.add(desk, text[:60].strip(), "Hongqi+2026+x", title=text)
        accounts.grant(desk, text[:60].strip(), "official", VILLAGES[i % 3])
    desk.close()
    oidc = {
        "ISSUER": issuer, "CLIENT_ID": "cockpit", "CLIENT_SECRET": "geheim", "ROLES_CLAIM": "groups",
        "ROLES": json.dumps({"leaders": f"leader:{DISTRICT}"}), "NAME": HARM[1][:40],
    }  # fmt: skip
    return serve(home.root, **{f"COCKPIT_OIDC_{name}": value for name, value in oidc.items()})


def harmless(page: Page) -> None:
    """Nothing that was stored has become part of the page."""
    expect(page.locator(".st-key-nav")).to_be_attached()
    expect(page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]')).to_be_visible()
    assert page.evaluate("window.harmed") is None
    assert page.locator('a[href^="javascript"], iframe, img[src*="evil"], [onerror], [onload]').count() == 0


def test_stored_hostile_texts_are_escaped_on_every_screen(hostile: str, open_page: Open, page_log: PageLog) -> None:
    page = open_page(f"{hostile}/", alone=True)
    for path in PAGES:
        page.goto(f"{hostile}/{path}")
        harmless(page)
        if path.startswith("case"):
            expect(page.locator("h1").first).to_have_text(HARM[int(path[-1])])
    assert page_log.foreign(hostile) == []
    assert not [complaint for complaint in page_log.complaints if "Content Security Policy" in complaint]


def test_hostile_account_names_are_escaped_for_administrators(hostile: str, open_page: Open, page_log: PageLog) -> None:
    page = open_page(f"{hostile}/login", alone=True, sign_in=False)
    for role, path in (("system_admin", "accounts"), ("security_admin", "grants"), ("audit_admin", "audit")):
        page.goto(f"{hostile}/login")
        assert page.evaluate("window.harmed") is None
        page.get_by_label("账户").fill(HARM[0])
        page.get_by_label("密码").fill("wrong")
        page.get_by_role("button", name="登录", exact=True).click()
        expect(page.get_by_role("alert")).to_contain_text("账户或密码不对")
        page.locator(f"button[value={role}]").click()
        page.wait_for_url(f"{hostile}/{path}")
        harmless(page)
        expect(page.get_by_text(HARM[0]).first).to_be_visible()
        if role != "audit_admin":
            page.get_by_text(HARM[0]).first.click()
            expect(page.locator("h1").first).to_have_text(HARM[0])
            harmless(page)
    assert page_log.foreign(hostile) == []


def test_provider_sign_in_returns_to_the_requested_page(hostile: str, issuer: str, open_page: Open) -> None:
    known(issuer, "s-browser", preferred_username="browser", name="浏览", groups=["leaders"])
    page = open_page(f"{hostile}/rows?metric=backlog", alone=True, sign_in=False)
    page.locator('a[href^="/login/provider"]').click()
    page.wait_for_url(f"{issuer}/**")
    page.locator("input[name=sub]").fill("s-browser")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{hostile}/rows?metric=backlog")
    expect(page.locator(".title h1").first).to_be_visible()
    page.get_by_role("link", name="账户").click()
    expect(page.get_by_text("主要领导 · 临江区")).to_be_visible()
    page.get_by_role("button", name="退出所有登录").click()
    page.wait_for_url(f"{hostile}/login")

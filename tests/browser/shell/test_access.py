"""Signing in and out in a real browser, and what happens to an open screen when its session ends."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, expect

from data.desk.identity import accounts
from data.desk.store import open_desk

pytestmark = pytest.mark.slow

Open = Callable[..., Page]
PAGES = ["", *sorted(path.stem for path in (Path(__file__).parents[3] / "pages").glob("*.py"))]


def test_a_visitor_signs_in_lands_where_the_link_led_and_signs_out(address: str, open_page: Open) -> None:
    page = open_page(f"{address}/passport?metric=backlog", alone=True, sign_in=False)
    page.locator("button[value=leader]").click()
    page.wait_for_url(f"{address}/passport?metric=backlog")
    expect(page.locator(".title h1").first).to_be_visible()
    expect(page.get_by_text("演示登录")).to_be_visible()
    page.get_by_role("link", name="账户").click()
    expect(page.get_by_text("主要领导 · 临江区")).to_be_visible()
    page.get_by_role("button", name="退出所有登录").click()
    page.wait_for_url(f"{address}/login")
    page.goto(f"{address}/")
    assert page.url == f"{address}/login?next=/"


@pytest.mark.parametrize("path", PAGES)
def test_first_request_of_a_fresh_server_without_session_returns_no_data(
    demo: Path, serve: Callable[..., str], open_page: Open, path: str
) -> None:
    page = open_page(f"{_fresh(demo, serve)}/{path}", alone=True, sign_in=False)
    assert "/login?next=" in page.url
    assert "临江区" not in page.content()


def test_a_cadre_sees_the_village_and_is_refused_the_district_politely(address: str, open_page: Open) -> None:
    page = open_page(address, alone=True, sign_in=False)
    page.locator("button[value=cadre]").click()
    expect(page.get_by_role("heading", name="待办", exact=True)).to_be_visible()
    assert page.locator(".crumbs a").count() == 0
    page.goto(f"{address}/?area=990101000000")
    expect(page.get_by_role("heading", name="不在您的权限范围内")).to_be_visible()
    page.get_by_role("link", name="回到首页").click()
    expect(page.get_by_role("heading", name="待办", exact=True)).to_be_visible()


def test_open_screen_of_a_locked_account_redirects_to_login(address: str, demo: Path, open_page: Open) -> None:
    page = open_page(address, alone=True, sign_in=False)
    closed: list[str] = []
    page.on("websocket", lambda socket: socket.on("close", lambda _: closed.append(socket.url)))
    page.locator("button[value=inspector]").click()
    expect(page.locator(".tile").first).to_be_visible()
    desk = open_desk(f"sqlite:///{demo / 'desk.sqlite'}")
    accounts.lock(desk, "demo-inspector")
    page.wait_for_url("**/login?next=**", timeout=12_000)
    accounts.unlock(desk, "demo-inspector")
    desk.close()
    assert closed


def test_open_screen_loses_data_when_the_grant_ends(address: str, demo: Path, open_page: Open) -> None:
    page = open_page(address, alone=True, sign_in=False)
    page.locator("button[value=official]").click()
    expect(page.locator(".tile").first).to_be_visible()
    desk = open_desk(f"sqlite:///{demo / 'desk.sqlite'}")
    (grant,) = next(held for account, held in accounts.listing(desk) if account.name == "demo-official")
    accounts.revoke(desk, "demo-official", grant.role, grant.area)
    try:
        expect(page.locator(".tile")).to_have_count(0, timeout=20_000)
        expect(page.locator("body")).not_to_contain_text("受理")
    finally:
        accounts.grant(desk, "demo-official", grant.role, grant.area)
        desk.close()


def test_no_token_and_no_password_is_in_the_desk_or_in_the_log(address: str, demo: Path, open_page: Open) -> None:
    page = open_page(address, alone=True, sign_in=False)
    page.get_by_label("账户").fill("wang")
    page.get_by_label("密码").fill("Geheim+2026")
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("账户或密码不对")
    page.locator("button[value=leader]").click()
    expect(page.locator(".tile").first).to_be_visible()
    token = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "cockpit_session")
    with sqlite3.connect(demo / "desk.sqlite") as connection:
        dump = "\n".join(connection.iterdump())
    connection.close()
    dump += (demo / "serve.log").read_text("utf-8", "replace")
    assert token not in dump
    assert "Geheim" not in dump


def test_headers_close_what_a_browser_can_close(address: str) -> None:
    with urlopen(Request(f"{address}/login")) as answer:
        headers = answer.headers
    assert "frame-ancestors 'self'" in headers["Content-Security-Policy"]
    assert "http:" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


_served: list[str] = []


def _fresh(demo: Path, serve: Callable[..., str]) -> str:
    """A server whose first request this test makes; one for all, since no request of these gets past the gate."""
    if not _served:
        _served.append(serve(demo))
    return _served[0]

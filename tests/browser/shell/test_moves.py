"""What a visitor is told of a move: that it is waited for, where the focus is, what a form or a lost server says."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server

pytestmark = pytest.mark.slow

Open = Callable[..., Page]
FOCUSED = """() => {
  let at = document.activeElement
  while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement
  return `${at.tagName} ${at.className}`
}"""
TOP = "document.querySelector('[data-testid=stMain]').scrollTop"
FAR = 500


@pytest.fixture(scope="module")
def own(start: Callable[..., Server], demo: Path) -> Server:
    """A server that these tests may stop and end."""
    return start(demo)


def at_rest(page: Page) -> Page:
    """The screen of the address, drawn."""
    expect(page.locator("html")).to_have_attribute("data-drawn", "whole")
    expect(page.locator("[data-testid=stApp]")).to_have_attribute("data-test-script-state", "notRunning")
    expect(page.locator("html")).not_to_have_attribute("data-waiting", "move")
    return page


def scroll(page: Page) -> None:
    page.evaluate(f"document.querySelector('[data-testid=stMain]').scrollTo(0, {FAR})")


def is_scrolled(page: Page, top: int) -> None:
    for _ in range(100):
        if abs(page.evaluate(TOP) - top) <= 2:
            return
        page.wait_for_timeout(100)
    pytest.fail(f"{page.evaluate(TOP)} instead of {top}")


def focus_is(page: Page, kind: str) -> None:
    for _ in range(100):
        if str(page.evaluate(FOCUSED)).startswith(kind):
            return
        page.wait_for_timeout(100)
    pytest.fail(f"{page.evaluate(FOCUSED)} instead of {kind}")


def test_a_move_begins_at_the_heading_and_a_choice_on_the_screen_keeps_the_focus(address: str, open_page: Open) -> None:
    page = at_rest(open_page(address))
    page.locator(".tile:not(.chosen) a.name").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**metric=**")
    page.wait_for_timeout(1500)
    focus_is(page, "A name")
    page.locator("table a[href*='area=']").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".crumbs a")).to_have_count(1)
    focus_is(page, "H1")
    page.go_back()
    expect(page.locator(".crumbs a")).to_have_count(0)
    focus_is(page, "H1")
    page.locator(".find input").fill("路灯")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?**")
    focus_is(page, "H1")


@pytest.mark.parametrize(("name", "onward"), [("", ".map svg a"), ("rows", "tbody a")])
def test_back_and_forward_bring_the_place_on_the_screen_back(
    name: str, onward: str, address: str, open_page: Open
) -> None:
    page = at_rest(open_page(f"{address}/{name}"))
    link = page.locator(onward).nth(10)
    link.wait_for()
    scroll(page)
    is_scrolled(page, FAR)
    before = page.url
    link.dispatch_event("click")
    page.wait_for_url(lambda url: url != before)
    focus_is(page, "H1")  # it has arrived: Streamlit puts the address of a run back that begins after the next move
    at_rest(page)
    is_scrolled(page, 0)
    page.go_back()
    is_scrolled(page, FAR)
    at_rest(page)
    page.go_forward()
    is_scrolled(page, 0)


def test_a_table_over_the_screen_is_closed_by_a_move(address: str, open_page: Open) -> None:
    page = at_rest(open_page(address))
    page.locator(".map svg a").first.click()
    expect(page.locator(".crumbs a")).to_have_count(1)
    at_rest(page)
    page.locator(".panel-menu[data-table]").first.click()
    page.get_by_role("menuitem", name="表格").click()
    expect(page.locator("dialog[open]")).to_have_count(1)
    page.go_back()
    expect(page.locator("dialog[open]")).to_have_count(0)
    at_rest(page)
    page.locator(".panel-menu").first.click()
    page.get_by_role("menuitem", name="全屏").click()
    expect(page.locator("[data-full]")).to_have_count(1)
    page.go_forward()
    expect(page.locator("[data-full]")).to_have_count(0)


def test_a_refusal_comes_into_view_each_time_and_a_long_text_is_cut(address: str, open_page: Open) -> None:
    page = at_rest(open_page(f"{address}/start?kind=event", width=390, height=600, alone=True))
    for _ in range(2):
        page.get_by_role("button", name="发起", exact=True).click()
        expect(page.locator(".notice.red[role=status]")).to_be_focused()
        expect(page.locator(".notice.red[role=status]")).to_be_in_viewport()
        page.locator("textarea").first.focus()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("navigator.clipboard.writeText('字'.repeat(3000))")
    field = page.locator("textarea").first
    field.focus()
    page.keyboard.press("Control+V")
    expect(field).to_have_value("字" * 1000)
    expect(page.locator("#cockpit-said")).to_contain_text("已截至 1000 字")


def test_a_slow_answer_is_waited_for_in_sight_and_a_lost_server_speaks_the_visitors_language(
    own: Server, open_page: Open
) -> None:
    page = at_rest(open_page(own.address, alone=True))
    root, main = page.locator("html"), page.get_by_test_id("stMain")
    own.process.send_signal(signal.SIGSTOP)
    page.locator(".map svg a").first.click()
    expect(root).to_have_attribute("data-waiting", "move")
    page.wait_for_timeout(3000)
    expect(root).to_have_attribute("data-waiting", "move")
    expect(main).to_have_attribute("aria-busy", "true")
    assert float(page.get_by_test_id("stMainBlockContainer").evaluate("e => getComputedStyle(e).opacity")) < 1
    own.process.send_signal(signal.SIGCONT)
    expect(page.locator(".crumbs a")).to_have_count(1)
    expect(main).not_to_have_attribute("aria-busy", "true")
    at_rest(page)
    own.kill()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("与服务器的连接已中断")
    expect(dialog).to_contain_text("服务器暂时没有响应")
    expect(dialog).not_to_contain_text("Streamlit")

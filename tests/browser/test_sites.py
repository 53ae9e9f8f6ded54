"""The government sites in a real browser: the list, one site, its evidence, a decision, and the deductions."""

import time
from collections.abc import Callable
from datetime import datetime

import pytest
from playwright.sync_api import Page, expect

from data.desk import findings
from data.desk.store import open_desk
from data.home import Home
from tests.browser.conftest import PATIENCE, PageLog, Server
from tests.cockpit.test_sites import three_sites

pytestmark = pytest.mark.slow

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def server(start: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> Server:
    home = Home(tmp_path_factory.mktemp("three"), memory="1GB")
    three_sites(home, datetime.now().replace(microsecond=0))
    return start(home.root)


def settled(page: Page) -> None:
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()


def test_list_leads_to_site_calendar_and_evidence(server: Server, open_page: Open, page_log: PageLog) -> None:
    page = open_page(f"{server.address}/sites")
    expect(page.locator("td.lead")).to_have_text(["区住建局网站", "北塘街道网站", "新网站"])
    rows = page.locator("tbody tr")
    expect(rows.nth(0)).to_contain_text("▲ 打不开")
    expect(rows.nth(0)).to_contain_text("7／140")
    expect(rows.nth(1)).to_contain_text("◆ 1 天后否决")
    expect(rows.nth(2)).to_contain_text("○ 未检查")
    page.get_by_role("link", name="区住建局网站").click()
    page.wait_for_url("**/site?**key=down**")
    expect(page.locator(".title h1")).to_contain_text("区住建局网站")
    expect(page.locator(".track i.red")).to_have_count(7)
    expect(page.locator(".track i.green")).to_have_count(133)
    page.locator("table", has_text="发现情况").last.get_by_role("link", name="服务器出错（HTTP 500）").first.click()
    page.wait_for_url("**evidence=**")
    proof = page.locator(".item", has_text="处置建议")
    expect(proof).to_contain_text("查网站程序和数据库的日志。")
    picture = page.get_by_role("img", name="浏览器中显示的页面")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") == 1
    page.get_by_text("页面原文").click()
    expect(page.get_by_text("系统维护")).to_be_visible()
    settled(page)
    assert page_log.foreign(server.address) == []
    assert page_log.complaints == []


def test_a_finding_is_dismissed_with_a_note_and_the_verdict_follows(server: Server, open_page: Open) -> None:
    page = open_page(f"{server.address}/site?source=register&key=down")
    page.get_by_role("button", name="不予认定").click()
    expect(page.get_by_text("请填写理由")).to_be_visible()
    page.get_by_label("理由").fill("已公告停机检修")
    page.get_by_role("button", name="不予认定").click()
    expect(page.get_by_text("已公告停机检修").first).to_be_visible()
    desk = open_desk(f"sqlite:///{server.home / 'desk.sqlite'}")
    assert [decision.note for decision in findings.listing(desk, "register", ["down"])] == ["已公告停机检修"]
    desk.close()
    until = time.monotonic() + PATIENCE / 1000
    while "打不开" in page.locator(".item", has_text="结论").first.inner_text():
        assert time.monotonic() < until, "no edition without the finding"
        time.sleep(1)
        page.reload()
        settled(page)


def test_a_deduction_is_edited_and_counts(server: Server, open_page: Open) -> None:
    page = open_page(f"{server.address}/deductions?lang=en")
    line = page.locator("tbody tr", has_text="ipv6")
    expect(line).to_contain_text("Does not count")
    page.get_by_role("combobox", name="Entry").click()
    page.get_by_role("option", name="IPv6").click()
    page.locator("[aria-label='Indicator'][value='IPv6改造']").wait_for()
    settled(page)  # until then the form of the entry before is still drawn
    expect(page.get_by_label("Indicator")).to_have_count(1)
    page.get_by_label("Points").fill("2.5")
    page.get_by_test_id("stForm").get_by_text("counts").click()
    page.get_by_role("button", name="Save").click()
    expect(line).to_contain_text("2.5")
    expect(line).to_contain_text("● Counts")

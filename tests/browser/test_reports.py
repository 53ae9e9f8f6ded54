"""The page of reports in a real browser: requested, followed, downloaded, verified, issued and reopened."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE, ROOT, PageLog
from tests.browser.test_cockpit import DISTRICT, TOWN, VILLAGE
from tests.cockpit.reports.test_files import converted, words_of

pytestmark = pytest.mark.slow

Open = Callable[..., Page]
MAKING = 4 * PATIENCE
"""The process that makes reports gives way to all others."""


def drawn(page: Page) -> Page:
    """The page, once its run has ended."""
    page.locator(".title h1").first.wait_for()
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
    return page


def choose(page: Page, field: str, option: str) -> None:
    page.get_by_role("combobox", name=field).click()
    page.get_by_role("option", name=option, exact=True).click()
    drawn(page)


def test_a_report_is_made_proved_issued_and_opened_again(
    address: str, demo: Path, open_page: Open, tmp_path: Path
) -> None:
    page = drawn(open_page(f"{address}/reports?from=2026-10-01&to=2026-11-01"))
    choose(page, "报告种类", "通报")
    expect(page.get_by_text("镇街、村社、部门分别排序的办理情况通报。")).to_be_visible()
    choose(page, "格式", "PDF")
    choose(page, "类别", "路灯照明")
    page.get_by_role("button", name="生成报告").click()
    expect(page.locator('[data-testid="stProgress"]')).to_contain_text("通报-2026-10-01-2026-10-31")
    file = page.locator("td a", has_text="下载")
    expect(file).to_be_visible(timeout=MAKING)
    with page.expect_download() as download:
        file.click()
    saved = tmp_path / "report.pdf"
    download.value.save_as(saved)
    assert download.value.suggested_filename.startswith("通报-2026-10-01-2026-10-31-R")
    command = [sys.executable, "-m", "cockpit", "report", "verify", str(saved), "--home", str(demo)]
    completed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    id, edition = completed.split(" is ")[1].split()[0], completed.split(" edition ")[1].split(":")[0]
    assert id in download.value.suggested_filename

    page.locator("td.lead a", has_text="通报").click()
    expect(page.locator(".title h1")).to_contain_text("通报")
    expect(page.locator("body")).to_contain_text("类别: 路灯照明")
    for step, state in (("定稿", "定稿"), ("标为已印发", "已印发")):
        page.get_by_role("button", name=step).click()
        expect(page.locator("body")).to_contain_text(state)
    expect(page.locator("body")).to_contain_text(edition)

    page.goto(f"{address}/?report={id}")
    same = f"a[href*='from=2026-10-01&to=2026-11-01'][href*='edition={edition}']"
    expect(page.locator(same).first).to_be_visible()


def test_a_brief_is_one_page_an_area_in_word_as_well(demo: Path, tmp_path: Path) -> None:
    """Set by LibreOffice in whatever fonts this machine has in place of the official ones."""
    areas = [word for code in (DISTRICT, TOWN, VILLAGE) for word in ("--area", str(code))]
    arguments = [*areas, "--from", "2026-10-01", "--to", "2026-11-01", "-o", str(tmp_path / "brief.docx")]
    command = [sys.executable, "-m", "cockpit", "report", "brief", *arguments, "--home", str(demo)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (paper,) = converted([tmp_path / "brief.docx"], tmp_path)
    pages = words_of(paper).split("\f")[:-1]
    assert len(pages) == 3
    for page, name in zip(pages, ("临江区", "沙洲镇", "新河村"), strict=True):
        assert f"{name}治理运行情况专报" in page
        assert "办理最久的事项" in page
    assert "SHA-256" in pages[-1]


@pytest.mark.parametrize("width", [1400, 390])
def test_the_page_fits_its_screen_and_complains_of_nothing(
    address: str, open_page: Open, page_log: PageLog, width: int
) -> None:
    page = drawn(open_page(f"{address}/reports?kind=notice&lang={'zh' if width > 500 else 'en'}", width=width))
    main = page.locator('[data-testid="stMain"]')
    assert main.evaluate("element => element.scrollWidth <= element.clientWidth")
    assert page_log.complaints == []

"""The menu of panels, selected rows and saved views in a real browser."""

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PageLog

pytestmark = pytest.mark.slow
Open = Callable[..., Page]
PNG = b"\x89PNG\r\n\x1a\n"


def menu_of(page: Page, panel: str) -> Locator:
    """The button of a panel's menu, once the screen is shown: it is drawn whole then."""
    page.wait_for_selector("html[data-drawn=whole]", state="attached")
    return page.locator(f'button.panel-menu[data-panel="{panel}"]')


def choose(page: Page, panel: str, act: str) -> None:
    menu_of(page, panel).click()
    page.locator(f"[data-act={act}]").click()


def test_a_panel_menu_is_walked_by_keyboard_and_shows_the_numbers_as_a_table(address: str, open_page: Open) -> None:
    page = open_page(address)
    button = menu_of(page, "ranking")
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("End")
    expect(page.locator("[role=menuitem]:focus")).to_have_attribute("data-act", "link")
    page.keyboard.press("Escape")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    dialog = page.locator("dialog[open]")
    expect(dialog.locator("tbody th[scope=row]")).to_have_count(23)  # the towns, and what belongs to none
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(button).to_be_focused()


@pytest.mark.parametrize("panel", ["map", "ranking", "trend", "split-category"])
def test_a_panel_is_saved_as_a_picture_that_says_what_it_is(
    address: str, open_page: Open, tmp_path: Path, panel: str
) -> None:
    page = open_page(address)
    with page.expect_download() as saved:
        choose(page, panel, "svg")
    saved.value.save_as(tmp_path / "panel.svg")
    picture = ElementTree.parse(tmp_path / "panel.svg").getroot()
    texts = " ".join(picture.itertext())
    for word in ("临江区", "2026-11-01", "2026-11-20 08:00", "演示数据"):
        assert word in texts
    assert len(list(picture.iter())) > 40
    source = (tmp_path / "panel.svg").read_text("utf-8")
    assert "var(" not in source
    assert "href=" not in source
    with page.expect_download() as saved:
        choose(page, panel, "png")
    saved.value.save_as(tmp_path / "panel.png")
    assert (tmp_path / "panel.png").read_bytes().startswith(PNG)


@pytest.mark.parametrize(
    ("panel", "shown"), [("alerts", "今天要看"), ("tiles", "指标"), ("split-source", "积压件数按来源")]
)
def test_a_picture_says_what_it_shows_without_the_panels_beside_it(
    address: str, open_page: Open, panel: str, shown: str
) -> None:
    page = open_page(address)
    with page.expect_download() as saved:
        choose(page, panel, "svg")
    assert saved.value.suggested_filename.startswith(f"{shown}_临江区_2026-11-01")


@pytest.mark.parametrize("width", [1400, 390])
def test_full_screen_covers_the_page_and_esc_leaves_it(
    address: str, open_page: Open, page_log: PageLog, width: int
) -> None:
    page = open_page(address, width=width)
    choose(page, "map", "full")
    panel = page.locator("[data-full]")
    expect(panel).to_be_visible()
    assert panel.bounding_box()["width"] == page.evaluate("innerWidth")  # type: ignore[index]
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    expect(menu_of(page, "map")).to_be_focused()
    assert page_log.complaints == []


def test_a_panel_link_opens_the_same_panel(address: str, open_page: Open) -> None:
    page = open_page(f"{address}/?panel=trend")
    expect(menu_of(page, "trend")).to_be_focused()
    expect(page.locator(".st-key-panel-trend")).to_be_in_viewport()


def test_rows_are_selected_opened_one_after_another_and_shown_alone(address: str, open_page: Open) -> None:
    page = open_page(f"{address}/rows?metric=backlog")
    for at in range(3):
        page.locator("[data-pick]").nth(at).check()
    expect(page.locator(".picked output")).to_have_text("已选 3 件")
    page.get_by_role("button", name="逐件打开").click()
    expect(page.locator("nav .place")).to_have_text("第 1 件，共 3 件")
    page.locator('[data-way="next"]').click()
    expect(page.locator("nav .place")).to_have_text("第 2 件，共 3 件")
    page.locator("nav .way").first.click()
    expect(page.locator("[data-pick]")).to_have_count(3)


def test_chosen_columns_are_remembered(address: str, open_page: Open) -> None:
    page = open_page(f"{address}/rows?metric=backlog")
    page.locator(".columns summary").click()
    page.locator("input[name=column][value=place]").check()
    page.locator(".columns button.first").click()
    expect(page.get_by_role("columnheader", name="地点")).to_be_visible()
    page.goto(f"{address}/rows?metric=backlog")
    expect(page.get_by_role("columnheader", name="地点")).to_be_visible()
    page.locator(".columns summary").click()
    page.locator(".columns [data-reset]").click()
    expect(page.get_by_role("columnheader", name="地点")).to_have_count(0)


def test_a_screen_is_saved_opened_renamed_and_deleted_by_name(address: str, open_page: Open) -> None:
    page = open_page(f"{address}/rows?metric=closed&q=a")
    name = "<b>晨会</b> & \"'"
    page.locator(".views summary").click()
    page.locator(".views [name=name]").fill(name)
    page.locator(".views form button").click()
    saved = page.locator(".saved li a")
    expect(saved).to_have_text(name)
    page.goto(f"{address}/")
    page.locator(".views summary").click()
    saved.click()
    page.wait_for_url("**/rows?*")
    assert json.loads(page.evaluate("JSON.stringify(Object.fromEntries(new URLSearchParams(location.search)))")) == {
        "metric": "closed", "q": "a",
    }  # fmt: skip
    page.locator(".views summary").click()
    page.locator(".saved [data-rename]").click()
    page.locator(".saved [name=name]").fill("周会")
    page.keyboard.press("Enter")
    expect(saved).to_have_text("周会")
    for _press in range(2):
        page.locator(".saved [data-remove]").click()
    expect(saved).to_have_count(0)


def test_marked_areas_of_a_ranking_are_compared(address: str, open_page: Open) -> None:
    page = open_page(address)
    marks = page.locator("[data-mark]")
    for at in range(6):
        marks.nth(at).check()
    expect(marks.nth(6)).to_be_disabled()
    marks.nth(5).uncheck()
    expect(page.locator(".marked a")).to_have_text("对比所选 5 个")
    page.locator(".marked a").click()
    expect(page.locator(".chip")).to_have_count(5)

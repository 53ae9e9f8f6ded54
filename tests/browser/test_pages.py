"""The pages behind a number in a real browser: search, sort, paging, download, copy, desktop and phone."""

import csv
import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from cockpit.components import base
from cockpit.components.lists.glossary import Entry, Section
from cockpit.components.lists.record import Item
from cockpit.components.lists.table import Cell, Column
from cockpit.components.lists.table import Page as TablePage
from cockpit.server import assets
from tests.browser.conftest import PageLog

pytestmark = pytest.mark.slow

Open = Callable[..., Page]
BAD = "\"'><img src=x onerror=alert(1)><script>alert(1)</script>${1}`"
ADDRESSES = (
    "rows?metric=on_time_rate&part=rest",
    "rows?metric=site_health",
    "passport?metric=on_time_rate",
    "passport?metric=three_rate_score",
    "why?metric=on_time_rate",
    "why?metric=oldest_open_days",
    "dictionary?metric=backlog",
    "data?batch=4",
    "sites?show=near",
    "site?source=sites&key=site-08",
    "deductions?area=990101000000",
)


def parameter(page: Page, name: str) -> str | None:
    """A parameter of the page's address."""
    return parse_qs(urlsplit(page.url).query).get(name, [None])[0]


def drawn(page: Page) -> Page:
    """The page, once its run has ended."""
    page.locator(".title h1").first.wait_for()
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
    return page


def cards(page: Page) -> list[str]:
    return page.locator("td.lead").all_inner_texts()


@pytest.mark.parametrize("width", [1400, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_its_screen_and_complains_of_nothing(
    address: str, open_page: Open, page_log: PageLog, width: int, scheme: Literal["light", "dark"]
) -> None:
    page = open_page(f"{address}/{ADDRESSES[0]}", width=width)
    page.emulate_media(color_scheme=scheme)
    for path in ADDRESSES:
        page.goto(f"{address}/{path}&lang={'en' if scheme == 'dark' else 'zh'}")
        drawn(page)
        main = page.locator('[data-testid="stMain"]')
        assert main.evaluate("e => e.scrollWidth - e.clientWidth") == 0, path
        assert not page.get_by_test_id("stException").count(), path
    assert page_log.foreign(address) == []
    assert page_log.complaints == []


def test_a_number_opens_its_rows_a_row_its_case_and_back_again(address: str, open_page: Open) -> None:
    page = drawn(open_page(f"{address}/passport?metric=on_time_rate"))
    denominator = int(page.locator(".item", has_text="分母").locator("a").inner_text().replace(",", ""))
    page.locator(".item", has_text="分母").locator("a").click()
    page.wait_for_url("**/rows?**part=denominator**")
    expect(page.locator(".title h1")).to_contain_text("按期办结率的分母")
    title = page.locator(".title h1").inner_text()
    assert int(re.search(r"([\d,]+) 件", title)[1].replace(",", "")) == denominator  # type: ignore[index]
    at = page.url
    name = page.locator("td.lead a").first.inner_text()
    page.locator("td.lead a").first.click()
    page.wait_for_url("**/case?**")
    expect(page.locator(".title h1")).to_have_text(name)
    page.go_back()
    page.wait_for_url(at)
    expect(page.locator(".title h1")).to_have_text(title)


def test_rows_are_searched_sorted_and_paged_by_address(address: str, open_page: Open) -> None:
    page = drawn(open_page(f"{address}/rows?metric=intake"))
    first = cards(page)
    assert len(first) == 50
    page.get_by_role("link", name="下一页").click()
    page.wait_for_url("**page=2**")
    expect(page.locator(".pager b")).to_have_text("2")
    assert not set(first) & set(cards(page))
    page.get_by_role("columnheader", name="办理期限").get_by_role("link").click()
    page.wait_for_url("**sort=due_at**")
    expect(page.get_by_role("columnheader", name="办理期限")).to_have_attribute("aria-sort", "ascending")
    assert parameter(page, "page") is None, "another order begins at its first page"
    page.locator("[role=search] input[name=words]").fill("路灯")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=**")
    expect(page.locator(".chips .chip")).to_have_text(re.compile("路灯"))
    assert (parameter(page, "q"), parameter(page, "sort")) == ("路灯", "due_at")
    page.locator(".chips a").click()
    page.wait_for_url(lambda url: "q=" not in url)
    expect(page.locator(".chips")).to_have_count(0)
    expect(page.locator("[role=search] input[name=words]")).to_have_count(1)  # the one before goes when the run ends
    expect(page.locator("[role=search] input[name=words]")).to_have_value("")


def test_the_selection_is_saved_as_a_file(address: str, open_page: Open, tmp_path: Path) -> None:
    page = drawn(open_page(f"{address}/rows?metric=on_time_rate&part=rest"))
    count = int(re.search(r"([\d,]+) 件", page.locator(".title h1").inner_text())[1].replace(",", ""))  # type: ignore[index]
    with page.expect_download() as saved:
        page.get_by_role("link", name="下载 CSV").click()
    assert saved.value.suggested_filename.startswith("on_time_rate-rest-")
    saved.value.save_as(tmp_path / "rows.csv")
    lines = list(csv.reader(StringIO((tmp_path / "rows.csv").read_bytes().decode("utf-8-sig"), newline="")))
    assert len(lines) == count + 1
    assert lines[0][:2] == ["来源", "编号"]


def test_an_address_is_copied_with_and_without_a_clipboard(address: str, open_page: Open) -> None:
    page = drawn(open_page(f"{address}/passport?metric=backlog"))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="复制链接").click()
    expect(page.get_by_role("status").filter(has_text="已复制")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"{address}/passport?")
    assert "edition=" in copied
    plain = open_page("about:blank", at=address)
    plain.add_init_script(
        "Object.defineProperty(navigator, 'clipboard', { value: undefined }); document.execCommand = () => false"
    )
    plain.goto(copied)
    drawn(plain).get_by_role("button", name="复制链接").click()
    by_hand = plain.get_by_label("请复制此地址")
    expect(by_hand).to_be_visible()
    assert parse_qs(urlsplit(by_hand.input_value()).query) == parse_qs(urlsplit(copied).query)


def test_a_copied_address_shows_the_same(address: str, open_page: Open) -> None:
    page = drawn(open_page(f"{address}/rows?metric=backlog&age=30-90&q=路"))
    shared = page.evaluate("document.querySelector('.title h1').innerText")
    page.get_by_role("button", name="复制链接").wait_for()
    assert "age=30-90" in page.url
    again = drawn(open_page(page.url))
    expect(again.locator(".title h1")).to_have_text(shared)


def test_the_dictionary_narrows_as_one_types(address: str, open_page: Open) -> None:
    page = drawn(open_page(f"{address}/dictionary?metric=backlog"))
    expect(page.locator("section details[open]")).to_have_count(1)
    expect(page.locator("section details[open] summary b")).to_have_text("积压件数")
    box = page.get_by_placeholder("按名称、编号或释义查找")
    box.fill("EV10")
    expect(page.locator("section details:not([hidden])")).to_have_count(1)
    box.fill("satisfaction")
    expect(page.locator("section details:not([hidden]) summary b").get_by_text("满意率", exact=True)).to_have_count(1)
    box.fill("没有这样的指标")
    expect(page.get_by_text("没有这个指标")).to_be_visible()


def test_part_of_a_change_links_to_its_own_causes(address: str, open_page: Open) -> None:
    page = drawn(open_page(f"{address}/why?metric=backlog"))
    name = page.locator("td.lead a").first.inner_text()
    page.locator("td.lead a").first.click()
    page.wait_for_url("**/why?**area=**")
    expect(page.locator(".crumbs b")).to_have_text(name)


def test_a_phone_shows_rows_as_cards_that_a_thumb_can_hit(address: str, open_page: Open) -> None:
    page = drawn(open_page(f"{address}/rows?metric=intake", width=390, height=844))
    card = page.locator("tbody tr").first
    box = card.bounding_box()
    assert box
    assert box["height"] >= 44
    title = card.locator("td.lead a").inner_text()
    page.touchscreen.tap(box["x"] + box["width"] - 20, box["y"] + box["height"] / 2)
    page.wait_for_url("**/case?**")
    expect(page.locator(".title h1")).to_have_text(title)
    small = [
        (e.inner_text(), e.bounding_box())
        for e in drawn(page).locator(".button, .pager a, .pages a").all()
        if (e.bounding_box() or {"height": 44})["height"] < 44
    ]
    assert small == []


def test_paper_shows_a_case_without_its_buttons(address: str, open_page: Open) -> None:
    page = drawn(open_page(f"{address}/rows?metric=intake"))
    page.locator("td.lead a").first.click()
    page.locator(".item").first.wait_for()
    page.emulate_media(media="print")
    for actions in page.locator(".actions").all():
        expect(actions).to_be_hidden()
    expect(page.locator(".item").first).to_be_visible()


DRAWN = {
    "table": {
        "columns": [Column(BAD, BAD, "up", lead=True), Column(BAD, number=True)],
        "rows": [[Cell(BAD, BAD, "red", BAD), Cell(BAD, code=True)]],
        "total": False,
        "pages": [TablePage(BAD, BAD), TablePage(BAD)],
        "caption": BAD,
        "words": {"sort": BAD, "pages": BAD},
    },
    "record": {"items": [Item(BAD, BAD, BAD, "red", BAD, ((BAD, BAD),)), Item(BAD, BAD, fold=True)]},
    "actions": {"links": [(BAD, BAD)], "copy": BAD, "words": {"copy": BAD, "done": BAD, "by_hand": BAD}},
    "searchbox": {"label": BAD, "href": BAD, "value": BAD, "name": BAD, "words": {"find": BAD}},
    "glossary": {
        "sections": [Section(BAD, [Entry(BAD, BAD, BAD, BAD, ((BAD, BAD),), BAD, BAD)])],
        "opened": BAD,
        "words": {"find": BAD, "none": BAD, "link": BAD},
    },
}


@pytest.mark.parametrize("name", DRAWN)
def test_hostile_texts_stay_texts(browser: Browser, name: str) -> None:
    files = (assets.COMPONENTS / "shared.js", *assets.parts(name), assets.components()[name])
    source = "".join(file.read_text("utf-8") for file in files).split("export default")[0]
    page = browser.new_page()
    script = f"data => {{ {source}; document.body.innerHTML = draw(data); return document.body.innerHTML }}"
    html = page.evaluate(script, base.plain(DRAWN[name]))
    elements = page.evaluate("[...document.querySelectorAll('*')].map(e => [e.localName, e.getAttributeNames()])")
    page.close()
    assert html.count("alert(1)") > 1, "the hostile text is not shown at all"
    assert not {"img", "script"} & {tag for tag, _names in elements}
    assert not [name for _tag, names in elements for name in names if name.startswith("on")]

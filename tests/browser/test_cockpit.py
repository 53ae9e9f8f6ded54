"""The cockpits in a real browser: drill-down, history, phone, wall and print."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from metrics.period import shift
from tests.browser.conftest import PATIENCE, PageLog, Server

pytestmark = pytest.mark.slow

DISTRICT, TOWN, VILLAGE = 990101000000, 990101100000, 990101100200
"""The demo's district, its town whose backlog grows, and a village of that town."""
MONTH = date(2026, 10, 1)
ASKED = {"metric": "on_time_rate", "from": MONTH.isoformat(), "to": shift(MONTH, 1).isoformat()}
expect.set_options(timeout=PATIENCE)
Open = Callable[..., Page]
Serve = Callable[..., str]


@pytest.fixture(autouse=True)
def _nothing_leaves_the_origin(page_log: PageLog, address: str) -> Iterator[None]:
    yield
    servers = {
        f"{urlsplit(url).scheme}://{urlsplit(url).netloc}" for url in page_log.requests if url.startswith("http")
    }
    assert all(re.fullmatch(r"http://127\.0\.0\.1:\d+", server) for server in servers)
    assert len(servers) <= 1


def parameters_of(page: Page) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(page.url).query))


def here(page: Page) -> Locator:
    """The name of the area shown, in the header."""
    return page.locator(".crumbs [aria-current=page]")


def shown(page: Page, name: str, **parameters: object) -> None:
    """The screen shows the area and nothing of the page before, its run has ended, and the address says so."""
    expect(here(page)).to_have_text([name])
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
    assert {key: parameters_of(page).get(key) for key in parameters} == {
        key: str(value) for key, value in parameters.items()
    }


def click_inside(page: Page, shape: Locator) -> None:
    """Clicks a point that lies inside a polygon, as the middle of its box may not."""
    shape.scroll_into_view_if_needed()
    x, y = shape.evaluate(
        """path => {
            const box = path.getBBox(), at = path.getScreenCTM(), steps = [.5, .4, .6, .3, .7, .2, .8]
            for (const i of steps) for (const j of steps) {
                const point = new DOMPoint(box.x + i * box.width, box.y + j * box.height)
                if (path.isPointInFill(point)) { const { x, y } = point.matrixTransform(at); return [x, y] }
            }
        }"""
    )
    page.mouse.click(x, y)


def polygon(page: Page, code: int) -> Locator:
    return page.locator(f"svg a[href*='area={code}'] path")


def fits(page: Page) -> bool:
    """Whether nothing is wider than the screen."""
    return page.evaluate(
        """[document.documentElement, document.querySelector('[data-testid=stMain]')]
            .every(element => element.scrollWidth <= element.clientWidth)"""
    )


def test_drill_by_click_leads_to_a_case_and_the_breadcrumb_back(
    address: str, open_page: Open, page_log: PageLog
) -> None:
    page = open_page(address, height=1000)
    shown(page, "临江区")
    expect(page.locator(".head .sentence, .lines .line").first).to_be_visible()
    click_inside(page, polygon(page, TOWN))
    shown(page, "沙洲镇", area=TOWN)
    expect(polygon(page, VILLAGE)).to_be_visible()
    click_inside(page, polygon(page, VILLAGE))
    shown(page, "新河村", area=VILLAGE)
    page.locator(".card a").first.click()
    page.wait_for_url(re.compile("/case"))
    page.locator(".crumbs a", has_text="沙洲镇").click()
    shown(page, "沙洲镇", area=TOWN)
    page.locator(".crumbs a", has_text="临江区").click()
    shown(page, "临江区", area=DISTRICT)
    assert page_log.complaints == []


def test_back_and_forward_restore_area_metric_and_period(address: str, open_page: Open) -> None:
    page = open_page(f"{address}/?{'&'.join(f'{name}={value}' for name, value in ASKED.items())}")
    steps = [("临江区", ASKED), ("沙洲镇", {**ASKED, "area": TOWN}), ("新河村", {**ASKED, "area": VILLAGE})]
    shown(page, *steps[0][:1], **steps[0][1])
    click_inside(page, polygon(page, TOWN))
    shown(page, "沙洲镇", **steps[1][1])
    page.get_by_role("link", name="新河村", exact=True).click()
    shown(page, "新河村", **steps[2][1])
    expect(page.get_by_text("按期办结率逐月")).to_be_visible()
    for name, parameters in reversed(steps[:2]):
        page.go_back()
        shown(page, name, **parameters)
        expect(page.get_by_text("按期办结率走势")).to_be_visible()
    for name, parameters in steps[1:]:
        page.go_forward()
        shown(page, name, **parameters)
    expect(page.get_by_text("按期办结率逐月")).to_be_visible()


def test_a_tile_chooses_the_metric_of_the_map_and_stays_in_place(address: str, open_page: Open) -> None:
    page = open_page(address)
    expect(page.locator(".chart")).to_be_visible()
    page.locator("[data-testid=stMain]").evaluate("main => main.scrollTo(0, 60)")
    page.locator(".tile a.name", has_text="满意率").click()
    expect(page.get_by_text("满意率 · 22 个镇街")).to_be_visible()
    assert parameters_of(page)["metric"] == "satisfaction_rate"
    assert page.locator("[data-testid=stMain]").evaluate("main => main.scrollTop") == 60
    page.locator(".tile a.value").first.click()
    page.wait_for_url(re.compile("/passport"))


def test_tile_details_open_on_hover_or_button_and_close_on_escape(address: str, open_page: Open) -> None:
    page = open_page(address)
    tile = page.locator(".tile", has_text="满意率").first
    expect(tile.locator(".detail")).to_be_hidden()
    tile.hover()
    expect(tile.locator(".detail")).to_contain_text("样本")
    page.mouse.move(0, 0)
    expect(tile.locator(".detail")).to_be_hidden()
    tile.locator(".info").focus()
    expect(tile.locator(".detail")).to_be_visible()
    page.keyboard.press("Escape")
    expect(tile.locator(".detail")).to_be_hidden()


def test_a_visitor_chooses_and_orders_the_tiles_and_goes_back_to_the_default(address: str, open_page: Open) -> None:
    page = open_page(address)
    expect(page.locator(".tile").first).to_be_visible()
    before = page.locator(".tile .name").all_inner_texts()
    page.get_by_role("link", name="选择指标").click()
    page.wait_for_url(re.compile("/tiles"))
    page.get_by_role("searchbox", name="名称、拼音首字母或专题").fill("slL")
    page.get_by_role("button", name="加入: 受理量").click()
    for _step in before:
        page.get_by_role("button", name="上移: 受理量").click()
        if page.get_by_role("button", name="上移: 受理量").is_disabled():
            break
    page.get_by_role("button", name=f"移除: {before[1]}").click()
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("已保存，驾驶舱即按此显示。")).to_be_visible()
    page.get_by_role("link", name="返回").click()
    expect(page.locator(".tile .name").first).to_have_text("受理量")
    page.reload()
    expect(page.locator(".tile .name").first).to_have_text("受理量")
    expect(page.locator(".tile .name").first).to_be_visible()  # the screen is shown once all of it is drawn
    assert page.locator(".tile .name").all_inner_texts() == ["受理量", before[0], *before[2:]]
    page.get_by_role("link", name="选择指标").click()
    page.get_by_role("button", name="恢复默认").click()
    expect(page.get_by_text("已保存，驾驶舱即按此显示。")).to_be_visible()
    page.get_by_role("link", name="返回").click()
    expect(page.locator(".tile .name").first).to_have_text(before[0])


def test_the_ranking_sorts_by_its_columns_and_back(address: str, open_page: Open) -> None:
    page = open_page(f"{address}/?metric=on_time_rate")
    expect(page.locator(".track .dot").first).to_be_visible()
    table = page.locator("table", has=page.locator(".track")).first
    names = table.locator("th[scope=row]")
    first = names.first
    given = names.all_inner_texts()
    values = table.locator("td.value em").locator("xpath=..")
    table.get_by_role("button", name="按按期办结率排序").click()
    expect(table.locator("th[aria-sort=descending]")).to_be_visible()
    falling = [float(re.findall(r"[\d.]+", text)[0]) for text in values.all_inner_texts()]
    assert falling == sorted(falling, reverse=True)
    table.get_by_role("button", name="按按期办结率排序").click()
    expect(table.locator("th[aria-sort=ascending]")).to_be_visible()
    table.get_by_role("button", name="按按期办结率排序").click()
    expect(first).to_have_text(given[0])
    assert names.all_inner_texts() == given


def test_a_bar_and_a_day_open_the_rows_behind_them(address: str, open_page: Open) -> None:
    page = open_page(f"{address}/?metric=intake")
    page.locator("a.bar", has_text="3–7 天").click()
    page.wait_for_url(re.compile("/rows.*age=3-7"))
    page.go_back()
    shown(page, "临江区", metric="intake")
    page.locator(".chart .day").nth(3).click()
    page.wait_for_url(re.compile("/rows.*metric=intake"))
    assert (date.fromisoformat(parameters_of(page)["to"]) - date.fromisoformat(parameters_of(page)["from"])).days == 1


def test_a_bar_filters_the_whole_cockpit_and_its_number_opens_the_rows(address: str, open_page: Open) -> None:
    page = open_page(address)
    bar = page.locator("a.pick", has_text="路灯照明")
    rows = page.get_by_role("link", name=re.compile("^路灯照明 .* – 明细$"))
    number = rows.inner_text()
    rows.click()
    page.wait_for_url(re.compile("/rows"))
    expect(page.locator(".chip")).to_have_text(re.compile("类别：路灯照明"))
    page.go_back()
    bar.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".chip")).to_have_text(re.compile("类别：路灯照明"))
    expect(bar).to_have_attribute("aria-current", "true")
    expect(page.locator(".tile a.value").first).to_have_text(number)
    page.get_by_role("link", name="English").click()
    expect(page.locator(".chip")).to_have_text(re.compile("Category: 路灯照明"))
    assert parameters_of(page)["category"] == "路灯照明"
    page.get_by_role("link", name="中文").click()
    unit = page.locator("tr a", has_text="区住建局")
    expect(unit).not_to_have_attribute("href", re.compile("lang=en"))  # redrawn from the top down
    unit.click()
    expect(page.get_by_role("heading", name="区住建局")).to_have_count(0)
    assert (parameters_of(page)["unit"], parameters_of(page)["category"]) == ("区住建局", "路灯照明")
    expect(page.locator(".chip")).to_have_count(2)  # the link of the screen before would take both away
    page.get_by_role("link", name="去掉 类别：路灯照明").click()
    expect(page.get_by_role("heading", name="区住建局", exact=True)).to_be_visible()
    expect(page.locator(".chip")).to_have_count(1)


def test_the_groups_left_out_unfold_and_can_be_touched(address: str, open_page: Open) -> None:
    page = open_page(f"{address}/?metric=intake", width=390, height=844)
    more = page.locator("details", has=page.locator("a.pick")).first
    expect(more.locator("a.pick").first).to_be_hidden()
    more.locator("summary").click()
    expect(more.locator("a.pick").last).to_be_visible()
    small = "links => links.filter(a => a.getClientRects().length && a.getBoundingClientRect().height < 44).length"
    assert page.locator("a.pick, .pair > .text, .pair + summary").evaluate_all(small) == 0
    more.locator("a.pick").last.click()
    expect(page.locator(".chip a")).to_be_visible()
    assert page.locator(".chip a").evaluate_all(small) == 0
    assert fits(page)


@pytest.mark.parametrize("query", ["", "lang=en", "size=l", "lang=en&size=l", f"area={TOWN}&lang=en"])
def test_the_count_of_folded_reds_is_on_the_first_row_whatever_wraps(address: str, open_page: Open, query: str) -> None:
    page = open_page(f"{address}/?{query}", width=1400)
    fold = page.locator(".more > details > summary").first
    line = page.locator(".line").filter(has=fold)
    expect(fold).to_be_visible()
    rows = fold.bounding_box(), line.locator(".label").bounding_box()
    assert rows[0]
    assert rows[1]
    assert abs(rows[0]["y"] - rows[1]["y"]) < rows[1]["height"] / 2
    for item in line.locator("ul > li:not(.more)").all():
        box = item.bounding_box()
        assert box
        assert box["x"] + box["width"] <= rows[0]["x"]
    fold.click()
    expect(line.locator(".more li").first).to_be_visible()


@pytest.mark.parametrize(("area", "level"), [(DISTRICT, "district"), (TOWN, "town")])
def test_the_holder_of_a_red_opens_in_the_list(address: str, open_page: Open, area: int, level: str) -> None:
    """Every red says its unit, or why none is named; a share and a telephone number where there are any."""
    page = open_page(f"{address}/?area={area}")
    page.locator(".more > details > summary").first.click()
    folded = page.locator(".line .held")
    expect(folded.first).to_be_visible()
    assert folded.count() > 3, level
    said = []
    for one in folded.all():
        assert not one.locator("> span").is_visible()
        one.locator("summary").click()
        expect(one.locator("> span")).to_be_visible()
        said.append(one.locator("> span").inner_text())
    assert all(said)
    assert any(re.search(r"（占 [1-9]\d* %）", text) for text in said), said
    assert not any("未登记" in text for text in said if "网站" not in text), said
    telephone = folded.locator("a.phone").first
    number = re.sub(r"[^0-9+]", "", telephone.inner_text())
    assert telephone.get_attribute("href") == f"tel:{number}"
    unit = folded.locator("> span > a:not(.phone)").filter(has_text="局").first
    name = unit.inner_text().split("（")[0]
    unit.click()
    page.wait_for_url(re.compile("unit="))
    assert parameters_of(page)["unit"] == name
    expect(page.locator(".chip").filter(has_text=name)).to_be_visible()


def test_the_language_switch_keeps_everything_else(address: str, open_page: Open) -> None:
    page = open_page(f"{address}/?area={TOWN}&metric=closure_rate")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_text("Closure rate · 2")).to_be_visible()
    shown(page, "沙洲镇", area=TOWN, metric="closure_rate", lang="en")
    assert page.evaluate("document.documentElement.lang") == "en"
    page.get_by_role("link", name="中文").click()
    expect(page.get_by_text("办结率 · 2")).to_be_visible()


def test_a_deep_link_works_on_a_fresh_server(demo: Path, serve: Serve, open_page: Open) -> None:
    page = open_page(f"{serve(demo)}/?area={VILLAGE}&metric=overdue_open&lang=en")
    shown(page, "新河村", area=VILLAGE, metric="overdue_open")
    expect(page.get_by_text("Overdue open by month")).to_be_visible()


@pytest.mark.parametrize("area", [DISTRICT, TOWN, VILLAGE])
def test_a_phone_shows_one_column_without_side_scrolling(address: str, open_page: Open, area: int) -> None:
    page = open_page(f"{address}/?area={area}", width=390, height=844)
    expect(page.locator(".tile").first).to_be_visible()
    page.wait_for_timeout(500)
    assert fits(page)


def test_a_cadre_sees_the_to_do_first_and_can_touch_it(address: str, open_page: Open) -> None:
    page = open_page(f"{address}/?area={VILLAGE}", width=390, height=844)
    expect(page.locator(".card").first).to_be_visible()
    assert page.locator("h2").first.inner_text() == "待办"
    first, tile = page.locator(".card").first.bounding_box(), page.locator(".tile").first.bounding_box()
    assert first
    assert tile
    assert first["y"] < tile["y"]
    assert first["height"] >= 44
    heights = page.locator(".count").evaluate_all("links => links.map(link => link.offsetHeight)")
    assert min(heights) >= 44


@pytest.mark.parametrize("width", [390, 1400, 1920])
def test_states_of_tiles_line_up(address: str, open_page: Open, width: int) -> None:
    """All next to their numbers, or all below them."""
    page = open_page(f"{address}/?lang=en", width=width)
    expect(page.locator(".tile").first).to_be_visible()
    below = page.locator(".tile .state").evaluate_all("""states => states.map(state => {
        const value = state.previousElementSibling.getBoundingClientRect()
        return state.getBoundingClientRect().top >= value.bottom - 3
    })""")
    assert len(below) > 3
    assert len(set(below)) == 1


def test_a_publicity_list_prints_on_its_own(address: str, open_page: Open) -> None:
    page = open_page(f"{address}/?area={VILLAGE}&from={MONTH}&to={shift(MONTH, 1)}")
    page.get_by_role("link", name="查看、打印").click()
    expect(page.get_by_text("新河村办结事项公示单")).to_be_visible()
    page.get_by_role("link", name="返回").click()
    expect(page.get_by_text("待办", exact=True)).to_be_visible()


HAS_FITTED = """height => {
    const inside = root => root.querySelector(".root.fits .lines") ??
        [...root.querySelectorAll("*")].filter(e => e.shadowRoot).map(e => inside(e.shadowRoot)).find(Boolean)
    return inside(document)?.getBoundingClientRect().bottom <= height
}"""
"""The lists of a wall lie in the shadow root of a component."""


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (3840, 2160)])
def test_a_wall_shows_whole_lines_in_all_of_its_window(address: str, open_page: Open, width: int, height: int) -> None:
    page = open_page(f"{address}/wall", width=width, height=height, alone=True)
    expect(page.locator(".root.fits .line").first).to_be_visible()
    page.wait_for_function(HAS_FITTED, arg=height)
    page.wait_for_timeout(500)
    lists = page.locator(".root.fits .lines").evaluate(
        """lists => {
            const box = lists.getBoundingClientRect()
            const seen = [...lists.children].map(line => line.getBoundingClientRect())
                .filter(line => line.left < box.right)
            return { bottom: box.bottom, last: Math.max(...seen.map(line => line.bottom)), lines: seen.length }
        }"""
    )
    assert lists["last"] <= lists["bottom"] <= height
    assert lists["bottom"] > 0.95 * height
    assert lists["lines"] > 2
    zone = page.evaluate("new Date().toLocaleTimeString('en-GB', { timeZone: 'Asia/Shanghai', hourCycle: 'h23' })")
    assert page.locator("time").inner_text()[:2] == zone[:2]


def test_a_phone_shows_period_and_data_date_without_the_menu(address: str, open_page: Open) -> None:
    for area in (DISTRICT, VILLAGE):
        page = open_page(f"{address}/?area={area}", width=390, height=844)
        expect(page.locator(".brief")).to_be_visible()
        expect(page.locator(".brief")).to_have_text(re.compile(r"^本月 · 2026-11-20 \d\d:\d\d 的数据$"))
        assert fits(page)


@pytest.mark.parametrize("path", ["/account", "/nopage", "/login/x", "/account/x", "/password"])
def test_plain_pages_keep_header_and_language(address: str, open_page: Open, path: str) -> None:
    page = open_page(f"{address}{path}?lang=en")
    expect(page.locator("header a.product")).to_have_attribute("href", "/?lang=en")
    page.locator("header").get_by_role("link", name="中文").click()
    page.wait_for_url(f"{address}{path}?lang=zh")
    expect(page.locator("header a.product")).to_have_text("治理驾驶舱")


def test_wall_rotates_and_turns_grey_when_its_server_dies(
    fresh_demo: Path, start: Callable[..., Server], open_page: Open
) -> None:
    server = start(fresh_demo)
    page = open_page("about:blank", width=1920, height=1080, at=server.address)
    page.clock.install()
    page.goto(f"{server.address}/wall")
    expect(page.locator("h1")).to_have_text("临江区")
    assert page.evaluate("document.documentElement.dataset.alive") == "ok"
    expect(page.locator(".crumbs")).to_have_count(0)
    page.clock.run_for(21_000)
    expect(page.locator("h1")).not_to_have_text("临江区")
    server.kill()
    page.clock.run_for(60_000)
    expect(page.locator("html")).to_have_attribute("data-alive", "lost")
    assert "grayscale" in page.locator("[data-testid=stMain]").evaluate("main => getComputedStyle(main).filter")

"""The shell in a real browser: navigation, history, search, switches, print; no request to other hosts."""

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Response, expect

from tests.browser.conftest import PageLog

pytestmark = pytest.mark.slow

Open = Callable[..., Page]
PAGES = ("", "rows", "passport", "why", "search?q=路灯", "dictionary", "data")


def parameter(page: Page, name: str) -> str | None:
    """A parameter of the page's address."""
    return parse_qs(urlsplit(page.url).query).get(name, [None])[0]


def here(page: Page) -> str:
    """The name of the area that the breadcrumb ends with."""
    return page.locator(".crumbs b").inner_text()


def ready(page: Page) -> Page:
    page.locator(".tile a.value").first.wait_for()
    page.locator(".map svg a").first.wait_for()
    return page


def test_no_page_contacts_another_host_or_logs_errors(address: str, open_page: Open, page_log: PageLog) -> None:
    page = open_page(address)
    ready(page)
    for name in PAGES:
        page.goto(f"{address}/{name}")
        page.locator(".crumbs b").wait_for()
        page.wait_for_load_state("networkidle")
    assert any("/geo/" in url for url in page_log.requests)
    assert page_log.foreign(address) == []
    assert page_log.complaints == []


def test_the_skip_link_speaks_the_language_of_the_screen(address: str, open_page: Open) -> None:
    for query, text in (("", "跳到正文"), ("?lang=en", "Skip to the content")):
        page = ready(open_page(f"{address}/{query}"))
        expect(page.get_by_test_id("stSkipToContent")).to_have_text(text)


def test_unknown_page_links_to_the_first_page(address: str, open_page: Open) -> None:
    page = open_page(f"{address}/nosuchpage")
    expect(page.get_by_role("heading", level=1)).to_have_text("没有这个页面")
    expect(page.get_by_role("alert")).to_contain_text("/nosuchpage")
    page.get_by_role("alert").get_by_role("link").click()
    ready(page)


def into_the_map(page: Page, depth: int) -> None:
    """Click the first area of the map and wait for the screen of that area, its map or outline included."""
    href = page.locator(".map svg a").first.get_attribute("href")
    page.locator(".map svg a").first.click()
    expect(page.locator(".crumbs a")).to_have_count(depth)
    expect(page.locator(f".map svg a[href='{href}']")).to_have_count(0)


def test_back_and_forward_restore_area_metric_and_period_at_every_step(address: str, open_page: Open) -> None:
    page = ready(open_page(address))
    steps, names = [page.url], [here(page)]

    def stepped() -> None:
        steps.append(page.url)
        names.append(here(page))

    metric = page.locator(".tile:not(.chosen) a.name").first
    name = metric.inner_text()
    metric.click()
    expect(page.locator(".tile.chosen .name")).to_have_text(name)
    stepped()
    page.locator("summary", has_text="周期").click()
    page.get_by_role("link", name="近30日").click()
    expect(page.locator("summary", has_text="周期")).to_contain_text("近30日")
    expect(page.locator(".map svg a").first).to_have_attribute("href", re.compile("from="))
    stepped()
    for depth in (1, 2):
        into_the_map(page, depth)
        stepped()
    assert names[0] == names[1] == names[2]
    assert len(set(names)) == 3

    at = len(steps) - 1
    for index in (3, 2, 1, 0, 1, 2, 3, 4):
        page.go_back() if index < at else page.go_forward()
        at = index
        expect(page.locator(".crumbs b")).to_have_text(names[index])
        expect(page.locator(".crumbs a")).to_have_count(max(0, index - 2))
        expect(page.locator("summary", has_text="周期")).to_contain_text("近30日" if index >= 2 else "本月")
        assert page.url == steps[index]
        # Streamlit puts the address of a run back that ends after the next move
        expect(page.locator("[data-testid=stApp]")).to_have_attribute("data-test-script-state", "notRunning")


def test_hurried_back_and_forward_end_where_they_should(address: str, open_page: Open, page_log: PageLog) -> None:
    page = ready(open_page(address))
    for depth in (1, 2):
        into_the_map(page, depth)
    for pause in (0, 30, 60, 100):
        for move, depth in ((page.go_back, 0), (page.go_forward, 2)):
            for _ in range(2):
                move(wait_until="commit")
                page.wait_for_timeout(pause)
            expect(page.locator(".crumbs a")).to_have_count(depth)
    assert page_log.complaints == []


def test_the_breadcrumb_leads_up_and_keeps_the_period(address: str, open_page: Open) -> None:
    page = ready(open_page(f"{address}/?from=2026-01-01&to=2026-02-01"))
    page.locator(".map svg a").first.click()
    expect(page.locator(".crumbs a")).to_have_count(1)
    page.locator(".crumbs a").first.click()
    expect(page.locator(".crumbs a")).to_have_count(0)
    assert (parameter(page, "from"), parameter(page, "to")) == ("2026-01-01", "2026-02-01")


def test_the_box_finds_an_area_by_its_name_and_arrows_choose_it(address: str, open_page: Open) -> None:
    page = ready(open_page(address))
    name = page.locator(".map svg a").first.get_attribute("aria-label")
    assert name
    box = page.locator(".find input")
    box.fill(name.split(" ")[0])
    page.locator(".found a").first.wait_for()
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(page.locator(".found [aria-selected=true]")).to_have_count(0)
    page.keyboard.press("ArrowDown")
    expect(page.locator(".found [aria-selected=true]")).to_have_count(1)
    expect(box).to_have_attribute("aria-activedescendant", "found-0")
    page.keyboard.press("ArrowUp")
    expect(page.locator(".found [aria-selected=true]")).to_have_count(0)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".crumbs b")).to_have_text(name.split(" ")[0])
    expect(page.locator(".found")).to_be_hidden()


def test_the_box_is_used_by_the_keyboard_alone(address: str, open_page: Open) -> None:
    page = ready(open_page(address))
    page.keyboard.press("/")
    expect(page.locator(".find input")).to_be_focused()
    page.keyboard.type("qbz/")
    expect(page.locator(".find input")).to_have_value("qbz/")
    page.keyboard.press("Backspace")
    expect(page.locator(".found")).to_contain_text("青埠镇")
    page.keyboard.press("Escape")
    expect(page.locator(".found")).to_be_hidden()
    expect(page.locator(".find input")).to_have_value("qbz")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?**")
    assert parameter(page, "q") == "qbz"
    expect(page.get_by_role("heading", name="查找：qbz")).to_be_visible()
    expect(page.locator(".find input")).to_have_value("qbz")
    page.get_by_role("link", name="青埠镇", exact=True).first.click()
    expect(page.locator(".crumbs b")).to_have_text("青埠镇")
    page.go_back()
    page.wait_for_url("**/search?**")


def test_the_shortcut_of_the_box_can_be_switched_off(address: str, open_page: Open) -> None:
    page = open_page(f"{address}/account")
    for state, button, focused in (("已关闭", "关闭", False), ("已开启", "开启", True)):
        page.goto(f"{address}/account")
        page.get_by_role("button", name=button, exact=True).click()
        expect(page.get_by_text(f"按“/”键打开查找：{state}")).to_be_visible()
        page.goto(address)
        ready(page)
        page.keyboard.press("/")
        box = expect(page.locator(".find input"))
        box.to_be_focused() if focused else box.not_to_be_focused()


def test_the_widgets_of_streamlit_speak_chinese(address: str, open_page: Open) -> None:
    page = open_page(f"{address}/reports")
    box = page.get_by_test_id("stMultiSelect").locator("input").first
    box.click()
    box.fill("qqqq")
    expect(page.get_by_text("没有匹配项")).to_be_visible()
    english = page.evaluate("""() => [...document.querySelectorAll("[data-testid=stMain] *, [data-baseweb] *")]
        .flatMap(e => [e.getAttribute("aria-label"), e.getAttribute("title"), e.placeholder])
        .filter(text => /^(Remove|Clear|Open|Select|Choose|No results)\\b/.test(text ?? ""))""")
    assert english == []


def test_suggestions_are_grouped_by_kind_and_a_case_is_opened_by_its_number(address: str, open_page: Open) -> None:
    page = ready(open_page(f"{address}/?lang=en"))
    box = page.locator(".find input")
    box.fill("路灯")
    cases = page.get_by_role("group", name="Cases found")
    case = cases.get_by_role("option").first
    number = re.search(r"\d{12,}", case.inner_text())
    assert number
    box.fill(number[0])
    expect(cases.get_by_role("option")).to_have_count(1)
    cases.get_by_role("option").click()
    page.wait_for_url(f"**key={number[0]}**")
    box.fill("积压")
    expect(page.get_by_role("group", name="Metrics found")).to_be_visible()
    box.fill("没有这样的东西")
    expect(page.locator(".found")).to_contain_text("Nothing is found")
    box.fill("")
    expect(page.locator(".found")).to_be_hidden()


def test_suggestions_close_when_an_area_is_chosen(address: str, open_page: Open) -> None:
    page = ready(open_page(f"{address}/?lang=en"))
    box, found = page.locator(".find input"), page.locator(".found")
    box.fill("青")
    found.get_by_role("option").first.click()
    page.wait_for_url("**area=**")
    expect(found).to_be_hidden()
    expect(box).to_have_value("")


CHOOSE_AND_TYPE = """form => {
  form.querySelector("[role=option][href*='key=']").click()
  form.elements.q.value = "积压"
  form.elements.q.dispatchEvent(new InputEvent("input", { bubbles: true, composed: true }))
}"""


def test_what_is_typed_while_the_page_moves_is_kept(address: str, open_page: Open) -> None:
    """A page of another kind has another header: the words and the focus go over to it."""
    page = ready(open_page(f"{address}/?lang=en"))
    box = page.locator(".find input")
    box.fill("路灯")
    expect(page.get_by_role("group", name="Cases found")).to_be_visible()
    page.locator(".find").evaluate(CHOOSE_AND_TYPE)
    page.wait_for_url("**key=**")
    expect(page.get_by_text("Work items", exact=True).last).to_be_visible()
    expect(page.get_by_role("group", name="Metrics found")).to_be_visible()
    expect(box).to_have_value("积压")
    expect(box).to_be_focused()


def test_arrow_keys_walk_a_list_further_than_one_row(address: str, open_page: Open) -> None:
    page = open_page(f"{address}/rows?lang=en&metric=backlog&per=20")
    page.locator("table tbody a").first.click()
    place, seen = page.locator(".place"), []
    for _ in range(4):
        expect(place).to_be_visible()
        expect(place).not_to_have_text(seen[-1] if seen else "")
        seen.append(place.inner_text())
        page.keyboard.press("ArrowRight")
    assert len(set(seen)) == 4


def test_custom_period_includes_its_last_day(address: str, open_page: Open) -> None:
    page = ready(open_page(address))
    page.locator("summary", has_text="周期").click()
    page.locator("input[name=from]").fill("2026-03-05")
    page.locator("input[name=to]").fill("2026-03-31")
    page.locator(".custom button").click()
    page.wait_for_url("**from=2026-03-05**")
    assert parameter(page, "to") == "2026-04-01"
    expect(page.locator("summary", has_text="周期")).to_contain_text("2026-03-05 至 2026-03-31")


def test_language_and_large_type_are_switched_and_stay(address: str, open_page: Open) -> None:
    page = ready(open_page(address))
    small = page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)")
    page.get_by_role("link", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.locator(".switches").get_by_role("link", name="Large type").click()
    expect(page.locator("html")).to_have_attribute("data-size", "l")
    assert page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)") > small * 1.2
    town = page.locator(".map svg a").first
    expect(town).to_have_attribute("href", re.compile("size=l"))  # the type grows before the screen is redrawn
    town.click()
    expect(page.locator(".crumbs a")).to_have_count(1)
    assert (parameter(page, "lang"), parameter(page, "size")) == ("en", "l")
    expect(page.get_by_text("本月")).to_have_count(0)


def test_dark_is_a_switch_that_outlasts_a_visit(address: str, open_page: Open) -> None:
    page = ready(open_page(address))
    ground = "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
    light = page.evaluate(ground)
    page.locator("[data-do=theme]").click()
    page.wait_for_load_state()
    ready(page)
    assert page.evaluate(ground) != light
    page.goto(f"{address}/dictionary")
    page.locator(".crumbs b").wait_for()
    assert page.evaluate(ground) != light


def test_unsent_input_survives_navigation_within_the_page(address: str, open_page: Open) -> None:
    page = ready(open_page(address))
    page.locator(".find input").fill("一")
    page.locator(".tile:not(.chosen) a.name").first.click()
    page.wait_for_url("**metric=**")
    page.locator(".tile.chosen").wait_for()
    expect(page.locator(".find input")).to_be_visible()


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("area=1", "没有这个区划"),
        ("area=x&lang=en", "No such area"),
        ("metric=nonsense", "没有这个指标"),
        ("topic=nonsense", "没有这个专题"),
        ("edition=19990101-000000-none", "没有这个数据版本"),
        ("from=tomorrow&to=never", "这不是一个周期"),
    ],
)
def test_address_of_an_unknown_thing_gets_a_friendly_page(
    address: str, open_page: Open, query: str, title: str
) -> None:
    page = open_page(f"{address}/?{query}")
    expect(page.locator(".problem h1")).to_have_text(title)
    expect(page.locator("header .product")).to_be_visible()
    expect(page.locator("header .pages a").last).to_have_text("Account" if "lang=en" in query else "账户")
    assert "Traceback" not in page.content()
    page.locator(".problem .links a").last.click()
    ready(page)


def test_a_phone_has_one_column_a_folded_menu_and_room_for_a_thumb(address: str, open_page: Open) -> None:
    page = open_page(address, width=390, height=844)
    ready(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.locator(".fresh")).to_be_hidden()
    page.locator(".fold").tap()
    expect(page.locator(".fresh")).to_be_visible()
    boxes = [box for link in page.locator(".rest :is(a, summary, button)").all() if (box := link.bounding_box())]
    assert boxes
    assert [box for box in boxes if box["height"] < 44] == []


def test_a_phone_loads_little_beyond_streamlits_own_program(address: str, open_page: Open) -> None:
    page = open_page("about:blank", width=390, height=844, alone=True, at=address)
    loaded: list[int] = []

    def count(response: Response) -> None:
        if response.ok and "/static/" not in response.url:
            loaded.append(len(response.body()))

    page.on("response", count)
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: loaded.append(len(frame))))
    page.goto(address)
    ready(page)
    page.wait_for_load_state("networkidle")
    assert len(loaded) > 10
    assert sum(loaded) < 400_000


def test_map_is_redrawn_at_another_width(address: str, open_page: Open) -> None:
    page = ready(open_page(address))
    before = page.locator(".map svg").get_attribute("width")
    page.set_viewport_size({"width": 1000, "height": 900})
    expect(page.locator(".map svg")).not_to_have_attribute("width", before)
    width = page.locator(".map").evaluate("e => Math.round(e.clientWidth)")
    expect(page.locator(".map svg")).to_have_attribute("width", str(width))


def test_a_link_to_another_host_in_disguise_is_not_taken_over(address: str, open_page: Open) -> None:
    page = ready(open_page(address))
    taken = page.evaluate(
        """() => ["//elsewhere.invalid/", "https://elsewhere.invalid/", "/?lang=en"].map(href => {
            const a = Object.assign(document.createElement("a"), { href })
            a.setAttribute("href", href)
            document.body.append(a)
            let taken
            a.addEventListener("click", event => { taken = event.defaultPrevented; event.preventDefault() })
            a.click()
            a.remove()
            return taken
        })"""
    )
    assert taken == [False, False, True]


def test_paper_carries_no_controls_and_fits_its_width(address: str, open_page: Open) -> None:
    page = ready(open_page(address))
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(page.locator(".tools")).to_be_hidden()
    zoom = float(page.evaluate("document.documentElement.style.getPropertyValue('--print-zoom')"))
    width = float(page.evaluate("parseFloat(document.documentElement.style.getPropertyValue('--print-width'))"))
    assert 0.5 < zoom <= 1
    assert width * zoom <= 1056
    expect(page.locator(".tile").first).to_be_visible()

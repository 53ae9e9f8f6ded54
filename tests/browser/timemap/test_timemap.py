"""The time-and-space map in a browser: both ways to draw, time, layers, address and keyboard."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from playwright.sync_api import Page, Route, expect

from data.editions.edition import current
from data.home import Home
from tests.browser.conftest import PageLog

pytestmark = pytest.mark.slow

Open = Callable[..., Page]
MAP = "[...document.querySelectorAll('*')].map(e => e.shadowRoot?.querySelector('.root')).find(r => r?.map)"
READY = f"""() => {{
  const root = {MAP}
  return root && root.map.window && !root.hasAttribute("data-loading") && root.map.layers.size >= root.map.state.on.size
}}"""
FIRST_CASE = """(() => {
  const { marks } = map.layers.get("cases"), i = marks.index[0]
  return map.space.pixel(marks.X[i], marks.Y[i])
})()"""
DAY = date(2026, 8, 3)
OF_BROWSER = ("/session", "/favicon.png")
"""What every page asks for at some time, whatever it shows."""


def drawn(page: Page) -> Page:
    page.wait_for_function(READY)
    page.wait_for_timeout(300)
    return page


def of_map(page: Page, expression: str) -> Any:
    """The value of an expression in which `map` is the program's map."""
    return page.evaluate(f"() => {{ const map = {MAP}.map; return {expression} }}")


@pytest.fixture(scope="module")
def cases(demo: Path) -> duckdb.DuckDBPyConnection:
    edition = current(Home(demo))
    assert edition
    return edition.cursor()


@pytest.mark.parametrize("draw", ["canvas", "webgl"])
def test_both_ways_draw_the_same_and_nothing_leaves_the_origin(
    address: str, open_page: Open, page_log: PageLog, draw: str
) -> None:
    page = drawn(open_page(f"{address}/map?draw={draw}&on=areas.70,hexagons.70,clusters.80,cases.85,sites.85"))
    expect(page.locator("[data-draws]")).to_have_attribute("data-draws", draw)
    page.wait_for_timeout(1500)
    shot = page.locator(".stage").screenshot()
    assert len(set(shot)) > 200
    assert page_log.foreign(address) == []
    assert [text for text in page_log.complaints if "GL Driver Message" not in text] == []
    fetched = [url for url in page_log.requests if "deckgl.js" in url]
    assert len(fetched) == (draw == "webgl")


def test_software_webgl_is_used_only_on_request(address: str, open_page: Open) -> None:
    page = drawn(open_page(f"{address}/map"))
    expect(page.locator("[data-draws]")).to_have_attribute("data-draws", "canvas")


@pytest.mark.parametrize("show", ["open", "opened", "closed", "overdue"])
def test_counts_of_a_day_are_those_of_sql(
    address: str, open_page: Open, cases: duckdb.DuckDBPyConnection, show: str
) -> None:
    page = drawn(open_page(f"{address}/map?day={DAY}&show={show}&on=cases.85"))
    open_then = "registered_at::DATE <= $1 AND (closed_at IS NULL OR closed_at::DATE > $1)"
    conditions = {
        "open": open_then,
        "overdue": f"{open_then} AND due_at < $1 + INTERVAL 1 DAY",
        "opened": "registered_at::DATE = $1",
        "closed": "closed_at::DATE = $1",
    }
    sql = f"SELECT count(*) FROM cases WHERE lon IS NOT NULL AND {conditions[show]}"
    (count,) = cases.execute(sql, [DAY]).fetchone()
    assert of_map(page, "map.layers.get('cases').marks.count") == count
    texts = page.locator("[data-legend=cases] b").all_inner_texts()
    assert sum(int(text.replace(",", "")) for text in texts) == count


def test_playing_asks_the_server_for_nothing(address: str, open_page: Open, page_log: PageLog) -> None:
    page = drawn(open_page(f"{address}/map?day=2026-03-01&on=areas.70,hexagons.70,cases.85", alone=True))
    sent: list[object] = []
    page.on("websocket", lambda socket: sent.append(socket))
    before = [url for url in page_log.requests if not url.endswith(OF_BROWSER)]
    page.get_by_role("button", name="播放").click()
    page.wait_for_timeout(2500)
    page.get_by_role("button", name="暂停").click()
    assert of_map(page, "map.state.day") > (date(2026, 3, 1) - date(1970, 1, 1)).days + 2
    assert [url for url in page_log.requests if not url.endswith(OF_BROWSER)] == before
    assert sent == []
    expect(page).to_have_url(re.compile(r"day=2026-0[3-9]"))


def test_the_address_restores_day_layers_and_view(address: str, open_page: Open) -> None:
    page = drawn(open_page(f"{address}/map?day={DAY}&step=week&show=opened&on=clusters.40,areas.30&at=119.9,30.2,12"))
    assert of_map(page, "[...map.state.on]") == [["clusters", 40], ["areas", 30]]
    assert of_map(page, "map.space.zoom") == 12
    expect(page.locator(".when")).to_have_text("2026-08-03 – 2026-08-09")
    assert page.locator("[data-set=show]").input_value() == "opened"


def test_back_and_forward_undo_and_redo_a_step(address: str, open_page: Open) -> None:
    page = drawn(open_page(f"{address}/map?day={DAY}"))
    page.get_by_role("button", name="前进一步").click()
    expect(page.locator(".when")).to_have_text("2026-08-04")
    page.get_by_label("件的密度", exact=True).check()
    expect(page).to_have_url(re.compile("hexagons"))
    page.go_back()
    expect(page.get_by_label("件的密度", exact=True)).not_to_be_checked()
    page.go_back()
    expect(page.locator(".when")).to_have_text("2026-08-03")
    page.go_forward()
    expect(page.locator(".when")).to_have_text("2026-08-04")
    page.go_forward()
    expect(page.get_by_label("件的密度", exact=True)).to_be_checked()


def test_the_keyboard_moves_zooms_steps_and_plays(address: str, open_page: Open) -> None:
    page = drawn(open_page(f"{address}/map?day={DAY}"))
    page.locator(".stage").focus()
    x, zoom = of_map(page, "map.space.x"), of_map(page, "map.space.zoom")
    page.keyboard.press("+")
    page.keyboard.press("ArrowRight")
    assert of_map(page, "map.space.zoom") == pytest.approx(zoom + 0.5)
    assert of_map(page, "map.space.x") > x
    page.keyboard.press(".")
    expect(page.locator(".when")).to_have_text(str(DAY + timedelta(days=1)))
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="暂停")).to_be_visible()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="播放")).to_be_visible()


def test_a_click_on_a_case_opens_its_card_and_page(address: str, open_page: Open) -> None:
    page = drawn(open_page(f"{address}/map?on=cases.85"))
    at = of_map(page, FIRST_CASE)
    box = page.locator(".stage").bounding_box()
    page.mouse.click(box["x"] + at[0], box["y"] + at[1])
    card = page.locator(".card")
    expect(card.locator("dt").nth(1)).to_have_text("区划")
    card.locator("a.go").click()
    expect(page).to_have_url(re.compile("/case?"))


def test_a_click_on_an_area_and_the_table_lead_to_its_cockpit(address: str, open_page: Open) -> None:
    page = drawn(open_page(f"{address}/map?on=areas.70"))
    page.locator("summary").filter(has_text="以表格显示").click()
    links = page.locator(".table td a")
    expect(links).to_have_count(22)
    name = links.first.inner_text()
    links.first.click()
    expect(page.locator(".crumbs b")).to_have_text(name)


def test_the_table_lists_sites_halls_and_orders_as_links(address: str, open_page: Open, page_log: PageLog) -> None:
    page = drawn(open_page(f"{address}/map?on=orders.90,sites.90,halls.90", alone=True))
    before = len(page_log.requests)
    page.locator("summary").filter(has_text="以表格显示").click()
    page.wait_for_function(f"() => [...{MAP}.map.layers.values()].every(layer => layer.lines)")
    for name in ("orders", "sites", "halls"):
        lines, count = of_map(page, f"[map.layers.get('{name}').lines.length, map.layers.get('{name}').marks.count]")
        assert lines == min(count, 50) > 0, name
    links = page.locator(".table li a")
    assert {href.partition("?")[0] for href in links.evaluate_all("all => all.map(a => a.getAttribute('href'))")} == {
        "/case", "/site", "/",
    }  # fmt: skip
    asked = [url for url in page_log.requests[before:] if "names.json" in url]
    assert len(asked) == 3
    links.first.click()
    page.wait_for_url(re.compile("/(case|site|cockpit)?[?]"))


def test_a_layer_that_does_not_come_is_named_and_asked_for_again(address: str, open_page: Open) -> None:
    page = drawn(open_page(f"{address}/map?lang=en&on=areas.70", alone=True))
    asked: list[str] = []

    def away(route: Route) -> None:
        asked.append(route.request.url)
        route.abort()

    page.route(re.compile("/orders[.]bin"), away)
    page.get_by_label("Orders", exact=True).check()
    expect(page.locator(".said")).to_have_text("Orders does not load; it is asked for again.")
    page.wait_for_timeout(1000)
    assert len(asked) == 1, "not in every frame"
    page.unroute(re.compile("/orders[.]bin"))
    page.wait_for_function(f"() => {MAP}.map.layers.has('orders')")
    expect(page.locator(".said")).to_have_text("")


def test_the_search_flies_to_an_area_and_says_when_there_is_none(address: str, open_page: Open) -> None:
    page = drawn(open_page(f"{address}/map?lang=en&on=areas.70", alone=True))
    zoom, box = of_map(page, "map.space.zoom"), page.locator("[data-find]")
    box.fill("北塘")
    box.press("Enter")
    page.wait_for_function(f"() => {MAP}.map.space.zoom > {zoom}")
    box.fill("nowhere")
    box.press("Enter")
    expect(page.locator(".said")).to_have_text("No one area on the map is called nowhere.")
    assert is_over_the_map(page)


def test_with_reduced_motion_nothing_moves_by_itself(address: str, open_page: Open) -> None:
    page = open_page(f"{address}/map?on=areas.70", alone=True)
    page.emulate_media(reduced_motion="reduce")
    page.reload()
    day = of_map(drawn(page), "map.state.day")
    page.wait_for_timeout(600)
    assert of_map(page, "[map.state.day, map.timer ?? 0]") == [day, 0]
    frames = page.evaluate(
        f"""() => new Promise(done => {{
          const map = {MAP}.map, area = map.layers.get("areas").areas[0]
          let places = new Set(), frame = map.frame.bind(map)
          map.frame = () => {{ frame(); places.add(map.space.address) }}
          map.fly(area)
          setTimeout(() => done(places.size), 700)
        }})"""
    )
    assert frames <= 2, "it jumps there"
    moving = page.evaluate(f"() => {MAP}.getAnimations({{subtree: true}}).length")
    assert moving == 0


def test_an_area_without_an_outline_is_shown_with_all_its_areas(address: str, open_page: Open) -> None:
    page = drawn(open_page(f"{address}/map?on=areas.70,cases.85"))
    inside = of_map(
        page,
        """(() => {
          map.own = { ...map.own, polygons: [], box: [map.own.box[0], map.own.box[1], map.own.box[0], map.own.box[1]] }
          map.settle()
          const { space } = map
          return map.layers.get("areas").areas.every(({ place: [x, y] }) => {
            const [px, py] = space.pixel(x, y)
            return px > 0 && py > 0 && px < space.width && py < space.height
          }) && map.space.zoom
        })()""",
    )
    assert 8 < inside < 13


def around_first_case(page: Page) -> tuple[float, float]:
    """The place on the screen of the first case."""
    at, box = of_map(page, FIRST_CASE), page.locator(".stage").bounding_box()
    return box["x"] + at[0], box["y"] + at[1]


def test_an_outline_opens_its_cases_as_rows(address: str, open_page: Open) -> None:
    page = drawn(open_page(f"{address}/map?on=cases.85,hexagons.50"))
    page.get_by_role("button", name="圈选").click()
    x, y = around_first_case(page)
    page.mouse.move(x - 12, y - 12)
    page.mouse.down()
    for dx, dy in ((12, -12), (12, 12), (-12, 12), (-12, -12)):
        page.mouse.move(x + dx, y + dy, steps=4)
    page.mouse.up()
    link = page.locator(".said a").filter(has_text="只看所选")
    link.wait_for()
    count = int(re.search(r"\d+", page.locator(".said b").inner_text())[0])
    assert of_map(page, "map.chosen.length") == count
    link.click()
    expect(page.locator("tbody tr")).to_have_count(count)


def test_a_rectangle_begins_an_order_about_its_cases(address: str, open_page: Open) -> None:
    page = drawn(open_page(f"{address}/map?on=cases.85"))
    page.get_by_role("button", name="框选").click()
    x, y = around_first_case(page)
    page.mouse.move(x - 10, y - 10)
    page.mouse.down()
    page.mouse.move(x + 10, y + 10, steps=3)
    assert of_map(page, "map.lasso.length") == 4
    page.mouse.up()
    page.locator(".said b").wait_for()
    count = int(re.search(r"\d+", page.locator(".said b").inner_text())[0])
    page.locator(".said a").filter(has_text="发起督办").click()
    page.wait_for_url(re.compile("/start"))
    expect(page.locator("form, [data-testid=stForm]").first).to_be_visible()
    listed = page.url.partition("pick=")[2].partition("&")[0].replace("%2C", ",").split(",")
    assert len(listed) == count


def is_over_the_map(page: Page) -> bool:
    """What is said stands inside the map's frame and beside its zoom buttons: in sight wherever the map is."""
    said, stage, zoom = (page.locator(name).bounding_box() for name in (".said", ".stage", ".zoom"))
    assert said
    assert stage
    assert zoom
    inside = (
        stage["x"] <= said["x"]
        and stage["y"] <= said["y"]
        and said["y"] + said["height"] < stage["y"] + stage["height"] / 2
    )
    return inside and said["x"] + said["width"] <= zoom["x"]


def test_the_keyboard_selects_what_is_in_view_and_clears_it(address: str, open_page: Open) -> None:
    page = drawn(open_page(f"{address}/map?on=cases.85"))
    at = of_map(page, "(({X, Y, index}) => [X[index[0]], Y[index[0]]])(map.layers.get('cases').marks)")
    page.evaluate(
        f"([x, y]) => {{ const map = {MAP}.map; Object.assign(map.space, {{x, y, zoom: 18}}); map.draw() }}", at
    )
    page.get_by_role("button", name="框选").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator(".said b")).to_have_text(re.compile("已选 [1-9]"))
    assert is_over_the_map(page)
    page.get_by_role("button", name="清除选择").click()
    assert of_map(page, "map.chosen.length") == 0
    expect(page.locator(".said a")).to_have_count(0)


def test_the_search_flies_to_an_area(address: str, open_page: Open) -> None:
    page = drawn(open_page(f"{address}/map?on=areas.70"))
    zoom = of_map(page, "map.space.zoom")
    page.locator("[data-find]").fill("沙洲镇")
    page.locator("[data-find]").dispatch_event("change")
    page.wait_for_timeout(1200)
    assert of_map(page, "map.space.zoom") > zoom + 1
    expect(page).to_have_url(re.compile("at="))


class Fingers:
    """Touches of a phone's screen, as the browser gets them from the system."""

    def __init__(self, page: Page) -> None:
        self.page, self.session = page, page.context.new_cdp_session(page)

    def send(self, kind: str, *points: tuple[float, float]) -> None:
        touches = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    def slide(self, begin: list[tuple[float, float]], end: list[tuple[float, float]], steps: int = 8) -> None:
        """Move fingers from places to others and lift them."""
        self.send("touchStart", *begin)
        for i in range(1, steps + 1):
            part = i / steps
            at = [(a + (c - a) * part, b + (d - b) * part) for (a, b), (c, d) in zip(begin, end, strict=True)]
            self.send("touchMove", *at)
        self.send("touchEnd")


def test_on_a_phone_one_finger_scrolls_the_page_two_zoom_and_a_tap_opens(address: str, open_page: Open) -> None:
    page = drawn(open_page(f"{address}/map?on=areas.70,cases.85", width=390))
    stage, fingers = page.locator(".stage"), Fingers(page)
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    zoom = of_map(page, "map.space.zoom")
    x, y = middle
    fingers.slide([(x - 20, y), (x + 20, y)], [(x - 90, y), (x + 90, y)])
    page.wait_for_function(f"before => {MAP}.map.space.zoom > before + 1", arg=zoom)
    before = stage.bounding_box()["y"]
    fingers.slide([(x, y)], [(x, y - 150)])
    page.wait_for_timeout(400)
    assert stage.bounding_box()["y"] < before - 60
    box, at = stage.bounding_box(), of_map(page, "map.space.pixel(map.space.x, map.space.y)")
    page.touchscreen.tap(box["x"] + at[0], box["y"] + at[1])
    expect(page.locator(".card h3")).to_be_visible()


def test_on_a_phone_the_page_scrolls_over_the_map(address: str, open_page: Open) -> None:
    page = drawn(open_page(f"{address}/map?on=areas.70,cases.85", width=390))
    assert page.locator(".stage").evaluate("e => getComputedStyle(e).touchAction") == "pan-x pan-y"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    small = page.locator(".bar button, .time button, .zoom button").evaluate_all(
        "all => all.filter(e => e.getBoundingClientRect().height < 44).length"
    )
    assert small == 0


@pytest.mark.parametrize("query", ["lang=en", "embed_options=dark_theme", "size=l"])
def test_the_map_follows_language_theme_and_size(address: str, open_page: Open, page_log: PageLog, query: str) -> None:
    page = drawn(open_page(f"{address}/map?{query}"))
    assert of_map(page, "map.palette.dark") == ("dark" in query)
    expect(page.get_by_role("button", name="Play" if "en" in query.split("=")[1] else "播放")).to_be_visible()
    assert page_log.complaints == []

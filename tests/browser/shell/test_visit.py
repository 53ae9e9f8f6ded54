"""A first visit downloads little, caches it, and shows a screen without layout shifts."""

import re
from collections.abc import Callable
from typing import Literal

import pytest
from playwright.sync_api import Page, Response, WebSocketRoute, expect
from streamlit import config

from bench.visit import WATCH
from cockpit.server.static_files import HASHED
from tests.browser.conftest import PageLog

pytestmark = pytest.mark.slow

DISTRICT, TOWN, VILLAGE = 990101000000, 990101100000, 990101100200
Open = Callable[..., Page]
SHIFT = 0.05
SETTLED = 1_500
"""Milliseconds after the first tile."""


def visited(page: Page, url: str) -> list[Response]:
    """Open a page and give the answers that are files of the program."""
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(url)
    expect(page.locator(".tile").first).to_be_visible()
    page.wait_for_timeout(SETTLED)
    return [answer for answer in answers if re.search(r"/(static|assets)/|favicon", answer.url)]


@pytest.mark.parametrize("area", [DISTRICT, TOWN, VILLAGE])
def test_every_file_of_a_visit_is_compressed_and_immutable(address: str, open_page: Open, area: int) -> None:
    files = visited(open_page("about:blank", at=address, alone=True), f"{address}/?area={area}")
    assert len(files) > 10
    for answer in files:
        headers = answer.all_headers()
        path = answer.url.removeprefix(address)
        assert answer.status == 200, path
        if HASHED.search(path) or path.startswith("/assets/"):
            assert "immutable" in headers["cache-control"], path
        assert headers["vary"] == "Accept-Encoding", path
        if path.endswith((".js", ".css")) and len(answer.body()) > 500:
            assert headers["content-encoding"] in ("br", "gzip"), path


@pytest.mark.parametrize("area", [DISTRICT, TOWN, VILLAGE])
def test_no_cockpit_loads_a_chart_library_or_a_font(address: str, open_page: Open, area: int) -> None:
    files = visited(open_page("about:blank", at=address, alone=True), f"{address}/?area={area}")
    unwanted = re.compile(r"plotly|vega|deck|echarts|katex|\.woff2?$", re.IGNORECASE)
    assert [answer.url for answer in files if unwanted.search(answer.url)] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_comparison_alone_draws_with_plotly_in_the_colours_of_the_theme(
    address: str, open_page: Open, page_log: PageLog, scheme: Literal["light", "dark"]
) -> None:
    page = open_page("about:blank", at=address, alone=True)
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{address}/compare?areas=990101001000,990101101000,990101002000&metric=on_time_rate")
    expect(page.locator(".js-plotly-plot .scatterlayer .trace")).to_have_count(6)
    drawn = page.evaluate(
        """() => {
            const plot = document.querySelector(".js-plotly-plot")
            return plot._fullData.map(trace => [trace.name, trace.line.color, trace.line.dash])
        }"""
    )
    colours = config.get_option(f"theme.{scheme}.chartCategoricalColors")
    assert [colour for _name, colour, _dash in drawn[:3]] == colours[:3]
    assert len({(colour, dash) for _name, colour, dash in drawn}) == 6
    page.locator(".js-plotly-plot .legendtoggle").first.click()
    expect(page.locator(".js-plotly-plot .scatterlayer .trace")).to_have_count(5)
    expect(page.locator(".modebar")).to_have_count(0)
    assert page_log.complaints == []
    assert page_log.foreign(address) == []


def test_the_page_names_ahead_all_that_a_village_loads(address: str, open_page: Open) -> None:
    page = open_page("about:blank", at=address, alone=True)
    files = visited(page, f"{address}/?area={VILLAGE}")
    named = set(page.evaluate("[...document.querySelectorAll('link[href], script[src]')].map(e => e.href || e.src)"))
    late = {answer.url for answer in files} - named
    assert len(late) <= 5, late


@pytest.mark.parametrize("width", [390, 1400])
@pytest.mark.parametrize("area", [DISTRICT, TOWN, VILLAGE])
def test_nothing_moves_on_a_first_visit_and_a_return(address: str, open_page: Open, area: int, width: int) -> None:
    page = open_page("about:blank", at=address, alone=True, width=width)
    page.add_init_script(WATCH)
    for _ in range(2):
        visited(page, f"{address}/?area={area}")
        measured = page.evaluate("window.visit")
        assert measured["shift"] < SHIFT, measured["shifts"]


def test_the_connection_opens_before_the_scripts_run_and_is_the_only_one(address: str, open_page: Open) -> None:
    page = open_page("about:blank", at=address, alone=True)
    page.add_init_script(
        """window.made = []
        window.WebSocket = new Proxy(WebSocket, { construct(Socket, given) {
          window.made.push(document.readyState)
          return new Socket(...given)
        }})"""
    )
    page.goto(f"{address}/?area={VILLAGE}")
    expect(page.locator(".tile").first).to_be_visible()
    assert page.evaluate("window.made") == ["loading"]  # Streamlit's scripts run once the document is read


@pytest.mark.parametrize("times", [1, 2])
def test_a_connection_that_is_closed_at_once_is_made_anew(address: str, open_page: Open, times: int) -> None:
    page = open_page("about:blank", at=address, alone=True)
    left = [None] * times

    def connect(socket: WebSocketRoute) -> None:
        if left:
            left.pop()
            socket.close()
        else:
            socket.connect_to_server()

    page.route_web_socket(re.compile("/_stcore/stream"), connect)
    page.goto(f"{address}/?area={VILLAGE}")
    expect(page.locator(".tile").first).to_be_visible()
    assert left == []


def test_a_map_whose_outlines_do_not_come_holds_up_nothing_else(address: str, open_page: Open) -> None:
    page = open_page("about:blank", at=address, alone=True)
    page.route("**/geo/**", lambda route: None)  # an answer that never comes
    page.goto(f"{address}/?area={DISTRICT}")
    expect(page.locator(".tile").first).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-drawn", "placed")


def test_a_day_of_a_trend_says_what_it_is_and_is_reached_by_the_arrows(address: str, open_page: Open) -> None:
    page = open_page(f"{address}/?area={DISTRICT}&metric=intake")
    days = page.locator(".chart .day")
    expect(days.first).to_be_visible()
    assert page.locator(".chart .day[tabindex='0']").count() == 1
    days.last.focus()
    page.keyboard.press("ArrowLeft")
    label = page.evaluate("""() => {
        let element = document.activeElement
        while (element.shadowRoot) element = element.shadowRoot.activeElement
        return element.ariaLabel
    }""")
    assert label == days.nth(-2).get_attribute("aria-label")
    assert re.match(r"本期 \d{4}-\d\d-\d\d \d", label)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/rows.*metric=intake"))

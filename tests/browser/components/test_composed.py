"""Parts of a composed screen in a real browser: kept, moved, taken away, and one of them broken."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from cockpit.server import assets

pytestmark = pytest.mark.slow
Open = Callable[..., Page]

START = """async url => {
  const all = await import(url)
  const place = document.createElement("div")
  place.id = "tried"
  place.innerHTML = '<div class="root"></div>'
  document.body.append(place)
  const drawn = {}, stopped = []
  const shown = ({ data, key, parentElement }) => {
    const root = parentElement.querySelector(".root")
    if (data.broken) throw new Error("broken")
    drawn[key] = (drawn[key] ?? 0) + 1
    if (root.textContent !== data.text) root.innerHTML = `<button>${data.text}</button>`
    return () => stopped.push(key)
  }
  let arrive
  const rest = new Promise(done => { arrive = () => done({ late: shown }) })
  const packed = async content => new Uint8Array(await new Response(new Blob([JSON.stringify(content)]).stream()
    .pipeThrough(new CompressionStream("deflate"))).arrayBuffer())
  const draw = data => all.composed({ data, parentElement: place, first: { shown }, rest })
  window.tried = { drawn, stopped, arrive, draw: async (...screens) => {
    const given = await Promise.all(screens.map(parts => packed({ failed: "failed", parts })))
    await Promise.all(given.map(draw))
  } }
}"""


@pytest.fixture
def page(address: str, open_page: Open) -> Page:
    page = open_page(address)
    page.wait_for_selector("html[data-drawn=whole]", state="attached")
    page.evaluate(START, assets.url(assets.FIRST))
    return page


def draw(page: Page, *parts: dict[str, Any]) -> None:
    page.evaluate("parts => tried.draw(parts)", list(parts))


def shown(key: str, text: str = "", **data: Any) -> dict[str, Any]:
    return {"component": data.pop("component", "shown"), "key": key, "data": {"text": text or key, **data}}


def test_what_stays_keeps_its_element_and_focus_while_others_come_and_go(page: Page) -> None:
    draw(page, {"html": "<p>head</p>"}, {"group": "panel-x", "parts": [shown("a"), shown("b")]})
    kept = page.locator("#tried .st-key-b button")
    kept.focus()
    kept.evaluate("button => { button.marked = true }")
    draw(page, {"html": "<p>head</p>"}, {"html": "<p>new</p>"}, {"group": "panel-x", "parts": [shown("c"), shown("b")]})
    assert kept.evaluate("button => button.marked && button.getRootNode().activeElement === button")
    expect(page.locator("#tried .st-key-panel-x > .part")).to_have_count(2)
    expect(page.locator("#tried > .root")).to_contain_text("new")
    assert page.evaluate("tried.stopped") == ["a"]
    draw(page, {"html": "<p>head</p>"})
    assert page.evaluate("tried.stopped") == ["a", "c", "b"]
    assert page.locator("#tried .part").count() == 0


def test_one_broken_part_says_so_and_leaves_the_others(page: Page) -> None:
    draw(page, shown("a", broken=True), shown("b"))
    expect(page.locator("#tried .st-key-a [role=alert]")).to_have_text("failed")
    expect(page.locator("#tried .st-key-b")).to_have_text("b")
    draw(page, shown("a", "well again"), shown("b"))
    expect(page.locator("#tried .st-key-a")).to_have_text("well again")


def test_a_program_that_comes_late_draws_the_newest_data_once(page: Page) -> None:
    draw(page, shown("a", "old", component="late"), shown("b"))
    draw(page, shown("a", "new", component="late"), shown("b"))
    expect(page.locator("#tried .st-key-b")).to_have_text("b")
    page.evaluate("tried.arrive()")
    expect(page.locator("#tried .st-key-a")).to_have_text("new")
    assert page.evaluate("tried.drawn.a") == 1


def test_the_newest_of_two_screens_wins(page: Page) -> None:
    page.evaluate(
        "([large, small]) => tried.draw(large, small)",
        [[shown(f"p{i}", "x" * 20_000) for i in range(200)], [shown("last")]],
    )
    expect(page.locator("#tried .part")).to_have_count(1)
    expect(page.locator("#tried .st-key-last")).to_have_text("last")


def test_two_of_one_name_are_both_shown(page: Page) -> None:
    for _time in range(2):
        draw(page, shown("a", "one"), shown("a", "other"))
        expect(page.locator("#tried > .root")).to_have_text("oneother")


def test_a_component_of_an_unknown_name_says_so(page: Page) -> None:
    page.evaluate("tried.arrive()")
    draw(page, shown("a", component="nowhere"), shown("b"))
    expect(page.locator("#tried .st-key-a [role=alert]")).to_have_text("failed")
    expect(page.locator("#tried .st-key-b")).to_have_text("b")

"""What a screen says by colour and place alone: it stays in forced colours, and nothing covers it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.slow

Open = Callable[..., Page]
AREAS = ("", "&area=990101001000", "&area=990101005000")
SEEN = """bars => bars.map(bar => {
  const { borderTopWidth, backgroundColor } = getComputedStyle(bar), app = document.querySelector("[data-testid=stApp]")
  const none = ["rgba(0, 0, 0, 0)", getComputedStyle(app).backgroundColor]
  return parseFloat(borderTopWidth) > 0 || !none.includes(backgroundColor)
})"""
COVERED = """menu => {
  const box = menu.getBoundingClientRect()
  const shadows = [...document.querySelectorAll(".part")].map(part => part.shadowRoot)
  const lines = shadows.find(shadow => shadow?.querySelector(".lines"))
  const shown = [...lines.querySelectorAll("a, summary")].filter(one => !one.closest("details:not([open]) > ul"))
  return shown.filter(one => {
    const own = one.getBoundingClientRect()
    return own.width && own.right > box.left && own.left < box.right && own.bottom > box.top && own.top < box.bottom
  }).map(one => one.textContent)
}"""


def test_bars_are_seen_in_forced_colours(address: str, open_page: Open) -> None:
    page = open_page("about:blank", alone=True, at=address)
    page.emulate_media(forced_colors="active")
    page.goto(address)
    for bars in (".bar .track i, .pick .track i", "td.value .bar"):
        page.locator(bars).first.wait_for(state="attached")
        seen = page.locator(bars).evaluate_all(SEEN)
        assert seen, bars
        assert all(seen), bars


@pytest.mark.parametrize("size", ["m", "l"])
def test_the_menu_of_what_to_look_at_today_covers_nothing(address: str, open_page: Open, size: str) -> None:
    page = open_page("about:blank", at=address)
    for area in AREAS:
        page.goto(f"{address}/?size={size}{area}")
        expect(page.locator("html")).to_have_attribute("data-drawn", "whole")
        assert page.locator("[class*=st-key-panel-] .panel-menu").first.evaluate(COVERED) == [], area

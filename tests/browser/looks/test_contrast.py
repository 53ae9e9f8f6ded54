"""Every text has a contrast of at least 4.5 to 1, on every page, in light and dark."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.slow

Open = Callable[..., Page]
PAGES = ("", "rows", "passport", "why", "dictionary", "data", "reports")
LEAST = 4.5

# Contrast as WCAG 2.2 defines it; shadow roots included, drawings (SVG) not.
FAINT = """least => {
  const light = c => { const f = v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4
                       return .2126 * f(c[0]) + .7152 * f(c[1]) + .0722 * f(c[2]) }
  const parse = text => { const m = text.match(/[\\d.]+/g)?.map(Number)
                          return m && text.startsWith("rgb") ? [...m.slice(0, 3), m[3] ?? 1] : null }
  const above = e => e.parentElement || e.getRootNode().host
  const mix = (over, under, a) => under.map((u, i) => u * (1 - a) + over[i] * a)
  const ground = e => { const layers = []
    for (let c; e && c?.[3] !== 1; e = above(e)) {
      c = parse(getComputedStyle(e).backgroundColor)
      if (c?.[3]) layers.unshift(c)
    }
    return layers.reduce((under, c) => mix(c, under, c[3]), [255, 255, 255]) }
  const seen = [], faint = []
  const walk = root => { for (const e of root.querySelectorAll("*")) {
    if (e.shadowRoot) walk(e.shadowRoot)
    const text = [...e.childNodes].filter(n => n.nodeType === 3).map(n => n.textContent.trim()).join("")
    const colour = parse(getComputedStyle(e).color)
    if (!text || !colour || e.closest("svg") || !e.getClientRects().length) continue
    let opacity = colour[3]
    for (let n = e; n; n = above(n)) opacity *= Number(getComputedStyle(n).opacity)
    const under = ground(e), [a, b] = [light(mix(colour, under, opacity)), light(under)].sort((x, y) => y - x)
    seen.push(text)
    if ((a + .05) / (b + .05) < least) faint.push(`${e.localName}.${e.className}: ${text.slice(0, 30)}`)
  } }
  walk(document)
  return { seen: seen.length, faint }
}"""


@pytest.mark.parametrize("theme", ["", "embed_options=dark_theme"], ids=["light", "dark"])
def test_every_text_can_be_read(address: str, open_page: Open, theme: str) -> None:
    page = open_page(f"{address}/?{theme}")
    for name in PAGES:
        page.goto(f"{address}/{name}?kind=ledger&{theme}")
        page.locator(".crumbs b").wait_for()
        page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
        measured = page.evaluate(FAINT, LEAST)
        assert measured["seen"] > 20
        assert measured["faint"] == [], name


def test_a_faint_text_is_found(open_page: Open) -> None:
    page = open_page("about:blank", sign_in=False)
    page.set_content("<p style='color:#999;background:#fff'>faint</p><p style='color:#000;background:#fff'>strong</p>")
    assert page.evaluate(FAINT, LEAST) == {"seen": 2, "faint": ["p.: faint"]}

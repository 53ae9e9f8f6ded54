"""Layout of every page of the register at several sizes: no text over another, cut off, or outside of the page."""

import pytest
from playwright.sync_api import Browser

from tests.browser.looks.every_page import DEEP, Open, queries, shown

pytestmark = pytest.mark.slow

SIZES = ((3840, 2160), (1400, 900), (390, 844))
"""Width and height in pixels: a wall's screen, a desk's, a phone's."""
UNREADABLE = (
    "() => {"
    + DEEP
    + r"""
  const above = e => e.parentElement || e.getRootNode().host
  const chain = e => { const up = []; for (let p = e; p; p = above(p)) up.push(p); return up }
  const isSeen = e => e.checkVisibility({ opacityProperty: true, visibilityProperty: true })
  const clips = e => /auto|scroll|hidden|clip/.test(getComputedStyle(e).overflow) && !e.matches("body, html")
  const isFixed = e => chain(e).some(p => /fixed|sticky/.test(getComputedStyle(p).position))
  const clipped = (e, box) => {                                  // the part of a box that its scrolling parents show
    let { left, right, top, bottom } = box
    for (const p of chain(e)) {
      if (getComputedStyle(p).position === "fixed") break
      if (!clips(p)) continue
      const q = p.getBoundingClientRect()
      left = Math.max(left, q.left), right = Math.min(right, q.right)
      top = Math.max(top, q.top), bottom = Math.min(bottom, q.bottom)
    }
    return right - left > 2 && bottom - top > 2 ? { left, right, top, bottom } : null
  }
  const textNodes = e => [...e.childNodes].filter(n => n.nodeType === 3 && n.textContent.trim())
  const readable = all.filter(e => !e.matches("script, style, title, noscript, option, textarea")
    && e.clientWidth !== 1 && textNodes(e).length && isSeen(e))       // one pixel wide: for screen readers
  const boxes = readable.flatMap(e => textNodes(e).flatMap(n => {
    const range = document.createRange()
    range.selectNodeContents(n)
    return [...range.getClientRects()].filter(r => r.width > 3 && r.height > 3).map(r => ({
      e, fixed: isFixed(e), words: n.textContent.trim().slice(0, 24), height: r.height, box: clipped(e, r) }))
  })).filter(t => t.box).sort((a, b) => a.box.top - b.box.top)
  const faults = []
  boxes.forEach((a, i) => {
    for (let j = i + 1; j < boxes.length && boxes[j].box.top < a.box.bottom; j++) {
      const b = boxes[j]
      if (a.e === b.e || a.fixed !== b.fixed) continue
      const wide = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left)
      const high = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top)
      if (wide > 3 && high > Math.min(a.height, b.height) * .35) faults.push(`${a.words} over ${b.words}`)
    }
  })
  const width = document.documentElement.clientWidth
  for (const t of boxes) if (t.box.right > width + 1 || t.box.left < -1) faults.push(`${t.words} outside`)
  const isCut = e => /hidden|clip/.test(getComputedStyle(e).overflowX) && e.scrollWidth > e.clientWidth + 1
  const isSaid = e => chain(e).some(p => p.title || p.ariaLabel) || e.querySelector("[title]")
  for (const e of readable) if (isCut(e) && !isSaid(e)) faults.push(`${e.textContent.trim().slice(0, 40)} cut`)
  return [...new Set(faults)].slice(0, 6) }"""
)


@pytest.mark.timeout(600)
def test_all_text_of_every_page_can_be_read(address: str, signed_in: Open) -> None:
    """In English and in large type, which need the most room."""
    page = signed_in("leader", "light").new_page()
    faulty = {}
    for _name, path in list(queries(page, address, "leader")):
        page.set_viewport_size({"width": 1400, "height": 900})
        shown(page, f"{address}/{path}{'&' if '?' in path else '?'}lang=en&size=l")
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(400)  # drawings follow the width after a pause
            if faults := page.evaluate(UNREADABLE):
                faulty[f"{path} {width}"] = faults
    assert faulty == {}


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ("<p>one</p><p style='margin-top: -1.9em'>two</p>", ["one over two"]),
        ("<p style='margin-left: -20px'>left</p>", ["left outside"]),
        ("<p style='width: 40px; overflow: hidden; white-space: nowrap'>too long a name</p>", ["too long a name cut"]),
        ("<p style='width: 40px; overflow: hidden; white-space: nowrap' title='whole'>too long a name</p>", []),
        ("<h2 style='width: 1px; overflow: hidden; white-space: nowrap'>for screen readers</h2>", []),
        ("<p>one</p><p>two</p>", []),
    ],
)  # fmt: skip
def test_faults_of_layout_are_found(browser: Browser, html: str, found: list[str]) -> None:
    page = browser.new_page()
    page.set_content(html)
    assert page.evaluate(UNREADABLE) == found
    page.close()

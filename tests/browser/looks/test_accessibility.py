"""Accessibility of every page of the register: axe-core, headings, reflow, and the keyboard, for each role."""

import pytest
from playwright.sync_api import Browser, Page, expect

from cockpit.access import pages as register
from cockpit.access.policy import MATRIX, Grants, Held
from data.desk.identity.roles import ROLES
from data.probe.checks import axe
from tests.browser.looks.every_page import DEEP, FOUND, Open, queries, shown

pytestmark = pytest.mark.slow

CORNERS = (("zh", "light", 1400), ("en", "dark", 390))
"""Each language, each colour scheme and each width once."""
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
RUN = f"""axe.run(document, {{ runOnly: {list(RULES)}, resultTypes: ["violations"], elementRef: false }}).then(found =>
    found.violations.filter(v => ["serious", "critical"].includes(v.impact)).map(v =>
        v.id + ": " + v.nodes.slice(0, 3).map(n =>
            n.target.flat().at(-1) + " " + n.failureSummary.slice(0, 160)).join("; ")))"""

HEADINGS = (
    "() => {"
    + DEEP
    + """
  return all.filter(e => e.localName === "h1" && e.getClientRects().length).map(e => e.textContent.trim()) }"""
)
WIDER = (
    "() => {"
    + DEEP
    + """
  const width = document.documentElement.clientWidth, above = e => e.parentElement || e.getRootNode().host
  const cut = e => { for (let p = above(e); p; p = above(p))
    if (/auto|scroll|hidden|clip/.test(getComputedStyle(p).overflowX) && p.dataset.testid !== "stMain") return true
    return false }
  const main = document.querySelector('[data-testid="stMain"]')
  const wide = all.filter(e => e.getBoundingClientRect().right > width + 1 && e.getBoundingClientRect().width
    && getComputedStyle(e).visibility === "visible" && !e.closest("svg") && !cut(e))
  if (document.documentElement.scrollWidth > width || main.scrollWidth > main.clientWidth) wide.push(main)
  return wide.slice(0, 5).map(e => `${e.localName}.${e.className} ${e.textContent.trim().slice(0, 30)}`) }"""
)
FOCUSED = """() => {
  let e = document.activeElement
  while (e?.shadowRoot?.activeElement) e = e.shadowRoot.activeElement
  if (!e || e === document.body) return null
  const style = getComputedStyle(e), box = e.getBoundingClientRect()
  const top = e.getRootNode().elementFromPoint(box.left + box.width / 2, box.top + box.height / 2)
  const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2
  const drawn = e.closest(".root")?.querySelector(".over")?.getAttribute("d")            // an area of a map
  return {
    name: `${e.localName}.${e.getAttribute("class") ?? ""} ${(e.textContent || e.ariaLabel || "").trim().slice(0, 30)}`,
    visible: Boolean(outlined || drawn),
    uncovered: Boolean(top && (top === e || e.contains(top) || top.contains(e) || e.matches("svg *"))),
    inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  }
}"""
MOVES = (
    "() => {"
    + DEEP
    + """
  const lasts = text => Math.max(...text.split(",").map(parseFloat)) > .01
  const moves = s => lasts(s.transitionDuration) || s.animationName !== "none" && lasts(s.animationDuration)
  return all.map(e => [e, getComputedStyle(e)]).filter(([, s]) => moves(s)).slice(0, 5).map(([e, s]) =>
    `${e.localName}.${e.getAttribute("class") ?? ""} ${s.transitionDuration} ${s.animationName}`) }"""
)
MOVING = ("cockpit", "rows", "case", "map", "inbox", "compare", "why", "tiles")
"""Pages with drawings, menus and lists of every kind."""
MOST_STOPS = 400


def faults(page: Page) -> list[str]:
    """What axe-core finds serious or critical, and headings of the first level that are missing or too many."""
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(f"{axe.script()};0")
    headings = page.evaluate(HEADINGS)
    lines: list[str] = page.evaluate(RUN)
    return lines if len(headings) == 1 else [*lines, f"headings of the first level: {headings}"]


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("language", "scheme", "width"), CORNERS)
@pytest.mark.parametrize("role", ROLES)
def test_axe_finds_nothing_serious_on_any_page(
    address: str, signed_in: Open, role: str, language: str, scheme: str, width: int
) -> None:
    """Every page as the leader; as the others the first page, and those that a leader may not open."""
    faulty: dict[str, list[str]] = {}
    page = signed_in(role, scheme).new_page()
    page.set_default_timeout(30_000)
    page.set_viewport_size({"width": width, "height": 900})
    opened = set()
    for name, path in list(queries(page, address, role)):
        if role != "leader" and name not in own_pages(role):
            continue
        shown(page, f"{address}/{path}{'&' if '?' in path else '?'}lang={language}")
        opened.add(name)
        if violations := faults(page):
            faulty[f"{name} {path}"] = violations
    assert len(opened) >= (len(register.PAGES) - len(FOUND) if role == "leader" else 1)
    assert faulty == {}


def own_pages(role: str) -> set[str]:
    """The first page of a role, and those that a leader may not open."""
    rights = MATRIX[role] - MATRIX["leader"]
    own = {page.name for page in register.PAGES.values() if page.right in rights}
    return own | {register.landing(Grants((Held(role, 0, 1),)))}


@pytest.mark.timeout(600)
def test_no_page_is_wider_than_320_pixels(address: str, signed_in: Open) -> None:
    """In English, whose words are the longer ones."""
    page = signed_in("leader", "light").new_page()
    too_wide: dict[str, list[str]] = {}
    for _name, path in list(queries(page, address, "leader")):
        page.set_viewport_size({"width": 1400, "height": 900})
        shown(page, f"{address}/{path}{'&' if '?' in path else '?'}lang=en")
        for width in (640, 320):  # 1280 pixels at 200 % and at 400 %
            page.set_viewport_size({"width": width, "height": 600})
            page.wait_for_timeout(300)
            if wide := page.evaluate(WIDER):
                too_wide[f"{path} {width}"] = wide
    assert too_wide == {}


@pytest.mark.timeout(300)
def test_no_page_moves_for_who_asked_for_less_motion(address: str, signed_in: Open) -> None:
    page = signed_in("leader", "light").new_page()
    moving: dict[str, list[str]] = {}
    for name, path in list(queries(page, address, "leader")):
        if name in MOVING and (found := shown(page, f"{address}/{path}").evaluate(MOVES)):
            moving[path] = found
    assert moving == {}


COMPARED = "compare?areas=990101001000,990101002000"


@pytest.mark.parametrize(
    "path", ["", "rows?metric=backlog", "sites", "tiles", "reports", "why?metric=backlog", "map", "inbox", COMPARED]
)
def test_the_keyboard_reaches_everything_visibly(address: str, signed_in: Open, path: str) -> None:
    page = shown(signed_in("leader", "light").new_page(), f"{address}/{path}")
    stops: list[str] = []
    hidden = []
    for _press in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUSED)
        if stop is None or (len(stops) > 1 and stop["name"] == stops[0]):
            break
        stops.append(stop["name"])
        if not (stop["visible"] and stop["uncovered"] and stop["inside"]):
            hidden.append(stop)
    assert hidden == []
    assert len(stops) > 15
    assert len(stops) < MOST_STOPS, "the keyboard does not come out of something"


def test_the_skip_link_leads_past_the_header(address: str, signed_in: Open) -> None:
    page = shown(signed_in("leader", "light").new_page(), f"{address}/")
    page.keyboard.press("Tab")
    expect(page.get_by_test_id("stSkipToContent")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.st-key-header') === null")
    assert page.url.startswith(f"{address}/")


def test_escape_closes_a_menu_and_returns_the_focus(address: str, signed_in: Open) -> None:
    page = shown(signed_in("leader", "light").new_page(), f"{address}/")
    menu = page.locator("details.menu").first
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(menu).to_have_attribute("open", "")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(menu.locator("summary")).to_be_focused()


def test_a_serious_fault_is_found(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content("<html lang=en><title>t</title><main><h1>One</h1><h1>Two</h1><img src=data:,></main>")
    lines = faults(page)
    page.close()
    assert any(text.startswith("image-alt") for text in lines)
    assert any("['One', 'Two']" in text for text in lines)

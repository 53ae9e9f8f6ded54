"""Every page of the register, as a role opens it, and the elements of a page with those of its shadow roots."""

from collections.abc import Callable, Iterator

from playwright.sync_api import BrowserContext, Page

from cockpit.access import pages as register
from data.desk.identity.roles import BUSINESS

QUERIES = {
    "cockpit": ("", "?metric=on_time_rate", "?area=990101001000", "?area=990101001001", "?topic=services"),
    "rows": ("?metric=backlog",),
    "why": ("?metric=backlog", "?metric=on_time_rate"),
    "passport": ("?metric=on_time_rate",),
    "search": ("?q=路",),
    "compare": ("", "?areas=990101001000,990101002000"),
    "start": ("?kind=order", "?kind=event&area=990101001001"),
}
"""What a page is opened with; every other page is opened by its name alone."""
FOUND = {
    "case": ("rows?metric=intake", "td.lead a"),
    "site": ("sites", "td.lead a"),
    "item": ("inbox?show=all", 'a[href^="/item?"]'),
}
"""Pages of one row, the list that leads there, and the first of its ways there."""
DEEP = """const all = []
  const walk = root => { for (const e of root.querySelectorAll("*")) {
    all.push(e)
    if (e.shadowRoot) walk(e.shadowRoot)
  } }
  walk(document)"""
Open = Callable[[str, str], BrowserContext]
"""Signs in a role with a colour scheme."""


def shown(page: Page, url: str) -> Page:
    """The page, drawn whole."""
    page.goto(url)
    page.wait_for_selector("html[data-drawn=whole]", state="attached")
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
    return page


def queries(page: Page, address: str, role: str) -> Iterator[tuple[str, str]]:
    """Each page of the register, with what it is opened with."""
    for name in register.PAGES:
        path = "" if name == register.FIRST else name
        if name not in FOUND:
            yield from ((name, f"{path}{query}") for query in QUERIES.get(name, ("",)))
        elif role in BUSINESS:
            path, way = FOUND[name]
            href = shown(page, f"{address}/{path}").locator(way)
            if href.count():
                yield name, (href.first.get_attribute("href") or "").lstrip("/")

"""Printed pages: few, none half empty, no heading at the end of a page, no lines of a list alone on one."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.slow

HEIGHT = 595.0
"""Of A4 landscape, in points."""
FULL = 0.5
"""A page that another follows is filled to this share of its height at least."""
LEAST = 4
"""Lines of a page after another: one bar, one row or one card of a list does not stand alone."""
HEADINGS = """() => {
  const all = []
  const walk = root => root.querySelectorAll("*").forEach(e => { all.push(e); if (e.shadowRoot) walk(e.shadowRoot) })
  walk(document)
  const seen = e => e.getClientRects().length && getComputedStyle(e).clipPath === "none"
  return all.filter(e => /^h[1-4]$/.test(e.localName) && seen(e))
    .map(e => e.textContent.trim()).filter(Boolean)
}"""
SCREENS = {
    "": 3, "?metric=on_time_rate": 3, "?metric=overdue_open&lang=en": 3, "?area=990101100000": 2,
    "?area=990101100201": 3, "?area=990101100201&sheet=publicity": 2, "?topic=services": 4,
    "?area=990101100201&lang=en": 3, "?topic=services&lang=en": 4, "?topic=events": 4,
    "?topic=events&area=990101100000&lang=en": 4, "?topic=hotline": 4, "?topic=data_sharing": 4,
    "passport?metric=on_time_rate": 2,
    "why?metric=backlog": 8, "rows?metric=overdue_open": 4, "sites": 3, "compare?areas=990101100000,990101101000": 2,
    "dictionary": 10, "alerts": 2, "inbox": 2, "?topic=market": 3, "?topic=sites_and_apps": 3, "data": 6,
}  # fmt: skip
"""Addresses, and of how many pages each is at most."""


def printed(page: Page, file: Path) -> list[list[tuple[float, str]]]:
    """The lines of each printed page: lower edge as a share of the page's height, and text, from the top down."""
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.pdf(path=str(file), prefer_css_page_size=True)
    html = subprocess.run(
        ["pdftotext", "-bbox-layout", str(file), "-"], capture_output=True, check=True
    ).stdout.decode()  # fmt: skip
    pages = []
    for sheet in html.split("<page ")[1:]:
        lines = []
        for line in re.findall(r"<line [^>]*?yMax=\"([\d.]+)\">(.*?)</line>", sheet, re.DOTALL):
            words = re.findall(r"<word[^>]*>(.*?)</word>", line[1])
            lines.append((float(line[0]) / HEIGHT, "".join(words).replace("&amp;", "&")))
        pages.append(sorted(lines))
    return pages


@pytest.mark.parametrize(("path", "most"), SCREENS.items())
def test_a_printed_screen_is_composed(
    address: str, open_page: Callable[..., Page], tmp_path: Path, path: str, most: int
) -> None:
    page = open_page(f"{address}/{path}")
    page.wait_for_selector("html[data-drawn=whole]", state="attached")
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
    headings = {re.sub(r"\s", "", text) for text in page.evaluate(HEADINGS)}
    pages = printed(page, tmp_path / "screen.pdf")
    assert 1 <= len(pages) <= most
    for number, lines in enumerate(pages, 1):
        assert lines, f"page {number} is empty"
        bottom, last = lines[-1]
        assert re.sub(r"\s", "", last) not in headings, f"page {number} ends with a heading"
        assert number == 1 or len(lines) >= LEAST, f"page {number} has {len(lines)} lines alone"
        assert number == len(pages) or bottom > FULL, f"page {number} ends at {bottom:.0%}"

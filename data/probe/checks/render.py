"""A page as a browser shows it: its HTML after the scripts ran, a picture of it, and the faults that axe-core finds."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from data.probe.checks import axe
from data.probe.checks.axe import Fault
from data.probe.checks.browser import NotOpened, Tab, Unseen, tab

SECONDS, AUDIT_SECONDS = 12.0, 15.0
"""Limits for a page, and for axe-core."""
FILLING = 5.0
"""Seconds that a page's scripts have to show something."""
LOOK_SECONDS = 0.25
MOST_BYTES = 5_000_000
MOST_PICTURE, QUALITIES = 150_000, (40, 10)
"""Bytes of a picture; one that is larger is made again with less quality, or not kept."""
HTML = f"document.documentElement.outerHTML.slice(0, {MOST_BYTES})"


@dataclass(frozen=True)
class Rendered:
    """picture: WebP, empty where there is none of a bearable size. faults: None where axe-core did not look.

    status: of HTTP, 0 if unknown. visible: something is to be seen. error: why the browser did not open it.
    """

    html: bytes
    picture: bytes = b""
    faults: tuple[Fault, ...] | None = None
    status: int = 0
    visible: bool = False
    error: str = ""

    @property
    def is_open(self) -> bool:
        """Whether a citizen sees the page."""
        return self.visible and self.status < 400 and not self.error


Render = Callable[[str, Mapping[str, str], bool], Awaitable[Rendered | None]]
"""Shows a URL, hosts at their checked addresses, with axe-core if wanted; None if it cannot be known."""


def renderer(chromium: str) -> Render:
    """Renders one page at a time: a browser is heavy. chromium: the program, and flags of its own behind it."""
    one = asyncio.Lock()

    async def render(url: str, addresses: Mapping[str, str], audit: bool) -> Rendered | None:
        async with one:
            try:
                async with asyncio.timeout(SECONDS + AUDIT_SECONDS), tab(chromium, addresses) as page:
                    return await _render(page, url, audit and bool(axe.script()))
            except NotOpened as error:
                return Rendered(b"", error=str(error))
            except (Unseen, TimeoutError):
                return None

    return render


async def _render(page: Tab, url: str, audit: bool) -> Rendered:
    async with asyncio.timeout(SECONDS):
        until = time.monotonic() + FILLING
        await page.open(url, FILLING)
        while not await _is_visible(page) and time.monotonic() < until:
            await asyncio.sleep(LOOK_SECONDS)
        state = await page.state()
        html = str(await page.says(HTML)).encode("utf-8", "replace")
    shown = Rendered(html, status=int(state["status"]), visible=bool(state["visible"]))
    try:
        async with asyncio.timeout(AUDIT_SECONDS):
            shown = replace(shown, picture=await _picture(page))
            return replace(shown, faults=await _faults(page) if audit else None)
    except (Unseen, TimeoutError):
        return shown


async def _is_visible(page: Tab) -> bool:
    """A page that leads on just now shows nothing yet."""
    try:
        return bool((await page.state())["visible"])
    except Unseen:
        return False


async def _picture(page: Tab) -> bytes:
    for quality in QUALITIES:
        picture = await page.picture(quality)
        if len(picture) <= MOST_PICTURE:
            return picture
    return b""


async def _faults(page: Tab) -> tuple[Fault, ...]:
    await page.says(f"{axe.script()}; 0")
    return tuple(Fault.of(row) for row in await page.says(axe.RUN))

"""A page as a browser shows it: its HTML after the scripts ran, a picture of it, and the faults that axe-core finds."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from data.probe import axe
from data.probe.axe import Fault
from data.probe.browser import Tab, Unseen, tab

SECONDS, AUDIT_SECONDS = 12.0, 15.0
"""For a page, and for axe-core beside."""
FILLING = 5.0
"""Seconds that a page's scripts have to show something."""
LOOK_SECONDS = 0.25
MOST_BYTES = 5_000_000
MOST_PICTURE, QUALITIES = 150_000, (40, 10)
"""Bytes of a picture; one that is larger is made again with less quality, or not kept."""
TEXT = "document.body ? document.body.innerText.trim().length : 0"
HTML = f"document.documentElement.outerHTML.slice(0, {MOST_BYTES})"


@dataclass(frozen=True)
class Rendered:
    """picture: WebP, empty where there is none of a bearable size. faults: None where axe-core did not look."""

    html: bytes
    picture: bytes = b""
    faults: tuple[Fault, ...] | None = None


Render = Callable[[str, Mapping[str, str], bool], Awaitable[Rendered | None]]
"""Shows a URL, hosts at their checked addresses, with axe-core if that is wanted; None if there is no telling."""


def renderer(chromium: str) -> Render:
    """Renders one page at a time: a browser is heavy. chromium: the program, and flags of its own behind it."""
    one = asyncio.Lock()

    async def render(url: str, addresses: Mapping[str, str], audit: bool) -> Rendered | None:
        async with one:
            try:
                async with asyncio.timeout(SECONDS + AUDIT_SECONDS), tab(chromium, addresses) as seen:
                    return await _look(seen, url, audit and bool(axe.script()))
            except (Unseen, TimeoutError):
                return None

    return render


async def _look(seen: Tab, url: str, audit: bool) -> Rendered:
    async with asyncio.timeout(SECONDS):
        until = time.monotonic() + FILLING
        await seen.open(url, FILLING)
        while not await _has_text(seen) and time.monotonic() < until:
            await asyncio.sleep(LOOK_SECONDS)
        html = str(await seen.says(HTML)).encode("utf-8", "replace")
    picture = b""
    try:
        async with asyncio.timeout(AUDIT_SECONDS):
            picture = await _picture(seen)
            faults = await _faults(seen) if audit else None
    except (Unseen, TimeoutError):
        return Rendered(html, picture)
    return Rendered(html, picture, faults)


async def _has_text(seen: Tab) -> bool:
    """A page that leads on just now has none yet."""
    try:
        return bool(await seen.says(TEXT))
    except Unseen:
        return False


async def _picture(seen: Tab) -> bytes:
    for quality in QUALITIES:
        picture = await seen.picture(quality)
        if len(picture) <= MOST_PICTURE:
            return picture
    return b""


async def _faults(seen: Tab) -> tuple[Fault, ...]:
    await seen.says(f"{axe.script()}; 0")
    return tuple(Fault.of(told) for told in await seen.says(axe.RUN))

"""What the time-and-space map costs: its columns on the server, its first picture and its frames in Chromium.

    python -m bench.timemap [--cases 100000] [--home FOLDER]

Serves the demo district and opens the map with villages, towns, hexagons, cases and sites, WebGL in software, so that
Canvas 2D draws. The browser has the program's files already. Figures are medians of several visits; seconds and
frames include the processor time of server and browser on this machine.
"""

import argparse
import statistics
import time
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from bench.support.district import district
from bench.support.served import Served, served
from cockpit.access.visitors import COOKIE
from cockpit.screens.timemap.layers import OURS
from data.editions.edition import Edition
from metrics.areas import root
from metrics.catalog import load as load_catalog
from metrics.mapping.bins import MOST_POINTS, bins
from metrics.mapping.layers import load
from metrics.mapping.marks import marks

FLAGS = ("--no-sandbox", "--use-angle=swiftshader", "--disable-background-networking", "--disable-dev-shm-usage")
LAYERS = "areas.70,villages.60,hexagons.70,cases.85,sites.85"
SIZES = ((1280, 800), (390, 800))
VISITS = 3
PLAYED_SECONDS = 6.0
MAP = "[...document.querySelectorAll('*')].map(e => e.shadowRoot?.querySelector('.root')).find(r => r?.map)"
DRAWN = f"""() => {{
  const root = {MAP}
  return root?.map.window && !root.hasAttribute("data-loading") && root.map.layers.size >= root.map.state.on.size
}}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--home", type=Path, default=Path("var/bench"))
    options = parser.parse_args()
    home, edition_id = district(options.home, options.cases)
    _columns(Edition(home, edition_id))
    with served(home) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        for width, height in SIZES:
            _visits(browser, server, width, height)
        browser.close()


def _columns(edition: Edition) -> None:
    """The processor time of making the columns of all cases, once an edition and area."""
    place = root(edition)
    layer = load(load_catalog(), OURS)["cases"]
    wall, processor = time.perf_counter(), time.process_time()
    found = marks(edition.scoped(((place.code, place.end),)), place.code, layer)
    what = f"columns of {len(found):,} cases"
    if len(found) > MOST_POINTS:
        bins(found)
        what += " and their counts by hexagon"
    print(f"{what}: {time.perf_counter() - wall:.2f} s, {time.process_time() - processor:.2f} s of processor time")


def _visits(browser: Browser, server: Served, width: int, height: int) -> None:
    (viewer,) = server.viewers(1, ("district",))
    is_phone = width < height
    context = browser.new_context(viewport={"width": width, "height": height}, has_touch=is_phone, is_mobile=is_phone)
    context.add_cookies([{"name": COOKIE, "value": viewer.token, "url": viewer.address}])
    address = f"{viewer.address}/map?on={LAYERS}"
    measured = [_visit(context, address) for _ in range(VISITS + 1)][1:]  # the first one loads the program
    seconds, fetched, socket, frames, milliseconds, heap = (
        statistics.median(values) for values in zip(*measured, strict=True)
    )
    print(
        f"{width} px: drawn after {seconds:.2f} s; {fetched / 1e3:.0f} kB by URL, {socket / 1e3:.1f} kB by websocket; "
        f"{frames:.0f} frames a second, {milliseconds:.1f} ms each; heap {heap / 1e6:.0f} MB"
    )
    context.close()


def _visit(context: BrowserContext, address: str) -> tuple[float, float, float, float, float, float]:
    """Seconds, bytes by URL and websocket, frames a second, milliseconds a frame, bytes of heap."""
    page = context.new_page()
    line = _Line(page)
    began = time.perf_counter()
    page.goto(address)
    page.wait_for_function(DRAWN, timeout=120_000)
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    seconds = time.perf_counter() - began
    frames, milliseconds = _play(page)
    heap = line.heap()
    page.close()
    return seconds, line.fetched, line.socket, frames, milliseconds, heap


def _play(page: Page) -> tuple[float, float]:
    """Frames a second and median milliseconds of a frame while half a year is played."""
    script = f"""seconds => new Promise(done => {{
      const map = {MAP}.map, times = [], frame = map.frame.bind(map)
      map.frame = () => {{ const began = performance.now(); frame(); times.push(performance.now() - began) }}
      map.part("[data-set=speed]").value = "fast"
      map.state.day = map.last - 200
      map.play(true)
      setTimeout(() => {{
        map.play(false)
        delete map.frame
        done([times.length / seconds, times.sort((a, b) => a - b)[times.length >> 1]])
      }}, seconds * 1000)
    }})"""
    frames, milliseconds = page.evaluate(script, PLAYED_SECONDS)
    return float(frames), float(milliseconds)


class _Line:
    """Bytes of the map's data as they came over the line, and of the websocket."""

    def __init__(self, page: Page) -> None:
        self.fetched = self.socket = 0.0
        self.urls: dict[str, str] = {}
        self.cdp = page.context.new_cdp_session(page)
        self.cdp.on("Network.requestWillBeSent", self._began)
        self.cdp.on("Network.loadingFinished", self._ended)
        self.cdp.on("Network.webSocketFrameReceived", self._frame)
        self.cdp.send("Network.enable")
        self.cdp.send("Network.setBypassServiceWorker", {"bypass": True})

    def heap(self) -> float:
        self.cdp.send("HeapProfiler.collectGarbage")
        return float(self.cdp.send("Runtime.getHeapUsage")["usedSize"])

    def _began(self, event: dict[str, dict[str, str]]) -> None:
        self.urls[str(event["requestId"])] = event["request"]["url"]

    def _ended(self, event: dict[str, float]) -> None:
        url = self.urls.get(str(event["requestId"]), "")
        if "/files/" in url or "/geo/" in url:
            self.fetched += event["encodedDataLength"]

    def _frame(self, event: dict[str, dict[str, str]]) -> None:
        self.socket += len(event["response"]["payloadData"]) * 3 / 4  # base64


if __name__ == "__main__":
    main()

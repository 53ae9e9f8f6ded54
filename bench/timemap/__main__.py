"""What the time-and-space map costs: its columns on the server, its first picture and its frames in Chromium.

    python -m bench.timemap [--cases 100000] [--home FOLDER] [--visits 3]

Serves the demo district and opens the map with every layer switched on, in Chromium as it starts on a machine without
graphics hardware, so that Canvas 2D draws. The browser has the program's files, and the server the data: each visit
fetches those of the layers into an empty cache. Figures are medians of the visits. Seconds and frames a second are
those of this machine as busy as it is; the processor time of a frame is that of all processes of Chromium.
"""

import argparse
import statistics
import time
from dataclasses import dataclass, fields
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from bench.support.district import district
from bench.support.served import Served, served
from bench.support.viewer import Viewer
from cockpit.access.visitors import COOKIE
from cockpit.i18n import using
from cockpit.screens.timemap.files import marks_file
from cockpit.screens.timemap.layers import OURS
from data.editions.edition import Edition
from metrics.areas import root
from metrics.catalog import load as load_catalog
from metrics.mapping.layers import load

FLAGS = ("--no-sandbox", "--disable-background-networking", "--disable-dev-shm-usage")
SIZES = ((1280, 800), (390, 800))
PLAYED_SECONDS = 6.0
MAP = "[...document.querySelectorAll('*')].map(e => e.shadowRoot?.querySelector('.root')).find(r => r?.map)"
DRAWN = f"""() => {{
  const root = {MAP}
  return root?.map.window && !root.hasAttribute("data-loading") && root.map.layers.size >= root.map.state.on.size
}}"""


@dataclass(frozen=True)
class Visit:
    """seconds: until all layers are drawn. fetched, socket: bytes. milliseconds: of drawing a frame, in the page.

    processor: milliseconds of a frame in all processes of Chromium. heap: bytes of JavaScript with typed arrays.
    """

    seconds: float
    fetched: float
    socket: float
    frames: float
    milliseconds: float
    processor: float
    heap: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--home", type=Path, default=Path("var/bench"))
    parser.add_argument("--visits", type=int, default=3)
    options = parser.parse_args()
    home, edition_id = district(options.home, options.cases)
    _columns(Edition(home, edition_id))
    with served(home) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))
        for width, height in SIZES:
            _visits(browser, server, width, height, options.visits)
        browser.close()


def _columns(edition: Edition) -> None:
    """Print the time of making the file of all cases, once an edition and area."""
    place = root(edition)
    layer = load(load_catalog(), OURS)["cases"]
    wall, processor = time.perf_counter(), time.process_time()
    with using("zh"):
        count = marks_file(edition.scoped(((place.code, place.end),)), place.code, layer, (), None, "zh").rows
    what = f"columns of {count:,} cases" if count else "counts by hexagon and day of more cases than are sent at once"
    print(f"{what}: {time.perf_counter() - wall:.2f} s, {time.process_time() - processor:.2f} s of processor time")


def _visits(browser: Browser, server: Served, width: int, height: int, count: int) -> None:
    (viewer,) = server.viewers(1, ("district",))
    ids = ",".join(load(load_catalog(), OURS))
    # the first visit makes the data on the server, as a start or a first viewer does
    visits = [_visit(browser, viewer, f"/map?on={ids}", width, height) for _ in range(count + 1)][1:]
    at = {field.name: statistics.median(getattr(visit, field.name) for visit in visits) for field in fields(Visit)}
    print(
        f"{width} px, {ids.count(',') + 1} layers: drawn after {at['seconds']:.2f} s; {at['fetched'] / 1e3:.0f} kB by "
        f"URL, {at['socket'] / 1e3:.1f} kB by websocket; {at['frames']:.0f} frames a second, {at['milliseconds']:.1f} "
        f"ms each in the page, {at['processor']:.1f} ms of processor time in Chromium; heap {at['heap'] / 1e6:.0f} MB",
        flush=True,
    )


def _visit(browser: Browser, viewer: Viewer, path: str, width: int, height: int) -> Visit:
    is_phone = width < height
    context = browser.new_context(viewport={"width": width, "height": height}, has_touch=is_phone, is_mobile=is_phone)
    context.add_cookies([{"name": COOKIE, "value": viewer.token, "url": viewer.address}])
    page = context.new_page()
    page.goto(f"{viewer.address}/map?on=none")  # loads the program, and no layer
    page.wait_for_function(DRAWN, timeout=120_000)
    page.goto("about:blank")
    line = _Line(page)
    began = time.perf_counter()
    page.goto(viewer.address + path)
    page.wait_for_function(DRAWN, timeout=120_000)
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    seconds = time.perf_counter() - began
    visit = Visit(seconds, line.fetched, line.socket, *_play(page, browser), line.heap())
    context.close()
    return visit


def _play(page: Page, browser: Browser) -> tuple[float, float, float]:
    """Frames a second, median milliseconds of a frame and its processor time, while half a year is played."""
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
    before = _processor_seconds(browser)
    frames, milliseconds = page.evaluate(script, PLAYED_SECONDS)
    processor = 1000 * (_processor_seconds(browser) - before) / (frames * PLAYED_SECONDS)
    return float(frames), float(milliseconds), processor


def _processor_seconds(browser: Browser) -> float:
    processes = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    return float(sum(process["cpuTime"] for process in processes))


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
        usage = self.cdp.send("Runtime.getHeapUsage")
        return float(usage["usedSize"] + usage.get("backingStorageSize", 0))

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

"""Cost of a visit on a slow line: Chromium limited to 1.6 Mbit/s and 150 ms latency.

    python -m bench.visit [--cases 20000] [--home FOLDER] [--width PIXELS] [--times 3] [--files] [--wall MINUTES]

Serves the demo district, opens the cockpits of a village and of the district, each in an empty browser and then again.
Prints the bytes that came over the line, the time until the first tile shows its value, and the layout shift: the sum
of all shifts of the visit, which is at least the Cumulative Layout Shift. The server is warm and has its compressed
copies. The seconds include the processor time of Chromium and of the server, and so grow with other work on the
machine: they are those of the quickest visit of several, the layout shift is the largest.
`--wall` measures the memory of a wall screen instead.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from base64 import b64decode
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright

from bench.support.district import district
from bench.support.served import served
from bench.support.viewer import Viewer
from bench.support.wall import wall
from cockpit.access.visitors import COOKIE

BYTES_PER_SECOND = 1_600_000 / 8
LATENCY_MS = 150
FLAGS = ("--no-sandbox", "--use-angle=swiftshader", "--disable-background-networking", "--disable-dev-shm-usage")
WIDTHS = (390, 1400)
PHONE = 500
VISITS = ("first", "return")
LEVELS = ("village", "district")
QUIET_SECONDS = 2.0
"""Without anything on the line: the visit is over."""
PATIENCE_SECONDS = 120.0
WATCH = """
    window.visit = { content: null, shift: 0, shifts: [] }
    const moved = ({ node, previousRect: from, currentRect: to }) => {
      const element = node?.nodeType === 1 ? node : node?.parentElement
      const name = element?.closest("[class*=st-key]")?.className.match(/st-key-\\S+/)?.[0] ?? element?.dataset.testid
      const place = box => `${Math.round(box.top)}+${Math.round(box.height)}`
      return `${name} ${place(from)} > ${place(to)}`
    }
    new PerformanceObserver(list => list.getEntries().forEach(entry => {
      if (entry.hadRecentInput) return
      window.visit.shift += entry.value
      window.visit.shifts.push([Math.round(entry.startTime), +entry.value.toFixed(4), entry.sources.map(moved)])
    })).observe({ type: "layout-shift", buffered: true })
    const find = root => {
      for (const host of root.querySelectorAll("*"))
        if (host.shadowRoot) {
          const value = host.shadowRoot.querySelector(".tile .value b")
          if (value?.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return true
        }
    }
    const look = () => find(document)
      ? requestAnimationFrame(() => { window.visit.content = performance.now() }) : setTimeout(look, 20)
    look()
"""


@dataclass
class Line:
    """What came over the line: encoded bytes by address, headers included, and those of the websocket."""

    urls: dict[str, str] = field(default_factory=dict)
    files: dict[str, float] = field(default_factory=dict)
    socket: int = 0
    open: set[str] = field(default_factory=set)
    last: float = field(default_factory=time.monotonic)

    def listen(self, cdp: CDPSession) -> None:
        cdp.on("Network.requestWillBeSent", self._began)
        cdp.on("Network.loadingFinished", self._ended)
        cdp.on("Network.loadingFailed", self._ended)
        cdp.on("Network.webSocketFrameReceived", self._frame)

    @property
    def total(self) -> float:
        return sum(self.files.values()) + self.socket

    @property
    def is_quiet(self) -> bool:
        return not self.open and time.monotonic() - self.last > QUIET_SECONDS

    def _began(self, event: dict[str, Any]) -> None:
        if event["request"]["url"].startswith("http"):
            self.urls[event["requestId"]] = event["request"]["url"]
            self.open.add(event["requestId"])
            self.last = time.monotonic()

    def _ended(self, event: dict[str, Any]) -> None:
        if url := self.urls.get(event["requestId"]):
            self.files[url] = self.files.get(url, 0) + event.get("encodedDataLength", 0)
            self.open.discard(event["requestId"])
            self.last = time.monotonic()

    def _frame(self, event: dict[str, Any]) -> None:
        frame = event["response"]
        payload = frame["payloadData"]
        self.socket += len(b64decode(payload)) if frame["opcode"] == 2 else len(payload)  # 2: binary
        self.last = time.monotonic()


@dataclass(frozen=True)
class Visit:
    """A visit. content: seconds until the first value. shift: sum of all; shifts: each with what moved."""

    line: Line
    content: float
    shift: float
    shifts: list[Any]


def main() -> None:
    options = _options()
    home, _ = district(options.home, options.cases)
    if options.wall:
        wall(home, options.wall)
        return
    print(f"{'page':<10}{'width':>6}  {'visit':<8}{'MB':>7}{'files':>7}{'content':>9}{'shift':>8}")
    environment = {**os.environ, "COCKPIT_HOME": str(home.root)}
    subprocess.run([sys.executable, "-m", "cockpit.server.compression"], env=environment, check=True)
    with served(home) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM") or shutil.which("chromium"), args=list(FLAGS)
        )
        for level in LEVELS:
            viewer = server.viewers(1, levels=(level,))[0]
            for width in options.width or WIDTHS:
                for name, measured in zip(VISITS, visits(browser, viewer, width, options.times), strict=True):
                    show(viewer, width, name, measured, files=options.files)
        browser.close()


def visits(browser: Browser, viewer: Viewer, width: int, times: int) -> list[list[Visit]]:
    """First visits of a viewer, each in an empty browser, and the returns that follow them."""
    phone = width < PHONE
    measured: list[list[Visit]] = [[] for _ in VISITS]
    for _ in range(times):
        context = browser.new_context(
            viewport={"width": width, "height": 844}, locale="zh-CN", has_touch=phone, is_mobile=phone,
            device_scale_factor=2 if phone else 1,
        )  # fmt: skip
        context.add_cookies([{"name": COOKIE, "value": viewer.token, "url": viewer.address}])
        for each in measured:
            each.append(visit(context, f"{viewer.address}/?area={viewer.place.code}"))
        context.close()
    return measured


def show(viewer: Viewer, width: int, name: str, measured: list[Visit], *, files: bool) -> None:
    best = min(measured, key=lambda one: one.content)
    shift = max(one.shift for one in measured)
    print(
        f"{viewer.place.level:<10}{width:>6}  {name:<8}{best.line.total / 1e6:>7.2f}{len(best.line.files):>7}"
        f"{best.content:>7.1f} s{shift:>8.3f}",
        flush=True,
    )
    if not files:
        return
    print(f"    {best.line.socket / 1e3:9.1f} kB websocket")
    for url, size in sorted(best.line.files.items(), key=lambda pair: -pair[1]):
        print(f"    {size / 1e3:9.1f} kB {url.removeprefix(viewer.address)}")
    for moved in best.shifts:
        print("    shift", moved)


def visit(context: BrowserContext, url: str) -> Visit:
    """Open an address on the slow line and wait until it is quiet."""
    page = context.new_page()
    cdp = context.new_cdp_session(page)
    line = Line()
    cdp.send("Network.enable")
    cdp.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": LATENCY_MS,
            "downloadThroughput": BYTES_PER_SECOND,
            "uploadThroughput": BYTES_PER_SECOND,
        },
    )
    line.listen(cdp)
    page.add_init_script(WATCH)
    page.goto(url, wait_until="commit", timeout=PATIENCE_SECONDS * 1000)
    shown = _wait(page, line)
    page.close()
    return Visit(line, shown["content"] / 1e3, shown["shift"], shown["shifts"])


def _wait(page: Page, line: Line) -> dict[str, Any]:
    """What the page measured, once its first value is drawn and the network is idle."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        page.wait_for_timeout(200)
        state: dict[str, Any] = page.evaluate("window.visit")
        if state["content"] is not None and line.is_quiet:
            return state
    raise TimeoutError(f"no tile within {PATIENCE_SECONDS:.0f} s: {page.url}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--home", type=Path, default=Path("var/bench"))
    parser.add_argument("--width", type=int, action="append", help="of the screen in pixels; 390 and 1400 otherwise")
    parser.add_argument("--times", type=int, default=3, help="visits to choose the quickest of (3)")
    parser.add_argument("--wall", type=int, default=0, help="minutes of a wall screen in place of the visits")
    parser.add_argument("--files", action="store_true", help="list the files and the shifts")
    return parser.parse_args()


if __name__ == "__main__":
    main()

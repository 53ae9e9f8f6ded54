"""Whether the memory of a wall screen stays flat: Chromium shows a wall that turns every two seconds.

Prints, minute by minute, the turns so far, the JavaScript heap of the page after a collection, its DOM nodes, and the
memory of the server. At the usual twenty seconds a scene a minute stands for ten. The first minutes fill caches.
"""

import os
import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import CDPSession, ViewportSize, sync_playwright

from bench.support.served import served
from cockpit.access.visitors import COOKIE
from cockpit.panels.layouts import HERE
from data.home import Home

FLAGS = ("--no-sandbox", "--use-angle=swiftshader", "--disable-background-networking", "--disable-dev-shm-usage")
SIZE: ViewportSize = {"width": 1920, "height": 1080}
MB = 1_000_000
COUNT = """() => {
    window.turns = 0
    const lines = [...document.querySelectorAll("*")].map(e => e.shadowRoot?.querySelector(".said"))
    const root = lines.find(Boolean).closest(".root")
    let last = ""
    new MutationObserver(() => {
        const run = root.life.data.run
        if (run !== last) { last = run; window.turns++ }
    }).observe(root, { childList: true, subtree: true, characterData: true })
}"""


def wall(home: Home, minutes: int) -> None:
    """Serve the home with a wall layout of two seconds a scene, and print what a minute changes."""
    with tempfile.TemporaryDirectory() as folder:
        text = (HERE / "wall.yaml").read_text("utf-8")
        (Path(folder) / "wall.yaml").write_text(text.replace("turn: 20", "turn: 2"), "utf-8")
        os.environ["COCKPIT_LAYOUTS"] = folder
        with served(home) as server, sync_playwright() as playwright:
            (viewer,) = server.viewers(1, ("district",))
            chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
            context = browser.new_context(viewport=SIZE)
            context.add_cookies([{"name": COOKIE, "value": viewer.token, "url": server.address}])
            page = context.new_page()
            page.goto(f"{server.address}/?wall=1")
            page.locator(".said").wait_for(state="attached", timeout=120_000)
            page.evaluate(COUNT)
            cdp = context.new_cdp_session(page)
            print(f"{'minute':>6} {'turns':>6} {'heap MB':>8} {'nodes':>7} {'server MB':>10}", flush=True)
            for minute in range(minutes + 1):
                heap, nodes = _measure(cdp)
                turns = page.evaluate("window.turns")
                print(f"{minute:>6} {turns:>6} {heap:>8.1f} {nodes:>7} {server.memory() / MB:>10.0f}", flush=True)
                if minute < minutes:
                    page.wait_for_timeout(60_000)
            browser.close()


def _measure(cdp: CDPSession) -> tuple[float, int]:
    """Megabytes of the heap in use after a collection, and DOM nodes."""
    cdp.send("Performance.enable")
    cdp.send("HeapProfiler.collectGarbage")
    figures = {one["name"]: one["value"] for one in cdp.send("Performance.getMetrics")["metrics"]}
    return figures["JSHeapUsedSize"] / MB, int(figures["Nodes"])

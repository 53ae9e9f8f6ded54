"""Tiles under the map: drawn by both ways from our own origin, with attribution, opacity and an address."""

import io
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import PageLog
from tests.browser.timemap.test_timemap import Open, drawn, of_map

pytestmark = pytest.mark.slow

COLOUR = (10, 200, 30)
PIXEL = """(() => {
  const canvas = map.part(".ground")
  return [...canvas.getContext("2d").getImageData(canvas.width >> 1, canvas.height >> 1, 1, 1).data]
})()"""


class Green(BaseHTTPRequestHandler):
    """A service of tiles in one colour."""

    def do_GET(self) -> None:
        file = io.BytesIO()
        Image.new("RGB", (256, 256), COLOUR).save(file, "PNG")
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.end_headers()
        self.wfile.write(file.getvalue())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def tiled(serve: Callable[..., str], demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the demo district is served with tiles."""
    upstream = ThreadingHTTPServer(("127.0.0.1", 0), Green)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    file = tmp_path_factory.mktemp("tiles") / "tiles.yaml"
    file.write_text(
        "attribution: 天地图\nreview: GS(2024)0650号\nnetworks: [127.0.0.0/8]\n"
        f"tiles: [{{id: base, url: 'http://127.0.0.1:{upstream.server_port}/{{z}}/{{x}}/{{y}}.png', zoom: [5, 16]}}]\n",
        "utf-8",
    )
    yield serve(demo, COCKPIT_TILES=str(file))
    upstream.shutdown()
    upstream.server_close()


def with_tiles(page: Page) -> Page:
    drawn(page)
    page.wait_for_timeout(1500)
    return page


@pytest.mark.parametrize("draw", ["canvas", "webgl"])
def test_tiles_come_from_our_origin_and_lie_below_the_layers(
    tiled: str, open_page: Open, page_log: PageLog, draw: str
) -> None:
    page = with_tiles(open_page(f"{tiled}/map?draw={draw}&on=tiles.100,cases.85"))
    for _attempt in range(40):  # deck.gl starts before the first tiles are drawn
        if of_map(page, PIXEL)[3]:
            break
        page.wait_for_timeout(250)
    assert of_map(page, PIXEL) == [*COLOUR, 255]
    expect(page.locator("[data-draws]")).to_have_attribute("data-draws", draw)
    expect(page.locator(".stage .note")).to_have_text("天地图 · 审图号 GS(2024)0650号")
    assert page_log.foreign(tiled) == []
    assert any("/files/tiles/" in url for url in page_log.requests)


def test_opacity_is_in_the_address_and_off_means_none(tiled: str, open_page: Open) -> None:
    page = with_tiles(open_page(f"{tiled}/map?on=tiles.50,areas.70"))
    assert of_map(page, PIXEL)[3] == pytest.approx(127, abs=2)
    page.get_by_label("底图", exact=True).uncheck()
    expect(page.locator(".stage .note")).to_have_text("示意图")
    expect(page).to_have_url(re.compile(r"on=areas\.70"))
    page.wait_for_timeout(300)
    assert of_map(page, PIXEL)[3] == 0

"""Tiles of a service on this machine: what reaches the browser, what is refused, and what is kept."""

import asyncio
import io
import logging
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.middleware import Middleware

import app as application
from cockpit import settings
from cockpit.access import gate, hosts
from cockpit.access.visitors import COOKIE
from cockpit.errors import UsageError
from cockpit.screens.timemap import screen
from cockpit.screens.timemap.tiles import proxy, services
from cockpit.screens.timemap.tiles.disk_cache import DiskCache
from cockpit.serving import headers
from data import vault
from data.probe.network.net import Limits
from tests.factory import TOWNS

KEY = "s3cr3t/key&more"
FILE = """
attribution: 天地图
review: GS(2024)0650号
networks: [{networks}]
tiles:
  - {{id: base, url: "{url}/{{s}}/wmts?TILEMATRIX={{TileMatrix}}&TILEROW={{TileRow}}&TILECOL={{TileCol}}&tk={{key}}",
     servers: [a, b], key: "${{secret:tiles}}", zoom: [3, 16]}}
"""


def picture(width: int, height: int, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.new("P" if kind == "PNG" else "RGB", (width, height)).save(file, kind)
    return file.getvalue()


TILE = picture(256, 256)


class Upstream(BaseHTTPRequestHandler):
    """A tile service. how: what it answers."""

    how, requests = "tile", list[str]()

    def do_GET(self) -> None:
        Upstream.requests.append(self.path)
        how = Upstream.how
        if how == "slow":
            time.sleep(1.5)
        if how == "redirect":
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:9/inside.png")
            self.end_headers()
            return
        bodies = {
            "html": b"<html><script>alert(1)</script></html>", "huge": TILE + b"\0" * 5_000_000, "empty": b"",
            "cut": TILE[:60], "wide": picture(4096, 16), "jpeg": picture(256, 256, "JPEG"),
            "svg": b'<svg xmlns="http://www.w3.org/2000/svg"/>', "gif": picture(256, 256, "GIF"),
        }  # fmt: skip
        body = bodies.get(how, TILE)
        self.send_response(500 if how == "broken" else 200)
        self.send_header("Content-Type", "image/png")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def configure(home: Path, tmp_path: Path, upstream: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Names a tile file in the settings; without text that of `upstream`, whose network is allowed."""

    def configured(text: str = "", networks: str = "127.0.0.0/8") -> None:
        file = tmp_path / "tiles.yaml"
        file.write_text(text or FILE.format(url=upstream, networks=networks), "utf-8")
        monkeypatch.setenv("COCKPIT_TILES", str(file))
        settings.current.cache_clear()
        vault.put(settings.current().data.keys, "tiles", KEY)

    Upstream.how, Upstream.requests = "tile", []
    proxy.fetcher.cache_clear()
    for kept in (home / "tiles").rglob("*-*"):
        kept.unlink()
    monkeypatch.setattr(proxy, "LIMITS", Limits(seconds=0.7, body=1_000_000, redirects=0))
    return configured


@pytest.fixture
def get(session: Callable[..., str]) -> Callable[..., list[httpx.Response]]:
    """Asks for tiles at once, as a cadre; as nobody without a role."""
    served = Starlette(
        routes=application.ROUTES,
        middleware=[Middleware(headers.Headers), Middleware(hosts.KnownHosts), Middleware(gate.Gate)],
    )

    def send(*tiles: str, role: str = "cadre") -> list[httpx.Response]:
        service = services.of(settings.current())
        version = service.version if service else "none"

        async def run() -> list[httpx.Response]:
            cookie = {"cookie": f"{COOKIE}={session(role, TOWNS[0])}"} if role else {}
            transport = httpx.ASGITransport(served, client=("10.1.2.3", 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=cookie) as client:
                addresses = (f"/files/tiles/{version}/{tile}" for tile in tiles)
                return list(await asyncio.gather(*map(client.get, addresses)))

        return asyncio.run(run())

    return send


def test_a_tile_comes_from_our_origin_with_the_key_added_here_and_is_kept(
    configure: Callable[..., None], get: Callable[..., list[httpx.Response]]
) -> None:
    configure()
    answers = get("base/5/26/12", "base/5/26/12", "base/5/26/12")
    assert [(a.status_code, a.content, a.headers["content-type"]) for a in answers] == [(200, TILE, "image/png")] * 3
    assert Upstream.requests == ["/a/wmts?TILEMATRIX=5&TILEROW=12&TILECOL=26&tk=s3cr3t%2Fkey%26more"]
    Upstream.how = "broken"
    assert get("base/5/26/12")[0].content == TILE
    assert get("base/5/26/13")[0].status_code == 502
    assert len(Upstream.requests) == 2


def test_no_key_reaches_the_browser_or_the_log(
    configure: Callable[..., None], get: Callable[..., list[httpx.Response]], caplog: pytest.LogCaptureFixture
) -> None:
    configure()
    sent = str(screen._tiles(services.of(settings.current())))
    assert "GS(2024)0650号" in sent
    assert "天地图" in sent
    with caplog.at_level(logging.DEBUG):
        for how in ("tile", "html", "redirect", "slow", "broken"):
            Upstream.how = how
            answer = get(f"base/6/50/{len(how)}")[0]
            sent += answer.text + str(answer.headers)
    log = sent + caplog.text
    assert "s3cr3t" not in log
    assert "wmts" not in log
    assert "secret:" not in sent


@pytest.mark.parametrize("how", ["html", "huge", "empty", "cut", "wide", "svg", "gif", "redirect", "slow", "broken"])
def test_what_is_no_tile_is_refused_and_not_requested_again_for_a_while(
    configure: Callable[..., None], get: Callable[..., list[httpx.Response]], home: Path, how: str
) -> None:
    configure()
    Upstream.how = how
    for _time in range(2):
        (answer,) = get("base/7/104/50")
        assert (answer.status_code, answer.headers["cache-control"]) == (502, "no-store")
        assert answer.headers["content-type"].startswith("text/plain")
    assert len(Upstream.requests) == 1
    assert not list((home / "tiles").rglob("*-*"))


def test_other_pictures_are_taken_by_their_content(
    configure: Callable[..., None], get: Callable[..., list[httpx.Response]]
) -> None:
    configure()
    Upstream.how = "jpeg"
    assert get("base/8/200/100")[0].headers["content-type"] == "image/jpeg"


def test_a_service_that_fails_is_left_alone(
    configure: Callable[..., None], get: Callable[..., list[httpx.Response]]
) -> None:
    configure()
    Upstream.how = "html"
    get(*(f"base/9/{x}/200" for x in range(proxy.PAUSED_AT)))
    before = len(Upstream.requests)
    assert 0 < before <= proxy.PAUSED_AT
    assert get("base/9/100/200")[0].status_code == 502
    assert len(Upstream.requests) == before


def test_a_private_network_is_connected_to_only_if_the_file_lists_it(
    configure: Callable[..., None], get: Callable[..., list[httpx.Response]]
) -> None:
    configure(networks="")
    assert get("base/5/26/12")[0].status_code == 502
    assert Upstream.requests == []


def test_tiles_are_for_who_is_signed_in_and_of_the_service_alone(
    configure: Callable[..., None], get: Callable[..., list[httpx.Response]], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure()
    assert get("base/5/26/12", role="")[0].status_code == 401
    refused = ("other/5/26/12", "base/2/1/1", "base/17/1/1", "base/5/32/1", "base/5/1/32", "base/5/26/x", "base/5/-1/1")
    assert {answer.status_code for answer in get(*refused)} == {404}
    monkeypatch.setattr(proxy, "bounds", lambda _edition: (117.0, 31.0, 119.0, 33.0))
    assert [answer.status_code for answer in get("base/5/26/13", "base/5/3/13")] == [200, 404]
    assert len(Upstream.requests) == 1


def test_without_the_setting_there_are_no_tiles(get: Callable[..., list[httpx.Response]]) -> None:
    assert get("base/5/26/12")[0].status_code == 404
    assert screen._tiles(services.of(settings.current())) is None


def test_the_cache_stays_below_its_limit_and_drops_what_was_used_least(tmp_path: Path) -> None:
    disk = DiskCache(tmp_path / "tiles", 10_000)
    for i in range(40):
        disk.write(f"v/{i}", b"x" * 1_000)
        disk.read("v/0")
    kept = [path for path in (tmp_path / "tiles").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in kept) <= 10_000
    assert disk.read("v/39") is not None
    assert disk.read("v/20") is None


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ("attribution: x\ntiles: []", "review"),
        ("attribution: x\nreview: y\ntiles: [{id: a, url: 'http://h/{z}/{x}'}]", "needs {z}, {x} and {y}"),
        ("attribution: x\nreview: y\ntiles: [{id: a, url: 'http://h/{z}/{x}/{y}/{q}'}]", "{q} is unknown"),
        ("attribution: x\nreview: y\ntiles: [{id: a, url: 'http://h{x}/{z}/{x}/{y}'}]", "no address of a tile"),
        ("attribution: x\nreview: y\ntiles: [{id: a, url: 'file:///{z}/{x}/{y}'}]", "no address of a tile"),
        ("attribution: x\nreview: y\ntiles: [{id: a, url: 'http://h/{z}/{x}/{y}?k={key}', key: abc}]", "secret set"),
        ("attribution: x\nreview: y\nnetworks: [x]\ntiles: [{id: a, url: 'http://h/{z}/{x}/{y}'}]", "networks"),
        (
            "attribution: x\nreview: y\ntiles: [{id: a, url: 'http://h/{z}/{x}/{y}?k={key}', key: '${secret:no}'}]",
            "tiles.a.key",
        ),
    ],
    ids=map(str, range(8)),
)
def test_a_wrong_file_is_refused_in_one_line(configure: Callable[..., None], wrong: str, what: str) -> None:
    configure(wrong)
    with pytest.raises(UsageError) as raised:
        services.check(settings.current())
    assert what in str(raised.value)
    assert "\n" not in str(raised.value)

"""`/files/tiles/VERSION/ID/Z/X/Y`: a tile of the office's service under our own origin.

The service's key never leaves this server. Only configured hosts are requested, at addresses that the prober could
visit, without redirects. A body that is no picture of a tile's size is refused. Tiles outside the district are not
fetched.
"""

import asyncio
import io
import logging
import math
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import shapely
from PIL import Image, UnidentifiedImageError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from cockpit import editions, settings
from cockpit.screens.timemap.tiles import services
from cockpit.screens.timemap.tiles.disk_cache import DiskCache
from cockpit.screens.timemap.tiles.services import Service, Tiles
from cockpit.settings import Settings
from data.editions.edition import Edition
from data.errors import DataError
from data.probe.network.addresses import Allowance
from data.probe.network.net import Limits, Net, place
from data.probe.web.answer import Ask
from data.system_errors import line_of
from metrics.areas import root

log = logging.getLogger(__name__)

BELOW = "/files/tiles/"
LIMITS = Limits(seconds=8.0, body=1_000_000, redirects=0)
SIDES = (256, 512)
"""Pixels of a tile."""
KINDS = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
OK = 200
AT_ONCE = 8
"""Requests to the service."""
PAUSE_SECONDS = 60.0
"""A tile that failed is not requested again before."""
PAUSED_AT = 20
"""Tiles in a row that failed, after which none is requested for a while."""
MOST_FAILED = 10_000
MARGIN = 0.5
"""Of the district's width and height, around it."""
KEPT = {"Cache-Control": "private, max-age=86400"}


class NoTile(DataError):
    """The tile cannot be shown."""


@dataclass
class Fetcher:
    """Fetches tiles of one service and keeps them. One for each process and configuration."""

    service: Service
    disk: DiskCache
    net: Net
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    running: dict[str, asyncio.Task[bytes]] = field(default_factory=dict)
    failed: dict[str, float] = field(default_factory=dict)
    failures: int = 0

    async def tile(self, config: Settings, tiles: Tiles, z: int, x: int, y: int) -> bytes:
        """The picture. Raises NoTile."""
        name = f"{self.service.version}/{tiles.id}/{z}/{x}-{y}"
        kept = await run_in_threadpool(self.disk.read, name)
        if kept and kept[1] < self.service.days * 86_400:
            return kept[0]
        if name not in self.running:  # viewers of the same place share one request
            task = asyncio.create_task(self._fetched(config, tiles, name, (z, x, y)))
            self.running[name] = task
            task.add_done_callback(lambda _done: self.running.pop(name, None))
        try:
            return await asyncio.shield(self.running[name])
        except NoTile:
            if kept:
                return kept[0]
            raise

    async def _fetched(self, config: Settings, tiles: Tiles, name: str, at: tuple[int, int, int]) -> bytes:
        now = time.monotonic()
        last = max(self.failed.get(name, -math.inf), self.failed.get("", -math.inf))
        if now < last + PAUSE_SECONDS:
            raise NoTile("tile.paused", "the tile service failed a moment ago")
        key = await run_in_threadpool(services.key_of, config, tiles)
        async with self.turns:
            answer = await self.net.ask(Ask(tiles.address(key, *at), follow=False), _only(tiles), datetime.now(UTC))
        why = f"status {answer.status}" if answer.status != OK else _fault(answer.body)
        if answer.failure is not None:
            why = str(answer.failure)
        if why:
            self._failed(name, now)
            # neither the address nor a detail with it: they contain the key
            log.warning("tile %s of %s: %s", "/".join(map(str, at)), tiles.id, why)
            raise NoTile("tile.failed", "the tile service gives no tile: {why}", why=why)
        self.failures = 0
        await run_in_threadpool(self.disk.write, name, answer.body)
        return answer.body

    def _failed(self, name: str, now: float) -> None:
        self.failures += 1
        if len(self.failed) >= MOST_FAILED:
            self.failed.clear()
        self.failed["" if self.failures >= PAUSED_AT else name] = now
        if self.failures >= PAUSED_AT:
            self.failures = 0


def _only(tiles: Tiles) -> Any:
    hosts = tiles.hosts()
    return lambda host, port: host in hosts and port == place(tiles.url.replace("{s}", "0"))[1]


def _fault(body: bytes) -> str:
    """Why a body is no tile; empty for a tile."""
    try:
        with Image.open(io.BytesIO(body), formats=tuple(KINDS)) as picture:
            side, shape = picture.size[0], picture.size
            picture.verify()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        return "no picture" if isinstance(error, UnidentifiedImageError) else line_of(error)[:80]
    return "" if side in SIDES and shape == (side, side) else f"a picture of {shape[0]} × {shape[1]} pixels"


def kind_of(body: bytes) -> str:
    """The media type of a tile that was accepted."""
    with Image.open(io.BytesIO(body), formats=tuple(KINDS)) as picture:
        return KINDS[str(picture.format)]


async def serve(request: Request) -> Response:
    """A tile. 404 without a service, for another version or outside the district; 502 while the service gives none."""
    config = settings.current()
    try:
        service = await run_in_threadpool(services.of, config)
        tile = service and _named(service, request.path_params)
        if not service or not tile or not await run_in_threadpool(_is_here, config, *tile[1:]):
            return PlainTextResponse("there is no such tile\n", 404, {"Cache-Control": "no-store"})
        body = await fetcher(config, service).tile(config, *tile)
    except DataError as error:
        return PlainTextResponse(f"{error}\n", 502, {"Cache-Control": "no-store"})
    return Response(body, headers={**KEPT, "Content-Type": kind_of(body)})


def _named(service: Service, path: dict[str, Any]) -> tuple[Tiles, int, int, int] | None:
    tiles = next((one for one in service.tiles if one.id == path["id"]), None)
    z, x, y = path["z"], path["x"], path["y"]
    if tiles is None or path["version"] != service.version or not tiles.zoom[0] <= z <= tiles.zoom[1]:
        return None
    return (tiles, z, x, y) if x < 2**z and y < 2**z else None


def _is_here(config: Settings, z: int, x: int, y: int) -> bool:
    """Whether a tile shows part of the district or of what surrounds it."""
    box = bounds(editions.current(config))
    if box is None:
        return True
    west, south, east, north = box
    first, last = _column(west, z), _column(east, z)
    top, bottom = _row(north, z), _row(south, z)
    return first <= x <= last and top <= y <= bottom


@lru_cache(maxsize=4)
def bounds(edition: Edition) -> tuple[float, float, float, float] | None:
    """West, south, east and north of the district with a margin around it; None without an outline."""
    place = root(edition)
    row = edition.cursor().execute("SELECT geometry FROM shapes WHERE code = $1", [place.code]).fetchone()
    if row is None or not row[0]:
        return None
    west, south, east, north = shapely.from_geojson(row[0]).bounds
    wide, high = MARGIN * (east - west), MARGIN * (north - south)
    return west - wide, max(-85.0, south - high), east + wide, min(85.0, north + high)


def _column(lon: float, z: int) -> int:
    return math.floor((lon + 180) / 360 * float(2**z))


def _row(lat: float, z: int) -> int:
    return math.floor((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * float(2**z))


@lru_cache(maxsize=2)
def fetcher(config: Settings, service: Service) -> Fetcher:
    """The one of this process for these settings."""
    disk = DiskCache(config.data.root / "tiles", config.tile_bytes)
    return Fetcher(service, disk, Net(Allowance.of(service.networks), LIMITS, authorities=service.authorities))


ROUTES = (Route(BELOW + "{version}/{id}/{z:int}/{x:int}/{y:int}", serve),)

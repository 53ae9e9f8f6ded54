"""The tile service under the map: a YAML file, COCKPIT_TILES. Without it the map fetches no tiles.

```yaml
attribution: 天地图
review: GS(2024)0650号
networks: [10.8.0.0/16]                      # special-purpose networks that may be connected to
tiles:                                       # the lowest first
  - {id: streets, url: "https://t{s}.tianditu.gov.cn/vec_w/wmts?SERVICE=WMTS&…&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk={key}",
     servers: ["0", "1", "2"], key: "${secret:tianditu}"}
```
"""

import re
from hashlib import sha256
from typing import Annotated, Self
from urllib.parse import quote, urlsplit

from pydantic import Field, field_validator, model_validator

from cockpit.errors import UsageError
from cockpit.notifications.channels import Reachable, cached
from cockpit.settings import Settings
from data import vault
from data.errors import DataError
from data.texts import Model

WMTS = {"{TileMatrix}": "{z}", "{TileRow}": "{y}", "{TileCol}": "{x}"}
"""Names of WMTS for the parts of an address, and those of XYZ."""
PARTS = re.compile(r"\{([^}]*)\}")
KNOWN = ("x", "y", "-y", "z", "s", "key")
DEEPEST = 20
Shown = Annotated[str, Field(min_length=1, max_length=80)]


class Tiles(Model):
    """One set of tiles in Web Mercator.

    url: `{z}`, `{x}` and `{y}`, or `{-y}` counted from the south; `{s}` is one of `servers`, `{key}` the key.
    zoom: the first and the last level of the service.
    """

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    url: str = Field(max_length=1000)
    servers: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,20}$")], ...] = ()
    key: str = ""
    zoom: tuple[Annotated[int, Field(ge=0, le=DEEPEST)], Annotated[int, Field(ge=0, le=DEEPEST)]] = (1, 18)

    @field_validator("url")
    @classmethod
    def _address(cls, url: str) -> str:
        for name, part in WMTS.items():
            url = url.replace(name, part)
        parts = set(PARTS.findall(url))
        if unknown := sorted(parts - set(KNOWN)):
            raise ValueError(f"{{{unknown[0]}}} is unknown: use {', '.join(f'{{{name}}}' for name in KNOWN)}")
        if not {"x", "z"} <= parts or not {"y", "-y"} & parts:
            raise ValueError("needs {z}, {x} and {y}, or {TileMatrix}, {TileCol} and {TileRow}")
        if not re.fullmatch(r"https?://[^\s/?#@]+[/?][^\s#]*", url) or PARTS.search(_place(url).replace("{s}", "")):
            raise ValueError("is no address of a tile: http or https, a host, and the parts behind it")
        return url

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if ("{s}" in self.url) != bool(self.servers):
            raise ValueError("servers: the values of {s} in url, which must be there together")
        if ("{key}" in self.url) != bool(self.key):
            raise ValueError("key: the value of {key} in url, which must be there together")
        if self.key and not vault.REFERENCE.fullmatch(self.key):
            raise ValueError("key: keep it with `python -m cockpit secret set NAME` and write ${secret:NAME}")
        if self.zoom[0] > self.zoom[1]:
            raise ValueError("zoom: two levels, the lower one first")
        return self

    def hosts(self) -> tuple[str, ...]:
        """The hosts of the service: nothing else is requested."""
        return tuple(urlsplit(self.url.replace("{s}", one)).hostname or "" for one in self.servers or ("",))

    def address(self, key: str, z: int, x: int, y: int) -> str:
        """The address of a tile with the key, which is never to be shown or logged."""
        values = {
            "z": z, "x": x, "y": y, "-y": 2**z - 1 - y, "key": quote(key, safe=""),
            "s": self.servers[(x + y) % len(self.servers)] if self.servers else "",
        }  # fmt: skip
        return PARTS.sub(lambda match: str(values[match[1]]), self.url)


class Service(Reachable):
    """The tiles under the map, the lowest first. attribution, review: shown on the map. days: a tile is kept."""

    attribution: Shown
    review: Shown
    tiles: tuple[Tiles, ...] = Field(min_length=1, max_length=4)
    days: int = Field(30, ge=1, le=365)

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        ids = [one.id for one in self.tiles]
        if twice := next((id for id in ids if ids.count(id) > 1), None):
            raise ValueError(f"tiles: {twice} is the id of two")
        return self

    @property
    def version(self) -> str:
        """Part of the addresses and of the cache: other tiles have another."""
        return sha256(repr([(one.id, one.url, one.servers) for one in self.tiles]).encode()).hexdigest()[:12]


def _place(url: str) -> str:
    """Host and port."""
    return url.split("://", 1)[-1].partition("/")[0].partition("?")[0]


def of(config: Settings) -> Service | None:
    """The service of these settings, if any. UsageError that lists the faults of its file."""
    service: Service | None = cached(config.tiles, config.tiles.stat().st_mtime_ns, Service) if config.tiles else None
    return service


def key_of(config: Settings, tiles: Tiles) -> str:
    """The key of a set of tiles. Raises DataError for one that is not kept."""
    return vault.filled(config.data.keys, tiles.key)


def check(config: Settings) -> None:
    """Raise UsageError for a wrong file or a key that is not kept."""
    service = of(config)
    for tiles in service.tiles if service else ():
        try:
            key_of(config, tiles)
        except DataError as error:
            raise UsageError("tiles.key", "tiles.{id}.key: {why}", id=tiles.id, why=error.message) from error

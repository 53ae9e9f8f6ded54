"""Register of checked assets: the edition's assets with a URL, and the details from a file.

docs/probe.md shows the file. No request goes to a host that neither an asset nor an entry of the file names.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from data import yamls
from data.editions.edition import Edition
from data.errors import DataError
from data.probe.network.net import place
from data.sources.expressions import suggest
from data.system_errors import line_of

KINDS = ("site", "column", "app", "mini_program", "function", "service_item")
TESTED = ("app", "mini_program", "function")
"""Kinds checked by a described request, or by their own URL."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Request(_Strict):
    """A described request and its expected response."""

    url: str = ""
    method: Literal["GET", "POST", "HEAD", "PUT"] = "GET"
    headers: Mapping[str, str] = {}
    body: str = ""
    status: int = 200
    expect: str = ""
    """Text expected in the response."""


class Search(_Strict):
    """The site's search: `{word}` in the address is replaced; what is found holds `expect`, by default the word."""

    url: str
    word: str
    expect: str = ""


class Extra(_Strict):
    """Details of an asset from the file. Selectors are CSS."""

    waive_robots: bool = False
    hosts: tuple[str, ...] = ()
    content: str = ""
    items: str = ""
    date: str = ""
    messages: str = ""
    """Site only: URL of the page that lists its messages."""
    links: tuple[str, ...] = ()
    """Required texts of the home page, in place of the default ones."""
    search: Search | None = None
    request: Request | None = None
    deduction: str = ""
    """Of a column: the entry of the deductions that it counts for, such as statistics or replies."""


class Extras(_Strict):
    """The file. assets: by key, or by source/key where two sources use the same one."""

    delay: Annotated[float, Field(ge=0, le=60)] = 1.0
    """Seconds between two requests to one host."""
    assets: Mapping[str, Extra] = {}


NOTHING = Extra()


@dataclass(frozen=True)
class Thing:
    """A checked asset."""

    source: str
    key: str
    kind: str
    name: str
    url: str
    parent: str = ""
    column_kind: str = "other"
    must_update_days: int | None = None
    extra: Extra = NOTHING

    @property
    def id(self) -> str:
        return f"{self.source}/{self.key}"

    @cached_property
    def host(self) -> tuple[str, int]:
        return place(self.url)


@dataclass(frozen=True)
class Register:
    """All checked assets by id."""

    things: Mapping[str, Thing] = field(default_factory=dict)
    delay: float = 1.0

    @cached_property
    def hosts(self) -> frozenset[str]:
        named = (thing.host[0] for thing in self.things.values())
        more = (host for thing in self.things.values() for host in thing.extra.hosts)
        visited = (place(url)[0] for thing in self.things.values() for url in _addresses(thing.extra))
        return frozenset(host.lower() for host in (*named, *more, *visited) if host)

    @cached_property
    def ports(self) -> frozenset[tuple[str, int]]:
        urls = (url for thing in self.things.values() for url in (thing.url, *_addresses(thing.extra)))
        return frozenset(place(url) for url in urls)

    def allows(self, host: str, port: int) -> bool:
        """Whether requests are allowed: a registered host, with or without `www.`, on ports 80, 443 or its own."""
        host = host.lower()
        known = host in self.hosts or host.removeprefix("www.") in self.hosts or f"www.{host}" in self.hosts
        return known and (port in (80, 443) or (host, port) in self.ports)

    def parts(self, site: Thing, *kinds: str) -> list[Thing]:
        return self._children.get((site.source, site.key), []) if not kinds else [
            part for part in self._children.get((site.source, site.key), []) if part.kind in kinds
        ]  # fmt: skip

    @cached_property
    def _children(self) -> dict[tuple[str, str], list[Thing]]:
        children: dict[tuple[str, str], list[Thing]] = {}
        for thing in self.things.values():
            if thing.parent:
                children.setdefault((thing.source, thing.parent), []).append(thing)
        return children


def register(edition: Edition, extras: Extras | None = None, *, site: str = "") -> Register:
    """The assets registered in the edition. site: key of a single site, with its parts. DataError if unknown."""
    extras = extras or Extras()
    rows = (
        edition.cursor()
        .execute(
            f"""SELECT source, key, kind, name, url, coalesce(parent, ''), coalesce(column_kind, 'other'),
            must_update_days FROM assets WHERE kind IN {KINDS} AND NOT coalesce(retired_at < $1, false)
            AND NOT coalesce(registered_at >= $1, false) ORDER BY source, key""",
            [edition.as_of],
        )
        .fetchall()
    )
    things = {}
    for source, key, kind, name, url, parent, column_kind, days in rows:
        extra = extras.assets.get(f"{source}/{key}") or extras.assets.get(key) or NOTHING
        address = url or (extra.request.url if extra.request else "")
        if address and (not site or site in (key, parent, f"{source}/{key}")):
            things[f"{source}/{key}"] = Thing(source, key, kind, name, address, parent, column_kind, days, extra)
    if site and not things:
        keys = [key for _source, key, kind, *_rest in rows if kind == "site"]
        raise DataError(
            "site.unknown", "no site {site} with an address is registered{near}", site=site, near=suggest(site, keys)
        )
    return Register(things, extras.delay)


def read_extras(path: Path | None) -> Extras:
    """Read the details file. Raises DataError with all its faults by key."""
    if path is None:
        return Extras()
    try:
        content = yamls.parsed(path.read_text("utf-8")) or {}
        return Extras.model_validate(content)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DataError("register.unreadable", "{path}: cannot be read: {why}", path=path, why=line_of(error)) from None
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
    raise DataError("register.invalid", "{path}: {faults}", path=path, faults="; ".join(faults))


def _addresses(extra: Extra) -> list[str]:
    urls = [extra.messages, extra.search.url if extra.search else "", extra.request.url if extra.request else ""]
    return [url for url in urls if url]

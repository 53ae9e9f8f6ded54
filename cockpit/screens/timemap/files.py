"""The data of the map's layers: compact columns that a browser keeps, and what a click or a selection opens.

`/files/layer/EDITION/AREA/LAYER.bin` is immutable: edition, area and the layer's definition are part of the address.
Rights and scope are checked at each request, and rows that leave are recorded in the audit first, as those of the API
are: without the record they do not leave. The columns contain places, days and groups, no numbers of cases: a row is
identified by its position, and its card is requested one at a time.
"""

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import NamedTuple

import numpy as np
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cockpit import settings
from cockpit.access import record
from cockpit.access.visitors import Visitor
from cockpit.i18n import _, language, using
from cockpit.panels.picks import MOST_PICKED
from cockpit.screens.listing.download import answered
from cockpit.screens.timemap import cards, layers, legends
from cockpit.server.geo import FOREVER
from cockpit.serving import slow_queries
from cockpit.single_flight import single_flight_cache
from cockpit.view import BadParameter, read
from cockpit.view_state import View
from data.editions.scoped import ScopedEdition
from metrics.errors import MetricsError, did_you_mean
from metrics.mapping import columns
from metrics.mapping.bins import MOST_POINTS, TILES, bins, tile
from metrics.mapping.features import own_features
from metrics.mapping.groups import groups
from metrics.mapping.hotspots import hotspots
from metrics.mapping.layers import MARKS, Layer
from metrics.mapping.marks import Where, marks
from metrics.mapping.series import series
from metrics.query import Query
from metrics.scope import OutOfScope


@dataclass(frozen=True)
class Asked:
    """One request for a layer, once the visitor's right to it is checked. accepts: the encodings the browser takes."""

    visitor: Visitor
    view: View
    layer: Layer
    parameters: Mapping[str, str]
    accepts: str
    address: str

    def record(self, event: str, what: str) -> None:
        """A row of the audit for what is about to be sent. DeskError if it cannot be written."""
        record.write(visitor=self.visitor, event=event, what=what, address=self.address)

    def record_rows(self, count: int) -> None:
        self.record("drill", f"layer {self.layer.id} {self.view.area.code} {count} rows")


class File(NamedTuple):
    """A gzipped file, and the rows of facts that it contains."""

    content: bytes
    rows: int = 0


Work = Callable[[Asked], Response]


async def data(request: Request) -> Response:
    """The columns of a layer, gzipped. 403 outside of what the visitor may see, 400 for an unknown layer or unit."""
    return await _answer(request, _data)


async def card(request: Request) -> Response:
    """`?i=`: what a mark is, in words, and what it opens, as JSON."""
    return await _answer(request, _card)


async def pick(request: Request) -> Response:
    """`?i=1,2,3`: at most MOST_PICKED marks as the row page lists them, and the actions on them, as JSON."""
    return await _answer(request, _pick)


async def names(request: Request) -> Response:
    """`?i=1,2,3`: at most MOST_PICKED marks as lines of a table, each with what it opens, as JSON."""
    return await _answer(request, _names)


async def _answer(request: Request, work: Work) -> Response:
    path, accepts = request.path_params, request.headers.get("accept-encoding", "")

    def checked(visitor: Visitor, given: dict[str, str], address: str) -> Response:
        slow_queries.asks(slow_queries.Asker(visitor.name))
        view = read(
            {**given, "edition": path["edition"], "area": path["area"]}, settings.current(), visitor.grants, "map"
        )
        if view.edition.id == view.newest:  # what the map opens is then not tied to the edition
            view = replace(view, given=tuple(pair for pair in view.given if pair[0] != "edition"))
        layer = _layer(path["layer"])
        if not layers.may_see(layer, visitor.grants, view.area.code, view.area.end):
            raise OutOfScope(
                "layer.no_right", "the layer {layer} of {area} is not for you", layer=layer.id, area=view.area.name
            )
        with using(view.lang):
            return work(Asked(visitor, view, layer, given, accepts, address))

    return await answered(request, checked, f"layer {path['layer']} {path['area']}"[:100])


def _layer(name: str) -> Layer:
    known = layers.of(settings.current())
    if name not in known:
        raise MetricsError(
            "layer.unknown", 'there is no layer "{name}".{near}', name=name[:60], near=did_you_mean(name[:60], known)
        )
    return known[name]


def _data(asked: Asked) -> Response:
    view, layer = asked.view, asked.layer
    edition = view.edition.within(view.area.code, view.area.end)
    file, rows = _file(view.asking(edition=edition), layer, asked.parameters, view.lang)
    if rows:
        asked.record_rows(rows)
    kind = "application/geo+json" if layer.of == "geojson" else "application/octet-stream"
    headers = {**FOREVER, "ETag": f'"{sha256(file).hexdigest()[:32]}"', "Content-Type": kind}
    if "gzip" in asked.accepts:
        return Response(file, headers={**headers, "Content-Encoding": "gzip"})
    return Response(gzip.decompress(file), headers=headers)


def _file(view: View, layer: Layer, given: Mapping[str, str], spoken: str) -> File:
    level, unit = layers.level(view, layer), given.get("step", "month")
    if layer.of in MARKS:
        number = _tile(given["tile"]) if "tile" in given else None
        content = groups_file if given.get("part") == "groups" and layer.has_groups else marks_file
        return content(view.edition, view.area.code, layer, view.query.where, number, spoken)
    if layer.of == "geojson":
        return File(gzip.compress(own_features(view.edition, view.area, layer), mtime=0))
    if layer.of == "hotspots":
        assert level, "a layer without areas is not offered"
        return _hotspots_file(view.query, unit, level, layer, spoken)
    query = view.ask(layers.metric(view, layer).id)
    return _areas_file(query, unit, level, spoken)


def _tile(text: str) -> int:
    """The number of a tile. BadParameter for another text."""
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text) < TILES**2):
        raise BadParameter("tile", text[:60], _("A tile is named by its number, from 0 to {last}.", last=TILES**2 - 1))
    return int(text)


@single_flight_cache(maxsize=256)
def marks_file(edition: ScopedEdition, area: int, layer: Layer, where: Where, number: int | None, spoken: str) -> File:
    """The marks of a tile, or of the layer; of a layer with too many the counts by hexagon."""
    placed = marks(edition, area, layer, where)
    about = {
        "first": str(placed.first),
        "box": placed.box,
        "unplaced": placed.unplaced,
    }
    if number is None and len(placed) > MOST_POINTS:
        counted = bins(placed)
        about |= {"tiles": TILES, "radius": counted.radius, "days": counted.days, "count": len(placed)}
        names = ("x", "y", "opened", "closed", "overdue")
        return File(columns.packed({name: getattr(counted, name) for name in names}, about))
    at = np.arange(len(placed)) if number is None else tile(placed, number)
    named = {name: getattr(placed, name)[at] for name in ("x", "y", "start", "end", "due")}
    if len(placed.value):
        named["value"] = placed.value[at]
    if number is not None:
        named["position"] = at.astype(np.uint32)
    return File(columns.packed(named, about, delta=("start", "x", "position")), len(at))


@single_flight_cache(maxsize=64)
def groups_file(edition: ScopedEdition, area: int, layer: Layer, where: Where, number: int | None, spoken: str) -> File:
    """The groups of the marks that `marks_file` gives. spoken: the language of their names, for the cache's key."""
    grouped = groups(edition, area, layer, where)
    at = slice(None) if number is None else tile(marks(edition, area, layer, where), number)
    index = grouped.index[at]
    return File(columns.packed({"group": index}, {"groups": legends.groups(layer, grouped.names)}), len(index))


@single_flight_cache(maxsize=64)
def _areas_file(query: Query, unit: str, level: str | None, spoken: str) -> File:
    values = series(query, unit, level)
    legend, keys = legends.of_series(query.catalog, values)
    about = {
        "codes": [str(code) for code in values.codes],
        "buckets": [str(bucket.start) for bucket in values.buckets],
        "legend": legend,
        "decimals": values.metric.decimals,
        "unit": values.metric.unit[language()],
        "metric": values.metric.name[language()],
    }
    return File(columns.packed({"value": values.values.ravel(), "key": keys.ravel()}, about))


@single_flight_cache(maxsize=32)
def _hotspots_file(query: Query, unit: str, level: str, layer: Layer, spoken: str) -> File:
    spots = hotspots(query, unit, level, layer)
    legend, keys = legends.of_hotspots(spots)
    about = {
        "codes": [str(place.code) for place in spots.places],
        "buckets": [str(bucket.start) for bucket in spots.buckets],
        "legend": legend,
        "decimals": 0,
        "unit": query.catalog.metrics[query.catalog.id_of("intake")].unit[language()],
        "metric": layer.name[language()],
        "words": [legends.sentence(spots, i, unit) for i in range(len(spots.buckets))],
    }
    return File(columns.packed({"value": spots.counts.ravel().astype(np.float32), "key": keys.ravel()}, about))


def _positions(text: str, count: int) -> list[int]:
    """The marks that a parameter names by position. BadParameter for another text, or too many."""
    try:
        positions = [int(one) for one in text.split(",")] if len(text) < 1000 else []
    except ValueError:
        positions = []
    if not positions or not all(0 <= one < count for one in positions):
        raise BadParameter("i", text[:60], _("A mark is named by its position in the layer."))
    if len(positions) > MOST_PICKED:
        raise BadParameter("i", str(len(positions)), _("At most {n} rows can be selected.", n=MOST_PICKED))
    return positions


def _rows(asked: Asked) -> list[int]:
    """Row ids of the marks that the request lists."""
    view, layer = asked.view, asked.layer
    if layer.of not in MARKS:
        raise MetricsError("layer.no_marks", "the layer {layer} has no marks of its own", layer=layer.id)
    edition = view.edition.within(view.area.code, view.area.end)
    columns = marks(edition, view.area.code, layer, view.query.where)
    return [int(columns.rows[i]) for i in _positions(asked.parameters.get("i", ""), len(columns))]


def _card(asked: Asked) -> Response:
    (row, *_more) = _rows(asked)
    ((source, key),) = cards.identities(asked.view, asked.layer, [row])
    asked.record("view_case" if asked.layer.of == "cases" else "drill", f"{source}/{key}")
    content = cards.card(asked.view, asked.layer, source, key)
    return JSONResponse(content, headers={"Cache-Control": "no-store"})


def _pick(asked: Asked) -> Response:
    rows = _rows(asked)
    asked.record_rows(len(rows))
    content = cards.selection(asked.view, asked.layer, rows)
    return JSONResponse(content, headers={"Cache-Control": "no-store"})


def _names(asked: Asked) -> Response:
    rows = _rows(asked)
    asked.record_rows(len(rows))
    content = cards.lines(asked.view, asked.layer, rows)
    return JSONResponse(content, headers={"Cache-Control": "no-store"})


ROUTES = (
    Route("/files/layer/{edition}/{area}/{layer}.bin", data),
    Route("/files/layer/{edition}/{area}/{layer}/card.json", card),
    Route("/files/layer/{edition}/{area}/{layer}/pick.json", pick),
    Route("/files/layer/{edition}/{area}/{layer}/names.json", names),
)

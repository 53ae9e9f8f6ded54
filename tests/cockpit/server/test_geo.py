"""Geometry is served by URL, once an edition; unknown areas get a clear answer."""

import asyncio
import gzip
import json
from collections.abc import Iterator
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware

from cockpit import settings
from cockpit.access.policy import OPERATOR
from cockpit.drawing import outlines
from cockpit.server import geo
from cockpit.serving.headers import Headers
from data.areas.loading import load_areas
from data.editions.edition import Edition
from data.home import Home
from metrics.areas import area
from tests.factory import AREAS, DISTRICT, TOWNS, VILLAGES, published
from tests.factory import areas as load_places

SQUARE = {
    "type": "Polygon",
    "coordinates": [[[118.0, 32.0], [118.1, 32.0], [118.1, 32.1], [118.0, 32.1], [118.0, 32.0]]],
}


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edition]:
    """One town with a polygon, one with only a point, villages with neither."""
    home = Home(tmp_path_factory.mktemp("geo"), memory="1GB")
    home.prepare()
    places = [{**row, "lon": 118.5, "lat": 32.5} if row["code"] == TOWNS[1] else row for row in AREAS]
    shapes = {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "properties": {**AREAS[1]}, "geometry": SQUARE}],
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COCKPIT_HOME", str(home.root))
        settings.current.cache_clear()
        load_places(home, places)
        file = home.root / "shapes.geojson"
        file.write_text(json.dumps(shapes), "utf-8")
        load_areas(home, file)
        yield published(home, datetime(2026, 11, 22, 8))
    settings.current.cache_clear()


def get(path: str, query: str = "", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of a GET at our routes, headers of the application included."""
    served = Starlette(routes=[*geo.ROUTES], middleware=[Middleware(Headers)])
    sent: list[dict[str, Any]] = []
    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()], "http_version": "1.1",
        "scheme": "http", "server": ("test", 80), "client": ("test", 1), "root_path": "",
        "state": {"visitor": SimpleNamespace(grants=OPERATOR)},
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(served(scope, receive, send))
    listed = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], listed, b"".join(message.get("body", b"") for message in sent[1:])


def collection(edition: Edition, code: int, query: str = "") -> list[dict[str, Any]]:
    status, _, body = get(f"/geo/{edition.id}/{code}.geojson", query)
    assert status == 200
    parsed = json.loads(body)
    assert parsed["type"] == "FeatureCollection"
    return parsed["features"]


def test_areas_below_are_served_with_points_for_missing_polygons(edition: Edition) -> None:
    town, other = collection(edition, DISTRICT)
    assert (town["id"], town["properties"]["name"], town["geometry"]["type"]) == (str(TOWNS[0]), "北塘街道", "Polygon")
    assert (other["id"], other["geometry"]) == (str(TOWNS[1]), {"type": "Point", "coordinates": [118.5, 32.5]})


def test_an_area_serves_its_own_outline(edition: Edition) -> None:
    (town,) = collection(edition, TOWNS[0], "own=1")
    assert town["id"] == str(TOWNS[0])


def test_an_area_without_geometry_is_an_empty_collection(edition: Edition) -> None:
    assert collection(edition, TOWNS[0]) == []
    assert collection(edition, VILLAGES[0], "own=1") == []
    assert not outlines.drawable(edition, area(edition, TOWNS[0]))
    assert outlines.drawable(edition, area(edition, DISTRICT))


def test_geometry_is_immutable_and_compressed(edition: Edition) -> None:
    path = f"/geo/{edition.id}/{DISTRICT}.geojson"
    _, plain_headers, plain = get(path)
    _, headers, zipped = get(path, **{"accept-encoding": "gzip, br"})
    assert headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain_headers
    assert gzip.decompress(zipped) == plain
    assert "immutable" in headers["cache-control"]
    assert headers["content-type"] == "application/geo+json"


@pytest.mark.parametrize(
    "path",
    [
        "/geo/{edition}/990199000000.geojson",
        "/geo/{edition}/" + "9" * 40 + ".geojson",
        "/geo/{edition}/x.geojson",
        "/geo/20200101-000000-dead/990101000000.geojson",
    ],
)
def test_an_unknown_area_or_edition_is_one_line(edition: Edition, path: str) -> None:
    status, headers, body = get(path.format(edition=edition.id))
    assert status == 404
    assert headers["content-type"].startswith("text/plain")
    assert body.count(b"\n") == 1
    assert b"Traceback" not in body
    assert "immutable" not in headers.get("cache-control", "")


def test_every_answer_carries_the_content_policy() -> None:
    _, headers, _ = get("/geo/none/1.geojson")
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe-eval" not in policy
    assert headers["x-content-type-options"] == "nosniff"

"""GeoJSON of the map, fetched once per edition outside of runs."""

import gzip
import re
from functools import lru_cache

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from cockpit import editions, settings
from cockpit.access import record
from cockpit.access.gate import visitor_of
from cockpit.access.policy import Can, Grants
from cockpit.drawing import outlines
from data.areas.levels import LEVELS, end_of
from data.errors import DataError
from metrics import areas
from metrics.errors import MetricsError

FOREVER = {"Cache-Control": "private, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
CODE = re.compile(r"[0-9]{1,12}")


async def geojson(request: Request) -> Response:
    """FeatureCollection of the areas below one, of itself with `?own=1`, of all of a level in it with `?level=village`.

    403 outside the grants, 404 if missing.
    """
    parameters, level = request.path_params, request.query_params.get("level", "")
    if not CODE.fullmatch(parameters["area"]):
        return PlainTextResponse("an area is named by its code of 12 digits\n", 404)
    if level and level not in LEVELS:
        return PlainTextResponse(f"level: use one of {', '.join(LEVELS)}\n", 404)
    first = int(parameters["area"])
    if not _grants(request).may(Can.LOOK, first, end_of(first)):
        visitor, what = visitor_of(request.scope), f"map of {first}"
        await run_in_threadpool(record.note, event="refused", result="refused", visitor=visitor, what=what)
        return PlainTextResponse("this area lies outside of what you may see\n", 403)
    try:
        body = await run_in_threadpool(_file, parameters["edition"], first, "own" in request.query_params, level)
    except (DataError, MetricsError) as error:
        return PlainTextResponse(f"{error}\n", 404)
    headers = {**FOREVER, "Content-Type": "application/geo+json"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(body, headers={**headers, "Content-Encoding": "gzip"})
    return Response(gzip.decompress(body), headers=headers)


ROUTES = (Route("/geo/{edition}/{area}.geojson", geojson),)


@lru_cache(maxsize=256)
def _file(edition_id: str, code: int, own: bool, level: str) -> bytes:
    """The zipped FeatureCollection."""
    edition = editions.named(settings.current(), edition_id)
    return gzip.compress(outlines.collection(edition, areas.area(edition, code), own=own, level=level), 6)


def _grants(request: Request) -> Grants:
    visitor = visitor_of(request.scope)
    return visitor.grants if visitor else Grants()

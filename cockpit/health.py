"""Whether this process lives, and whether it can do its work: for a load balancer and whoever watches."""

from datetime import datetime
from zoneinfo import ZoneInfo

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from cockpit import editions, settings
from cockpit.access import visitors
from data.editions import Edition
from data.errors import DataError


async def alive(request: Request) -> Response:
    return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})


async def ready(request: Request) -> Response:
    """200 with the edition that is served; 503 while there is none, or it is too old, or nobody can sign in.

    `instead_of_newest` says why an older edition serves in place of the one that was published last.
    """
    told = await run_in_threadpool(_told)
    return JSONResponse(told, 503 if told["faults"] else 200, {"Cache-Control": "no-store"})


ROUTES = (Route("/healthz", alive), Route("/readyz", ready))


def _told() -> dict[str, object]:
    told: dict[str, object] = {"edition": None, "as_of": None, "instead_of_newest": None, "faults": (faults := [])}
    try:
        edition = editions.current(settings.current())
        told |= {"edition": edition.id, "as_of": edition.as_of.isoformat(), "instead_of_newest": edition.fallback}
        faults += _too_old(edition)
    except DataError as error:
        faults.append(str(error))
    try:
        visitors.desk().check()
    except DataError as error:
        faults.append(str(error))
    return told


def _too_old(edition: Edition) -> list[str]:
    limit = settings.current().fresh_hours
    hours = (_now(edition.zone) - edition.as_of).total_seconds() / 3600
    if not limit or hours <= limit:
        return []
    return [f"the data are {hours:.1f} hours old: load and publish, or set COCKPIT_FRESH_HOURS above {limit:g}"]


def _now(zone: str) -> datetime:
    return datetime.now(ZoneInfo(zone)).replace(tzinfo=None)

"""Liveness and readiness endpoints, for load balancers and monitoring."""

import logging
import shutil
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from cockpit import editions, settings
from cockpit.access import visitors
from cockpit.access.gate import visitor_of
from cockpit.access.policy import Can
from cockpit.server import background
from data.editions.edition import Edition
from data.errors import DataError

log = logging.getLogger(__name__)
MB = 1_000_000
LEAST_FREE = 50 * MB
"""Bytes needed to store a delivery or a report."""


async def alive(request: Request) -> Response:
    return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})


async def ready(request: Request) -> Response:
    """200 if this process can do its work, else 503: nothing to serve, data too old, no desk, no room on the disk.

    Strangers get no more. Users who may open the data page or manage accounts also get the edition, why an older one
    serves in place of the newest (`instead_of_newest`), the state of each background process, and every fault. The
    server's log holds the faults as well. A background process that fails makes no 503: the screens do without it.
    """
    state = await run_in_threadpool(_state)
    headers, status = {"Cache-Control": "no-store"}, 503 if state["faults"] else 200
    visitor = visitor_of(request.scope)
    if visitor and any(visitor.grants.may(right) for right in (Can.DATA, Can.ACCOUNTS)):
        return JSONResponse(state, status, headers)
    return JSONResponse({"ready": not state["faults"]}, status, headers)


ROUTES = (Route("/healthz", alive), Route("/readyz", ready))


def _state() -> dict[str, object]:
    faults: list[str] = []
    state: dict[str, object] = {"edition": None, "as_of": None, "instead_of_newest": None, "faults": faults}
    try:
        edition = editions.current(settings.current())
        state |= {"edition": edition.id, "as_of": edition.as_of.isoformat(), "instead_of_newest": edition.fallback}
        faults += _too_old(edition)
    except DataError as error:
        faults.append(str(error))
    try:
        visitors.desk().check()
    except DataError as error:
        faults.append(str(error))
    faults += _no_room()
    state["background"] = {process.program.name: process.state for process in background.watched()}
    _logged(tuple(faults))
    return state


def _no_room() -> list[str]:
    home = settings.current().home
    free = shutil.disk_usage(home).free if home.exists() else LEAST_FREE
    if free >= LEAST_FREE:
        return []
    return [f"the disk of {home} has {free // MB} MB left: free at least {LEAST_FREE // MB} MB"]


@lru_cache(maxsize=1)
def _logged(faults: tuple[str, ...]) -> None:
    """Log faults when they change, not at every health check."""
    for fault in faults:
        log.error("not ready: %s", fault)


def _too_old(edition: Edition) -> list[str]:
    limit = settings.current().fresh_hours
    hours = (_now(edition.zone) - edition.as_of).total_seconds() / 3600
    if not limit or hours <= limit:
        return []
    return [f"the data are {hours:.1f} hours old: load and publish, or set COCKPIT_FRESH_HOURS above {limit:g}"]


def _now(zone: str) -> datetime:
    return datetime.now(ZoneInfo(zone)).replace(tzinfo=None)

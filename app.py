"""The ASGI application: screens, API, files, map geometry and middleware. `uvicorn app:app`"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Mount, Route

from cockpit import problem, settings
from cockpit.access import gate, guard, hosts, not_found
from cockpit.access.signin import account, factor, linking, login, notified, provider
from cockpit.api.app import mounted
from cockpit.reports import worker
from cockpit.reports.delivery import files
from cockpit.screens import panel_files, saved_views, search
from cockpit.screens.admin import audit_export
from cockpit.screens.listing import download, row_tools
from cockpit.screens.timemap import files as timemap_files
from cockpit.screens.timemap.tiles import proxy as tiles
from cockpit.screens.work import evidence, ledger, paper, published
from cockpit.server import (
    alerting,
    background,
    compression,
    garbage_collection,
    geo,
    health,
    notifying,
    prober,
    publisher,
    shell,
    telemetry,
)
from cockpit.server import prewarm as warm
from cockpit.server import static_files as static
from cockpit.serving import headers, slow_queries
from cockpit.serving.body_limit import LimitedBodies
from data.editions import queries

WALL = {"wall": "1", "embed": "true", "embed_options": "dark_theme"}


async def wall(request: Request) -> RedirectResponse:
    """`/wall?area=…` is the address to type into a wall screen."""
    parameters = dict(parse_qsl(request.url.query))
    return RedirectResponse(f"/?{urlencode(parameters | WALL)}")


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Do before the port opens what the first visitor would otherwise wait for."""
    os.umask(0o077)  # a server that was not started by our command keeps its files private as well
    settings.current().data.make_private()
    queries.limit(settings.current().query_seconds)
    slow_queries.begin()
    problem.log_once()
    warm.up()
    static.index()
    garbage_collection.settle()
    with telemetry.serve_metrics():
        watching = [asyncio.create_task(task) for task in (gate.watch.run(), warm.stay())]
        config = settings.current()
        compressor = compression.program(static.are_copied)
        probers = [prober.PROGRAM] if config.probe else []
        usual = (
            publisher.program(config),
            worker.program(config),
            alerting.program(config),
            notifying.program(config),
            compressor,
        )
        programs = background.Watch([*usual, *probers])
        programs.start()
        yield
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
        queries.stop_all()
        await run_in_threadpool(programs.stop)


ROUTES: list[Route | Mount] = [
    Route("/wall", wall),
    *(*geo.ROUTES, *health.ROUTES),
    *(
        *login.ROUTES,
        *provider.ROUTES,
        *linking.ROUTES,
        *account.ROUTES,
        *factor.ROUTES,
        *notified.ROUTES,
        *audit_export.ROUTES,
        *files.ROUTES,
        *download.ROUTES,
        *panel_files.ROUTES,
        *search.ROUTES,
        *saved_views.ROUTES,
        *row_tools.ROUTES,
        *timemap_files.ROUTES,
        *tiles.ROUTES,
        *evidence.ROUTES,
        *ledger.ROUTES,
        *paper.ROUTES,
        *published.ROUTES,
    ),
    mounted(),
]
"""What is ours; every other path is a page of the screens."""

OUTER = (telemetry.RequestMetrics, static.StaticFiles, headers.Headers, LimitedBodies, hosts.KnownHosts, gate.Gate)

app = st.App(
    Path(__file__).parent / "cockpit" / "main.py",
    lifespan=lifespan,
    routes=ROUTES,
    middleware=[
        *(Middleware(outer) for outer in OUTER),
        Middleware(not_found.KnownPages, routes=ROUTES),
        Middleware(shell.Shell),
    ],
    on_script_error=guard.of_a_run,
)

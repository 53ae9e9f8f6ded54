"""Prometheus metrics of this process: requests, runs of pages, queries, websockets, the edition, pushes.

A figure that something counts as it happens is a Counter or Histogram here; one that can be looked up is a line of
`StateCollector.collect`. With several workers each exports its own, on a port of its own; Prometheus adds them up.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cockpit import editions, settings
from cockpit.access import visitors
from cockpit.server import background, publisher
from data.editions import queries
from data.errors import DataError

log = logging.getLogger(__name__)

CLASSES = (
    "api", "assets", "geo", "login", "logout", "password", "account", "session", "static", "media", "component",
    "healthz", "readyz", "_stcore",
)  # fmt: skip
"""First path segments with their own route label; any other path is `page`."""
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

registry = CollectorRegistry()
ProcessCollector(registry=registry)
requests = Counter("cockpit_requests", "HTTP requests", ["route", "status"], registry=registry)
request_seconds = Histogram(
    "cockpit_request_seconds", "seconds of HTTP requests", ["route"], buckets=BOUNDS, registry=registry
)
refused = Counter("cockpit_refused_connections", "connections ended before a request", ["why"], registry=registry)
websockets = Gauge("cockpit_websockets", "open websockets: screens that somebody looks at", registry=registry)
runs = Counter("cockpit_runs", "runs of pages", ["page", "ended"], registry=registry)
run_seconds = Histogram("cockpit_run_seconds", "seconds of runs of pages", ["page"], buckets=BOUNDS, registry=registry)
query_count = Counter("cockpit_queries", "queries of editions", ["ended"], registry=registry)
costly = Counter("cockpit_costly_queries", "queries that waited for their turn", registry=registry)
query_seconds = Histogram("cockpit_query_seconds", "seconds of queries of editions", buckets=BOUNDS, registry=registry)


class StateCollector(Collector):
    """Values computed when Prometheus scrapes."""

    def collect(self) -> Iterator[Metric]:
        config = settings.current()
        try:
            edition = editions.current(config)
            now = datetime.now(ZoneInfo(edition.zone)).replace(tzinfo=None)
            yield _gauge("cockpit_edition_age_seconds", "age of the data served", (now - edition.as_of).total_seconds())
            yield _gauge("cockpit_edition_fallback", "1 while an older edition serves", bool(edition.fallback))
        except DataError:
            yield _gauge("cockpit_edition_age_seconds", "age of the data served", float("nan"))
        yield _gauge("cockpit_desk_up", "whether the desk answers", _desk_answers())
        yield from _background()
        try:
            pushes = publisher.counters(config.data)
            states = GaugeMetricFamily("cockpit_pushes", "pushes of the last month by state", labels=["state"])
            for state, count in pushes.items():
                if state != "refused_rows":
                    states.add_metric([state], count)
            yield states
            yield _gauge("cockpit_push_refused_rows", "refused rows of these pushes", pushes["refused_rows"])
        except DataError as error:
            log.warning("%s", error)


registry.register(StateCollector())


class RequestMetrics:
    """Counts HTTP requests by route and status, and open websockets."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            with websockets.track_inprogress():
                await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        route, started, status = route_of(scope["path"]), time.perf_counter(), 500

        async def counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, counted)
        finally:
            requests.labels(route, status).inc()
            request_seconds.labels(route).observe(time.perf_counter() - started)


def route_of(path: str) -> str:
    """Route label of a path, from a small fixed set."""
    first = path.split("/", 2)[1]
    return first if first in CLASSES else "page"


@contextmanager
def run(page: str) -> Iterator[None]:
    """Measure one run of a page. A stopped or superseded run is no failure."""
    started, ended = time.perf_counter(), "ok"
    try:
        yield
    except Exception:
        ended = "failed"
        raise
    finally:
        runs.labels(page, ended).inc()
        run_seconds.labels(page).observe(time.perf_counter() - started)


@contextmanager
def serve_metrics() -> Iterator[None]:
    """Serve metrics at COCKPIT_METRICS_HOST and COCKPIT_METRICS_PORT, if a port is set.

    A port of its own keeps it out of reach of the screens' visitors, whatever proxy is used.
    """
    config = settings.current()
    queries.observe(_query)
    if not config.metrics_port:
        yield
        return
    try:
        server, thread = start_http_server(config.metrics_port, config.metrics_host, registry)
    except OSError as error:
        endpoint = f"{config.metrics_host} port {config.metrics_port}"
        log.error("no metrics on %s: %s; choose another COCKPIT_METRICS_PORT", endpoint, error.strerror or error)
        yield
        return
    try:
        yield
    finally:
        server.shutdown()
        thread.join(5)


def _query(seconds: float, ended: str) -> None:
    query_count.labels(ended).inc()
    query_seconds.observe(seconds)


def _background() -> Iterator[Metric]:
    deaths = CounterMetricFamily("cockpit_background_deaths", "processes that died or did not start", labels=["name"])
    states = GaugeMetricFamily("cockpit_background_state", "1 for the state of each process", labels=["name", "state"])
    for process in background.watched():
        deaths.add_metric([process.program.name], process.deaths)
        states.add_metric([process.program.name, process.state], 1)
    yield deaths
    yield states


def _desk_answers() -> bool:
    try:
        visitors.desk().check()
    except DataError:
        return False
    return True


def _gauge(name: str, text: str, value: float) -> Metric:
    family = GaugeMetricFamily(name, text)
    family.add_metric([], value)
    return family

"""`serve`: serve the cockpits over HTTP."""

import contextlib
import os
import resource
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cockpit.commands.common import as_usage, nothing_published, with_settings
from cockpit.errors import CockpitError, UsageError
from cockpit.server.background import end_with_parent

if TYPE_CHECKING:
    from cockpit.settings import Settings

ROOT = Path(__file__).parents[2]
EVERY_INTERFACE = ("0.0.0.0", "::")
MOST_WORKERS = 64
KEEP_ALIVE_SECONDS = 75
"""Longer than a proxy keeps a connection: one that closes just when it is used again looks like a failure to it."""
LONGEST_MESSAGE = 1_000_000
"""Bytes of a message that a browser sends over the websocket: a click and the state of the page's fields."""
STOP_SECONDS = 10
"""Time after SIGTERM until running requests are cancelled."""


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Port to serve on (COCKPIT_PORT).")
@click.option("--host", help="Address to serve on; 0.0.0.0 is every interface (COCKPIT_HOST).")
@click.option(
    "--demo", is_flag=True, help="One-click roles to sign in with; builds the demo district if nothing is published."
)
@click.option(
    "--workers",
    type=click.IntRange(1, MOST_WORKERS),
    default=1,
    help="Processes, one on each port from --port up, for a proxy that keeps a session with one of them.",
)
@with_settings
def serve(settings: "Settings", port: int | None, host: str | None, demo: bool, workers: int) -> None:
    """Serve the cockpits until Ctrl-C or SIGTERM. The address is printed when the first page can be opened."""
    host, port = host or settings.host, port or settings.port
    signal.signal(signal.SIGTERM, _as_interrupt)
    end_with_parent()
    with contextlib.ExitStack() as stack, contextlib.suppress(KeyboardInterrupt):
        listeners = [stack.enter_context(bind(host, port + i)) for i in range(workers)]
        settings.data.make_private()
        ensure_edition(settings, demo)
        warn_of_new_desk(settings)
        ensure_account(settings, demo)
        note_settings(settings, demo)
        check_own_files(settings)
        os.environ["COCKPIT_DEMO"] = str(int(demo))
        for name, path in settings.values().items():
            if isinstance(path, Path):
                os.environ[f"COCKPIT_{name.upper()}"] = str(path.resolve())
        os.chdir(ROOT)  # the screens, their configuration and static files are found from here
        if workers == 1:
            _run(listeners[0], address(host, port), settings.proxies)
        else:
            stack.close()  # they were to be had
            _run_workers(settings, host, port, workers, demo)


def bind(host: str, port: int) -> socket.socket:
    """The port, ours from now on but not open yet. Raises CockpitError if it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise CockpitError(
            "serve.cannot_bind",
            "cannot serve on {host} port {port}: {why}; choose others with --port and --host, or "
            "COCKPIT_PORT and COCKPIT_HOST",
            host=host,
            port=port,
            why=error.strerror or error,
        ) from None
    return listener


def allow_files() -> None:
    """Open as many files and connections as the system lets this process: the usual limit of 1,024 is soon reached."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def check_own_files(settings: "Settings") -> None:
    """Refuse to start with a wrong file of the district's own: workflows, layouts, alerts, layers, tiles, channels,
    reports.

    Raises UsageError.
    """
    if settings.workflows:
        from cockpit.workflows import definitions

        definitions.of(settings)
    if settings.layouts:
        from cockpit.panels import layouts

        layouts.of(settings)
    if settings.alerts:
        from cockpit.server import alerting

        with as_usage():
            alerting.rules_of(settings)
    if settings.schemes:
        from cockpit.commands.common import catalog_of
        from metrics.assessment import schemes

        with as_usage():
            schemes.load(catalog_of(settings), settings.schemes)
    if settings.channels:
        from cockpit.notifications import channels

        channels.check(settings)
    if settings.outbox:
        from cockpit.notifications import outbox

        outbox.check(settings)
    if settings.tiles:
        from cockpit.screens.timemap.tiles import services

        services.check(settings)
    if settings.layers:
        from cockpit.screens.timemap import layers

        with as_usage():
            layers.of(settings)
    if settings.reports or settings.schedule:
        from cockpit.i18n import using
        from cockpit.reports import request, schedule

        with using("en"):
            request.kinds_of(settings)
            if settings.schedule:
                schedule.read(settings.schedule, settings)


def ensure_edition(settings: "Settings", demo: bool) -> None:
    """Something to serve: the current edition, else with `demo` the demo district."""
    from data.editions.edition import current

    if current(settings.data, memory=settings.read_memory):
        return
    if not demo:
        raise nothing_published(settings)
    from cockpit.commands.demo import build_demo

    build_demo(settings)


def warn_of_new_desk(settings: "Settings") -> None:
    """Say so if the desk's file is gone although the audit's anchor shows that there was one."""
    from sqlalchemy import make_url

    from data.desk.auditing.anchor import Anchor

    url, anchor = make_url(settings.desk_url), settings.custody.anchor
    is_file = url.get_backend_name() == "sqlite" and url.database
    if is_file and not Path(str(url.database)).exists() and anchor and not Anchor(anchor).is_empty():
        click.echo(
            f"warning: the desk {url.database} is not there, and a new one without accounts is made; the audit's "
            f"anchor {anchor} shows that there was one: if that is not meant, stop and restore a backup",
            err=True,
        )


def ensure_account(settings: "Settings", demo: bool) -> None:
    """Require a way to sign in: an account, roles of an identity provider, or the demo."""
    from data.desk.identity import accounts
    from data.desk.store import open_desk

    by_provider = settings.oidc_issuer and settings.oidc_roles
    if not demo and not by_provider and not accounts.listing(open_desk(settings.desk_url, settings.custody)):
        raise UsageError(
            "serve.no_accounts",
            "nobody could sign in: make an account with `python -m cockpit user add NAME`, grant it a "
            "role with `python -m cockpit user grant NAME ROLE --area CODE`, or show a demonstration "
            "with `serve --demo`",
        )


def note_settings(settings: "Settings", demo: bool) -> None:
    """A row of the audit if they are not what they were at the last start."""
    from cockpit.access import changes
    from data.desk.store import open_desk

    changes.note(open_desk(settings.desk_url, settings.custody), settings.model_copy(update={"demo": demo}))


def address(host: str, port: int) -> str:
    """The address for a browser on this machine."""
    name = "localhost" if host in EVERY_INTERFACE else f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}"


def _as_interrupt(*_signal: object) -> None:
    """SIGTERM ends as Ctrl-C does: in order, with exit code 0. Uvicorn raises it again once it has stopped."""
    raise KeyboardInterrupt


def _run_workers(settings: "Settings", host: str, port: int, workers: int, demo: bool) -> None:
    from cockpit.commands.workers import supervise

    commands = []
    for i in range(workers):
        command = [sys.executable, "-m", "cockpit", "serve", "--host", host, "--port", str(port + i)]
        metrics = {"COCKPIT_METRICS_PORT": str(settings.metrics_port + i)} if settings.metrics_port else {}
        here = "127.0.0.1" if host == "0.0.0.0" else "::1" if host == "::" else host
        commands.append((here, port + i, [*command, *(["--demo"] if demo else [])], metrics))
    supervise(commands, f"{workers} workers answer at {address(host, port)} and the ports after it: docs/serving.md")


def _run(listener: socket.socket, url: str, proxies: Sequence[str]) -> None:
    import uvicorn

    from cockpit.serving.protocol import LimitedHttp, LimitedWebsocket

    allow_files()

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                click.echo(f"the cockpits are at {url}")

    config = uvicorn.Config(
        "app:app", loop="uvloop", http=LimitedHttp, ws=LimitedWebsocket, ws_max_size=LONGEST_MESSAGE,
        log_level="warning", access_log=False, server_header=False, ws_per_message_deflate=False,
        forwarded_allow_ips=list(proxies), timeout_graceful_shutdown=STOP_SECONDS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )  # fmt: skip
    server = Server(config)
    server.run(sockets=[listener])
    if not server.started:
        raise CockpitError("serve.not_started", "the server did not start: the lines above say why")

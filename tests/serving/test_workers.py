"""Several workers behind a real nginx with the configuration from docs/: one session, one worker."""

import asyncio
import http.client
import os
import re
import shutil
import signal
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from bench.support.viewer import BadRun, Viewer
from cockpit.access.visitors import COOKIE
from data.desk.identity import sessions
from data.desk.store import open_desk
from tests.serving.conftest import PASSWORD, ROOT, Server, free_ports, sessions_of

pytestmark = pytest.mark.slow

NAME = "cockpit.example"
ELSEWHERE = "127.0.0.2"
"""Another address of this machine, to distinguish a visitor from the proxy."""


@dataclass
class Fleet:
    """Two workers, what watches them, and the port of the nginx in front."""

    server: Server
    metrics: int
    tls: int

    @property
    def workers(self) -> dict[int, psutil.Process]:
        """The process on each port."""
        workers = {}
        for process in psutil.Process(self.server.process.pid).children():
            line = process.cmdline()
            if "--port" in line:
                workers[int(line[line.index("--port") + 1])] = process
        return workers

    def open_screens(self) -> list[int]:
        """Open websockets of each worker, from its Prometheus metrics."""
        return [int(float(self.metric(i, r"cockpit_websockets (\S+)"))) for i in (0, 1)]

    def count(self, worker: int, pattern: str) -> float:
        """A figure that stands only where something was counted."""
        try:
            return float(self.metric(worker, pattern))
        except AssertionError:
            return 0.0

    def metric(self, worker: int, pattern: str) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", self.metrics + worker, timeout=10)
        connection.request("GET", "/metrics")
        match = re.search(rf"^{pattern}", connection.getresponse().read().decode(), re.MULTILINE)
        connection.close()
        assert match, pattern
        return match[1]


@pytest.fixture(scope="module")
def fleet(
    start: Callable[..., Server], own: Callable[[], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Fleet]:
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    assert nginx, "run .ci/programs"
    home, port = own(), free_ports(6)
    metrics, front = port + 2, port + 4
    sessions_of(home, 1)
    server = start(
        home, "--workers", "2", port=port,
        COCKPIT_METRICS_PORT=str(metrics), COCKPIT_PROXIES="127.0.0.1", COCKPIT_ALLOWED_HOSTS=NAME,
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("nginx")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}",
         "-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    config = (ROOT / "docs" / "nginx.conf").read_text("utf-8")
    for ours, here in {
        "127.0.0.1:8501": f"127.0.0.1:{server.port}", "127.0.0.1:8502": f"127.0.0.1:{server.port + 1}",
        "listen 80;": f"listen 127.0.0.1:{front};", "listen 443 ssl;": f"listen 127.0.0.1:{front + 1} ssl;",
        "/etc/ssl/cockpit": str(folder), "/run/nginx-cockpit.pid": str(folder / "pid"),
    }.items():  # fmt: skip
        assert ours in config
        config = config.replace(ours, here)
    (folder / "nginx.conf").write_text(config, "utf-8")
    proxy = subprocess.Popen([nginx, "-p", folder, "-c", folder / "nginx.conf", "-g", "daemon off;"])
    made = Fleet(server, metrics, front + 1)
    _wait(lambda: _get(made, "/healthz")[0] == 200)
    yield made
    proxy.send_signal(signal.SIGQUIT)
    proxy.wait(20)


def _trusting() -> ssl.SSLContext:
    """The certificate is of this test alone."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _ask(fleet: Fleet, method: str, path: str, body: str = "", **headers: str) -> http.client.HTTPResponse:
    """Over TLS through nginx, from ELSEWHERE."""
    connection = http.client.HTTPSConnection(
        "127.0.0.1", fleet.tls, timeout=20, context=_trusting(), source_address=(ELSEWHERE, 0)
    )
    sent_headers = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, {"Host": NAME, **sent_headers})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def _get(fleet: Fleet, path: str) -> tuple[int, http.client.HTTPResponse]:
    answer = _ask(fleet, "GET", path)
    return answer.status, answer


def _wait(true: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            if true():
                return
        except (OSError, http.client.HTTPException):
            pass
        assert time.monotonic() < until, "not in time"
        time.sleep(0.2)


def _viewer(fleet: Fleet) -> Viewer:
    """Through nginx, over TLS."""
    viewer = fleet.server.viewer(f"https://127.0.0.1:{fleet.tls}")
    viewer.tls = _trusting()
    return viewer


def test_through_tls_the_cookie_is_secure_and_the_visitors_own_address_counts(fleet: Fleet) -> None:
    form = {"Content_Type": "application/x-www-form-urlencoded", "Origin": f"https://{NAME}"}
    answer = _ask(
        fleet, "POST", "/login", f"name=wang&password={PASSWORD.replace('+', '%2B')}",
        X_Forwarded_For="198.51.100.7", X_Forwarded_Proto="http", **form,
    )  # fmt: skip
    assert answer.status == 303
    cookie = answer.getheader("Set-Cookie", "")
    assert "Secure" in cookie
    assert "HttpOnly" in cookie
    assert answer.getheader("Strict-Transport-Security")
    token = re.match(rf"__Host-{COOKIE}=([^;]+)", cookie)
    assert token
    desk = open_desk(f"sqlite:///{fleet.server.home / 'desk.sqlite'}")
    session = sessions.read(desk, token[1], idle=timedelta(hours=1), longest=timedelta(hours=1))
    desk.close()
    assert session
    assert session.address == ELSEWHERE, "not the proxy's, and not what the visitor claims"


def test_forwarded_headers_of_untrusted_clients_are_ignored(fleet: Fleet) -> None:
    """Straight to a worker, past the proxy."""
    connection = http.client.HTTPConnection("127.0.0.1", fleet.server.port, timeout=20, source_address=(ELSEWHERE, 0))
    connection.request("GET", "/login", headers={"X-Forwarded-Proto": "https"})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == 200
    assert answer.getheader("Strict-Transport-Security") is None


def test_a_session_stays_with_its_worker(fleet: Fleet) -> None:
    asyncio.run(_stays(fleet))


async def _stays(fleet: Fleet) -> None:
    chosen = set()
    for _ in range(8):
        viewer = _viewer(fleet)
        chosen_workers = []
        for _ in range(3):
            before = await asyncio.to_thread(fleet.open_screens)
            async with viewer:
                await viewer.run()
                after = await asyncio.to_thread(fleet.open_screens)
            chosen_workers.append([new - old for new, old in zip(after, before, strict=True)].index(1))
            await _settled(fleet, before)
        assert len(set(chosen_workers)) == 1, chosen_workers
        chosen.add(chosen_workers[0])
        if len(chosen) == 2:
            return
    raise AssertionError("every session came to the same worker")


async def _settled(fleet: Fleet, before: list[int]) -> None:
    for _ in range(50):
        if await asyncio.to_thread(fleet.open_screens) == before:
            return
        await asyncio.sleep(0.1)
    raise AssertionError("a websocket that was closed still counts as open")


def test_killed_worker_is_replaced(fleet: Fleet) -> None:
    asyncio.run(_killed(fleet))


async def _killed(fleet: Fleet) -> None:
    async with AsyncExitStack() as screens:
        crowd = [await screens.enter_async_context(_viewer(fleet)) for _ in range(12)]
        for viewer in crowd:
            await viewer.run()
        open_before = await asyncio.to_thread(fleet.open_screens)
        assert sum(open_before) == 12
        port, victim = next(iter(fleet.workers.items()))
        victim.kill()
        killed = time.monotonic()
        lost = []
        for viewer in crowd:
            try:
                await viewer.run()
            except BadRun:
                lost.append(viewer)
        assert len(lost) == open_before[port - fleet.server.port]
        for viewer in lost:  # as a browser does: connect again, to the same address
            await viewer.open()
            await viewer.run()
        assert time.monotonic() - killed < 30
        await asyncio.to_thread(_wait, lambda: _back(fleet, port, victim.pid))
        assert f"port {port} ended with signal 9" in fleet.server.log
        for viewer in crowd:
            await viewer.run()


def _back(fleet: Fleet, port: int, before: int) -> bool:
    """Whether another process answers on the port."""
    return _answers(port) and fleet.workers[port].pid != before


def _answers(port: int) -> bool:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200


def test_each_worker_serves_metrics(fleet: Fleet) -> None:
    asyncio.run(_some_runs(fleet))
    for i in (0, 1):
        assert _answers(fleet.server.port + i)
        assert float(fleet.metric(i, r'cockpit_requests_total\{route="healthz",status="200"\} (\S+)')) > 0
        assert float(fleet.metric(i, r"cockpit_query_seconds_count (\S+)")) > 0
        assert float(fleet.metric(i, r"cockpit_edition_age_seconds (\S+)")) > 0
        assert fleet.metric(i, r"cockpit_desk_up (\S+)") == "1.0"
        assert fleet.metric(i, r'cockpit_pushes\{state="queued"\} (\S+)') == "0.0"
    assert sum(fleet.count(i, r'cockpit_runs_total\{ended="ok",page="cockpit"\} (\S+)') for i in (0, 1)) > 0
    assert _get(fleet, "/metrics")[0] in (303, 401), "metrics are for Prometheus alone"


async def _some_runs(fleet: Fleet) -> None:
    async with _viewer(fleet) as viewer:
        await viewer.run()


def test_sigterm_ends_them_all(fleet: Fleet) -> None:
    """Last: nothing is left of the fleet."""
    workers = list(fleet.workers.values())
    assert len(workers) == 2
    fleet.server.process.send_signal(signal.SIGTERM)
    assert fleet.server.process.wait(25) == 0, fleet.server.log
    assert not [worker for worker in workers if worker.is_running()]
    assert "Traceback" not in fleet.server.log

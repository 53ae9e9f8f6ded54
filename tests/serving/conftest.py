"""Real servers with processes, ports and signals, and viewers that speak the browser's protocol."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from bench.support.viewer import SHELL, Place, Viewer
from cockpit.access.visitors import COOKIE
from data.desk.errors import Refused
from data.desk.identity import accounts, sessions
from data.desk.store import open_desk
from data.home import Home
from tests.factory import DISTRICT, VILLAGES, areas, deliver, published

ROOT = Path(__file__).parents[2]
START_SECONDS = 120.0
PASSWORD = "Hongqi+2026+x"
HERE = Place("district", DISTRICT, "临江区")


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two editions: ten cases in each village, then twenty."""
    home = Home(tmp_path_factory.mktemp("serving"), memory="1GB")
    areas(home)
    for day in (20, 21):
        at = datetime(2026, 11, day, 9)
        rows = [{"key": f"{day}-{v}-{i}", "area": v, "registered_at": at} for v in VILLAGES for i in range(10)]
        deliver(home, "cases", rows)
        published(home, datetime(2026, 11, day + 1, 8))
    return home.root


@pytest.fixture(scope="module")
def own(original: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """A copy of that home, to be broken."""
    return lambda: Path(shutil.copytree(original, tmp_path_factory.mktemp("own") / "var"))


@dataclass
class Server:
    """A running `serve`."""

    home: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.home / "serve.log").read_text("utf-8")

    def get(self, path: str, *, signed_in: bool = False) -> httpx.Response:
        headers = {"Cookie": f"{COOKIE}={self.token()}"} if signed_in else {}
        return httpx.get(self.address + path, headers=headers, timeout=20)

    def viewer(self, address: str = "") -> Viewer:
        """Somebody who may see everything, looking at the district."""
        return Viewer(address or self.address, self.token(), HERE, SHELL | {"cockpit_tiles", "cockpit_ranking"})

    def token(self) -> str:
        """Of a new session."""
        return sessions_of(self.home, 1)[0]

    def wait(self, seconds: float = START_SECONDS) -> None:
        until = time.monotonic() + seconds
        while True:
            try:
                assert self.get("/healthz").status_code == httpx.codes.OK
                return
            except httpx.HTTPError:
                assert self.process.poll() is None, self.log
                assert time.monotonic() < until, self.log
                time.sleep(0.1)


@pytest.fixture(scope="module")
def start() -> Iterator[Callable[..., Server]]:
    """Starts `serve` on a home with further arguments and variables; what still runs is killed at the end."""
    with servers() as begin:
        yield begin


@pytest.fixture(scope="session")
def plain_server(original: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server without further settings, for all modules that neither stop it nor change its home."""
    with servers() as begin:
        yield begin(Path(shutil.copytree(original, tmp_path_factory.mktemp("plain") / "var")))


@contextmanager
def servers() -> Iterator[Callable[..., Server]]:
    """Starts servers and kills them at the end."""
    started: list[Server] = []

    def begin(home: Path, *arguments: str, port: int = 0, **variables: str) -> Server:
        port = port or free_ports(1)
        command = [sys.executable, "-m", "cockpit", "serve", "--demo", "--port", str(port), *arguments]
        environment = os.environ | {"COCKPIT_HOME": str(home), **variables}
        with (home / "serve.log").open("wb") as log:
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        started.append(Server(home, port, process))
        started[-1].wait()
        return started[-1]

    try:
        yield begin
    finally:
        for server in started:
            server.process.kill()
            server.process.wait(20)


def sessions_of(home: Path, count: int) -> list[str]:
    """So many sessions of one account that may see the whole district."""
    desk = open_desk(f"sqlite:///{home / 'desk.sqlite'}")
    try:
        account = accounts.named(desk, "wang")
    except Refused:
        account = accounts.add(desk, "wang", PASSWORD, must_change=False)
        accounts.grant(desk, "wang", "leader", DISTRICT)
    tokens = [sessions.start(desk, account.id) for _ in range(count)]
    desk.close()
    return tokens


def free_ports(count: int) -> int:
    """The first of so many free ports in a row."""
    for first in range(20_000 + os.getpid() % 10_000, 60_000, 7):
        listeners = [socket.socket() for _ in range(count)]
        try:
            for i, listener in enumerate(listeners):
                listener.bind(("127.0.0.1", first + i))
            return first
        except OSError:
            continue
        finally:
            for listener in listeners:
                listener.close()
    raise AssertionError("no free ports")

"""A real Chromium against a real server: one browser a module, one server a home, every request recorded."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from cockpit.access.visitors import COOKIE
from tests.cockpit.conftest import session_of

ROOT = Path(__file__).parents[2]
FLAGS = ("--no-sandbox", "--use-angle=swiftshader", "--disable-background-networking", "--disable-dev-shm-usage")
START_SECONDS = 60
CASES = 20_000
LAST_DAY = date(2026, 11, 20)
"""The demo district's last day: what a village has to do differs from day to day."""
PHONE = 500
PATIENCE = 30_000
"""Milliseconds to wait for something to appear: machines that run tests are busy."""


@pytest.fixture(scope="module")
def browser(chromium: str | None) -> Iterator[Browser]:
    """The Chromium that CHROMIUM names, else the system's, else Playwright's own.

    One a module: while Playwright runs, no other event loop can be started in this process.
    """
    path = os.environ.get("CHROMIUM") or chromium
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield launched
        launched.close()


SERVERS: list["Server"] = []


@dataclass(frozen=True)
class Server:
    """A cockpit that serves a home."""

    address: str
    process: subprocess.Popen[bytes]
    home: Path

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait(20)


@pytest.fixture(scope="session")
def start() -> Iterator[Callable[..., Server]]:
    """Starts a server of a home on a free port; all of them are stopped at the end."""
    running = SERVERS

    def started(home: Path, **variables: str) -> Server:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            port = listener.getsockname()[1]
        command = [sys.executable, "-m", "cockpit", "serve", "--demo", "--port", str(port)]
        environment = {**os.environ, "COCKPIT_HOME": str(home), **variables}
        with (home / "serve.log").open("wb") as log:
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
        running.append(Server(f"http://127.0.0.1:{port}", process, home))
        _wait(running[-1], home / "serve.log")
        return running[-1]

    yield started
    for server in running:
        server.process.terminate()
        server.process.wait(20)


@pytest.fixture(scope="session")
def serve(start: Callable[..., Server]) -> Callable[..., str]:
    """Serves a home and gives its address."""
    return lambda home, **variables: start(home, **variables).address


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the demo district as of LAST_DAY."""
    return _district(tmp_path_factory.mktemp("demo"), CASES, "--until", str(LAST_DAY))


@pytest.fixture(scope="session")
def fresh_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a small demo district as of this morning."""
    return _district(tmp_path_factory.mktemp("fresh"), 20_000)  # towns have enough open cases to be red


def _district(home: Path, cases: int, *options: str) -> Path:
    command = [sys.executable, "-m", "cockpit", "demo", "--cases", str(cases), "--home", str(home), *options]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return home


@pytest.fixture(scope="session")
def address(serve: Callable[..., str], demo: Path) -> str:
    """Where the demo district is served."""
    return serve(demo)


def _wait(server: Server, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.process.poll() is None:
        try:
            with urllib.request.urlopen(f"{server.address}/_stcore/health", timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"the server did not start: {log.read_text('utf-8', 'replace')[-2000:]}")


@dataclass
class PageLog:
    """Requests and console errors of a browser, over all pages of a test."""

    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def foreign(self, address: str) -> list[str]:
        """Requests that left the origin."""
        return [
            url
            for url in self.requests
            if not url.startswith((address, "data:", "blob:", address.replace("http", "ws")))
        ]


@pytest.fixture
def page_log() -> PageLog:
    return PageLog()


@pytest.fixture(scope="module")
def contexts(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """A context of a size, shared by the tests that ask for the same: the program is then loaded only once."""
    shared: dict[tuple[int, int], BrowserContext] = {}

    def of(width: int, height: int, *, alone: bool) -> BrowserContext:
        if not alone and (width, height) in shared:
            return shared[width, height]
        phone = {"has_touch": True, "is_mobile": True, "device_scale_factor": 2} if width < PHONE else {}
        made = browser.new_context(viewport={"width": width, "height": height}, **phone)
        return made if alone else shared.setdefault((width, height), made)

    yield of
    for context in shared.values():
        context.close()


@pytest.fixture
def open_page(contexts: Callable[..., BrowserContext], page_log: PageLog) -> Iterator[Callable[..., Page]]:
    """Opens an address at a size; what the page asks for and complains of goes into `page_log`.

    alone: nothing is shared with other tests; for those that change the clock.
    sign_in: as somebody who may see everything. at: the server that an empty page will go to.
    """
    pages: list[Page] = []

    def open(
        url: str, *, width: int = 1400, height: int = 900, alone: bool = False, sign_in: bool = True, at: str = ""
    ) -> Page:
        page = contexts(width, height, alone=alone).new_page()
        if sign_in:
            page.context.add_cookies([session_cookie(at or url)])
        else:
            page.context.clear_cookies()
        pages.append(page)
        page.set_default_timeout(PATIENCE)
        page.on("request", lambda request: page_log.requests.append(request.url))
        page.on("websocket", lambda socket: page_log.requests.append(socket.url))
        page.on("console", lambda message: _note(page_log, message))
        page.on("pageerror", lambda error: page_log.complaints.append(f"error: {error}"))
        page.goto(url)
        return page

    yield open
    for page in pages:
        if page.url.startswith("http"):
            page.evaluate("localStorage.clear()")
        page.close()


def session_cookie(url: str) -> dict[str, str]:
    """The cookie of a session of the server that a URL is of."""
    server = next(running for running in SERVERS if url.startswith(running.address))
    token = session_of(f"sqlite:///{server.home / 'desk.sqlite'}")
    return {"name": COOKIE, "value": token, "url": server.address}


def _note(page_log: PageLog, message: ConsoleMessage) -> None:
    # Streamlit looks for its server below the page's own path first and finds it at the root.
    expected = "/_stcore/" in message.location.get("url", "") and "404" in message.text
    if message.type in ("error", "warning") and not expected:
        page_log.complaints.append(f"{message.type}: {message.text}")

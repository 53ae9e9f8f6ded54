"""The publisher of real servers: pushes are visible soon, one publisher a home, whichever process is killed."""

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from data.home import Home
from data.push.spool import Spool
from tests.cockpit.api.conftest import Served, prepared, row, token_of
from tests.factory import DISTRICT
from tests.homes import Homes

pytestmark = pytest.mark.slow

PATIENCE = 180.0
MEMORY_MB = 60
"""How much a server may grow while a gigabyte is sent to it."""


@pytest.fixture(scope="module")
def served(homes: Homes) -> Iterator[Served]:
    server = Served(homes.copy(prepared))
    server.start(COCKPIT_PUBLISH_SECONDS="4")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def token(served: Served) -> str:
    return token_of(served.home, "tickets", area=DISTRICT)


def until(rows: Callable[[], Any], what: str) -> Any:
    """What `rows` gives once it gives something."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if answer := rows():
            return answer
        time.sleep(0.1)
    raise AssertionError(f"{what}: not within {PATIENCE:g} s")


def send(served: Served, token: str, *rows: dict[str, object], **more: Any) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}"}
    return httpx.post(f"{served.address}/api/v1/push/tickets", json=list(rows), headers=headers, timeout=30, **more)


def shown(served: Served, token: str, day: str) -> int:
    """The number of cases of a day."""
    after = f"{day[:-2]}{int(day[-2:]) + 1:02}"
    response = httpx.get(
        f"{served.address}/api/v1/metrics/intake", params={"from": day, "to": after},
        headers={"authorization": f"Bearer {token}"}, timeout=30,
    )  # fmt: skip
    return int(response.json()[0]["value"] or 0)


def is_publisher(process: psutil.Process) -> bool:
    try:
        return "cockpit.server.publisher" in process.cmdline()
    except psutil.Error:  # it has just ended
        return False


def publishers(served: Served) -> list[psutil.Process]:
    """The publishers of all servers of the home."""
    processes = []
    for server in served.processes:
        if server.poll() is None:
            processes += [p for p in psutil.Process(server.pid).children() if is_publisher(p)]
    return processes


def test_home_is_untouched_before_the_first_push(served: Served) -> None:
    assert not Spool(Home(served.home)).folder.exists()
    assert publishers(served) == []


def test_pushed_fact_is_published_even_if_the_publisher_is_killed(served: Served, token: str) -> None:
    sent = [send(served, token, row(f"a{i}")) for i in range(3)]
    assert {answer.status_code for answer in sent} == {202}
    until(lambda: shown(served, token, "2026-11-20") == 3, "three cases")
    until(lambda: publishers(served), "a publisher")[0].kill()
    assert send(served, token, row("a3")).status_code == 202
    until(lambda: shown(served, token, "2026-11-20") == 4, "a fourth case, by a new publisher")


def test_second_server_of_a_home_takes_over_the_publisher(served: Served, token: str) -> None:
    first = served.process
    assert send(served, token, row("b", created="2026-11-18 08:00")).status_code == 202  # begins a publisher
    until(lambda: publishers(served), "a publisher")
    served.start(COCKPIT_PUBLISH_SECONDS="4")
    assert send(served, token, row("b0", created="2026-11-21 08:00")).status_code == 202
    until(lambda: shown(served, token, "2026-11-21") == 1, "a case, pushed to the second server")
    assert [p.ppid() for p in publishers(served)] == [first.pid]
    orphan = publishers(served)[0]
    first.kill()
    first.wait()
    assert send(served, token, row("b1", created="2026-11-21 08:00")).status_code == 202
    until(lambda: shown(served, token, "2026-11-21") == 2, "a case, published by the second server")
    assert not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE
    assert [p.ppid() for p in publishers(served)] == [served.process.pid]


def test_a_gigabyte_is_refused_in_flat_memory(served: Served, token: str) -> None:
    process, sent = psutil.Process(served.process.pid), 0

    def body() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(1000):
            sent += 1_000_000
            yield b" " * 1_000_000

    before = process.memory_info().rss
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    response = httpx.post(f"{served.address}/api/v1/push/tickets", content=body(), headers=headers, timeout=60)
    assert (response.status_code, "50 MB" in response.json()["detail"]) == (413, True)
    assert process.memory_info().rss - before < MEMORY_MB * 1_000_000
    assert list(Spool(Home(served.home)).folder.glob(".coming-*")) == []


def slowly(served: Served, token: str, number: str, pause: float) -> bytes:
    """Push one row in two pieces; what is answered, b"" for a broken connection."""
    body = json.dumps([row(number, created="2026-11-22 07:00")]).encode()
    host, _, port = served.address.removeprefix("http://").partition(":")
    head = (
        f"POST /api/v1/push/tickets HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((host, int(port))) as wire:
        wire.sendall(head.encode() + body[:20])
        time.sleep(pause)
        try:
            wire.sendall(body[20:])
            return wire.recv(65536)
        except OSError:
            return b""


def test_push_during_shutdown_is_accepted_or_refused_completely(served: Served, token: str) -> None:
    answers: dict[str, bytes] = {}

    def one(number: str) -> None:
        answers[number] = slowly(served, token, number, 1.5)

    senders = [threading.Thread(target=one, args=(f"c{i}",)) for i in range(3)]
    for sender in senders:
        sender.start()
    time.sleep(1)
    os.kill(served.process.pid, signal.SIGTERM)
    for sender in senders:
        sender.join()
    assert served.process.wait(30) in (0, -signal.SIGTERM)
    until(lambda: not publishers_left(served.home), "the end of the publisher")
    promised = [number for number, answer in answers.items() if b" 202 " in answer.split(b"\r\n")[0]]
    assert promised
    spool = Spool(Home(served.home))
    assert list(spool.folder.glob(".coming-*")) == []
    served.start(COCKPIT_PUBLISH_SECONDS="4")
    until(lambda: shown(served, token, "2026-11-22") == len(promised), "what was promised, after the next start")


def publishers_left(home: Path) -> list[psutil.Process]:
    processes = []
    for process in psutil.process_iter():
        try:
            named = "cockpit.server.publisher" in process.cmdline()
            ours = named and process.environ().get("COCKPIT_HOME") == str(home)
        except psutil.Error:
            continue
        processes += [process] if ours else []
    return processes

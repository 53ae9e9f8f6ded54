"""A flood of sign-ins against a real server: bounded, without effect on viewers or the owner of an account."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest

from cockpit.access.signin.new_session import DEVICE
from tests.serving.conftest import PASSWORD, Server
from tests.serving.raw import Raw, request

pytestmark = pytest.mark.slow

FLOOD, HASH = 120, 64 * 2**20
FORM = {"Content_Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def server(start: Callable[..., Server], own: Callable[[], Path]) -> Server:
    server = start(own())
    server.token()  # makes the account
    return server


def answered(server: Server, source: str, password: str = "wrong", name: str = "wang", **headers: str) -> bytes:
    body = f"name={quote(name)}&password={quote(password)}".encode()
    with Raw(server.port, source) as raw:
        raw.send(request("/login", "POST", body, **FORM | headers))
        received = b""
        while piece := raw.read(60):
            received += piece
            if b"\r\n\r\n" in received:
                break
        return received


def status(answer: bytes) -> int:
    return int(answer.split(b" ")[1])


def test_flood_is_answered_at_low_cost(server: Server) -> None:
    process = psutil.Process(server.process.pid)
    before, most = process.memory_info().rss, 0
    with ThreadPoolExecutor(FLOOD) as pool:
        flood = [pool.submit(answered, server, f"127.0.6.{i % 60 + 1}", name=f"n{i}") for i in range(FLOOD)]
        while not all(one.done() for one in flood):
            most = max(most, process.memory_info().rss)
            time.sleep(0.02)
    counts = Counter(status(one.result()) for one in flood)
    assert set(counts) <= {401, 429, 503}
    assert counts[401] > 0
    assert most - before < 5 * HASH, "two hashes at once, and what is left of the ones before"
    assert "Traceback" not in server.log


def test_one_address_does_not_fill_the_queue(server: Server) -> None:
    with ThreadPoolExecutor(FLOOD) as pool:
        flood = [pool.submit(answered, server, "127.0.7.1", name=f"m{i}") for i in range(FLOOD)]
        other = answered(server, "127.0.7.2", name="somebody")
        counts = Counter(status(one.result()) for one in flood)
    assert status(other) == 401
    assert counts[401] <= 20, "counted before they are hashed"
    assert counts[503] + counts[429] >= FLOOD - 20
    refused = next(one.result() for one in flood if status(one.result()) in (429, 503))
    assert int(re.search(rb"retry-after: (\d+)", refused, re.IGNORECASE)[1]) > 0


def test_viewers_go_on_meanwhile(server: Server) -> None:
    async def look() -> float:
        async with server.viewer() as viewer:
            await viewer.run()
            with ThreadPoolExecutor(40) as pool:
                flood = [pool.submit(answered, server, f"127.0.8.{i % 40 + 1}", name=f"v{i}") for i in range(80)]
                took = await viewer.run()
                for one in flood:
                    one.result()
            return took

    assert asyncio.run(look()) < 5


def test_a_stranger_does_not_lock_out_the_owner(server: Server) -> None:
    first = answered(server, "127.0.9.1", PASSWORD)
    assert status(first) == 303
    cookie = re.search(rf"{DEVICE}=([^;]+)".encode(), first)
    assert cookie
    assert b"HttpOnly" in first
    for source in ("127.0.9.2", "127.0.9.1"):
        for _ in range(7):
            answered(server, source)
        assert status(answered(server, source, PASSWORD)) == 401, "there it is closed"
    assert status(answered(server, "127.0.9.3", PASSWORD)) == 303, "from elsewhere it is not"
    known = {"Cookie": f"{DEVICE}={cookie[1].decode()}"}
    assert status(answered(server, "127.0.9.1", PASSWORD, **known)) == 303, "nor for the browser that is known"


def test_a_flood_is_refused_before_the_application_sees_it(server: Server) -> None:
    """At a quarter of the cost: the answer still says what to do, and is the same for every failure."""
    with ThreadPoolExecutor(FLOOD) as pool:
        list(pool.map(lambda i: answered(server, f"127.0.10.{i % 60 + 1}", name=f"w{i}"), range(FLOOD)))
        flood = [pool.submit(answered, server, f"127.0.10.{i % 60 + 1}", name=f"w{i}") for i in range(FLOOD)]
        early = [one.result() for one in flood if status(one.result()) == 503]
    assert early
    words = "此刻登录的人过多"
    assert all(b"retry-after: " in each.lower() for each in early)
    assert any(words.encode() in each for each in early)
    with Raw(server.port, "127.0.10.99") as half:
        half.send(request("/login", "POST", b"name=", **FORM | {"Content_Length": "100"}))
        assert status(answered(server, "127.0.10.98", name="somebody")) in (401, 503)

"""Three attacks at once on a server of this machine: half-open connections, a flood of sign-ins, cookies of 5 MB.

They run in a process of the lowest priority: real attackers have machines of their own. Each attack keeps its number
of connections busy whatever the server answers, so `Answers` says how strong it was.
"""

import asyncio
import contextlib
import multiprocessing
import os
import random
import signal
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from multiprocessing.synchronize import Event
from urllib.parse import urlsplit

import psutil

ATTACKS = {"half-open": 1_000, "sign-in": 120, "cookie": 4}
"""Connections of each attack at once."""
COOKIE_BYTES = 5_000_000
ADDRESSES = 50
"""Half-open connections and sign-ins come from this many addresses of loopback."""
PAUSE = 0.5
"""Mean seconds between an answer and the next attempt, about."""
LOWEST = 19
"""Steps of priority below the server."""
START_SECONDS, STOP_SECONDS = 60, 60
SIGN_IN = b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"


@dataclass
class Answers:
    """What the attackers got. counts: by attack and status. seconds: how long they attacked; cpu: their own."""

    counts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    cpu: float = 0.0


@asynccontextmanager
async def attackers(address: str, attacks: tuple[str, ...], answers: Answers) -> AsyncIterator[None]:
    """Attack until the end of the block; what was answered is added to `answers`."""
    context = multiprocessing.get_context("spawn")
    begun, stop, results = context.Event(), context.Event(), context.Queue()
    process = context.Process(target=_attack, args=(urlsplit(address).port, attacks, begun, stop, results))
    process.start()
    await asyncio.to_thread(begun.wait, START_SECONDS)
    started = time.monotonic()
    try:
        yield
    finally:
        answers.seconds += time.monotonic() - started
        stop.set()
        counts, cpu = await asyncio.to_thread(results.get, timeout=STOP_SECONDS)
        answers.counts.update(counts)
        answers.cpu += cpu
        await asyncio.to_thread(process.join, STOP_SECONDS)


def _attack(
    port: int, attacks: tuple[str, ...], begun: Event, stop: Event,
    results: "multiprocessing.Queue[tuple[Counter[str], float]]",
) -> None:  # fmt: skip
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(LOWEST)
    before = _cpu()
    begun.set()
    counts = asyncio.run(_storm(port, attacks, stop))
    results.put((counts, _cpu() - before))


def _cpu() -> float:
    """Seconds of processor time of this process, user and system."""
    return sum(psutil.Process().cpu_times()[:2])


async def _storm(port: int, attacks: tuple[str, ...], stop: Event) -> Counter[str]:
    counts: Counter[str] = Counter()
    attempts = {"half-open": _half_open, "sign-in": _sign_in, "cookie": _cookie}

    async def keep(name: str, attempt: Callable[[int, int], Awaitable[str]], i: int) -> None:
        while True:
            try:
                counts[f"{name} {await attempt(port, i)}"] += 1
            except (OSError, asyncio.IncompleteReadError):
                counts[f"{name} closed"] += 1
            await asyncio.sleep(random.uniform(PAUSE / 2, 2 * PAUSE))

    tasks = [asyncio.create_task(keep(name, attempts[name], i)) for name in attacks for i in range(ATTACKS[name])]
    await asyncio.to_thread(stop.wait)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return counts


async def _half_open(port: int, i: int) -> str:
    begun = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-" if i % 2 else SIGN_IN + b"Content-Length: 100\r\n\r\nname="
    return await _answer(port, f"127.0.3.{i % ADDRESSES + 1}", begun)


async def _sign_in(port: int, i: int) -> str:
    name = i % 7 if i % 2 else random.randrange(10**6)
    body = b"name=bench%d&password=guess%d" % (name, random.randrange(10**6))
    sent = SIGN_IN + b"Content-Length: %d\r\n\r\n" % len(body) + body
    return await _answer(port, f"127.0.4.{i % ADDRESSES + 1}", sent)


async def _cookie(port: int, i: int) -> str:
    sent = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: a=" + b"b" * COOKIE_BYTES + b"\r\n\r\n"
    return await _answer(port, f"127.0.5.{i + 1}", sent)


async def _answer(port: int, source: str, sent: bytes) -> str:
    """The status of the answer; `closed` where there is none."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0), family=socket.AF_INET)
    try:
        writer.write(sent)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        line = await reader.readline()
        return line.split(b" ")[1].decode() if line.count(b" ") > 1 else "closed"
    finally:
        writer.transport.abort()

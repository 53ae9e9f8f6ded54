"""What viewers feel of an attack: half-open connections, a flood of sign-ins and cookies of 5 MB, all at once.

    python -m bench.attack [--cases 1000000] [--home FOLDER] [--seconds 60]

Viewers as in bench.viewers, each with a run now and then, first undisturbed and then under attack, in turn, so that
other work on the machine falls on both. Attackers and viewers come from different addresses of loopback.
"""

import argparse
import asyncio
import contextlib
import multiprocessing
import os
import random
import signal
import socket
import statistics
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from bench.district import district
from bench.served import Served, served
from bench.viewer import BadRun, Viewer

THINK = 10.0
"""Mean seconds between two runs of one viewer."""
ROUNDS = 2
HALF_OPEN, LOGINS, COOKIES = 1_000, 120, 4
COOKIE_BYTES = 5_000_000
ADDRESSES = 50
"""From which connections are left half open, sign-ins are tried."""
PAUSE = 0.5
"""Seconds before an attacker who was refused comes again."""
NICE = 10
"""The attackers give way to server and viewers: in earnest they have machines of their own."""
RATIO, MEMORY = 1.5, 1_000_000_000
SIGN_IN = b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"


def main() -> None:
    options = _options()
    home, _ = district(options.home, options.cases)
    print(f"{options.cases:,} cases, {psutil.cpu_count()} processors, load average {psutil.getloadavg()[0]:.1f}\n")
    with served(home) as server:
        asyncio.run(measure(server, options))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--home", type=Path, default=Path("var/bench"))
    parser.add_argument("--viewers", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=60, help="of each measurement; there are four")
    return parser.parse_args()


async def measure(server: Served, options: argparse.Namespace) -> None:
    """Print p95 of the viewers and the server's memory, undisturbed and under attack, and how they compare."""
    crowd = server.viewers(options.viewers)
    times: dict[str, list[float]] = {"undisturbed": [], "under attack": []}
    failures: Counter[str] = Counter()
    memory, answers = {"undisturbed": 0, "under attack": 0}, Counter[str]()
    processor = dict.fromkeys(times, 0.0)
    for viewer in crowd:
        await viewer.open()
        await viewer.run()
    for _ in range(ROUNDS):
        for name in times:
            attack = _attackers(server.address, answers) if name == "under attack" else contextlib.nullcontext()
            with attack, _highest(server) as highest:
                before = server.cpu()
                found, failed = await _live(crowd, options.seconds)
                processor[name] += server.cpu() - before
            times[name] += found
            failures[name] += failed
            memory[name] = max(memory[name], highest())
    await asyncio.gather(*(viewer.close() for viewer in crowd))
    p95 = {name: statistics.quantiles(found, n=100)[94] * 1e3 for name, found in times.items()}
    for name, found in times.items():
        p50 = statistics.median(found) * 1e3
        _tell(
            f"{len(crowd)} viewers, {name}", f"p50 {p50:.0f} ms, p95 {p95[name]:.0f} ms",
            f"{failures[name]} failed of {len(found) + failures[name]}", f"server {memory[name] / 1e6:.0f} MB at most",
            f"{processor[name] * 1e3 / len(found):.0f} ms of its processor time a run",
        )  # fmt: skip
    _tell("what the attackers were answered", ", ".join(f"{name} {count}" for name, count in answers.most_common()))
    ratio = p95["under attack"] / p95["undisturbed"]
    met = ratio < RATIO and memory["under attack"] < MEMORY
    _tell("p95 under attack to undisturbed", f"{ratio:.2f}", f"wanted below {RATIO} and {MEMORY / 1e6:.0f} MB: {met}")


async def _live(crowd: list[Viewer], seconds: float) -> tuple[list[float], int]:
    times: list[float] = []
    failed, until = 0, time.monotonic() + seconds

    async def live(viewer: Viewer) -> None:
        nonlocal failed
        await asyncio.sleep(random.uniform(0, THINK))
        while time.monotonic() < until:
            try:
                times.append(await viewer.run())
            except (BadRun, OSError):
                failed += 1
            await asyncio.sleep(random.uniform(0, 2 * THINK))

    await asyncio.gather(*map(live, crowd))
    return times, failed


@contextmanager
def _highest(server: Served) -> Iterator[Callable[[], int]]:
    """The most memory that the server took meanwhile, in bytes."""
    most, stop = server.memory(), threading.Event()

    def look() -> None:
        nonlocal most
        while not stop.wait(0.2):
            most = max(most, server.memory())

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield lambda: most
    finally:
        stop.set()
        thread.join()


@contextmanager
def _attackers(address: str, answers: Counter[str]) -> Iterator[None]:
    """Attacks until the end of the block; what was answered is added to `answers`."""
    context = multiprocessing.get_context("spawn")
    stop, told = context.Event(), context.Queue()
    process = context.Process(target=_attack, args=(urlsplit(address).port, stop, told))
    process.start()
    try:
        yield
    finally:
        stop.set()
        answers.update(told.get(timeout=60))
        process.join(30)


def _attack(port: int, stop: Event, told: "multiprocessing.Queue[Counter[str]]") -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(NICE)
    told.put(asyncio.run(_storm(port, stop)))


async def _storm(port: int, stop: Event) -> Counter[str]:
    answers: Counter[str] = Counter()

    async def keep(what: Callable[[int], Awaitable[str]], i: int) -> None:
        while True:
            try:
                answers[await what(i)] += 1
            except (OSError, asyncio.IncompleteReadError):
                answers["closed"] += 1
            await asyncio.sleep(random.uniform(PAUSE / 2, 2 * PAUSE))

    async def half_open(i: int) -> str:
        begun = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-" if i % 2 else SIGN_IN + b"Content-Length: 100\r\n\r\nname="
        return f"half open {await _answer(port, f'127.0.3.{i % ADDRESSES + 1}', begun)}"

    async def login(i: int) -> str:
        name = i % 7 if i % 2 else random.randrange(10**6)
        body = b"name=bench%d&password=guess%d" % (name, random.randrange(10**6))
        sent = SIGN_IN + b"Content-Length: %d\r\n\r\n" % len(body) + body
        return f"sign-in {await _answer(port, f'127.0.4.{i % ADDRESSES + 1}', sent)}"

    async def cookie(i: int) -> str:
        sent = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: a=" + b"b" * COOKIE_BYTES + b"\r\n\r\n"
        return f"cookie {await _answer(port, f'127.0.5.{i + 1}', sent)}"

    tasks = [
        asyncio.create_task(keep(what, i))
        for what, count in ((half_open, HALF_OPEN), (login, LOGINS), (cookie, COOKIES))
        for i in range(count)
    ]
    await asyncio.to_thread(stop.wait)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return answers


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


def _tell(what: str, *figures: str) -> None:
    print(f"{what:46} {', '.join(figures)}", flush=True)


if __name__ == "__main__":
    main()

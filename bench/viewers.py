"""Viewers that one server can carry: real signed-in sessions over the websocket, each run checked.

    python -m bench.viewers [--cases 1000000] [--home FOLDER] [--soak MINUTES] [--only PART]

Serves the demo district of that size (kept in FOLDER, so a second run starts at once) in a process of its own; the load
comes from this one, on the same machine. CPU is what the server's processes used, user and system: other work on
the machine does not add to it. A third of the viewers each look at the district, at a town, at a village, with grants
of their own; think times are random.
"""

import argparse
import asyncio
import random
import statistics
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import psutil

from bench.support.district import district
from bench.support.served import Served, served
from bench.support.viewer import BadRun, Viewer, arrive

SECONDS = 20.0
"""Of a measurement with everything warm."""
THINK = 10.0
"""Mean seconds between two runs of one viewer."""
HELD_SECONDS = 60.0
ARRIVING_SECONDS = 10.0
EDITIONS = 3
PARTS = ("rate", "held", "arrivals", "edition")


def main() -> None:
    options = _options()
    home, _ = district(options.home, options.cases)
    print(f"{options.cases:,} cases, {psutil.cpu_count()} processors, load average {psutil.getloadavg()[0]:.1f}\n")
    with served(home) as server:
        for part in options.only or PARTS:
            asyncio.run(MEASURES[part](server, options))
        if options.soak:
            asyncio.run(soak(server, options))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--home", type=Path, default=Path("var/bench"))
    parser.add_argument("--sessions", type=int, default=300, help="sessions held open (300)")
    parser.add_argument("--arrivals", type=int, default=500, help="viewers who arrive at once (500)")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of the measurement with everything warm")
    parser.add_argument("--held", type=float, default=HELD_SECONDS, help="seconds for which sessions are held")
    parser.add_argument("--soak", type=float, default=0, help="minutes of held sessions, and what memory grows by")
    parser.add_argument("--only", choices=PARTS, action="append", help="one measurement; may be given again")
    return parser.parse_args()


async def rate(server: Served, options: argparse.Namespace) -> None:
    """Full cockpits a second, requested one after the other by a few viewers."""
    for level in ("district", "town", "village"):
        crowd = server.viewers(4, levels=(level,))
        async with _open(crowd):
            for viewer in crowd:
                await viewer.run()
            server.settle()
            before, until = server.cpu(), time.monotonic() + options.seconds
            times: list[float] = []

            async def keep_asking(viewer: Viewer, until: float = until, times: list[float] = times) -> None:
                while time.monotonic() < until:
                    times.append(await viewer.run())

            started = time.perf_counter()
            await asyncio.gather(*map(keep_asking, crowd))
            took, cpu = time.perf_counter() - started, server.cpu() - before
        each = f"{crowd[0].messages} messages, {crowd[0].size / 1e3:.0f} kB"
        _tell(f"{level} cockpits, warm", f"{len(times) / took:.1f}/s", f"{cpu / len(times) * 1e3:.1f} ms CPU", each)


async def held(server: Served, options: argparse.Namespace) -> None:
    """Sessions held open, each rerunning now and then."""
    crowd = server.viewers(options.sessions)
    idle = server.memory()
    async with _open(crowd):
        for viewer in crowd:
            await viewer.run()
        full = server.memory()
        figures = await _live(server, crowd, options.held)
    _tell(f"{len(crowd)} sessions, a run every {THINK:.0f} s", *figures)
    _tell("memory a session", f"{(full - idle) / len(crowd) / 1e6:.2f} MB", f"server {full / 1e6:.0f} MB")


async def _live(server: Served, crowd: list[Viewer], seconds: float) -> tuple[str, ...]:
    times: list[float] = []
    failures: list[str] = []
    until, before = time.monotonic() + seconds, server.cpu()

    async def live(viewer: Viewer) -> None:
        await asyncio.sleep(random.uniform(0, THINK))
        while time.monotonic() < until:
            try:
                times.append(await viewer.run())
            except (BadRun, OSError) as error:
                failures.append(str(error))
            await asyncio.sleep(random.uniform(0, 2 * THINK))

    await asyncio.gather(*map(live, crowd))
    cpu = (server.cpu() - before) / max(len(times), 1) * 1e3
    failed = f"{len(failures)} failed of {len(times) + len(failures)}"
    return *_spread(times), failed, f"{cpu:.1f} ms CPU", *failures[:3]


async def arrivals(server: Served, options: argparse.Namespace) -> None:
    """Everybody comes at nine: the page, the websocket and the first screen; then once more, when all is warm."""
    for when in ("first", "again"):
        await _arrive(server, options, when)


async def _arrive(server: Served, options: argparse.Namespace, when: str) -> None:
    crowd = server.viewers(options.arrivals)
    started, before, failures = time.perf_counter(), server.cpu(), []
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=100)
    async with httpx.AsyncClient(limits=limits, timeout=60) as client:

        async def come(viewer: Viewer, at: float) -> float:
            await asyncio.sleep(at)
            try:
                return await arrive(viewer, client)
            except (BadRun, OSError, httpx.HTTPError) as error:
                failures.append(str(error))
                return 0.0

        times = await asyncio.gather(*(come(v, random.uniform(0, ARRIVING_SECONDS)) for v in crowd))
    took, cpu = time.perf_counter() - started, (server.cpu() - before) / len(crowd) * 1e3
    await asyncio.gather(*(viewer.close() for viewer in crowd))
    _tell(
        f"{len(crowd)} viewers arrive within {ARRIVING_SECONDS:.0f} s, {when}", f"all served after {took:.1f} s",
        *_spread(times), f"{len(failures)} failed", f"{cpu:.1f} ms CPU", *failures[:3],
    )  # fmt: skip


async def edition(server: Served, options: argparse.Namespace) -> None:
    """What the first viewer of a new edition waits for, and the next: queries and figures together."""
    crowd = server.viewers(2, levels=("district",))
    waited: list[list[float]] = []
    async with _open(crowd):
        for viewer in crowd:
            await viewer.run()
        for _ in range(EDITIONS):
            with server.new_edition():
                waited.append([await viewer.run() for viewer in crowd])
                await asyncio.to_thread(server.settle)
    for name, times in zip(("first", "next"), zip(*waited, strict=True), strict=True):
        _tell(f"the {name} viewer of a new edition", f"{statistics.median(times) * 1e3:.0f} ms")


async def soak(server: Served, options: argparse.Namespace) -> None:
    """Sessions held for long, and now and then exchanged for others: what memory grows by after the first minute."""
    crowd = server.viewers(options.sessions)
    async with _open(crowd):
        await _live(server, crowd, 60)
        start_memory = server.memory()
        figures = await _live(server, crowd, options.soak * 60)
        grown = (server.memory() - start_memory) / start_memory
    _tell(
        f"{options.soak:.0f} min with {len(crowd)} sessions",
        f"memory {grown:+.1%} of {start_memory / 1e6:.0f} MB",
        *figures,
    )


MEASURES: dict[str, Callable[[Served, argparse.Namespace], Coroutine[None, None, None]]] = {
    "rate": rate, "held": held, "arrivals": arrivals, "edition": edition,
}  # fmt: skip


@asynccontextmanager
async def _open(crowd: list[Viewer]) -> AsyncIterator[None]:
    for viewer in crowd:
        await viewer.open()
    try:
        yield
    finally:
        await asyncio.gather(*(viewer.close() for viewer in crowd))


def _spread(times: list[float]) -> tuple[str, ...]:
    cuts = statistics.quantiles([t * 1e3 for t in times], n=100)
    return tuple(f"p{p} {cuts[p - 1]:.0f} ms" for p in (50, 95, 99))


def _tell(what: str, *figures: str) -> None:
    print(f"{what:46} {', '.join(figures)}", flush=True)


if __name__ == "__main__":
    main()

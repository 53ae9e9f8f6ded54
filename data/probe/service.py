"""Run the prober of a home: once over the register, or continuously with periodic deliveries."""

import asyncio
import fcntl
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from data.editions.edition import Edition
from data.errors import DataError
from data.home import Home
from data.probe.checks.render import renderer
from data.probe.checks.robots import Robots
from data.probe.clock import Clock, RealClock
from data.probe.deliver import Spool
from data.probe.evidence import Evidence
from data.probe.jobs import Jobs
from data.probe.network.addresses import Allowance
from data.probe.network.net import Limits, Net
from data.probe.network.own_network import OwnNetwork
from data.probe.register import read_extras, register
from data.probe.runner import Counts, Runner
from data.probe.state import State

log = logging.getLogger(__name__)

SWEEP = timedelta(days=1)
ENDING_SECONDS = 5.0
"""What is being published at the end has so long to come to its own."""
Publish = Callable[[], Awaitable[None]]
"""Loads the spool and publishes."""
Current = Callable[[], Edition]


@dataclass(frozen=True)
class Options:
    """networks: private ones that may be contacted. references: hosts that answer whenever our own network works.

    extras: the file that extends the register. authorities: further certificate authorities. chromium: a browser for
    pages that are empty without scripts.
    """

    networks: tuple[str, ...] = ()
    references: tuple[tuple[str, int], ...] = ()
    extras: Path | None = None
    authorities: Path | None = None
    chromium: str = ""
    limits: Limits = field(default_factory=Limits)


def made(home: Home, edition: Edition, options: Options, clock: Clock, *, site: str = "") -> Runner:
    """Runner over the edition's register that writes into the home's spool."""
    allowance = Allowance.of(options.networks)
    jobs = Jobs(
        Net(allowance, options.limits, authorities=options.authorities),
        register(edition, read_extras(options.extras), site=site),
        Evidence.of(home),
        State.of(home),
        clock,
        OwnNetwork(clock, options.references),
        Robots(),
        renderer(options.chromium) if options.chromium else None,
    )
    return Runner(jobs, Spool(home).write)


async def once(home: Home, edition: Edition, options: Options, *, site: str = "", clock: Clock | None = None) -> Counts:
    """Do every task of the register now, or those of one site; the checks are in the spool then, as a delivery."""
    clock = clock or RealClock(home.zone)
    runner = made(home, edition, options, clock, site=site)
    try:
        return await runner.once()
    finally:
        Spool(home).close(clock.now())
        runner.jobs.state.close()


async def always(
    home: Home, current: Current, options: Options, publish: Publish, *, every: float, site: str = "",
    clock: Clock | None = None, until: Callable[[], bool] = lambda: False,
) -> Counts:  # fmt: skip
    """Do what is due, and every `every` seconds close the spool and publish; probing goes on during publication.

    A new edition may register more: it is read when it appears.
    """
    clock = clock or RealClock(home.zone)
    edition = current()
    runner = made(home, edition, options, clock, site=site)
    publishing: asyncio.Task[None] | None = None
    runner.schedule()
    next_delivery, next_sweep = clock.now() + timedelta(seconds=every), clock.now()
    try:
        while not until():
            await runner.step()
            next_delivery = min(next_delivery, clock.now() + timedelta(seconds=every))  # clocks are set back, too
            next_sweep = min(next_sweep, clock.now() + SWEEP)
            if clock.now() < next_delivery or (publishing and not publishing.done()):
                continue
            Spool(home).close(clock.now())
            publishing = asyncio.create_task(_publish(publish))
            next_delivery = clock.now() + timedelta(seconds=every)
            if clock.now() >= next_sweep:
                await asyncio.to_thread(runner.jobs.evidence.sweep)
                next_sweep = clock.now() + SWEEP
            if current().id != edition.id:
                edition = current()
                runner.jobs.register = register(edition, read_extras(options.extras), site=site)
                runner.schedule()
        return runner.counts
    finally:
        await runner.stop()
        if publishing and not (await asyncio.wait([publishing], timeout=ENDING_SECONDS))[0]:
            publishing.cancel()  # what is loaded is loaded, and the rest is still in the spool
        Spool(home).close(clock.now())
        runner.jobs.state.close()


@contextmanager
def alone(home: Home) -> Iterator[None]:
    """Lock of the single prober of a home. Raises DataError if one is running."""
    file = home.root / "probe" / "lock"
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DataError(
                "probe.running", "{home} is being probed by another process: one is enough", home=home.root
            ) from None
        yield


async def _publish(publish: Publish) -> None:
    """Publish; a failed delivery stays in the spool."""
    try:
        await publish()
    except DataError as error:
        log.warning("the checks are not published yet: %s", error)

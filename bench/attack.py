"""Latency of viewers during an attack: half-open connections, a flood of sign-ins and cookies of 5 MB at once.

    python -m bench.attack [--cases 1000000] [--home FOLDER] [--seconds 20] [--phases 6] [--only ATTACK]

Viewers as in bench.viewers, each with a run now and then, without a break. Undisturbed phases and phases under attack
take turns, so that other work on the machine falls on both. Processor time is what the kernel counts for each process.
"""

import argparse
import asyncio
import contextlib
import random
import statistics
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from bench.support.attackers import ATTACKS, Answers, attackers
from bench.support.district import district
from bench.support.served import Served, served
from bench.support.viewer import BadRun, Viewer

THINK = 10.0
"""Mean seconds between two runs of one viewer."""
SETTLING = 4.0
"""Seconds after each change of phase whose runs count for neither."""
LOOK_SECONDS = 1.0
RATIO, MEMORY = 1.5, 1_000_000_000
WEAKEST = {"half-open": 15, "sign-in": 40, "cookie": 2}
"""Answers a second below which an attack was none: a third of what a quiet machine of two cores gives."""
OTHERS = 0.15
"""Share of the machine that other programs may use meanwhile; above it the ratio says nothing about the server."""


@dataclass
class Phase:
    """What was measured in all phases of one kind. times: seconds of each run; cpu: of the server, by process."""

    name: str
    times: list[float] = field(default_factory=list)
    failures: int = 0
    memory: int = 0
    seconds: float = 0.0
    server: float = 0.0
    children: float = 0.0
    viewers: float = 0.0
    machine: float = 0.0

    @property
    def p95(self) -> float:
        """Seconds."""
        return statistics.quantiles(self.times, n=100)[94]


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
    parser.add_argument("--seconds", type=float, default=20, help="of each phase (20)")
    parser.add_argument("--phases", type=int, default=6, help="of each kind (6)")
    parser.add_argument("--only", choices=list(ATTACKS), action="append", help="one attack; may be given again")
    return parser.parse_args()


async def measure(server: Served, options: argparse.Namespace) -> None:
    """Print p95 of the viewers and the server's memory, undisturbed and under attack, and how they compare."""
    calm, stormy, settling = Phase("undisturbed"), Phase("under attack"), Phase("settling")
    attacks, answers = tuple(options.only or ATTACKS), Answers()
    crowd = server.viewers(options.viewers)
    for viewer in crowd:
        await viewer.open()
        await viewer.run()
    turn = _Turn(settling)
    living = [asyncio.create_task(_live(viewer, turn)) for viewer in crowd]
    await asyncio.sleep(2 * THINK)
    for _ in range(options.phases):
        for phase in (calm, stormy):
            attack = attackers(server.address, attacks, answers) if phase is stormy else contextlib.nullcontext()
            async with attack:
                await asyncio.sleep(SETTLING)
                turn.phase = phase
                with _measured(server, phase):
                    await asyncio.sleep(options.seconds)
                turn.phase = settling
    for task in living:
        task.cancel()
    await asyncio.gather(*living, return_exceptions=True)
    await asyncio.gather(*(viewer.close() for viewer in crowd))
    _report(calm, stormy, answers)


class _Turn:
    """The phase under way."""

    def __init__(self, phase: Phase) -> None:
        self.phase = phase


async def _live(viewer: Viewer, turn: _Turn) -> None:
    """Runs of one viewer without end; each counts for the phase in which it began."""
    await asyncio.sleep(random.uniform(0, 2 * THINK))
    while True:
        phase = turn.phase
        try:
            phase.times.append(await viewer.run())
        except (BadRun, OSError):
            phase.failures += 1
        await asyncio.sleep(random.uniform(0, 2 * THINK))


@contextmanager
def _measured(server: Served, phase: Phase) -> Iterator[None]:
    """Add to a phase what the processes used meanwhile, and the most memory that the server took."""
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(LOOK_SECONDS):
            phase.memory = max(phase.memory, server.memory())

    thread = threading.Thread(target=watch)
    thread.start()
    started, before, own, machine = time.monotonic(), _cpu(server), time.process_time(), _machine()
    try:
        yield
    finally:
        after = _cpu(server)
        phase.seconds += time.monotonic() - started
        phase.server += after[0] - before[0]
        phase.children += after[1] - before[1]
        phase.viewers += time.process_time() - own
        phase.machine += _machine() - machine
        stop.set()
        thread.join()


def _cpu(server: Served) -> tuple[float, float]:
    """Seconds of processor time of the server's own process, and of those that it started."""
    own = sum(server.process.cpu_times()[:2])
    return own, server.cpu() - own


def _machine() -> float:
    """Seconds of processor time that all programs of the machine have used."""
    times = psutil.cpu_times()
    return times.user + times.nice + times.system


def _faults(calm: Phase, stormy: Phase, answers: Answers) -> list[str]:
    """Why the run does not count."""
    rates: defaultdict[str, float] = defaultdict(float)
    for name, count in answers.counts.items():
        rates[name.split()[0]] += count / answers.seconds
    faults = [f"{name} only {rate:.1f} a second" for name, rate in rates.items() if rate < WEAKEST[name]]
    used = sum(phase.server + phase.children + phase.viewers for phase in (calm, stormy)) + answers.cpu
    seconds = (calm.seconds + stormy.seconds) * (psutil.cpu_count() or 1)
    others = (calm.machine + stormy.machine - used) / seconds
    return [*faults, *([f"other programs used {others:.0%} of the machine"] if others > OTHERS else [])]


def _report(calm: Phase, stormy: Phase, answers: Answers) -> None:
    for phase in (calm, stormy):
        _print(
            f"viewers, {phase.name}",
            f"p50 {statistics.median(phase.times) * 1e3:.0f} ms, p95 {phase.p95 * 1e3:.0f} ms",
            f"{phase.failures} failed of {len(phase.times) + phase.failures}",
            f"server {phase.memory / 1e6:.0f} MB at most",
        )
        _print(
            f"processor time, {phase.name}",
            f"server {phase.server / phase.seconds:.0%} of a core",
            f"its children {phase.children / phase.seconds:.0%}",
            f"viewers {phase.viewers / phase.seconds:.0%}",
            f"{phase.server * 1e3 / len(phase.times):.1f} ms of the server a run",
        )  # fmt: skip
    rates = (f"{name} {count / answers.seconds:.1f}" for name, count in sorted(answers.counts.items()))
    _print("attackers were answered, a second", ", ".join(rates), f"{answers.cpu / answers.seconds:.0%} of a core")
    ratio = stormy.p95 / calm.p95
    met = ratio < RATIO and stormy.memory < MEMORY
    _print("p95 under attack to undisturbed", f"{ratio:.2f}", f"wanted below {RATIO} and {MEMORY / 1e6:.0f} MB: {met}")
    if faults := _faults(calm, stormy, answers):
        sys.exit(f"error: this run does not count: {'; '.join(faults)}: run it again on a quiet machine")


def _print(what: str, *figures: str) -> None:
    print(f"{what:36} {', '.join(figures)}", flush=True)


if __name__ == "__main__":
    main()

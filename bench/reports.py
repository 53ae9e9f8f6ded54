"""Cost of reports: a brief in every format, a monthly report, a ledger of 100,000 cases, ten at once.

    python -m bench.reports [--home FOLDER] [--cases 400000]

Each is made by the command line in a process of its own, from nothing: wall time, of which the start of Python and its
imports is the first line; CPU, user and system, which other work on the machine does not add to; and the greatest
resident set. The last part has viewers rerun their
cockpits on a real server, alone and while ten reports are made, in turn; the ratio is of the two p95.
"""

import argparse
import asyncio
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from bench.support.district import district
from bench.support.served import served
from bench.support.viewer import Viewer
from cockpit.access.policy import OPERATOR
from cockpit.reports import make
from cockpit.reports.kind import Format
from cockpit.reports.request import Request
from cockpit.settings import Settings, load
from data.desk import reports
from data.desk.store import open_desk
from data.editions.edition import Edition
from data.home import Home
from metrics.areas import root
from metrics.period import DAY, last_day, month_start, shift

LEDGER_ROWS = 100_000
IMPORTS = "import cockpit.commands.report, cockpit.reports.make, data.desk.store"
FORMATS: tuple[Format, ...] = ("docx", "pdf", "xlsx")
ROUNDS, SECONDS, AT_ONCE = 3, 12.0, 10
VIEWERS, THINK = 24, 2.0
"""Viewers, and the mean seconds between two reruns of one."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=400_000)
    parser.add_argument("--home", type=Path, default=Path(tempfile.gettempdir()) / "bench-reports")
    options = parser.parse_args()
    home, id = district(options.home, options.cases)
    edition = Edition(home, id)
    top, last = root(edition).code, last_day(edition.as_of)
    month = (shift(month_start(last), -1), month_start(last))
    print(f"{options.cases:,} cases, {month[0]} to {month[1]}\n\n{'report':42} {'wall':>8} {'CPU':>8} {'memory':>8}")
    _line("start of Python and its imports", ["-c", IMPORTS])
    for format in ("docx", "pdf", "xlsx", "csv"):
        _print(f"brief, {format}", home.root, "brief", top, *month, "--format", format)
    for format in ("docx", "pdf", "xlsx"):
        _print(f"monthly report with 22 towns, {format}", home.root, "monthly", top, *month, "--format", format)
    start = _since(edition, top, last + DAY)
    for format in ("xlsx", "csv"):
        name = f"ledger of {LEDGER_ROWS:,} cases or more, {format}"
        _print(name, home.root, "ledger", top, start, last + DAY, "--format", format, "--metric", "intake")
    asyncio.run(_viewers(home, top, month))


def _since(edition: Edition, top: int, end: date) -> date:
    """The day from which LEDGER_ROWS cases were registered."""
    sql = f"SELECT registered_at::DATE FROM cases WHERE area >= {top} AND area < {top + 10**6} AND registered_at < $1 "
    row = edition.cursor().execute(sql + f"ORDER BY registered_at DESC LIMIT 1 OFFSET {LEDGER_ROWS}", [end]).fetchone()
    return row[0] if row else date(end.year - 3, 1, 1)


def _print(name: str, home: Path, kind: str, area: int, start: date, end: date, *more: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["--area", str(area), "--from", str(start), "--to", str(end), *more, "-o", f"{folder}/out"]
        _line(name, ["-m", "cockpit", "report", kind, *arguments, "--home", str(home)])


def _line(name: str, words: list[str]) -> None:
    """Run Python with arguments and measure it; our modules are compiled before, as after a first start."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began = time.monotonic()
    process = subprocess.Popen([sys.executable, *words], stdout=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    wall, process.returncode = time.monotonic() - began, os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(words)} failed")
    cpu, memory = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e3
    print(f"{name:42} {wall:6.1f} s {cpu:6.1f} s {memory:5.0f} MB", flush=True)


# --- viewers ------------------------------------------------------------------------------------------------------


async def _viewers(home: Home, top: int, month: tuple[date, date]) -> None:
    """p95 of a rerun of a cockpit, alone and while the worker makes ten monthly reports, alternating."""
    config = load(home=home.root)
    alone: list[float] = []
    during: list[float] = []
    with served(home) as server:
        crowd = server.viewers(VIEWERS)
        for viewer in crowd:
            await viewer.open()
            await viewer.run()
        for _ in range(ROUNDS):
            alone += await _watched(crowd)
            _queue(config, top, month)
            during += await _watched(crowd)
            while _waiting(config):
                await asyncio.sleep(0.5)
        for viewer in crowd:
            await viewer.close()
    before, after = (statistics.quantiles(times, n=20)[-1] * 1e3 for times in (alone, during))
    print(f"\n{f'p95 of {VIEWERS} viewers, alone':42} {before:6.1f} ms")
    print(f"{'during ten monthly reports':42} {after:6.1f} ms   ratio {after / before:.2f}")


async def _watched(crowd: list[Viewer]) -> list[float]:
    times: list[float] = []
    until = time.monotonic() + SECONDS

    async def live(viewer: Viewer) -> None:
        while time.monotonic() < until:
            await asyncio.sleep(random.uniform(0, 2 * THINK))
            times.append(await viewer.run())

    await asyncio.gather(*map(live, crowd))
    return times


def _queue(config: Settings, top: int, month: tuple[date, date]) -> None:
    desk = open_desk(config.desk_url, config.custody)
    for i in range(AT_ONCE):
        format = FORMATS[i % 3]
        request = Request(kind="monthly", areas=(top,), start=month[0], end=month[1], format=format)
        make.ask(desk, config, request, OPERATOR, "bench")
    desk.close()


def _waiting(config: Settings) -> bool:
    desk = open_desk(config.desk_url, config.custody)
    stored = reports.listing(desk)
    desk.close()
    return any(report.status in (reports.QUEUED, reports.RUNNING) for report in stored)


if __name__ == "__main__":
    main()

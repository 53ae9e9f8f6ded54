"""Cost of probing: processor time and memory of 2,000 sites, and whether slow sites delay others.

    python -m bench.prober [--sites 2000] [--columns 10]

Starts a farm of servers on loopback, one address a site; no other host is contacted. Every site is visited once and a
tenth of the columns and home pages is read, at full speed; the cost of a day is computed from that. Takes about three
minutes.
"""

import argparse
import asyncio
import contextlib
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path

import psutil

from bench.sites import edition_of_sites, measure
from data.editions.scoped import EVERYTHING
from data.home import Home
from data.probe import plan
from data.probe.checks.render import renderer
from data.probe.checks.robots import Robots
from data.probe.checks.rules import Check
from data.probe.clock import RealClock
from data.probe.deliver import Spool
from data.probe.evidence import Evidence
from data.probe.jobs import Jobs
from data.probe.network.addresses import Allowance
from data.probe.network.net import Limits, Net
from data.probe.network.own_network import OwnNetwork
from data.probe.plan import Task
from data.probe.register import Extra, Register, Thing
from data.probe.runner import Runner
from data.probe.state import State
from metrics import sites

PORT = 18_080
SLOW_SECONDS = 20.0
NETWORK = "127.0.0.0/8"
DAY, EVERY_SECONDS = 86_400, 900
SHOWN = 5
"""Pages shown by Chromium."""
ZONE = "Asia/Shanghai"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, default=2000)
    parser.add_argument("--columns", type=int, default=10)
    parser.add_argument("--farm", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.farm:
        asyncio.run(_farm(options.farm))
        return
    with _farmed(options.sites):
        share = asyncio.run(_cost(options.sites, options.columns))
        asyncio.run(_slow(options.sites))
        asyncio.run(_browser(os.environ.get("COCKPIT_PROBE_CHROMIUM") or shutil.which("chromium") or "", options.sites))
    share += _page_and_delivery(options.sites) / EVERY_SECONDS
    print(f"of one core, on average over a day, tasks and deliveries: {share:.1%} (limit 50 %)")


async def _cost(count: int, columns: int) -> float:
    """Processor time a task, and the share of one core that a day of all tasks takes, worked out from it."""
    runner = _runner(_register(count, columns))
    await _all(runner, list(plan.tasks(runner.jobs.register))[:1])  # what is only imported once is not counted
    runner.schedule()  # all tasks of the register lie in memory, as they do when it runs
    started = time.process_time()
    for _second in range(5):
        await runner.step()
    idle = (time.process_time() - started) / 5
    spent: dict[str, float] = {}
    for job, share in (("visit", 1), ("column", 10), ("home", 10)):
        tasks = [task for task in plan.tasks(runner.jobs.register) if task.job == job][::share]
        spent[job] = await _timed(runner, tasks)
    per_day = {"visit": count * DAY / plan.VISIT.total_seconds(), "column": count * columns, "home": count}
    print(f"{count:,} sites, {count * columns:,} columns: processor time of the prober")
    for job, milliseconds in spent.items():
        print(f"  {job:8} {milliseconds:6.2f} ms each {per_day[job]:9,.0f} a day")
    of_core = sum(per_day[job] * ms / 1000 for job, ms in spent.items()) / DAY + idle
    print(f"  of one core, on average over a day: {of_core:.2%}")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(f"  greatest memory of the prober: {memory:.0f} MB (limit 500 MB)\n")
    return of_core


async def _timed(runner: Runner, tasks: list[Task]) -> float:
    """Milliseconds of processor time a task; all of them must have been done."""
    before, begun = runner.counts.done, time.process_time()
    await _all(runner, tasks)
    assert runner.counts.done - before == len(tasks), runner.counts
    return 1000 * (time.process_time() - begun) / len(tasks)


async def _slow(count: int) -> None:
    """Half of the sites never answer in time. All are due at the same instant, the slow ones first."""
    half = count // 2
    print(f"{half:,} sites that answer, and {half:,} that take {SLOW_SECONDS:g} s, due at one instant")
    alone = _runner(_register(count, 0, slow=half))
    tasks = [task for task in plan.tasks(alone.jobs.register) if task.job == "visit"]
    await _measure("alone", alone, tasks[half:])
    others = _runner(_register(count, 0, slow=half))
    await _measure("with slow ones, none ever visited", others, tasks)
    assert {task.thing.host[0] for task in tasks[:half]} <= others.slow.keys(), others.counts
    await asyncio.sleep(SLOW_SECONDS)  # the farm still writes to who has gone
    await _measure("with slow ones known as slow", others, tasks)
    print()


async def _measure(what: str, runner: Runner, tasks: list[Task]) -> None:
    """When the last of the sites that answer is done, and the longest that one is said to have taken."""
    done: list[tuple[float, float]] = []

    def write(checks: Iterable[Check]) -> None:
        done.extend((time.monotonic() - begun, check.observed or 0) for check in checks if check.passed)

    runner.write, begun = write, time.monotonic()
    work = asyncio.create_task(_all(runner, tasks))
    while not work.done():
        await asyncio.sleep(0.05)
        runner.flush()
    await work
    last, longest = max(at for at, _seconds in done), max(seconds for _at, seconds in done)
    print(f"  {what:36} those that answer are done after {last:5.1f} s; the longest took {longest:4.2f} s")


async def _all(runner: Runner, tasks: list[Task]) -> None:
    now = runner.clock.now()
    for task in tasks:
        runner._give(task, now)
    await runner.idle()


def _page_and_delivery(count: int) -> float:
    """Verdicts of a new edition, the pages that show them, and a quarter of an hour's delivery; its seconds of CPU."""
    with tempfile.TemporaryDirectory() as folder:
        edition, district = edition_of_sites(Path(folder), count)
        started = time.perf_counter()
        rows = sites.sites(edition.scoped(EVERYTHING), district)
        print(f"a new edition's verdicts of {len(rows):,} sites: {1000 * (time.perf_counter() - started):.0f} ms")
        edition.close()
        home, now = Home(Path(folder)), datetime.now()
        measure(home, count)
        number = int(count * EVERY_SECONDS / plan.VISIT.total_seconds())
        checks = [Check("assets", f"site-{i}", "site_open", now, True, 0.5, "秒", 7) for i in range(number)]
        Spool(home).write(checks)
        command = [sys.executable, "-m", "cockpit", "probe", "--deliver", "--home", folder]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        memory, spent = 0.0, 0.0
        while process.poll() is None:
            with contextlib.suppress(psutil.Error):
                process_info = psutil.Process(process.pid)
                memory, spent = max(memory, process_info.memory_info().rss / 1e6), sum(process_info.cpu_times()[:2])
            time.sleep(0.02)
        assert process.returncode == 0
        print(f"a delivery of {number:,} visits, published: {spent:.1f} s of a processor, {memory:.0f} MB")
        return spent


async def _browser(chromium: str, count: int) -> None:
    """What a home page costs that Chromium shows, with axe-core: once a day each, one at a time."""
    if not chromium:
        print("no Chromium here: COCKPIT_PROBE_CHROMIUM names one")
        return
    render, spent, most = renderer(f"{chromium} --no-sandbox" if os.getuid() == 0 else chromium), [], 0
    for i in range(SHOWN):
        host = f"127.1.0.{1 + i}"
        work = asyncio.ensure_future(render(f"http://{host}:{PORT}/", {host: host}, True))
        used: dict[int, float] = {}
        while not work.done():
            await asyncio.sleep(0.05)
            memory = 0
            for process in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    if "bench.prober" not in process.cmdline():
                        times = process.cpu_times()
                        used[process.pid] = times.user + times.system
                        memory += process.memory_full_info().pss
            most = max(most, memory)
        rendered = await work
        assert rendered is not None
        faults = rendered.faults
        spent.append(sum(used.values()))
    seconds, looked = sum(spent) / len(spent), "with axe-core" if faults is not None else "without axe-core"
    print(f"a home page in Chromium, {looked}: {seconds:.2f} s of a processor, {most / 1e6:.0f} MB while it is open")
    print(f"  {count:,} home pages a day, of one core: {seconds * count / DAY:.1%}\n")


def _register(count: int, columns: int, slow: int = 0) -> Register:
    things, extra = {}, Extra(waive_robots=True)
    for i in range(count):
        url = f"http://127.{1 + i // 62500}.{i // 250 % 250}.{1 + i % 250}:{PORT}/"
        thing = Thing("bench", str(i), "site", f"site {i}", url + ("slow" if i < slow else ""), extra=extra)
        things[thing.id] = thing
        for j in range(columns):
            column = Thing("bench", f"{i}-{j}", "column", "column", f"{url}{j}", str(i), "news", 14, extra)
            things[column.id] = column
    return Register(things, delay=0)


def _runner(register: Register) -> Runner:
    home = Home(Path(tempfile.mkdtemp()))
    clock = RealClock(ZONE)
    own = OwnNetwork(clock, [("127.1.0.1", PORT)])
    net = Net(Allowance.of([NETWORK]), Limits())
    jobs = Jobs(net, register, Evidence.of(home), State(":memory:"), clock, own, Robots())
    return Runner(jobs, lambda checks: None)


# --- the farm -----------------------------------------------------------------------------------------------------


@contextmanager
def _farmed(count: int) -> Iterator[None]:
    command = [sys.executable, "-m", "bench.prober", "--farm", str(count)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield
    finally:
        process.terminate()
        process.wait(20)


async def _farm(count: int) -> None:
    """One server an address, with a page as such sites have it: about 20 kB, forty dated items."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    day = date.today()
    items = "".join(
        f'<li><a href="/art/{i}.html">关于做好第{i}号工作的通知公告</a><span>{day - timedelta(days=i)}</span></li>'
        for i in range(40)
    )
    filler = "<p>" + "临江区人民政府门户网站 " * 400 + "</p>"
    foot = "<footer>网站标识码 ICP备 公网安备 联系我们 找错</footer>"
    body = f'<html lang="zh"><title>区政府</title><body><ul>{items}</ul>{filler}{foot}</body></html>'.encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n".encode()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            request = await reader.readuntil(b"\r\n\r\n")
            if request.startswith(b"GET /slow"):
                await asyncio.sleep(SLOW_SECONDS)
            writer.write(head + body)
            await writer.drain()
        writer.close()

    hosts = [f"127.{1 + i // 62500}.{i // 250 % 250}.{1 + i % 250}" for i in range(count)]
    server = await asyncio.start_server(serve, hosts, PORT, backlog=200)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    main()

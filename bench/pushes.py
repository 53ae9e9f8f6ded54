"""Pushes into a district with open screens: time until they are visible, and their effect on viewers.

    python -m bench.pushes [--cases 10000000] [--folder FOLDER]

Serves a demo district of that size, rebuilt in FOLDER. Viewers rerun their cockpits all the time, first alone, then
while a system pushes rows: each push is timed from the answer 202 until its rows are to be seen. Takes five minutes.
"""

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import yaml

from bench.load import run
from bench.support.served import Served, served
from bench.support.viewer import BadRun, Viewer
from data import demo
from data.desk.identity import tokens
from data.editions.edition import current
from data.home import Home
from metrics.areas import Area, children, root

SOURCE = "pushes_bench"
PUSHES, ROWS = 3, 1000
EVERY_SECONDS = 10.0
"""Between two pushes."""
VIEWERS, THINK = 12, 2.0
"""How many look, and how many seconds each waits between two runs, on average."""
ALONE_SECONDS = 60.0
PATIENCE = 300.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()), help="where 10 GB are free")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-pushes-", dir=options.folder) as folder:
        home = district(Path(folder), options.cases)
        declare(home)
        with served(home) as server:
            asyncio.run(measure(server))


def district(folder: Path, cases: int) -> Home:
    """The demo's district, loaded as any other is: what is pushed does not mix with the demo itself."""
    built = demo.build(folder, cases=cases, today=datetime.now().date())
    home = folder / "home"
    run(home, "areas", built.areas[0])
    for source in sorted((folder / "demo").glob("*.yaml")):
        run(home, "load", source, "--force")
    run(home, "publish")
    return Home(home)


def declare(home: Home) -> None:
    """A source whose rows are pushed, under our own names."""
    columns = {name: name for name in ("kind", "category", "title", "registered_at", "due_at")}
    definition = {
        "source": SOURCE,
        "name": {"zh": "推送", "en": "Pushed"},
        "fact": "cases",
        "push": True,
        "zone": home.zone,
        "key": "key",
        "area": "area",
    }
    folder = home.root / "sources"
    folder.mkdir(exist_ok=True)
    text = yaml.safe_dump(definition | {"columns": columns}, allow_unicode=True)
    (folder / f"{SOURCE}.yaml").write_text(text, "utf-8")


async def measure(server: Served) -> None:
    crowd = server.viewers(VIEWERS)
    try:
        for viewer in crowd:
            await viewer.run()
        alone, failed = await _looked(crowd, asyncio.create_task(asyncio.sleep(ALONE_SECONDS)))
        print(f"{'runs of viewers, alone':42} {_spread(alone)}, {failed} failed", flush=True)
        pushing = asyncio.create_task(_pushed(server))
        during, failed = await _looked(crowd, pushing)
        print(f"{'while rows are pushed and published':42} {_spread(during)}, {failed} failed")
        pushed = await pushing
        print(f"{PUSHES} pushes of {ROWS:,} rows, {EVERY_SECONDS:.0f} s apart: seen after", end=" ")
        print(", ".join(f"{seconds:.0f} s" for seconds in pushed))
    finally:
        await asyncio.gather(*(viewer.close() for viewer in crowd))


async def _looked(crowd: Sequence[Viewer], until: "asyncio.Task[Any]") -> tuple[list[float], int]:
    """The seconds of each run until a task ends, and how many failed."""
    times: list[float] = []
    failed = 0

    async def look(viewer: Viewer) -> None:
        nonlocal failed
        while not until.done():
            await asyncio.sleep(random.uniform(0, 2 * THINK))
            try:
                times.append(await viewer.run())
            except (BadRun, OSError):
                failed += 1

    await asyncio.gather(*map(look, crowd))
    return times, failed


async def _pushed(server: Served) -> list[float]:
    """The seconds from each push's answer until it is published."""
    ends = datetime.now(UTC).replace(tzinfo=None) + timedelta(days=1)
    token = tokens.issue(server.desk, "bench", sources=(SOURCE,), expires_at=ends)
    edition = current(server.home)
    assert edition
    villages = [village for town in children(edition, root(edition)) for village in children(edition, town)]
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=f"{server.address}/api/v1/", headers=headers, timeout=60) as client:

        async def push(number: int) -> float:
            await asyncio.sleep(number * EVERY_SECONDS)
            answer = await client.post(f"push/{SOURCE}", json=_rows(villages, number))
            if answer.is_error:
                raise BadRun(f"the push was refused: {answer.text}")
            taken = time.perf_counter()
            while time.perf_counter() - taken < PATIENCE:
                state = (await client.get(f"push/{answer.json()['id']}")).json()["state"]
                if state == "published":
                    return time.perf_counter() - taken
                if state not in ("queued", "loaded"):
                    raise BadRun(f"the push was {state}")
                await asyncio.sleep(0.5)
            raise BadRun(f"the push was not seen within {PATIENCE:.0f} s")

        return await asyncio.gather(*map(push, range(PUSHES)))


def _rows(villages: Sequence[Area], number: int) -> list[dict[str, Any]]:
    """New cases of today, spread over the villages."""
    begun = datetime.now().replace(microsecond=0)
    return [
        {
            "key": f"{begun:%Y%m%d%H%M%S}-{number}-{i}",
            "kind": "hotline",
            "area": str(villages[i % len(villages)].code),
            "registered_at": str(begun - timedelta(minutes=i % 600)),
            "due_at": str(begun + timedelta(days=5)),
            "category": "城市管理",
            "title": "路灯不亮",
        }
        for i in range(ROWS)
    ]


def _spread(times: list[float]) -> str:
    cuts = statistics.quantiles([t * 1e3 for t in times], n=100)
    return f"p50 {cuts[49]:.0f} ms, p95 {cuts[94]:.0f} ms of {len(times)} runs"


if __name__ == "__main__":
    main()

"""A home whose register names sites of the zoo, probed with a clock that tests set."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from data.editions.edition import Edition
from data.home import Home
from data.probe import service
from data.probe.deliver import Spool
from data.probe.network.net import Limits
from data.probe.runner import Runner
from data.probe.service import Options
from metrics.period import Period
from tests.asking import rows
from tests.data.probe.conftest import LIMIT, FakeClock
from tests.data.probe.zoo import NETWORK
from tests.factory import AREAS, DISTRICT, areas, deliver, published

SOURCE = "register"


def registered(home: Home, assets: Sequence[Mapping[str, Any]], at: datetime) -> Edition:
    """An edition that registers these assets; what an asset leaves out is that of a site of the district."""
    areas(home, AREAS)
    things = [{"kind": "site", "name": str(asset["key"]), "area": DISTRICT, **asset} for asset in assets]
    deliver(home, "assets", things, source=SOURCE)
    return published(home, at)


def options(folder: Path, extras: Mapping[str, Any] | None = None, **more: Any) -> Options:
    """May ask loopback; `extras` by asset, without robots and delay unless said."""
    file = folder / "extras.yaml"
    file.write_text(yaml.safe_dump({"delay": 0, "assets": dict(extras or {})}, allow_unicode=True), "utf-8")
    return Options(**{"networks": (NETWORK,), "extras": file, "limits": Limits(seconds=LIMIT), **more})


def probed(home: Home, edition: Edition, chosen: Options, clock: FakeClock) -> list[dict[str, Any]]:
    """Everything once, delivered and published; the checks as the edition holds them."""
    asyncio.run(service.once(home, edition, chosen, clock=clock))
    return checks(delivered(home, clock))


def delivered(home: Home, clock: FakeClock) -> Edition:
    """What is in the spool, loaded by the ingest path and published as of a second later."""
    Spool(home).close(clock.now())
    for report in Spool(home).deliver():
        assert report.rejected == 0
    return published(home, clock.now() + timedelta(seconds=1))


def checks(edition: Edition) -> list[dict[str, Any]]:
    frame = edition.cursor().execute("SELECT * FROM checks WHERE source = 'prober' ORDER BY checked_at, key").df()
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def driven(
    home: Home, edition: Edition, chosen: Options, clock: FakeClock, steps: int, minutes: int,
    between: Callable[[Runner], Awaitable[None]] | None = None,
) -> Runner:  # fmt: skip
    """Let time pass in steps, everything that is due done at each."""

    async def drive() -> Runner:
        runner = service.made(home, edition, chosen, clock)
        runner.schedule()
        for _step in range(steps):
            runner.take()
            await runner.idle()
            clock.at += timedelta(minutes=minutes)
            if between:
                await between(runner)
        await runner.stop()
        runner.jobs.state.close()
        return runner

    return asyncio.run(drive())


def verdict(edition: Edition) -> Mapping[str, Any]:
    """What site_health says of the one site of an edition."""
    day = edition.as_of.date()
    frame = rows(edition, "site_health", DISTRICT, Period(day.replace(day=1), day + timedelta(days=1)))
    return frame.iloc[0]

"""The continuous prober: due checks are run, delivered and published; a new edition changes the register."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from data.editions.edition import current
from data.errors import DataError
from data.home import Home
from data.probe import runner, service
from data.probe.deliver import Spool
from data.probe.evidence import Evidence
from data.probe.state import State
from tests.data.probe import zoo as z
from tests.data.probe.conftest import FakeClock
from tests.data.probe.district import SOURCE, checks, options, registered
from tests.data.probe.zoo import Zoo
from tests.factory import DISTRICT, deliver, published

PAGE = "<title>临江区人民政府</title><p>网站标识码 ICP备 公网安备 联系我们 找错</p>"
MOST_STEPS = 20_000
Publish = Callable[[], Awaitable[None]]


@pytest.fixture
def minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look advances the test clock by a minute: two hours pass in a moment."""
    monkeypatch.setattr(runner, "LOOK_SECONDS", 60.0)


async def kept(home: Home, chosen: service.Options, clock: FakeClock, publish: Publish, hours: float) -> None:
    """Let the prober run for so long, giving answers the time that they take."""
    end, steps = clock.at + timedelta(hours=hours), iter(range(MOST_STEPS))

    def over() -> bool:
        assert next(steps, None) is not None, "the test clock has stopped"
        return clock.at >= end

    sleep = clock.sleep

    async def slept(seconds: float) -> None:
        await sleep(seconds)
        await asyncio.sleep(0.005)

    clock.sleep = slept  # type: ignore[method-assign]
    await service.always(home, lambda: _current(home), chosen, publish, every=900, clock=clock, until=over)


def _current(home: Home) -> object:
    edition = current(home)
    assert edition is not None
    return edition


def publisher(home: Home, clock: FakeClock, accepted: list[int]) -> Publish:
    async def publish() -> None:
        accepted.append(sum(report.accepted for report in Spool(home).deliver()))
        published(home, clock.now())

    return publish


@pytest.mark.usefixtures("minutes")
def test_due_checks_are_run_delivered_and_published(home: Home, zoo: Zoo, tmp_path: Path, clock: FakeClock) -> None:
    url = zoo.house(z.page(PAGE))
    registered(home, [{"key": "site", "url": url}], clock.at)
    accepted: list[int] = []
    asyncio.run(kept(home, options(tmp_path), clock, publisher(home, clock, accepted), 2.5))
    assert len(accepted) == 10, "every quarter of an hour"
    edition = current(home)
    assert edition is not None
    visits = [check for check in checks(edition) if check["rule"] == "site_open"]
    assert 2 <= len(visits) <= 3
    assert sum(accepted) == len(checks(edition))
    assert State.of(home).done()[f"visit:{SOURCE}/site"] > clock.at - timedelta(minutes=75)


@pytest.mark.usefixtures("minutes")
def test_a_site_of_a_new_edition_is_visited_without_a_restart(
    home: Home, zoo: Zoo, tmp_path: Path, clock: FakeClock
) -> None:
    first, second = zoo.house(z.page(PAGE)), zoo.house(z.page(PAGE))
    registered(home, [{"key": "site", "url": first}], clock.at)
    accepted: list[int] = []
    publish = publisher(home, clock, accepted)

    async def publish_more() -> None:
        if not accepted:
            row = {"key": "late", "kind": "site", "name": "late", "area": DISTRICT, "url": second}
            deliver(home, "assets", [row], source=SOURCE)
        await publish()

    asyncio.run(kept(home, options(tmp_path), clock, publish_more, 1.75))
    assert "/" in zoo.pages(second)


@pytest.mark.usefixtures("minutes")
def test_failed_delivery_is_retried_with_the_next(
    home: Home, zoo: Zoo, tmp_path: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    registered(home, [{"key": "site", "url": zoo.house(z.page(PAGE))}], clock.at)
    accepted: list[int] = []
    publish, tries = publisher(home, clock, accepted), iter(range(99))

    async def fails_at_first() -> None:
        if next(tries) < 6:
            raise DataError("disk.full", "the disk is full")
        await publish()

    asyncio.run(kept(home, options(tmp_path), clock, fails_at_first, 3))
    assert "not published yet: the disk is full" in caplog.text
    edition = current(home)
    assert edition is not None
    assert min(check["checked_at"] for check in checks(edition)) < clock.at - timedelta(hours=1, minutes=30)


@pytest.mark.usefixtures("minutes")
def test_old_evidence_goes_while_it_runs(home: Home, zoo: Zoo, tmp_path: Path, clock: FakeClock) -> None:
    registered(home, [{"key": "site", "url": zoo.house(z.page(PAGE))}], clock.at)
    old = Evidence.of(home).folder / "records" / "00" / "old.gz"
    old.parent.mkdir(parents=True)
    old.write_bytes(b"x")
    os.utime(old, (0, 0))
    asyncio.run(kept(home, options(tmp_path), clock, publisher(home, clock, []), 1))
    assert not old.exists()


@pytest.mark.usefixtures("minutes")
def test_shutdown_cancels_running_checks_and_keeps_findings(
    home: Home, zoo: Zoo, tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fine, hangs = zoo.house(z.page(PAGE)), zoo.house(z.hanging)
    registered(home, [{"key": "fine", "url": fine}, {"key": "hangs", "url": hangs}], clock.at)

    async def never() -> None:
        await asyncio.sleep(3600)

    monkeypatch.setattr(service, "ENDING_SECONDS", 0.2)
    chosen = options(tmp_path, {"hangs": {"waive_robots": True}})
    asyncio.run(asyncio.wait_for(kept(home, chosen, clock, never, 1.3), 30))
    lines = [json.loads(line) for file in Spool(home).folder.glob("*.ndjson") for line in file.read_text().splitlines()]
    assert "fine" in {line["asset"] for line in lines}
    assert f"visit:{SOURCE}/fine" in State.of(home).done()

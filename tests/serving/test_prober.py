"""The prober of a server: one for all workers, its findings in an edition, and stopped within seconds."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import psutil
import pytest

from data.editions.edition import current
from data.home import Home
from data.probe import plan, service
from data.probe.clock import RealClock
from data.probe.plan import Task
from data.probe.register import Thing
from tests.data.probe import zoo as z
from tests.data.probe.district import SOURCE, registered
from tests.data.probe.zoo import NETWORK, Zoo, open_zoo
from tests.serving.conftest import Server, free_ports

pytestmark = pytest.mark.slow

GAP = timedelta(seconds=12)
"""Between the visits of two sites."""
PATIENCE = 120.0
STOP_SECONDS = 15.0
PAGE = "<title>临江区人民政府</title><p>网站标识码 ICP备 公网安备 联系我们 找错</p>"


@dataclass
class Probed:
    """Two workers that probe: sites that open, one of them being due every few seconds, and one that never answers."""

    server: Server
    home: Home
    zoo: Zoo
    opens: str
    hangs: str

    def probers(self) -> list[psutil.Process]:
        every = psutil.Process(self.server.process.pid).children(recursive=True)
        return [process for process in every if is_prober(process)]


def is_prober(process: psutil.Process) -> bool:
    """Not of a process that has just ended."""
    with suppress(psutil.Error):
        return "cockpit.server.prober" in process.cmdline()
    return False


def soon(name: str, now: datetime) -> list[str]:
    """Keys of sites whose visits come one after the other from now on: whenever the prober starts, one is next."""
    first_due = []
    for number in range(12):
        begin = now + number * GAP
        due = (f"{name}-{number}-{i}" for i in range(1_000_000))
        first_due.append(next(key for key in due if _due(key, begin) - begin < GAP / 3))
    return first_due


def _due(key: str, now: datetime) -> datetime:
    return plan.first_due(Task("visit", Thing(SOURCE, key, "site", "", "")), {}, now)


@pytest.fixture(scope="module")
def probed(tmp_path_factory: pytest.TempPathFactory, start: Callable[..., Server]) -> Iterator[Probed]:
    home = Home(tmp_path_factory.mktemp("probed"), memory="1GB")
    with open_zoo(tmp_path_factory.mktemp("zoo")) as zoo:
        opens, hangs = zoo.house(z.page(PAGE)), zoo.house(z.hanging)
        now = RealClock(home.zone).now()
        sites = [{"key": key, "url": f"{opens}{key}"} for key in soon("opens", now)]
        sites += [{"key": key, "url": f"{hangs}{key}"} for key in soon("hangs", now)]
        registered(home, sites, now)
        (home.root / "extras.yaml").write_text("delay: 0")
        server = start(
            home.root, "--workers", "2", port=free_ports(3), COCKPIT_PROBE="1", COCKPIT_PROBE_EVERY="10",
            COCKPIT_PROBE_NETWORKS=NETWORK, COCKPIT_PROBE_EXTRAS=str(home.root / "extras.yaml"),
        )  # fmt: skip
        yield Probed(server, home, zoo, opens, hangs)


def until(true: Callable[[], bool], log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, log.read_text("utf-8")
        time.sleep(0.2)


def visits(home: Home) -> int:
    edition = current(home)
    assert edition is not None
    sql = "SELECT count(*) FROM checks WHERE source = 'prober' AND rule = 'site_open' AND passed"
    return edition.cursor().execute(sql).fetchone()[0]  # type: ignore[index]


def test_one_of_two_workers_probes_and_findings_are_published(probed: Probed) -> None:
    log = probed.home.root / "serve.log"
    until(lambda: visits(probed.home) > 0, log)
    pages = probed.zoo.pages(probed.opens)
    assert len(pages) == len(set(pages)), "each was visited once, though two workers would"
    until(lambda: len(probed.probers()) == 1, log)
    until(lambda: bool(probed.zoo.requests[probed.hangs]), log)


def test_everything_ends_with_the_server_within_seconds(probed: Probed) -> None:
    """A site that hangs is being asked meanwhile."""
    until(lambda: len(probed.probers()) == 1, probed.home.root / "serve.log")
    until(lambda: bool(probed.zoo.requests[probed.hangs]), probed.home.root / "serve.log")
    family = psutil.Process(probed.server.process.pid).children(recursive=True)
    probed.server.process.terminate()
    assert probed.server.process.wait(STOP_SECONDS) == 0
    _gone, alive = psutil.wait_procs(family, timeout=STOP_SECONDS)
    assert alive == []
    assert "Traceback" not in probed.server.log
    with service.alone(probed.home):
        pass  # the next server's prober finds the home free

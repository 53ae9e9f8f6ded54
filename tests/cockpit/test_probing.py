"""The prober's process beside a server: kept alive, alone in its home, gone when the server is."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from cockpit import probing, settings
from data.errors import DataError
from data.home import Home
from data.probe import service
from tests.factory import AREAS, areas, published

ROOT = Path(__file__).parents[2]
SOON = 30.0


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """An edition that registers no site yet: nothing is asked."""
    home = Home(tmp_path / "var", memory="1GB")
    areas(home, AREAS)
    published(home, datetime(2026, 11, 22, 8))
    monkeypatch.setenv("COCKPIT_HOME", str(home.root))
    monkeypatch.setenv("COCKPIT_PROBE", "1")
    settings.current.cache_clear()
    yield home
    settings.current.cache_clear()


def taken(home: Home) -> bool:
    try:
        with service.alone(home):
            return False
    except DataError:
        return True


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + SOON
    while not true():
        assert time.monotonic() < end
        time.sleep(0.1)


def prober(home: Home) -> subprocess.Popen[bytes]:
    environment = os.environ | {"COCKPIT_HOME": str(home.root)}
    return subprocess.Popen([sys.executable, "-m", "cockpit.probing"], cwd=ROOT, env=environment, stdin=subprocess.PIPE)


def test_it_ends_when_its_server_is_gone(home: Home) -> None:
    """A server that is killed says nothing: the pipe to it closes."""
    process = prober(home)
    assert process.stdin
    until(lambda: taken(home))
    process.stdin.close()
    assert process.wait(SOON) == 0
    assert not taken(home)


def test_it_ends_at_once_where_another_server_keeps_one(home: Home) -> None:
    with service.alone(home), prober(home) as process:
        assert process.wait(SOON) == 0


def test_it_is_started_again_when_it_has_ended(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server whose prober found the home taken gets its turn when the other is gone; it ends with its server."""
    monkeypatch.setattr(probing, "AGAIN_SECONDS", 0.1)

    async def run() -> None:
        with service.alone(home):
            keeping = asyncio.create_task(probing.run())
            await asyncio.sleep(1.5)
        await asyncio.to_thread(until, lambda: taken(home))
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)

    asyncio.run(run())
    assert not taken(home)


def test_a_server_that_shall_not_probe_does_not(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_PROBE", "0")
    settings.current.cache_clear()
    asyncio.run(asyncio.wait_for(probing.run(), 1))
    assert not taken(home)

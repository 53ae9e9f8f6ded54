"""The prober process of a server: restarted, one a home, and stopped with the server."""

import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from cockpit import settings
from cockpit.server import prober
from cockpit.server.background import Watch
from data.errors import DataError
from data.home import Home
from data.probe import service
from tests.factory import AREAS, areas, published

ROOT = Path(__file__).parents[3]
SOON = 30.0


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """An edition without registered sites: no requests."""
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


def test_it_ends_at_once_where_another_server_keeps_one(home: Home) -> None:
    with service.alone(home):
        assert subprocess.run(prober.PROGRAM.command, cwd=ROOT, timeout=SOON, check=False).returncode == 0


def test_it_is_started_again_when_it_has_ended(home: Home) -> None:
    """The server whose prober found the home taken gets its turn when the other is gone; it ends with its server."""
    watch = Watch([replace(prober.PROGRAM, rest=0.1)])
    with service.alone(home):
        watch.start()
        time.sleep(1.5)
    try:
        until(lambda: taken(home))
    finally:
        watch.stop()
    assert not taken(home)

"""What all tests share: a clean environment, a home, a browser."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import tests.examples  # noqa: F401  (registers and loads the profiles of Hypothesis)
from data.desk.identity import hashing
from data.home import Home
from tests.homes import Homes
from tests.servers.postgres import Postgres
from tests.servers.provider import running

for name in [name for name in os.environ if name.startswith("COCKPIT_")]:
    del os.environ[name]

hashing.PER_SECOND = 1e6
"""Tests sign in more often than people; servers in processes of their own keep the pace."""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty home of the default zone."""
    home = Home(tmp_path / "var", memory="1GB")
    home.prepare()
    return home


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Homes:
    """Homes made once a run."""
    base = tmp_path_factory.getbasetemp()
    workers = "PYTEST_XDIST_WORKER" in os.environ
    return Homes((base.parent if workers else base) / "homes", tmp_path_factory.mktemp)


@pytest.fixture(scope="session")
def chromium() -> str | None:
    """The system's Chromium, or None for Playwright's own."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A running PostgreSQL server. Whoever stops it starts it again."""
    server = Postgres()
    server.start()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running provider of identities."""
    with running(tmp_path_factory.mktemp("provider") / "log") as address:
        yield address

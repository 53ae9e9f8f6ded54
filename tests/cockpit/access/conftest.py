"""A published home of two towns, and sessions of every role on every kind of scope."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cockpit import settings
from cockpit.access import guard
from data.home import Home
from tests.cockpit.conftest import session_of
from tests.factory import TOWNS, VILLAGES, areas, deliver, published
from tests.homes import Homes

ROOT = Path(__file__).parents[3]
AS_OF = datetime(2026, 11, 22, 8)


def make(folder: Path) -> None:
    """Ten cases in each village and town, and a site that opened in eighteen of twenty visits."""
    home = Home(folder, memory="1GB")
    areas(home)
    at = datetime(2026, 11, 2, 9)
    cases = [
        {
            "key": f"{area}-{i}",
            "area": area,
            "registered_at": at,
            "title": "<script>alert(1)</script>",
            "category": "路灯",
            "lon": 118.1,
            "lat": 32.1 + i / 100,
        }
        for area in (*VILLAGES, *TOWNS)
        for i in range(10)
    ]
    deliver(home, "cases", cases)
    site = {"key": "site", "area": TOWNS[0], "kind": "site", "name": "北塘街道网站"}
    elsewhere = {"key": "elsewhere", "area": TOWNS[1], "kind": "site", "name": "沙洲镇网站"}
    deliver(home, "assets", [site, elsewhere], source="register")
    visits = [
        {
            "key": str(hour), "asset_source": "register", "asset": "site", "rule": "site_open", "passed": hour > 1,
            "checked_at": datetime(2026, 11, 21, hour),
        }
        for hour in range(20)
    ]  # fmt: skip
    deliver(home, "checks", visits, source="probe")
    published(home, AS_OF)


@pytest.fixture(scope="module")
def home(homes: Homes) -> Path:
    return homes.copy(make)


@pytest.fixture(autouse=True)
def _served(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("COCKPIT_HOME", str(home))
    settings.current.cache_clear()
    yield
    settings.current.cache_clear()


@pytest.fixture
def session(home: Path) -> Callable[..., str]:
    """The token of somebody with one role on an area."""
    return lambda role, area: session_of(f"sqlite:///{home.resolve() / 'desk.sqlite'}", (role,), area)


@pytest.fixture
def run_page(monkeypatch: pytest.MonkeyPatch, session: Callable[..., str]) -> Callable[..., AppTest]:
    """Runs a page for a role on the first town. A page and role are loaded once and run again with new parameters."""
    opened: dict[tuple[str, str], AppTest] = {}

    def run(page: str, role: str, /, **parameters: object) -> AppTest:
        monkeypatch.setattr(guard, "token", lambda: session(role, TOWNS[0]))
        if (page, role) not in opened:
            made = AppTest.from_file(str(ROOT / "cockpit" / "main.py"), default_timeout=60)
            opened[page, role] = made.switch_page(f"../pages/{page}.py")
        tested = opened[page, role]
        tested.query_params.clear()
        for name, value in parameters.items():
            tested.query_params[name] = str(value)
        return tested.run()

    return run

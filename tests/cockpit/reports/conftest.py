"""A district of random cases and three websites, published once; reports of it, made as the command makes them."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cockpit import settings
from cockpit.access.policy import OPERATOR, Grants
from cockpit.reports import make
from cockpit.reports.model import Document
from cockpit.reports.request import Request, check
from cockpit.reports.sections import content
from cockpit.settings import Settings
from data.desk.reports import Report
from data.desk.store import Desk, open_desk
from data.home import Home
from tests.factory import DISTRICT, TOWNS, deliver, edition_of
from tests.metrics.conftest import AS_OF, random_cases

MADE_AT = datetime(2026, 11, 23, 8, 30)
FORMULA = "=HYPERLINK(1)"
"""Stands in a title: no spreadsheet may take it for a formula."""


@pytest.fixture(scope="session")
def district(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of an edition of 1,500 cases over two towns and three villages, and of three websites."""
    home = Home(tmp_path_factory.mktemp("reports"), memory="1GB")
    titles = (FORMULA if i % 50 == 0 else f"事项{i}" for i in range(1500))
    cases = [{**case, "title": title} for case, title in zip(random_cases(1500, seed=3), titles, strict=True)]
    edition_of(home, cases, AS_OF - timedelta(hours=1))
    site = {"kind": "site", "unit": "区住建局"}
    sites = [{**site, "key": f"s{i}", "area": TOWNS[i % 2], "name": f"网站{i}"} for i in range(3)]
    deliver(home, "assets", sites, source="sites")
    deliver(home, "checks", list(_checks()), source="monitor")
    edition_of(home, [], AS_OF)
    return home.root


def _checks() -> Iterator[dict[str, Any]]:
    """Site 0 opens and is fresh; site 1 does not open one time in five; site 2 has stood still for twenty days."""
    for i in range(3):
        for n in range(20):
            at = AS_OF - timedelta(hours=6 * n + 1)
            yield {
                "key": f"s{i}/open/{n}", "asset_source": "sites", "asset": f"s{i}", "rule": "site_open",
                "observed": 20.0 if i == 1 and n % 5 == 0 else 1.2, "observed_unit": "秒", "checked_at": at,
                "passed": not (i == 1 and n % 5 == 0), "veto": False, "evidence": f"shot-{i}-{n}.png",
                "checker": "监测平台",
            }  # fmt: skip
        yield {
            "key": f"s{i}/home", "asset_source": "sites", "asset": f"s{i}", "rule": "home_updated",
            "checked_at": AS_OF - timedelta(hours=2), "observed": 20.0 if i == 2 else 1.0, "observed_unit": "天",
            "passed": i != 2, "veto": i == 2, "evidence": f"home-{i}.html", "checker": "监测平台",
        }  # fmt: skip


@pytest.fixture
def config(district: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    monkeypatch.setenv("COCKPIT_HOME", str(district))
    settings.current.cache_clear()
    yield settings.current()
    settings.current.cache_clear()


@pytest.fixture
def desk(config: Settings) -> Iterator[Desk]:
    opened = open_desk(config.desk_url, config.custody)
    yield opened
    opened.close()


def november(kind: str, *areas: int, **more: Any) -> Request:
    fields = {"start": date(2026, 11, 1), "end": date(2026, 12, 1), **more}
    return Request(kind=kind, areas=areas or (DISTRICT,), **fields)


@pytest.fixture
def document(config: Settings) -> Callable[..., Document]:
    """The document of a kind, of November."""

    def made(kind: str, *areas: int, **more: Any) -> Document:
        checked = check(november(kind, *areas, **more), config, OPERATOR)
        return content.build(checked, id="R20261123-00000001", who="王镇长", made_at=MADE_AT)

    return made


@pytest.fixture
def report(config: Settings, desk: Desk) -> Callable[..., tuple[Report, Path]]:
    """A report made into the store, and its file."""

    def made(kind: str, *areas: int, grants: Grants = OPERATOR, **more: Any) -> tuple[Report, Path]:
        stored, _told = make.ask(desk, config, november(kind, *areas, **more), grants, "tester", status="running")
        assert stored
        done = make.make(desk, config, stored)
        return done, make.file_of(config, done)

    return made

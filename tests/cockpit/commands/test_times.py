"""Commands print times on the district's clock, whatever the server's; the desk stores UTC."""

import json
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from cockpit import settings
from cockpit.commands import cli
from cockpit.reports.request import Request
from cockpit.workflows.desk_source import rules
from data.desk import reports
from data.desk.items import store
from data.desk.items.store import Beginning
from data.desk.store import open_desk
from data.editions.scoped import EVERYTHING
from data.home import Home
from tests.factory import VILLAGES, areas, published

ZONE = "Asia/Urumqi"
"""UTC+6: neither that of the default nor that of the machine."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with a token that is revoked, an item that is due, and a report that was requested."""
    root = tmp_path_factory.mktemp("times")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COCKPIT_ZONE", ZONE)
        patch.setenv("TZ", "America/New_York")
        time.tzset()
        made = Home(root, memory="1GB", zone=ZONE)
        areas(made)
        published(made, datetime(2026, 11, 22, 8))
        assert run(root, "token", "issue", "tickets", "--area", str(VILLAGES[0]), "--days", "1").exit_code == 0
        assert run(root, "token", "revoke", "1").exit_code == 0
        patch.setenv("COCKPIT_HOME", str(root))
        config = settings.load()
        desk = open_desk(config.desk_url, config.custody)
        fields = {"category": "lighting", "urgency": "critical"}
        store.start(desk, rules(config), Beginning("event", "题", VILLAGES[0], fields), key="k", actor="a")
        asked = Request(kind="brief", areas=(VILLAGES[0],), start=date(2026, 11, 1), end=date(2026, 11, 8))
        reports.ask(desk, kind="brief", request=asked.model_dump_json(), edition="e", scope=EVERYTHING, who="a")
        desk.close()
        yield root
    time.tzset()


def run(home: Path, *words: str) -> Any:
    return CliRunner().invoke(cli, [*words, "--home", str(home)])


def printed(home: Path, *words: str) -> list[dict[str, str]]:
    done = run(home, *words, "--format", "json")
    assert done.exit_code == 0, done.output
    listed: list[dict[str, str]] = json.loads(done.output)
    return listed


def local() -> datetime:
    return datetime.now(ZoneInfo(ZONE)).replace(tzinfo=None)


@pytest.mark.parametrize(
    ("words", "column", "ahead"),
    [
        (("token", "list"), "revoked_at", timedelta(0)),
        (("token", "list"), "expires_at", timedelta(days=1)),
        (("item", "list"), "due_at", timedelta(hours=2)),
    ],
)
def test_times_of_the_desk_are_printed_on_the_districts_clock(
    home: Path, words: tuple[str, ...], column: str, ahead: timedelta
) -> None:
    (row,) = printed(home, *words)
    assert abs(datetime.fromisoformat(row[column]) - local() - ahead) < timedelta(minutes=5)


def test_events_of_an_item_are_printed_on_the_districts_clock(home: Path) -> None:
    (item,) = printed(home, "item", "list")
    (event,) = printed(home, "item", "show", item["number"])
    assert abs(datetime.fromisoformat(event["at"]) - local()) < timedelta(minutes=5)


def test_editions_are_published_on_the_districts_clock(home: Path) -> None:
    (edition,) = printed(home, "editions")
    assert abs(datetime.fromisoformat(edition["published_at"]) - local()) < timedelta(minutes=5)


def test_reports_are_requested_on_the_districts_clock(home: Path) -> None:
    (row,) = printed(home, "report", "list")
    assert abs(datetime.fromisoformat(row["asked_at"]) - local()) < timedelta(minutes=5)

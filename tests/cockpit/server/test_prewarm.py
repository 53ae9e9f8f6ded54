"""The first screens of a new edition are prewarmed."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from cockpit import editions, settings
from cockpit.access.policy import Grants, Held
from cockpit.panels import layouts, screen
from cockpit.panels.kinds import alerts
from cockpit.server import prewarm as warm
from cockpit.view import View, read
from data.home import Home
from metrics import sites
from metrics.scope import OutOfScope
from tests.factory import DISTRICT, TOWNS, VILLAGES, areas, deliver, published


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    home = Home(tmp_path / "var", memory="1GB")
    areas(home)
    monkeypatch.setenv("COCKPIT_HOME", str(home.root))
    monkeypatch.setattr(warm, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(editions, "_switch", editions.EditionSwitch())
    settings.current.cache_clear()
    yield home
    settings.current.cache_clear()


def edition(home: Home, day: int) -> str:
    cases = [{"key": f"{day}-{v}", "area": v, "registered_at": datetime(2026, 11, day, 9)} for v in VILLAGES]
    deliver(home, "cases", cases)
    return published(home, datetime(2026, 11, day + 1, 8)).id


def test_first_screens_are_prewarmed_once_an_edition(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    sites._all.cache_clear()
    made: list[tuple[str, int, str]] = []
    ready = screen.prepare

    def noted(view: View) -> None:
        ready(view)
        made.append((view.edition.id, view.area.code, view.topic))

    monkeypatch.setattr(screen, "prepare", noted)

    topics = [topic.id for topic in layouts.of(settings.current()).topics("district")]

    async def two_editions() -> tuple[str, str]:
        staying = asyncio.create_task(warm.stay())
        await asyncio.sleep(0.2)
        assert made == [], "nothing is published yet, which is no error"
        first = await asyncio.to_thread(edition, home, 20)
        await until(lambda: len(made) == 3 + len(topics))
        second = await asyncio.to_thread(edition, home, 21)
        await until(lambda: len(made) == 4 + len(topics))
        await asyncio.sleep(0.3)
        staying.cancel()
        return first, second

    first, second = asyncio.run(two_editions())
    assert sites._all.cache_info().currsize >= 2, "the verdicts of the sites as well"
    # the areas below and the topics have their turn now and then, not with every edition
    assert made == [
        (first, DISTRICT, ""), *((first, town, "") for town in TOWNS), *((first, DISTRICT, topic) for topic in topics),
        (second, DISTRICT, ""),
    ]  # fmt: skip


def test_prewarmed_views_are_shared_by_all_who_may_see_the_area(home: Home) -> None:
    edition(home, 20)
    config = settings.current()
    screen.prepare(read({"area": str(TOWNS[0])}, config).shared)
    hits = alerts.lines.cache_info().hits
    official = Grants((Held("official", TOWNS[0], TOWNS[0] + 1000),))
    view = read({"area": str(TOWNS[0])}, config, official)
    lines = alerts.lines(view.shared)
    assert alerts.lines.cache_info().hits == hits + 1
    assert lines == alerts.lines(view), "what is shared is what the visitor's own rights give"
    with pytest.raises(OutOfScope):
        alerts.lines(view.shared.asking(area=DISTRICT))


def test_readers_keep_the_edition_before_until_the_new_one_is_ready(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, config = edition(home, 20), settings.current()
    editions.show(editions.newest(config))
    second = edition(home, 21)
    assert (editions.current(config).id, editions.newest(config).id) == (first, second)
    with editions.ahead(editions.newest(config)):
        assert editions.current(config).id == second, "prewarming queries the new edition"
    editions.show(editions.newest(config))
    assert editions.current(config).id == second
    third = edition(home, 22)
    assert editions.current(config).id == second
    monkeypatch.setattr(editions, "HOLD_SECONDS", 0.0)
    assert editions.current(config).id == third, "nobody waits for ever"


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not true():
            await asyncio.sleep(0.05)

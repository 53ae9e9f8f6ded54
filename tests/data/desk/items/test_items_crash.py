"""A hundred users act at once while their process is killed at random points: no event is lost or stored twice."""

import multiprocessing
import random
import signal
import time
from pathlib import Path

import pytest

from data.desk.auditing import audit
from data.desk.auditing.custody import Custody
from data.desk.identity import accounts
from data.desk.items import store
from data.desk.notifications import store as notifications
from data.desk.store import open_desk
from tests.data.desk.items import acting
from tests.desks import sqlite_tables

pytestmark = pytest.mark.slow
USERS, KILLS, SEED = 100, 8, 20261129


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return sqlite_tables(tmp_path / "desk.sqlite")
    made: str = request.getfixturevalue("postgres").database(f"crash{time.time_ns()}")
    return made


def test_no_event_is_lost_or_stored_twice(url: str, tmp_path: Path) -> None:
    rng, spawn = random.Random(SEED), multiprocessing.get_context("spawn")
    desk = open_desk(url, Custody(tmp_path / "keys"))
    assert accounts.add(desk, "wang", "Long enough 4 all").id == 1
    desk.close()
    killed = 0
    while len(acting.acknowledged(tmp_path)) < USERS * acting.STEPS:
        process = spawn.Process(target=acting.run, args=(url, str(tmp_path), USERS))
        before = len(acting.acknowledged(tmp_path))
        process.start()
        if killed < KILLS:
            while process.is_alive() and len(acting.acknowledged(tmp_path)) < before + rng.randrange(1, 60):
                time.sleep(0.005)
            process.kill()
        process.join(300)
        killed += process.exitcode == -signal.SIGKILL
        assert process.exitcode in (0, -signal.SIGKILL)
    assert killed >= KILLS // 2

    desk = open_desk(url, Custody(tmp_path / "keys"))
    done = acting.acknowledged(tmp_path)
    for user in range(USERS):
        (number,) = {done[f"{user}-{step}"] for step in range(acting.STEPS)}
        item = store.find(desk, number)
        assert item
        events = store.events(desk, acting.RULES, item.id)
        assert [event.key for event in events] == [f"{user}-{step}" for step in range(acting.STEPS)]
        assert [event.seq for event in events] == list(range(1, acting.STEPS + 1))
        assert store.derived(acting.RULES, item, events) == item
        assert item.state == "closed"
    assert store.count(desk) == USERS
    rows = [row["what"] for row in audit.entries(desk, event="act", limit=10_000)]
    assert sorted(rows) == sorted(done), "each event has one row of the audit"
    links = [one.link for one in notifications.listing(desk, 1, most=10_000)]
    assert sorted(links) == sorted(done), "and one notification"
    desk.close()

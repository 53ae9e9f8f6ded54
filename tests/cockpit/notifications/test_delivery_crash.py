"""The notifier is killed at random points: each message arrives at least once, those of a sequence in their order."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cockpit import settings
from cockpit.settings import Settings
from data.desk.notifications import dispatches
from data.desk.notifications.dispatches import New
from data.desk.store import Desk, open_desk
from tests.cockpit.notifications.conftest import Receiver
from tests.cockpit.notifications.test_delivery import content, in_the_past

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[3]
MESSAGES, SEQUENCES, KILLS, SEED = 24, 3, 5, 20261129


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, config: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    if request.param == "postgresql":
        monkeypatch.setenv("COCKPIT_DESK", request.getfixturevalue("postgres").database(f"sent{time.time_ns()}"))
        settings.current.cache_clear()
        config = settings.current()
    desk = open_desk(config.desk_url, config.custody)
    yield desk
    desk.close()


def notifier() -> subprocess.Popen[bytes]:
    config = settings.current()
    variables = {
        "COCKPIT_HOME": str(config.home), "COCKPIT_CHANNELS": str(config.channels), "COCKPIT_DESK": config.desk_url,
    }  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-m", "cockpit.server.notifying"], cwd=ROOT, env={**os.environ, **variables}
    )


def test_each_message_arrives_at_least_once_and_in_order(desk: Desk, receiver: Receiver) -> None:
    rng, killed = random.Random(SEED), 0
    for n in range(MESSAGES):
        for sequence in range(SEQUENCES):
            key = f"{sequence}-{n:02}"
            dispatches.put(desk, [New(key, "other", content(n), sequence=f"s{sequence}")])
    while dispatches.count(desk, "sent") < MESSAGES * SEQUENCES:
        process, before = notifier(), len(receiver.seen)
        wanted = before + rng.randrange(1, 15) if killed < KILLS else 10**6
        end = time.monotonic() + 120
        while process.poll() is None and len(receiver.seen) < wanted and time.monotonic() < end:
            if dispatches.count(desk, "sent") == MESSAGES * SEQUENCES:
                break
            time.sleep(rng.uniform(0.001, 0.02))
        process.send_signal(signal.SIGKILL if killed < KILLS else signal.SIGTERM)
        process.wait(30)
        killed += 1
        in_the_past(desk)  # the leases of the process that died
    assert killed > KILLS

    arrived = [headers["webhook-id"] for _path, headers in receiver.seen]
    first = list(dict.fromkeys(arrived))
    for sequence in range(SEQUENCES):
        assert [key for key in first if key.startswith(f"{sequence}-")] == [
            f"{sequence}-{n:02}" for n in range(MESSAGES)
        ]
    assert len(arrived) - len(first) <= killed * SEQUENCES, "only what was under way is sent again"
    assert dispatches.count(desk, "dead") == 0

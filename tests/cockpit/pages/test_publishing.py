"""Decisions on findings are published by one process at a time, however many arrive at once."""

import threading
import time
from collections.abc import Callable

import pytest

from cockpit.screens.sitehealth import publishing


def wait_for(done: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not done():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_decisions_that_come_while_a_process_runs_share_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    going, begun = threading.Semaphore(0), []

    def publish(arguments: tuple[str, ...]) -> None:
        begun.append(threading.current_thread())
        going.acquire()
        if len(begun) == 1:
            raise OSError("no process can be started")

    monkeypatch.setattr(publishing, "_publish", publish)
    asked = publishing.Publishing()
    asked.ask()
    wait_for(lambda: len(begun) == 1)
    for _decision in range(100):
        asked.ask()
    going.release()
    wait_for(lambda: len(begun) == 2)
    going.release()
    wait_for(lambda: not asked._is_running)
    assert len(begun) == 2
    asked.ask()
    wait_for(lambda: len(begun) == 3)
    going.release()

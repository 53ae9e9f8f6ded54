"""Hashes are made two at a time, one of them for strangers, and a bounded number of those who ask waits."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from data.desk import passwords
from data.desk.errors import Busy


def test_two_at_a_time_and_no_more_wait_than_may(monkeypatch: pytest.MonkeyPatch) -> None:
    running, most, lock = 0, 0, threading.Lock()

    class Slow:
        def verify(self, kept: str, password: str) -> bool:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            time.sleep(0.02)
            with lock:
                running -= 1
            return True

    monkeypatch.setattr(passwords, "hasher", Slow())

    def check(i: int) -> bool | None:
        try:
            return passwords.matches("kept", "x", known=i % 2 == 0)
        except Busy:
            return None

    with ThreadPoolExecutor(120) as pool:
        found = list(pool.map(check, range(120)))
    assert most == passwords.AT_ONCE == 2
    assert found.count(None) >= 1
    assert found.count(True) >= passwords.AT_ONCE + passwords.MOST_WAITING
    assert passwords.matches("kept", "x"), "there is room again"


def test_strangers_keep_no_known_place_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    free = threading.Event()

    class Stuck:
        def verify(self, kept: str, password: str) -> bool:
            return password == "known" or free.wait(10)

    monkeypatch.setattr(passwords, "hasher", Stuck())
    with ThreadPoolExecutor(5) as pool:
        strangers = [pool.submit(passwords.matches, "kept", "stranger", known=False) for _ in range(5)]
        assert passwords.matches("kept", "known")
        assert not any(one.done() for one in strangers)
        free.set()

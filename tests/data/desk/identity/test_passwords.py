"""Hashes are made two at a time, one of them for strangers, and a bounded number of those who ask waits."""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from data.desk.errors import Busy
from data.desk.identity import hashing, passwords
from data.desk.identity.hashing import NICE, HashingProcess


def test_two_at_a_time_and_no_more_wait_than_may(monkeypatch: pytest.MonkeyPatch) -> None:
    running, most, lock = 0, 0, threading.Lock()

    class Slow:
        def verify(self, stored: str, password: bytes) -> bool:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            time.sleep(0.02)
            with lock:
                running -= 1
            return True

    monkeypatch.setattr(passwords, "hasher", Slow())
    monkeypatch.setattr(passwords, "_low_priority", Slow())

    def check(i: int) -> bool | None:
        try:
            return passwords.matches("kept", "x", known=i % 2 == 0)
        except Busy:
            return None

    with ThreadPoolExecutor(120) as pool:
        answers = list(pool.map(check, range(120)))
    assert most == passwords.AT_ONCE == 2
    assert answers.count(None) >= 1
    assert answers.count(True) >= passwords.AT_ONCE + passwords.MOST_WAITING
    assert passwords.matches("kept", "x"), "there is room again"


def test_strangers_keep_no_known_place_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    free = threading.Event()

    class Stuck:
        def verify(self, stored: str, password: bytes) -> bool:
            return password == b"known" or free.wait(10)

    monkeypatch.setattr(passwords, "hasher", Stuck())
    monkeypatch.setattr(passwords, "_low_priority", Stuck())
    with ThreadPoolExecutor(5) as pool:
        strangers = [pool.submit(passwords.matches, "kept", "stranger", known=False) for _ in range(5)]
        assert passwords.matches("kept", "known")
        assert not any(one.done() for one in strangers)
        free.set()


@pytest.mark.parametrize("password", ["Hongqi+2026", "口令 with spaces\nand a line", "\udcff lone", "a" * 10_000])
def test_a_stranger_and_a_known_place_get_the_same_answer(password: str) -> None:
    stored_hash = passwords.hash(password)
    for known in (True, False):
        assert passwords.matches(stored_hash, password, known=known)
        assert not passwords.matches(stored_hash, "x" + password, known=known)
        assert not passwords.matches("no hash", password, known=known)


def test_passwords_of_strangers_are_checked_at_low_priority_and_after_a_kill_as_well() -> None:
    apart = HashingProcess()
    stored_hash = passwords.hash("Hongqi+2026")
    for _ in range(2):
        assert apart.verify(stored_hash, b"Hongqi+2026")
        assert not apart.verify(stored_hash, b"Hongqi+2027")
        assert apart._process
        assert os.getpriority(os.PRIO_PROCESS, apart._process.pid) >= NICE
        assert os.getsid(apart._process.pid) == os.getsid(0), "a priority counts within a session"
        assert os.getpgid(apart._process.pid) != os.getpgid(0), "Ctrl-C does not reach it"
        os.kill(apart._process.pid, signal.SIGKILL)
        apart._process.wait(10)
    apart.close()


def test_password_is_checked_in_the_server_without_a_hashing_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.desk.identity.hashing.sys.executable", "/nonexistent/python")
    monkeypatch.setattr(passwords, "_low_priority", HashingProcess())
    assert passwords.matches(passwords.hash("Hongqi+2026"), "Hongqi+2026", known=False)


def test_a_flood_of_strangers_waits_after_its_first_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(hashing, "PER_SECOND", 1.5)
    monkeypatch.setattr(hashing.time, "monotonic", lambda: 1_000.0 + sum(waits))
    monkeypatch.setattr(hashing.time, "sleep", waits.append)
    paced = HashingProcess()
    for _ in range(hashing.BURST + 30):
        paced._pause()
    assert sum(wait > 0 for wait in waits) == 30
    assert sum(waits) == pytest.approx(30 / hashing.PER_SECOND)

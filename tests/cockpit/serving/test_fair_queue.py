"""Slots are given in rotation by key; a waiter that leaves frees its place."""

import asyncio
import threading
import time
from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.serving.fair_queue import FairQueue, Full


def queue(places: int = 1, per_key: int = 1, waiting: int = 100, waiting_per_key: int = 100) -> FairQueue:
    return FairQueue(places, per_key=per_key, waiting=waiting, waiting_per_key=waiting_per_key)


@given(st.lists(st.sampled_from("abcd"), max_size=30), st.integers(1, 3), st.integers(1, 2))
def test_queue_serves_each_once_and_in_rotation(keys: list[str], places: int, per_key: int) -> None:
    line, served = queue(places, per_key), []
    turns = [line._enter(key, lambda: None) for key in keys]
    while len(served) < len(keys):
        holding = [turn for turn in turns if turn.has_place and turn not in served]
        assert 1 <= len(holding) <= places
        assert all(sum(turn.key == key for turn in holding) <= per_key for key in keys)
        served.append(holding[0])
        line._leave(holding[0])
    assert (line._held, dict(line._waiting)) == ({}, {})


def test_many_requests_of_one_user_do_not_delay_others() -> None:
    line = queue()
    first, *many = [line._enter("greedy", lambda: None) for _ in range(20)]
    other = line._enter("other", lambda: None)
    assert line._before(other) == 1
    line._leave(first)
    assert many[0].has_place
    line._leave(many[0])
    assert other.has_place


def test_waiting_entry_learns_its_position_and_may_leave() -> None:
    line, positions = queue(), []

    class Left(Exception):
        pass

    def leave(before: int) -> None:
        positions.append(before)
        raise Left

    with line.place("a", patience=1):
        with pytest.raises(Left), line.place("b", patience=5, on_wait=leave):
            raise AssertionError
        assert (positions, line.waiting) == ([0], 0)
    with line.place("b", patience=0.1):
        assert line.waiting == 0


def test_waiting_has_an_end_and_a_limit() -> None:
    line = queue(waiting=2, waiting_per_key=1)
    with line.place("a", patience=1), ExitStack() as others:
        with pytest.raises(Full), line.place("b", patience=0.3):
            raise AssertionError
        for key in ("b", "c"):
            turn = line._enter(key, lambda: None)
            others.callback(line._leave, turn)
        for key in ("b", "d"):
            with pytest.raises(Full), line.place(key, patience=1):
                raise AssertionError


def test_a_failure_gives_the_place_back() -> None:
    line = queue()
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), line.place("a", patience=1):
            raise ZeroDivisionError


def test_coroutines_wait_without_a_thread_and_may_be_cancelled() -> None:
    async def work() -> list[str]:
        line, done = queue(), []

        async def one(key: str) -> None:
            async with line.place_async(key, patience=10):
                await asyncio.sleep(0.01)
                done.append(key)

        tasks = [asyncio.create_task(one(key)) for key in ("a", "a", "a", "b")]
        await asyncio.sleep(0)
        tasks[1].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (line.waiting, line._held) == (0, {})
        return done

    before = threading.active_count()
    assert asyncio.run(work()) in (["a", "b", "a"], ["a", "a", "b"])
    assert threading.active_count() == before


def test_threads_and_places_under_load() -> None:
    line, running, most, lock = queue(places=2, per_key=1), 0, 0, threading.Lock()

    def work(key: str) -> None:
        nonlocal running, most
        with line.place(key, patience=20):
            with lock:
                running += 1
                most = max(most, running)
            time.sleep(0.005)
            with lock:
                running -= 1

    threads = [threading.Thread(target=work, args=(key,)) for key in "abc" * 10]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most, line._held) == (2, {})

"""Calls that run others in parallel, with few threads for all."""

import threading
from functools import partial

import pytest

from metrics.engine.parallel import run_parallel


def nested(depth: int) -> int:
    """The number of calls of a tree of calls, four below each."""
    return 1 + sum(run_parallel([partial(nested, depth - 1)] * 4)) if depth else 1


def in_time(ask, seconds: float = 20) -> list[object]:
    """What a call returns, alone in a list; empty if it does not end."""
    results: list[object] = []
    threading.Thread(target=lambda: results.append(ask()), daemon=True).start()
    deadline = threading.Event()
    for _ in range(int(seconds * 20)):
        if results or deadline.wait(0.05):
            break
    return results


def test_calls_within_calls_end_though_the_threads_are_fewer() -> None:
    assert in_time(partial(nested, 4)) == [sum(4**level for level in range(5))]


def test_who_waits_for_calls_is_not_kept_by_calls_that_wait_for_it() -> None:
    """All threads wait for one who runs calls in parallel itself: it runs them on its own."""
    led, ended = threading.Event(), threading.Event()

    def lead() -> list[int]:
        led.wait()
        try:
            return run_parallel([lambda: 1, lambda: 2, lambda: 3])
        finally:
            ended.set()

    def follow() -> bool:
        led.set()
        return ended.wait(20)

    assert in_time(lambda: run_parallel([lead, *[follow] * 6])) == [[[1, 2, 3], *[True] * 6]]


def test_the_first_failure_is_raised() -> None:
    def fail(text: str) -> None:
        raise ValueError(text)

    with pytest.raises(ValueError, match="second"):
        run_parallel([lambda: 1, partial(fail, "second"), partial(fail, "third")])

"""What many ask at the same moment is made once."""

import threading
import time

import pytest

from cockpit.single_flight import single_flight_cache
from data.editions.queries import Long


def together(ask, count: int = 8) -> list[object]:
    """The answers, or what was raised, of so many threads that ask at once."""
    start, results = threading.Barrier(count), []

    def one() -> None:
        start.wait()
        try:
            results.append(ask())
        except BaseException as error:
            results.append(error)

    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return results


def test_concurrent_calls_compute_once_and_are_cached() -> None:
    made = []

    @single_flight_cache(maxsize=4)
    def answer(n: int, *, twice: bool = False) -> int:
        made.append(n)
        time.sleep(0.1)
        return n * (2 if twice else 1)

    assert together(lambda: answer(3)) == [3] * 8
    assert answer(3) == 3
    assert made == [3]
    assert answer(3, twice=True) == 6


class Gone(BaseException):
    """As Streamlit ends a run whose viewer has gone."""


@pytest.mark.parametrize(("error", "tries"), [(ValueError("too slow"), 1), (Gone("gone"), 2)])
def test_waiters_share_a_failure_but_not_a_cancellation(error: BaseException, tries: int) -> None:
    tried = []

    @single_flight_cache(maxsize=4)
    def answer() -> str:
        tried.append(1)
        time.sleep(0.1)
        if len(tried) == 1:
            raise error
        return "made"

    results = together(answer)
    assert len(tried) == tries
    assert [results.count(error), results.count("made")] == ([8, 0] if tries == 1 else [1, 7])
    assert answer() == "made", "a failure is not kept"


def test_cache_size_is_bounded() -> None:
    @single_flight_cache(maxsize=2)
    def answer(n: int) -> object:
        return object()

    first = answer(1)
    assert answer(1) is first
    answer(2), answer(3)
    assert answer(1) is not first


@pytest.mark.parametrize("argument", [[], {}])
def test_unstable_definition_is_refused(argument: object) -> None:
    with pytest.raises(TypeError):
        single_flight_cache(maxsize=2)(lambda thing: thing)(argument)


def test_cache_clear_works_as_in_lru_cache() -> None:
    """The benchmark of a cold cockpit rests on it."""
    made: list[int] = []

    @single_flight_cache(maxsize=8)
    def ask(number: int) -> int:
        made.append(number)
        return number

    assert [ask(1), ask(1)] == [1, 1]
    ask.cache_clear()
    assert ask(1) == 1
    assert made == [1, 1]


def test_who_may_wait_answers_for_a_call_that_must_not() -> None:
    """A thread of the pool leaves a long query to a thread that may wait: those who asked for it too go on."""
    asked = threading.Event()
    leads: list[str] = []

    @single_flight_cache(maxsize=4)
    def answer() -> str:
        leads.append(threading.current_thread().name)
        if len(leads) == 1:
            asked.wait(20)
            time.sleep(0.1)
            raise Long("", "long")
        return "made"

    def of_pool() -> None:
        with pytest.raises(Long):
            answer()

    pool = threading.Thread(target=of_pool, name="pool")
    pool.start()
    while not leads:
        time.sleep(0.01)
    asked.set()
    assert answer() == "made"
    pool.join(20)
    assert leads == ["pool", "MainThread"]

"""A screen that waits for a long query says so; queries run one user at a time, and leaving frees the slot."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from streamlit.testing.v1 import AppTest

from cockpit import settings
from cockpit.i18n import using
from cockpit.serving import slow_queries
from cockpit.serving.slow_queries import Asker
from data.errors import TooMany


@pytest.fixture(autouse=True)
def _one_place(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("COCKPIT_COSTLY_QUERIES", "1")
    monkeypatch.setenv("COCKPIT_QUEUE_SECONDS", "5")
    for cached in (settings.current, slow_queries._queue):
        cached.cache_clear()
    yield
    for cached in (settings.current, slow_queries._queue):
        cached.cache_clear()


def held(name: str, until: threading.Event) -> threading.Thread:
    """A user who occupies the only slot until released."""
    ready = threading.Event()

    def hold() -> None:
        slow_queries.asks(Asker(name))
        with slow_queries._place():
            ready.set()
            until.wait(20)

    thread = threading.Thread(target=hold)
    thread.start()
    assert ready.wait(5)
    return thread


def page() -> None:
    import streamlit as st

    from cockpit.serving import slow_queries

    slow_queries.asks(slow_queries.on_a_screen("wang"))
    with slow_queries._place():
        st.write("done")


def test_screen_shows_queue_position_until_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    real: Callable[[int], str] = slow_queries.waiting_in_words
    free = threading.Event()

    def words(before: int) -> str:
        said.append(real(before))
        free.set()
        return said[-1]

    monkeypatch.setattr(slow_queries, "waiting_in_words", words)
    other = held("li", free)
    run = AppTest.from_function(page, default_timeout=20).run()
    other.join()
    assert not run.exception
    assert [text.value for text in run.markdown] == ["done"]
    assert not run.info, "what was said while waiting is gone"
    assert said
    assert set(said) == {"该查询耗时较长，需排队，下一个就是您的。"}


def test_in_both_languages() -> None:
    with using("zh"):
        assert slow_queries.waiting_in_words(3) == "该查询耗时较长，需排队，您前面还有 3 个。"
    with using("en"):
        assert slow_queries.waiting_in_words(0) == "This takes long and is done in turn: yours is next."
        assert slow_queries.waiting_in_words(1) == "This takes long and is done in turn: 1 is before yours."
        assert slow_queries.waiting_in_words(2) == "This takes long and is done in turn: 2 are before yours."


def test_query_that_waits_too_long_is_refused() -> None:
    free = threading.Event()
    other = held("li", free)
    slow_queries.asks(Asker("wang"))
    began = time.monotonic()
    with pytest.raises(TooMany, match="try again later"), slow_queries._place():
        raise AssertionError
    assert 5 <= time.monotonic() - began < 60
    assert slow_queries._queue().waiting == 0
    free.set()
    other.join()


def test_user_with_many_long_queries_is_refused_more() -> None:
    free = threading.Event()
    other, waiting = held("li", free), []

    def wait() -> None:
        slow_queries.asks(Asker("li"))
        with slow_queries._place():
            pass

    for _ in range(slow_queries.WAITING_OF_ONE):
        waiting.append(threading.Thread(target=wait))
        waiting[-1].start()
    while slow_queries._queue().waiting < slow_queries.WAITING_OF_ONE:
        time.sleep(0.01)
    slow_queries.asks(Asker("li"))
    with pytest.raises(TooMany), slow_queries._place():
        raise AssertionError
    free.set()
    for thread in (other, *waiting):
        thread.join(10)
    assert slow_queries._queue().waiting == 0

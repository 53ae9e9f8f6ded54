"""Who waits for a long query is told so on the screen, one person after the other; who leaves frees the place."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from streamlit.testing.v1 import AppTest

from cockpit import settings
from cockpit.i18n import using
from cockpit.serving import costly
from cockpit.serving.costly import Asker
from data.errors import TooMany


@pytest.fixture(autouse=True)
def _one_place(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("COCKPIT_COSTLY_QUERIES", "1")
    monkeypatch.setenv("COCKPIT_QUEUE_SECONDS", "5")
    for cached in (settings.current, costly._queue):
        cached.cache_clear()
    yield
    for cached in (settings.current, costly._queue):
        cached.cache_clear()


def held(name: str, until: threading.Event) -> threading.Thread:
    """Somebody who has the only place until told."""
    ready = threading.Event()

    def hold() -> None:
        costly.asks(Asker(name))
        with costly._place():
            ready.set()
            until.wait(20)

    thread = threading.Thread(target=hold)
    thread.start()
    assert ready.wait(5)
    return thread


def page() -> None:
    import streamlit as st

    from cockpit.serving import costly

    costly.asks(costly.on_a_screen("wang"))
    with costly._place():
        st.write("done")


def test_the_screen_says_who_is_before_and_then_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    real: Callable[[int], str] = costly.waiting_in_words
    free = threading.Event()

    def words(before: int) -> str:
        said.append(real(before))
        free.set()
        return said[-1]

    monkeypatch.setattr(costly, "waiting_in_words", words)
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
        assert costly.waiting_in_words(3) == "该查询耗时较长，需排队，您前面还有 3 个。"
    with using("en"):
        assert costly.waiting_in_words(0) == "This takes long and is done in turn: yours is next."
        assert costly.waiting_in_words(1) == "This takes long and is done in turn: 1 is before yours."
        assert costly.waiting_in_words(2) == "This takes long and is done in turn: 2 are before yours."


def test_who_waits_too_long_is_told_and_leaves() -> None:
    free = threading.Event()
    other = held("li", free)
    costly.asks(Asker("wang"))
    began = time.monotonic()
    with pytest.raises(TooMany, match="try again later"), costly._place():
        raise AssertionError
    assert 5 <= time.monotonic() - began < 60
    assert costly._queue().waiting == 0
    free.set()
    other.join()


def test_somebody_with_many_long_questions_is_refused_more() -> None:
    free = threading.Event()
    other, waiting = held("li", free), []

    def wait() -> None:
        costly.asks(Asker("li"))
        with costly._place():
            pass

    for _ in range(costly.WAITING_OF_ONE):
        waiting.append(threading.Thread(target=wait))
        waiting[-1].start()
    while costly._queue().waiting < costly.WAITING_OF_ONE:
        time.sleep(0.01)
    costly.asks(Asker("li"))
    with pytest.raises(TooMany), costly._place():
        raise AssertionError
    free.set()
    for thread in (other, *waiting):
        thread.join(10)
    assert costly._queue().waiting == 0

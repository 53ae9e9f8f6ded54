"""Questions that do not wait for each other, asked side by side.

Planning a query keeps one core busy, often for longer than running it: the next one is planned meanwhile.
"""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from data.editions import queries

_pool = ThreadPoolExecutor(2, thread_name_prefix="question")
_here = threading.local()


def side_by_side(asks: Iterable[Callable[[], Any]]) -> list[Any]:
    """What each of them answers, in order; raises what the first one of them raised.

    One of them that itself asks side by side asks in turn: else they might all wait for each other's threads.
    """
    every = list(asks)
    if not every:
        return []
    first, *others = every
    if getattr(_here, "beside", False):
        return [first(), *(ask() for ask in others)]
    running = [_pool.submit(_marked, ask) for ask in others]
    return [first(), *(_answer(one, ask) for one, ask in zip(running, others, strict=True))]


def _answer(running: Future[Any], ask: Callable[[], Any]) -> Any:
    """What was answered beside; a query that has to wait for its turn is asked here, where nobody else waits."""
    try:
        return running.result()
    except queries.Long:
        return ask()


def _marked(ask: Callable[[], Any]) -> Any:
    _here.beside = True
    with queries.without_waiting():
        return ask()

"""Questions that do not wait for each other, asked side by side.

Planning a query keeps one core busy, often for longer than running it: the next one is planned meanwhile.
"""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

_pool = ThreadPoolExecutor(2, thread_name_prefix="question")
_here = threading.local()


def side_by_side(asks: Iterable[Callable[[], Any]]) -> list[Any]:
    """What each of them answers, in order; raises what the first one of them raised.

    One of them that itself asks side by side asks in turn: else they might all wait for each other's threads.
    """
    first, *others = asks
    if getattr(_here, "beside", False):
        return [first(), *(ask() for ask in others)]
    running = [_pool.submit(_marked, ask) for ask in others]
    return [first(), *(one.result() for one in running)]


def _marked(ask: Callable[[], Any]) -> Any:
    _here.beside = True
    return ask()

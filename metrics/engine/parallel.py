"""Run independent queries in parallel.

Planning a query keeps one core busy, often for longer than running it: the next one is planned meanwhile.
"""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from data.editions import queries

_pool = ThreadPoolExecutor(2, thread_name_prefix="query")
_local = threading.local()


def run_parallel(calls: Iterable[Callable[[], Any]]) -> list[Any]:
    """The results of all calls, in order; raises what the first failing one raised.

    A call that itself runs others in parallel runs them in turn: otherwise all threads might wait for each other.
    """
    every = list(calls)
    if not every:
        return []
    first, *others = every
    if getattr(_local, "in_pool", False):
        return [first(), *(call() for call in others)]
    running = [_pool.submit(_in_pool, call) for call in others]
    return [first(), *(_result(future, call) for future, call in zip(running, others, strict=True))]


def _result(future: Future[Any], call: Callable[[], Any]) -> Any:
    """The result of a call; a query that would have to wait for its turn runs here, where no other waits."""
    try:
        return future.result()
    except queries.Long:
        return call()


def _in_pool(call: Callable[[], Any]) -> Any:
    _local.in_pool = True
    with queries.without_waiting():
        return call()

"""Run independent queries in parallel.

Planning a query keeps one core busy, often for longer than running it: the next one is planned meanwhile.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from data.editions import queries

_pool = ThreadPoolExecutor(2, thread_name_prefix="query")


def run_parallel(calls: Iterable[Callable[[], Any]]) -> list[Any]:
    """The results of all calls, in order; raises what the first failing one raised.

    The threads are few and shared. Whoever waits runs those of its own calls itself that no thread has begun: so calls
    may run others in parallel, and all threads never wait for each other.
    """
    every = list(calls)
    if not every:
        return []
    first, *others = every
    running = [_pool.submit(_in_pool, call) for call in others]
    return [first(), *(_result(future, call) for future, call in zip(running, others, strict=True))]


def _result(future: Future[Any], call: Callable[[], Any]) -> Any:
    """The result of a call; a query that would have to wait for its turn runs here, where perhaps no other waits."""
    if future.cancel():
        return call()
    try:
        return future.result()
    except queries.Long:
        return call()


def _in_pool(call: Callable[[], Any]) -> Any:
    with queries.without_waiting():
        return call()

"""A bounded cache that computes each value once, also for concurrent callers.

cachetools (8.0) can do this with a condition, but computes a failed value again for each waiter, one after the other,
and wakes all waiters of a cache when any of its values is ready.
"""

import threading
from collections.abc import Callable, Hashable
from functools import lru_cache, wraps
from typing import Generic, ParamSpec, TypeVar

from data.editions.queries import Long

P = ParamSpec("P")
T = TypeVar("T")


def single_flight_cache(maxsize: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Like `lru_cache`; a call that is being computed is waited for instead of computed again.

    When everybody comes at nine, all ask the same before the first answer is there.
    """

    def keep(make: Callable[P, T]) -> Callable[P, T]:
        cache = lru_cache(maxsize=maxsize)(_Once(make))

        @wraps(make)
        def answer(*args: P.args, **kwargs: P.kwargs) -> T:
            return cache(*args, **kwargs)  # type: ignore[arg-type]  # a TypeError says what cannot be hashed

        # what `lru_cache` gives as well
        answer.cache_clear, answer.cache_info = cache.cache_clear, cache.cache_info  # type: ignore[attr-defined]
        return answer

    return keep


class _Once(Generic[P, T]):
    """Calls of a function; those with equal arguments at the same time are one call."""

    def __init__(self, make: Callable[P, T]) -> None:
        self.make = make
        self.lock = threading.Lock()
        self.running: dict[Hashable, _Call[T]] = {}

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        key = args, tuple(sorted(kwargs.items()))
        while True:
            with self.lock:
                call = self.running.get(key)
                if leads := call is None:
                    call = self.running[key] = _Call[T]()
            if leads:
                try:
                    call.answer, call.ended_well = self.make(*args, **kwargs), True
                    return call.answer
                except Long:  # this thread must not wait for its turn; one of those that ask may
                    raise
                except Exception as error:
                    call.error = error
                    raise
                finally:
                    with self.lock:
                        del self.running[key]
                    call.ended.set()
            call.ended.wait()
            if call.error:
                raise call.error
            if call.ended_well:
                return call.answer
            # The computing run was cancelled, or must not wait as long as it takes: compute here.


class _Call(Generic[T]):
    def __init__(self) -> None:
        self.ended = threading.Event()
        self.ended_well = False
        self.error: Exception | None = None
        self.answer: T

"""Answers that are kept, and made once even when many ask at the same moment."""

import threading
from collections.abc import Callable, Hashable
from functools import lru_cache, wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def kept(maxsize: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Like `lru_cache`, and whoever asks for what is being made waits for it instead of making it as well.

    When everybody comes at nine, the same questions are asked by all before the first of them is answered.
    """

    def keep(make: Callable[P, T]) -> Callable[P, T]:
        return wraps(make)(lru_cache(maxsize=maxsize)(_Once(make)))

    return keep


class _Once:
    """Calls of a function; those with equal arguments at the same time are one call."""

    def __init__(self, make: Callable[..., Any]) -> None:
        self.make = make
        self.lock = threading.Lock()
        self.running: dict[Hashable, _Call] = {}

    def __call__(self, *asked: Any, **named: Any) -> Any:
        key = asked, tuple(sorted(named.items()))
        while True:
            with self.lock:
                call = self.running.get(key)
                if mine := call is None:
                    call = self.running[key] = _Call()
            if mine:
                try:
                    call.answer, call.ended_well = self.make(*asked, **named), True
                    return call.answer
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
            # its viewer has gone, which ends a run by what is no Exception: make it oneself


class _Call:
    def __init__(self) -> None:
        self.ended = threading.Event()
        self.ended_well = False
        self.error: Exception | None = None
        self.answer: Any = None

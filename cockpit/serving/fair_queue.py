"""Concurrency limit for expensive work, with a queue that is fair between keys."""

import asyncio
import threading
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

LOOK_SECONDS = 0.25
"""Interval of `on_wait` calls, in seconds."""


class Full(Exception):
    """The queue is full or the wait timed out. seconds: Retry-After."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no place for {seconds:g} s")
        self.seconds = seconds


class Turn:
    """An entry that holds a place or waits for one."""

    def __init__(self, key: str, called: Callable[[], object]) -> None:
        self.key, self.called, self.has_place = key, called, False


class FairQueue:
    """Concurrency limit with a fair queue: free places go to the waiting keys in rotation. Thread-safe.

    places, per_key: concurrent holders in all and per key. waiting, waiting_per_key: queue lengths.
    retry: seconds reported in `Full`.
    """

    def __init__(self, places: int, *, per_key: int, waiting: int, waiting_per_key: int, retry: float = 5) -> None:
        self.places, self.per_key, self.most, self.most_per_key = places, per_key, waiting, waiting_per_key
        self.retry = retry
        self._held: dict[str, int] = {}
        self._waiting: OrderedDict[str, deque[Turn]] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def place(
        self, key: str, *, patience: float, on_wait: Callable[[int], None] = lambda before: None
    ) -> Iterator[None]:
        """Hold a place for the block. Raises Full.

        on_wait: called every LOOK_SECONDS with the number of entries ahead; an exception from it leaves the queue.
        """
        ready, until = threading.Event(), time.monotonic() + patience
        turn = self._enter(key, ready.set)
        try:
            while not ready.wait(LOOK_SECONDS):
                if time.monotonic() > until:
                    raise Full(self.retry)
                on_wait(self._before(turn))
            yield
        finally:
            self._leave(turn)

    @asynccontextmanager
    async def place_async(self, key: str, *, patience: float) -> AsyncIterator[None]:
        """Like `place`, for coroutines; cancellation leaves the queue. Raises Full."""
        loop, ready = asyncio.get_running_loop(), asyncio.Event()
        turn = self._enter(key, lambda: loop.call_soon_threadsafe(ready.set))
        try:
            try:
                async with asyncio.timeout(patience):
                    await ready.wait()
            except TimeoutError:
                raise Full(self.retry) from None
            yield
        finally:
            self._leave(turn)

    def is_full(self, key: str) -> bool:
        """Whether the queue is full for `key`."""
        with self._lock:
            same = self._waiting.get(key)
            total = sum(map(len, self._waiting.values()))
            return total >= self.most or (same is not None and len(same) >= self.most_per_key)

    @property
    def waiting(self) -> int:
        with self._lock:
            return sum(map(len, self._waiting.values()))

    def _enter(self, key: str, called: Callable[[], object]) -> Turn:
        turn = Turn(key, called)
        with self._lock:
            same = self._waiting.setdefault(key, deque())
            same.append(turn)
            self._call_next()
            full = len(same) > self.most_per_key or sum(map(len, self._waiting.values())) > self.most
        if full and not turn.has_place:
            self._leave(turn)
            raise Full(self.retry)
        return turn

    def _leave(self, turn: Turn) -> None:
        with self._lock:
            if turn.has_place:
                self._held[turn.key] -= 1
                if not self._held[turn.key]:
                    del self._held[turn.key]
            else:
                self._waiting[turn.key].remove(turn)
                if not self._waiting[turn.key]:
                    del self._waiting[turn.key]
            self._call_next()

    def _call_next(self) -> None:
        """Give free places to the next entries."""
        while sum(self._held.values()) < self.places:
            key = next((key for key in self._waiting if self._held.get(key, 0) < self.per_key), None)
            if key is None:
                return
            turns = self._waiting.pop(key)
            turn = turns.popleft()
            if turns:
                self._waiting[key] = turns  # to the end of the rotation
            turn.has_place = True
            self._held[key] = self._held.get(key, 0) + 1
            turn.called()

    def _before(self, turn: Turn) -> int:
        """Number of entries served before a waiting one."""
        with self._lock:
            if turn.has_place:
                return 0
            own, passed, before = self._waiting[turn.key].index(turn), False, 0
            for key, turns in self._waiting.items():
                passed = passed or key == turn.key
                before += own if key == turn.key else min(len(turns), own + (not passed))
            return before

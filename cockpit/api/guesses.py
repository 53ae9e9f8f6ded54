"""Tokens that do not hold, by address: a flood of guesses is rejected before the desk is queried.

A token that was valid once is always checked, whatever others send from its address.
"""

import threading
import time
from collections import OrderedDict, deque

from data.desk.identity.sessions import hashed

MOST, SPAN = 600, 60.0
"""Wrong tokens of one address in so many seconds: a token is too long to be guessed, this keeps the desk free."""
REMEMBERED = 10_000


class Guesses:
    """The failures that this process has counted. Thread-safe."""

    def __init__(self) -> None:
        self._wrong: OrderedDict[str, deque[float]] = OrderedDict()
        self._held: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, address: str, token: str) -> float:
        """Seconds until a token of this address is looked at; 0 if it is now, and then it counts as wrong."""
        now = time.monotonic()
        with self._lock:
            if hashed(token) in self._held:
                return 0.0
            times = self._wrong.setdefault(address, deque())
            self._wrong.move_to_end(address)
            while times and times[0] <= now - SPAN:
                times.popleft()
            if len(times) >= MOST:
                return times[0] + SPAN - now
            times.append(now)
            while len(self._wrong) > REMEMBERED:
                self._wrong.popitem(last=False)
        return 0.0

    def holds(self, address: str, token: str) -> None:
        """It was no guess."""
        with self._lock:
            if hashed(token) in self._held:
                return
            self._held[hashed(token)] = None
            if times := self._wrong.get(address):
                times.pop()
            while len(self._held) > REMEMBERED:
                self._held.popitem(last=False)


guesses = Guesses()

"""Queue for password and code checks: few at a time, addresses in rotation, in separate threads.

Whatever waits for a check waits here, without a thread, so that a flood of sign-ins keeps nobody else waiting. Places
that somebody has signed in from have a queue of their own: sign-ins from other addresses are checked one at a time.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import cache
from typing import Concatenate, ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread

from cockpit.access import visitors
from cockpit.serving.fair_queue import FairQueue, Full
from data.desk.errors import Busy
from data.desk.identity import failures
from data.desk.identity.failures import Place

KNOWN_AT_ONCE, OF_ONE_ADDRESS = 2, 2
"""One more than the concurrent hashes, so that desk queries run meanwhile."""
WAITING, STRANGERS_WAITING, WAITING_OF_ONE_ADDRESS = 100, 30, 20
"""Queue lengths. Unknown places are checked one at a time, at low priority."""
PATIENCE, RETRY_SECONDS = 10.0, 5
"""Maximum wait in the queue, and Retry-After, in seconds."""
REMEMBERED = 1_000
PLACE_SECONDS = 60.0
"""Cache time of an unknown place."""
PLACES_REMEMBERED = 10_000
LOOKING, LOOKUPS_WAITING, LOOKUPS_OF_ONE_ADDRESS = 2, 60, 10
"""Browsers looked up at the desk at once, and those that may wait for it; further ones are refused unchecked."""

P = ParamSpec("P")
T = TypeVar("T")


def _queue(places: int, waiting: int, of_one_address: int = WAITING_OF_ONE_ADDRESS) -> FairQueue:
    return FairQueue(
        places, per_key=OF_ONE_ADDRESS, waiting=waiting, waiting_per_key=of_one_address, retry=RETRY_SECONDS
    )


_known, _strange = _queue(KNOWN_AT_ONCE, WAITING), _queue(1, STRANGERS_WAITING)
_lookups = _queue(LOOKING, LOOKUPS_WAITING, LOOKUPS_OF_ONE_ADDRESS)
_refused: OrderedDict[tuple[str, str], float] = OrderedDict()
_unknown: OrderedDict[Place, float] = OrderedDict()
"""Unknown places, with their expiry in monotonic seconds. Used by the event loop only."""


class Crowded(Exception):
    """The queue is full. seconds: Retry-After."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"too many sign-ins at once: try again in {seconds} s")
        self.seconds = seconds


async def run(place: Place, check: Callable[Concatenate[Place, P], T], *arguments: P.args, **named: P.kwargs) -> T:
    """Run `check(place, …)` in the queue of the place and return its result. Raises Crowded."""
    try:
        queue = _known if await _is_known(place) else _strange
        async with queue.place_async(place.address, patience=PATIENCE):
            result = await to_thread.run_sync(lambda: check(place, *arguments, **named), limiter=_checking())
            _unknown.pop(place, None)  # it may be known from now on
            return result
    except asyncio.CancelledError:  # the server stops
        raise Crowded(RETRY_SECONDS) from None
    except Full as full:
        raise Crowded(round(full.seconds)) from None
    except Busy as busy:
        raise Crowded(busy.seconds) from None


def refused_for(place: Place) -> int:
    """Retry-After in seconds for an attempt from a place; 0 if it may proceed.

    Cheap: decided from memory, so that a flood is refused before its requests cost anything.
    """
    if _unknown.get(place, 0.0) > time.monotonic():
        return RETRY_SECONDS if _strange.is_full(place.address) else 0
    return RETRY_SECONDS if _lookups.is_full(place.address) else 0


def is_first_refusal(name: str, address: str, wait: float) -> bool:
    """Whether an unchecked attempt is the first of its name and address within `wait` seconds. Limits audit rows."""
    key, now = (name[:60], address), time.monotonic()
    if _refused.get(key, 0.0) > now:
        return False
    _refused[key] = now + wait
    _refused.move_to_end(key)
    while len(_refused) > REMEMBERED:
        _refused.popitem(last=False)
    return True


async def _is_known(place: Place) -> bool:
    if _unknown.get(place, 0.0) > time.monotonic():
        return False
    async with _lookups.place_async(place.address, patience=PATIENCE):
        known = await to_thread.run_sync(lambda: failures.is_known(visitors.desk(), place), limiter=_looking())
    if not known:
        _unknown[place] = time.monotonic() + PLACE_SECONDS
        _unknown.move_to_end(place)
        while len(_unknown) > PLACES_REMEMBERED:
            _unknown.popitem(last=False)
    return known


@cache
def _looking() -> CapacityLimiter:
    return CapacityLimiter(LOOKING)


@cache
def _checking() -> CapacityLimiter:
    """Separate threads, so that checks do not occupy those of requests."""
    return CapacityLimiter(KNOWN_AT_ONCE + 1)

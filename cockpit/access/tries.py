"""Passwords and codes are checked a few at a time, one address after the other, and by threads of their own.

Whatever waits for a check waits here, without a thread, so that a flood of sign-ins keeps nobody else waiting. Places
that somebody has signed in from have a queue of their own: whoever comes from elsewhere is checked one at a time.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import cache
from typing import Concatenate, ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread

from cockpit.access import visitors
from cockpit.serving.fair import FairQueue, Full
from data.desk import failures
from data.desk.errors import Busy
from data.desk.failures import Place

KNOWN_AT_ONCE, OF_ONE_ADDRESS = 2, 2
"""One more than the hashes that are made for them at once, so that the desk is asked meanwhile."""
WAITING, WAITING_OF_ONE_ADDRESS = 100, 20
PATIENCE, RETRY_SECONDS = 10.0, 5
"""Seconds that a try waits for its turn, and after which it may come again."""
REMEMBERED = 1_000

P = ParamSpec("P")
T = TypeVar("T")


def _queue(places: int) -> FairQueue:
    most = {"waiting": WAITING, "waiting_per_key": WAITING_OF_ONE_ADDRESS, "retry": RETRY_SECONDS}
    return FairQueue(places, per_key=OF_ONE_ADDRESS, **most)


_known, _strange = _queue(KNOWN_AT_ONCE), _queue(1)
_refused: OrderedDict[tuple[str, str], float] = OrderedDict()


class Crowded(Exception):
    """Too many wait for a check already. seconds: when to come again."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"too many sign-ins at once: try again in {seconds} s")
        self.seconds = seconds


async def run(place: Place, check: Callable[Concatenate[Place, P], T], *arguments: P.args, **named: P.kwargs) -> T:
    """What `check` gives for a try from a place, when its turn has come. Raises Crowded."""
    try:
        known = await to_thread.run_sync(lambda: failures.is_known(visitors.desk(), place), limiter=_looking())
        async with (_known if known else _strange).place_async(place.address, patience=PATIENCE):
            return await to_thread.run_sync(lambda: check(place, *arguments, **named), limiter=_checking())
    except asyncio.CancelledError:  # the server stops
        raise Crowded(RETRY_SECONDS) from None
    except Full as full:
        raise Crowded(round(full.seconds)) from None
    except Busy as busy:
        raise Crowded(busy.seconds) from None


def is_first_refusal(name: str, address: str, wait: float) -> bool:
    """Whether a try that is not looked at is the first of its kind until `wait` is over: a flood fills no audit."""
    key, now = (name[:60], address), time.monotonic()
    if _refused.get(key, 0.0) > now:
        return False
    _refused[key] = now + wait
    _refused.move_to_end(key)
    while len(_refused) > REMEMBERED:
        _refused.popitem(last=False)
    return True


@cache
def _looking() -> CapacityLimiter:
    return CapacityLimiter(2)


@cache
def _checking() -> CapacityLimiter:
    """Threads of their own: those of requests are for others."""
    return CapacityLimiter(KNOWN_AT_ONCE + 1)

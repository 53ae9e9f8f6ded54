"""Passwords and codes are checked a few at a time, one address after the other, and by threads of their own.

Whatever waits for a check waits here, without a thread, so that a flood of sign-ins keeps nobody else waiting.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread

from cockpit.serving.fair import FairQueue, Full
from data.desk.errors import Busy
from data.desk.failures import Place

AT_ONCE, OF_ONE_ADDRESS = 3, 2
"""One more than hashes are made at once, so that the desk is asked meanwhile."""
WAITING, WAITING_OF_ONE_ADDRESS = 200, 20
RETRY_SECONDS = 5
REMEMBERED = 1_000

P = ParamSpec("P")
T = TypeVar("T")

_queue = FairQueue(
    AT_ONCE, per_key=OF_ONE_ADDRESS, waiting=WAITING, waiting_per_key=WAITING_OF_ONE_ADDRESS, retry=RETRY_SECONDS
)
_refused: OrderedDict[tuple[str, str], float] = OrderedDict()


class TooMany(Exception):
    """Too many wait for a check already. seconds: when to come again."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"too many sign-ins at once: try again in {seconds} s")
        self.seconds = seconds


async def run(place: Place, check: Callable[Concatenate[Place, P], T], *arguments: P.args, **named: P.kwargs) -> T:
    """What `check` gives for a try from a place, when its turn has come. Raises TooMany."""
    try:
        async with _queue.place_async(place.address):
            return await to_thread.run_sync(lambda: check(place, *arguments, **named), limiter=_threads())
    except Full as full:
        raise TooMany(round(full.seconds)) from None
    except Busy as busy:
        raise TooMany(busy.seconds) from None


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


def _threads() -> Any:
    """A limiter of the running event loop: those of requests are for others."""
    global _limiter
    if _limiter is None:
        _limiter = CapacityLimiter(AT_ONCE)
    return _limiter


_limiter: CapacityLimiter | None = None

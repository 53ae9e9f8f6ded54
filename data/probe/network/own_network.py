"""Detect outages of our own network, before a visit and before a failure counts."""

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Sequence

from data.probe.clock import Clock

KNOCK_SECONDS = 5.0
FRESH_SECONDS, JUST_NOW = 20.0, 2.0
"""Cache time of a result: before a visit, and before a failure counts."""
PEERS, KNOCKED_AT = 50, 4
"""Recently reached hosts remembered, and how many of them are tried."""
ENOUGH = 3
"""Failed hosts that indicate an outage if none has been reached yet."""
Place = tuple[str, int]


class OwnNetwork:
    """references: hosts and ports that answer whenever our own network works, such as the district's gateway.

    Without references, the hosts that were reached last are knocked at: does none of them take a connection, it is us.
    A host that is alone in the register, with nothing to compare it with, is taken at its word.
    """

    def __init__(self, clock: Clock, references: Sequence[Place] = ()) -> None:
        self.clock, self.references = clock, tuple(references)
        self._reached: OrderedDict[Place, None] = OrderedDict()
        self._lost: set[str] = set()
        self._asked: tuple[float, bool] | None = None
        self._asking = asyncio.Lock()

    def note(self, place: Place, reached: bool) -> None:
        """Record whether a host was reached; False only for failures that may be on our side."""
        if reached:
            self._lost.discard(place[0])
            self._reached[place] = None
            self._reached.move_to_end(place)
            while len(self._reached) > PEERS:
                self._reached.popitem(last=False)
        else:
            self._lost.add(place[0])
            self._reached.pop(place, None)

    async def is_up(self) -> bool:
        """Before a visit: whether our network works, as far as the references say or a look of just before."""
        if self.references:
            return await self._check(self.references, FRESH_SECONDS)
        return self._asked is None or self._asked[1] or self.clock.seconds() - self._asked[0] > FRESH_SECONDS

    async def is_ours(self, host: str) -> bool:
        """Before a failure of a host counts: whether nobody else answers either."""
        hosts = self.references or [place for place in reversed(self._reached) if place[0] != host][:KNOCKED_AT]
        if not hosts:
            return len(self._lost - {host}) >= ENOUGH
        return not await self._check(hosts, JUST_NOW)

    async def _check(self, places: Sequence[Place], fresh: float) -> bool:
        async with self._asking:
            now = self.clock.seconds()
            if self._asked is None or now - self._asked[0] > fresh:
                self._asked = (now, await _any_answers(places))
            return self._asked[1]


async def _any_answers(places: Sequence[Place]) -> bool:
    knocks = [asyncio.ensure_future(_answers(host, port)) for host, port in places]
    try:
        return any([await knock for knock in asyncio.as_completed(knocks)])
    finally:
        for knock in knocks:
            knock.cancel()


async def _answers(host: str, port: int) -> bool:
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(KNOCK_SECONDS):
            _reader, writer = await asyncio.open_connection(host, port)
            writer.transport.abort()
            return True
    return False

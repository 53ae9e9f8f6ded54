"""Places that tasks take for as long as they need one: how many at once, and who comes first where several wait."""

import asyncio
import heapq
import itertools
import resource

FILES = 8_192


class Places:
    """So many at once. Of those who wait the lowest rank comes first, and of one rank who came first."""

    def __init__(self, most: int) -> None:
        self.free = most
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    async def take(self, rank: int = 0) -> None:
        if self.free:
            self.free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (rank, next(self._order), turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give()  # it was handed over at the very moment that we gave up
            raise

    def give(self) -> None:
        """Give a place back: to who waits, if anybody does."""
        while self._waiting:
            _rank, _order, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self.free += 1


def allow_files(wanted: int = FILES) -> int:
    """As many open files and connections as the system lets us have; gives their number."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return max(soft, most)

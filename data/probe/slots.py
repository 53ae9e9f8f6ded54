"""Priority semaphore for tasks."""

import asyncio
import heapq
import itertools
import resource

FILES = 8_192


class Places:
    """At most `most` holders. Waiting tasks are served by rank, then in order of arrival."""

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
                self.give()  # granted while being cancelled
            raise

    def give(self) -> None:
        """Release a place; it goes to the next waiting task."""
        while self._waiting:
            _rank, _order, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self.free += 1


def allow_files(wanted: int = FILES) -> int:
    """Raise the limit of open files up to `wanted`; returns the limit in force."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return max(soft, most)

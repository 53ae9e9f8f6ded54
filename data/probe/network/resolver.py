"""Resolve names with the system's resolver, each in its own thread.

A name server that does not answer holds its thread for long. No other question waits for it, and nor does the end of
the process: the threads are left to themselves.
"""

import asyncio
import contextlib
import socket
import threading
from typing import Any

from data.probe.slots import Places

Found = list[tuple[Any, ...]]


class Names:
    """most: questions under way at once; a further one waits its turn."""

    def __init__(self, most: int) -> None:
        self._places = Places(most)

    async def ask(self, host: str, port: int, family: int) -> Found:
        """Result or error of socket.getaddrinfo."""
        await self._places.take()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Found] = loop.create_future()

        def done(addresses: Found | None, error: Exception | None) -> None:
            self._places.give()
            if answer.done():
                return  # the caller has left
            if error:
                answer.set_exception(error)
            else:
                answer.set_result(addresses or [])

        def work() -> None:
            addresses, error = None, None
            try:
                addresses = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
            except (OSError, ValueError) as problem:
                error = problem
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(done, addresses, error)

        try:
            threading.Thread(target=work, daemon=True, name="resolve").start()
        except RuntimeError:  # the system lets us have no more threads
            self._places.give()
            raise
        return await answer

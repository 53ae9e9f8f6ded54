"""Limits of waiting connections, per address and in total.

A connection waits from its beginning until a request is complete, between two requests, and while its answer is not
read. Beyond a limit the one that has waited longest is closed: an honest request is complete within milliseconds, so
a client that opens connections and sends nothing loses its own.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection


class Waiting:
    """The waiting connections of this process. For use in the event loop only.

    per_address, total: how many may wait. trusted: addresses of proxies, which only `total` limits.
    """

    def __init__(self, per_address: int, total: int, trusted: Collection[str] = ()) -> None:
        self.per_address, self.total, self.trusted = per_address, total, frozenset(trusted)
        self._of: dict[str, OrderedDict[object, Callable[[], None]]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, address: str, connection: object, close: Callable[[], None]) -> None:
        """Register a waiting connection; `close` is called if it is evicted."""
        same = self._of.setdefault(address, OrderedDict())
        if connection not in same:
            self._count += 1
        same[connection] = close
        same.move_to_end(connection)
        if len(same) > self.per_address and address not in self.trusted:
            self._push_out(address)
        elif self._count > self.total:
            self._push_out(max(self._of, key=lambda each: len(self._of[each])))

    def remove(self, address: str, connection: object) -> None:
        """Unregister a connection."""
        same = self._of.get(address)
        if same is None or same.pop(connection, None) is None:
            return
        self._count -= 1
        if not same:
            del self._of[address]

    def _push_out(self, address: str) -> None:
        connection, close = next(iter(self._of[address].items()))
        self.remove(address, connection)
        close()

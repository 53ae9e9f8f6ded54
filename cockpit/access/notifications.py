"""The number of a visitor's unread notifications, for the bell in the header."""

import time

from cockpit.access import visitors
from data.desk.notifications import store
from data.errors import DataError

FRESH_SECONDS = 15.0
"""Cache lifetime: every screen shows the number."""
REMEMBERED = 5_000
_counts: dict[int, tuple[float, int]] = {}


def unread(account_id: int) -> int:
    """Unread notifications of an account, at most `store.MOST_COUNTED`; 0 while the desk does not answer."""
    known = _counts.get(account_id)
    if known and time.monotonic() < known[0] + FRESH_SECONDS:
        return known[1]
    try:
        count = store.count_unread(visitors.desk(), account_id)
    except DataError:
        count = 0
    if len(_counts) >= REMEMBERED:
        _counts.clear()
    _counts[account_id] = (time.monotonic(), count)
    return count


def forget(account_id: int) -> None:
    """Count again: the account has just read some."""
    _counts.pop(account_id, None)

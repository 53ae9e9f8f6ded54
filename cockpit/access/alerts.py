"""The number of open alerts in a visitor's areas, for the menu."""

import time

from cockpit.access import visitors
from cockpit.access.policy import Can, Grants
from data.desk.alerting import alerts
from data.editions.scoped import Scope
from data.errors import DataError

FRESH_SECONDS = 15.0
"""Cache lifetime: every screen shows the number."""
REMEMBERED = 2_000
_counts: dict[Scope, tuple[float, int]] = {}


def firing(grants: Grants) -> int:
    """Alerts that these grants may acknowledge and nobody has; 0 while the desk does not answer."""
    scope = grants.scope(Can.ALERT)
    if not scope:
        return 0
    known = _counts.get(scope)
    if known and time.monotonic() < known[0] + FRESH_SECONDS:
        return known[1]
    try:
        count = alerts.count_firing(visitors.desk(), scope)
    except DataError:
        count = 0
    if len(_counts) >= REMEMBERED:
        _counts.clear()
    _counts[scope] = (time.monotonic(), count)
    return count


def forget() -> None:
    """Count again: somebody has just done something."""
    _counts.clear()

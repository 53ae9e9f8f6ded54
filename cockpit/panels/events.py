"""The known events of a view's area, for the marks on its trends."""

import time
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from cockpit.i18n import language
from cockpit.view_state import View
from data.desk import events
from data.desk.events import Event
from data.desk.store import Desk
from data.editions.scoped import ScopedEdition
from data.errors import DataError
from metrics import areas
from metrics.errors import MetricsError
from metrics.period import Period

FRESH_SECONDS = 15


def known(view: View) -> tuple[Event, ...]:
    """Events of everywhere, of areas that hold the view's area, and of areas in it. None while the desk is away."""
    from cockpit.access import visitors  # reports, which draw no marks, start without sessions and passwords

    try:
        stored = _stored(visitors.desk(), int(time.monotonic() // FRESH_SECONDS))
    except DataError:
        return ()
    return tuple(event for event in stored if event.area is None or _touches(view.edition, event.area, view))


def by_bucket(view: View, buckets: Sequence[Period]) -> dict[date, str]:
    """The words of the events of each day, week or month, by its first day."""
    names: dict[date, str] = {}
    for event in sorted(known(view), key=lambda event: (event.day, event.id)):
        words = event.zh if language() == "zh" else event.en
        for bucket in buckets:
            if bucket.start <= event.day < bucket.end:
                names[bucket.start] = " · ".join(filter(None, (names.get(bucket.start), words)))
    return names


@lru_cache(maxsize=2)
def _stored(desk: Desk, _now: int) -> tuple[Event, ...]:
    return events.listing(desk)


def _touches(edition: ScopedEdition, code: int, view: View) -> bool:
    try:
        place = areas.area(edition, code)
    except MetricsError:
        return False
    return place.code < view.area.end and view.area.code < place.end

"""The work items about what a cockpit shows: its area, its worst problem."""

import time
from functools import lru_cache

from cockpit.access import visitors
from data.desk.items import links
from data.desk.items.item import Item
from data.desk.items.links import LinkKind
from data.desk.store import Desk

FRESH_SECONDS = 10
"""Age up to which changes by other processes may be missing; those of this process are there at once."""


def about(kind: LinkKind, reference: str) -> tuple[Item, ...]:
    """Items about one thing, open ones first, then the newest; `may_see` says who may see them. Raises DeskError."""
    desk = visitors.desk()
    return _about(desk, desk.version, int(time.monotonic() // FRESH_SECONDS), kind, reference)


@lru_cache(maxsize=256)
def _about(desk: Desk, _version: int, _now: int, kind: LinkKind, reference: str) -> tuple[Item, ...]:
    return tuple(links.items_about(desk, kind, [reference])[reference])

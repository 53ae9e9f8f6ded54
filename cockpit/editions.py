"""The edition of a request: the current one, or the one named in the URL."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from cockpit.settings import Settings
from data.editions import edition as editions
from data.editions.edition import Edition
from data.errors import DataError

HOLD_SECONDS = 10.0
"""Longest time that readers stay on the previous edition while a new one is prewarmed."""


def current(config: Settings) -> Edition:
    """The edition to serve. Raises DataError when nothing is published.

    A server that makes new editions ready (`show`) goes on with the one before until it has.
    """
    return _making.get() or _switch.choose(newest(config))


def newest(config: Settings) -> Edition:
    """The edition published last, ready or not. Raises DataError when nothing is published."""
    edition = editions.current(config.data, memory=config.read_memory)
    if edition is None:
        raise DataError(
            "edition.none",
            "nothing is published in {home}: run `python -m cockpit demo`, or load and publish",
            home=config.home,
        )
    return edition


def named(config: Settings, edition: str) -> Edition:
    """The edition of an id. Raises DataError if it is unknown or damaged."""
    return editions.open_edition(config.data, edition, memory=config.read_memory)


def show(edition: Edition) -> None:
    """Serve it from now on: its first screens are made."""
    _switch.shown = edition


@contextmanager
def ahead(edition: Edition) -> Iterator[None]:
    """Use this edition for all queries in the block, whether it is shown yet or not."""
    token = _making.set(edition)
    try:
        yield
    finally:
        _making.reset(token)


_making: ContextVar[Edition | None] = ContextVar("edition", default=None)


class EditionSwitch:
    """Lets a new edition in once it is ready, or when it has waited long enough."""

    def __init__(self) -> None:
        self.shown: Edition | None = None
        self.waiting: tuple[Edition, float] | None = None

    def choose(self, newest: Edition) -> Edition:
        shown = self.shown
        if shown is None or shown == newest or newest.fallback or shown.path.parent != newest.path.parent:
            return newest
        if self.waiting is None or self.waiting[0] != newest:
            self.waiting = newest, time.monotonic()
        return shown if time.monotonic() - self.waiting[1] < HOLD_SECONDS else newest


_switch = EditionSwitch()

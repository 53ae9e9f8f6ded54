"""Which edition is read: the current one, or the one that a URL names."""

from cockpit.settings import Settings
from data import editions
from data.editions import Edition
from data.errors import DataError


def current(config: Settings) -> Edition:
    """The edition to serve. Raises DataError when nothing is published."""
    found = editions.current(config.data, memory=config.read_memory)
    if found is None:
        raise DataError(f"nothing is published in {config.home}: run `python -m cockpit demo`, or load and publish")
    return found


def named(config: Settings, edition: str) -> Edition:
    """The edition of an id. Raises DataError if it is unknown or damaged."""
    return editions.open_edition(config.data, edition, memory=config.read_memory)

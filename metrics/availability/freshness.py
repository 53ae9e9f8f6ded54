"""Age of each source's newest data, and the quality of numbers that depend on it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache

from data.editions.edition import AnyEdition, Edition

SILENT_AFTER_CYCLES = 2
"""A source is silent when its newest fact is older than two of its delivery cycles."""


@dataclass(frozen=True)
class Freshness:
    """One source of one fact. `last_at` is its newest time in the edition, None if it never delivered."""

    source: str
    name_zh: str
    name_en: str
    fact: str
    cycle_days: float | None
    last_at: datetime | None

    def age(self, at: datetime) -> timedelta | None:
        return None if self.last_at is None else max(at - self.last_at, timedelta(0))

    @cached_property
    def silent_from(self) -> datetime:
        """The instant after which two cycles have gone without news; a source without a cycle is never late."""
        if not self.cycle_days:
            return datetime.max
        return self.last_at + SILENT_AFTER_CYCLES * timedelta(days=self.cycle_days) if self.last_at else datetime.min

    def silent(self, at: datetime) -> bool:
        """Whether nothing has come for more than two cycles at `at`."""
        return at > self.silent_from


def freshness(edition: AnyEdition) -> tuple[Freshness, ...]:
    """All sources of an edition, by fact and name."""
    return _freshness(edition.unscoped)


@lru_cache(maxsize=8)
def _freshness(edition: Edition) -> tuple[Freshness, ...]:
    sql = "SELECT source, name_zh, name_en, fact, cycle_days, last_at FROM sources ORDER BY fact, source"
    return tuple(Freshness(*row) for row in edition.cursor().execute(sql).fetchall())

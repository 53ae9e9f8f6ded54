"""An edition restricted to the areas of one user."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from data.editions.edition import Edition

Scope = tuple[tuple[int, int], ...]
"""Half-open ranges of area codes."""
EVERYTHING: Scope = ((0, 10**12),)


@dataclass(frozen=True, slots=True)
class ScopedEdition:
    """An edition restricted to `scope`, made by `Edition.scoped`.

    It has no cursor: functions check the scope (`metrics.scope`) and then read `unscoped`, so that the code shows every
    unrestricted read. Hashable by file and scope, so it can be a cache key.
    """

    unscoped: "Edition"
    scope: Scope

    @property
    def id(self) -> str:
        return self.unscoped.id

    @property
    def as_of(self) -> datetime:
        return self.unscoped.as_of

    @property
    def published_at(self) -> datetime:
        return self.unscoped.published_at

    @property
    def zone(self) -> str:
        return self.unscoped.zone

    @property
    def demo(self) -> bool:
        return self.unscoped.demo

    @property
    def fallback(self) -> str | None:
        return self.unscoped.fallback

    @property
    def meta(self) -> dict[str, str]:
        return self.unscoped.meta

    def within(self, first: int, end: int) -> "ScopedEdition":
        """The same edition restricted to the codes [first, end). Raises ValueError if they are not all in the scope."""
        if not self.holds(first, end):
            raise ValueError(f"[{first}, {end}) reaches beyond the scope")
        return ScopedEdition(self.unscoped, ((first, end),))

    def holds(self, first: int, end: int) -> bool:
        """Whether the codes [first, end) lie within one range of the scope."""
        return any(low <= first and end <= high for low, high in self.scope)

    def scope_sql(self, name: str) -> str:
        """SQL condition: a column of area codes is in the scope."""
        return f"({' OR '.join(f'{name} >= {low} AND {name} < {end}' for low, end in self.scope) or 'false'})"

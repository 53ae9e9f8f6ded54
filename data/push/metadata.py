"""Metadata of a pushed delivery."""

from dataclasses import dataclass
from typing import Literal

from data.areas.levels import end_of

PUSH = "push "
"""Prefix of the origin of a pushed delivery, before its id."""
OUTSIDE = "area outside of what the sender may push"
FOREIGN = "key of a row outside of what the sender may push"
"""Reasons to reject a pushed row."""
PushFormat = Literal["csv", "ndjson"]


@dataclass(frozen=True)
class Pushed:
    """A delivery received over HTTP.

    id: identifies the delivery instead of its content: equal bodies with different ids are both loaded.
    area: the sender may push this area code and all below; None for every area.
    """

    id: str
    format: PushFormat
    area: int | None = None

    @property
    def origin(self) -> str:
        return PUSH + self.id

    def covers(self, area: str) -> str:
        """SQL condition: the sender may push this area code. NULL if the code is NULL."""
        return "true" if self.area is None else f"({area} >= {self.area} AND {area} < {end_of(self.area)})"

"""What is known of a delivery that was pushed, beside its rows."""

from dataclasses import dataclass
from typing import Literal

from data.areas.levels import end_of

PUSH = "push "
"""What the origin of a pushed delivery begins with; its id follows."""
OUTSIDE = "area outside of what the sender may push"
FOREIGN = "key of a row outside of what the sender may push"
"""Reasons why a row of one is refused."""
PushFormat = Literal["csv", "ndjson"]


@dataclass(frozen=True)
class Pushed:
    """A delivery that came over HTTP.

    id: what it is known by in place of its content: what is sent twice was meant twice, as long as the id differs.
    area: its sender speaks for this code and all below; None for every area.
    """

    id: str
    format: PushFormat
    area: int | None = None

    @property
    def origin(self) -> str:
        return PUSH + self.id

    def covers(self, area: str) -> str:
        """SQL condition: the sender speaks for this area code. NULL for none."""
        return "true" if self.area is None else f"({area} >= {self.area} AND {area} < {end_of(self.area)})"

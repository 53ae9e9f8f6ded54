"""An item as the desk stores it."""

from dataclasses import dataclass
from datetime import datetime

from data.desk.items import models
from data.workflow.parties import Place
from data.workflow.replay import Asked

NEVER = datetime(9999, 12, 31)
"""Deadline of an item without one, so that lists by deadline use an index."""


@dataclass(frozen=True)
class Item:
    """An item as stored. Times are naive UTC; due_at: None without a running deadline."""

    id: int
    kind: str
    number: str
    title: str
    area: int
    unit: str | None
    unit_area: int | None
    state: str
    is_open: bool
    turn: str
    origin: str
    author: str
    holder: str | None
    opened_at: datetime
    changed_at: datetime
    due_at: datetime | None
    clock: str | None
    blue_at: datetime | None
    yellow_at: datetime | None
    red_at: datetime | None
    version: int
    asked: tuple[Asked, ...] = ()

    @property
    def place(self) -> Place:
        """The attributes that permissions depend on."""
        return Place(self.area, self.author, self.unit_area, self.holder, self.unit, self.asked)

    def colour(self, at: datetime) -> str | None:
        """The colour at an instant (naive UTC); None for an item that is closed or on time."""
        times = (("red", self.red_at), ("yellow", self.yellow_at), ("blue", self.blue_at))
        return next((colour for colour, since in times if since is not None and since <= at), None)


def to_item(row: models.Item) -> Item:
    fields = {name: getattr(row, name) for name in Item.__dataclass_fields__}
    asked = tuple(Asked(one.unit, one.unit_area, one.answered) for one in row.asked)
    return Item(**fields | {"due_at": None if row.due_at == NEVER else row.due_at, "asked": asked})

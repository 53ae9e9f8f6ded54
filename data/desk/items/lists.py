"""Lists of open items by deadline: those that wait for an account, those that wait for others, those overdue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, and_, false, func, not_, or_, select

from data.desk import models
from data.desk.items.item import Item, to_item
from data.desk.store import Desk
from data.workflow.parties import SUPERVISORS, Held

View = Literal["mine", "waiting", "overdue", "all"]
VIEWS: tuple[View, ...] = ("mine", "waiting", "overdue", "all")
Condition = ColumnElement[bool]
OF = models.Item
MOST_COUNTED = 1000


@dataclass(frozen=True)
class Reader:
    """Who reads: an account's name, and its roles on areas that may act on items."""

    name: str
    held: tuple[Held, ...]


def items(desk: Desk, reader: Reader, view: View, now: datetime, *, most: int = 50, skip: int = 0) -> list[Item]:
    """Items of a view, those due first on top. now: naive UTC.

    Each branch of the view reads its own index in order; the branches do not overlap and are merged here.
    """
    found: list[Item] = []
    with desk.read() as session:
        for branch in _branches(reader, view, now, by_deadline=True):
            query = select(OF).where(branch).order_by(OF.due_at, OF.id).limit(most + skip)
            found += [to_item(row) for row in session.scalars(query)]
    found.sort(key=lambda item: (item.due_at or datetime.max, item.id))
    return found[skip : skip + most]


def count(desk: Desk, reader: Reader, view: View, now: datetime) -> int:
    """How many items a view has, but MOST_COUNTED at most: the rest would take time and help nobody."""
    total = 0
    with desk.read() as session:
        for branch in _branches(reader, view, now):
            if total < MOST_COUNTED:
                some = select(OF.id).where(branch).limit(MOST_COUNTED - total).subquery()
                total += session.scalar(select(func.count()).select_from(some)) or 0
    return total


def may_see(reader: Reader, item: Item) -> bool:
    """Whether an account may open an item: it is in its areas, concerns its unit, or is its own."""
    if not reader.held:
        return False
    if reader.name in (item.author, item.holder):
        return True
    return any(h.first <= item.area < h.end or h.first == item.unit_area for h in reader.held)


def _branches(reader: Reader, view: View, now: datetime, *, by_deadline: bool = False) -> list[Condition]:
    """by_deadline: the rows are read in the order of their deadlines, so that the first ones suffice."""
    if not reader.held:
        return []
    match view:
        case "mine":
            return _mine(reader, by_deadline)
        case "waiting":
            return [and_(OF.is_open, OF.author == reader.name, not_(or_(false(), *_mine(reader, by_deadline))))]
        case "overdue":
            return [and_(OF.is_open, OF.due_at < now, _within(reader.held, by_deadline))]
        case "all":
            return [and_(OF.is_open, _within(reader.held, by_deadline))]


def _mine(reader: Reader, by_deadline: bool) -> list[Condition]:
    firsts = sorted({held.first for held in reader.held})
    watching = [held for held in reader.held if held.role in SUPERVISORS]
    branches = [
        and_(OF.is_open, OF.turn == "holder", OF.holder == reader.name),
        and_(OF.is_open, OF.turn == "author", OF.author == reader.name),
        and_(OF.is_open, OF.turn == "unit", OF.unit_area.in_(firsts)),
        and_(OF.is_open, OF.turn == "anyone", _within(reader.held, True)),
    ]
    if watching:
        branches.append(and_(OF.is_open, OF.turn == "supervisor", _within(watching, True)))
    return branches


def _within(held: Sequence[Held], by_deadline: bool) -> Condition:
    """by_deadline: an expression in place of the column, so that the database reads an index of deadlines."""
    area = OF.area + 0 if by_deadline else OF.area
    ranges = sorted({(grant.first, grant.end) for grant in held})
    return or_(false(), *(and_(area >= first, area < end) for first, end in ranges))

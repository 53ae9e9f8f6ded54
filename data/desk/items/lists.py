"""Lists of items, such as those that wait for an account or are overdue, and counts by unit and state."""

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, Select, and_, case, false, func, not_, or_, select

from data.desk.items import models
from data.desk.items.item import Item, to_item
from data.desk.store import Desk
from data.workflow.parties import SUPERVISORS, Held, is_asked, is_of_unit

View = Literal["mine", "waiting", "overdue", "all", "closed"]
VIEWS: tuple[View, ...] = get_args(View)
Condition = ColumnElement[bool]
OF = models.Item
MOST_COUNTED = 1000
NO_UNIT = "–"
"""In a filter: items that name no unit yet."""


@dataclass(frozen=True)
class Reader:
    """The reader of a list: name of the account, and its roles on areas that may act on items."""

    name: str
    held: tuple[Held, ...]


@dataclass(frozen=True)
class Filter:
    """Filter of a list; empty fields do not restrict it. unit: `NO_UNIT` for items without one.

    text: part of the title, or a number.
    """

    kind: str = ""
    state: str = ""
    unit: str = ""
    text: str = ""

    @property
    def conditions(self) -> tuple[Condition, ...]:
        result: list[Condition] = [
            column == value for column, value in ((OF.kind, self.kind), (OF.state, self.state)) if value
        ]
        if self.unit:
            result.append(OF.unit.is_(None) if self.unit == NO_UNIT else OF.unit == self.unit)
        if self.text:
            result.append(or_(OF.number == self.text.upper(), OF.title.contains(self.text, autoescape=True)))
        return tuple(result)


ALL = Filter()


@dataclass(frozen=True)
class Field:
    """One field of the board: open items of a kind in a state for a unit, how many are overdue and how many red."""

    state: str
    unit: str | None
    count: int
    overdue: int
    red: int


def board(desk: Desk, reader: Reader, kind: str, now: datetime) -> list[Field]:
    """The open items of a kind that an account may see, counted by state and unit. now: naive UTC."""
    if not reader.held:
        return []
    late, red = (func.sum(case((moment < now, 1), else_=0)) for moment in (OF.due_at, OF.red_at))
    where = and_(OF.is_open, OF.kind == kind, _within(reader.held, False))
    query = select(OF.state, OF.unit, func.count(), late, red).where(where).group_by(OF.state, OF.unit)
    with desk.read() as session:
        return [Field(state, unit, *map(int, counts)) for state, unit, *counts in session.execute(query)]


def counts_by_kind(desk: Desk, reader: Reader) -> dict[str, int]:
    """Counts of open items by kind that an account may see."""
    if not reader.held:
        return {}
    query = select(OF.kind, func.count()).where(OF.is_open, _within(reader.held, False)).group_by(OF.kind)
    with desk.read() as session:
        return {kind: int(n) for kind, n in session.execute(query)}


def items(
    desk: Desk, reader: Reader, view: View, now: datetime, only: Filter = ALL, *, most: int = 50, skip: int = 0
) -> list[Item]:
    """Items of a view, those due first on top, the closed ones by the time of their end. now: naive UTC.

    Each branch of the view reads its own index in order; the branches do not overlap and are merged here.
    """
    result: list[Item] = []
    with desk.read() as session:
        for branch in _branches(reader, view, now, by_deadline=True):
            order = (OF.changed_at.desc(), OF.id.desc()) if view == "closed" else (OF.due_at, OF.id)
            query = select(OF).where(branch, *only.conditions).order_by(*order).limit(most + skip)
            result += [to_item(row) for row in session.scalars(query)]
    if view != "closed":
        result.sort(key=lambda item: (item.due_at or datetime.max, item.id))
    return result[skip : skip + most]


def count(desk: Desk, reader: Reader, view: View, now: datetime, only: Filter = ALL) -> int:
    """The number of items of a view, at most MOST_COUNTED."""
    total = 0
    with desk.read() as session:
        for branch in _branches(reader, view, now):
            if total < MOST_COUNTED:
                some = select(OF.id).where(branch, *only.conditions).limit(MOST_COUNTED - total).subquery()
                total += session.scalar(select(func.count()).select_from(some)) or 0
    return total


def count_begun(desk: Desk, reader: Reader, kinds: Collection[str], area: tuple[int, int], since: datetime) -> int:
    """The number of items of some kinds that began at an instant (naive UTC) or later, in area codes [first, end)."""
    if not reader.held:
        return 0
    where = (OF.opened_at >= since, OF.kind.in_(kinds), OF.area >= area[0], OF.area < area[1])
    with desk.read() as session:
        return session.scalar(select(func.count()).where(*where, _within(reader.held, False))) or 0


def sample(desk: Desk, reader: Reader, view: View, now: datetime, only: Filter, size: int, seed: int) -> list[Item]:
    """A random sample of a view's items; the same seed gives the same items as long as the view has the same ones."""
    ids: set[int] = set()
    with desk.read() as session:
        for branch in _branches(reader, view, now):
            ids |= set(session.scalars(select(OF.id).where(branch, *only.conditions)))
        chosen = random.Random(seed).sample(sorted(ids), min(size, len(ids)))
        rows = session.scalars(select(OF).where(OF.id.in_(chosen)).order_by(OF.id))
        return [to_item(row) for row in rows]


def in_states(desk: Desk, states: Sequence[tuple[str, str]], most: int) -> list[Item]:
    """Items in some states (kind, state), those changed last on top."""
    if not states:
        return []
    where = or_(*(and_(OF.kind == kind, OF.state == state) for kind, state in states))
    with desk.read() as session:
        rows = session.scalars(select(OF).where(where).order_by(OF.changed_at.desc(), OF.id.desc()).limit(most))
        return [to_item(row) for row in rows]


def of_numbers(desk: Desk, numbers: Collection[str]) -> list[Item]:
    """The items of some numbers; `may_see` says who may see them."""
    with desk.read() as session:
        return [to_item(row) for row in session.scalars(select(OF).where(OF.number.in_(numbers)))] if numbers else []


def may_see(reader: Reader, item: Item) -> bool:
    """Whether an account may open an item: it is in its areas, concerns its unit, or is its own."""
    if not reader.held:
        return False
    if reader.name in (item.author, item.holder):
        return True
    return any(
        h.first <= item.area < h.end or is_of_unit(item.place, h) or is_asked(item.place, h) for h in reader.held
    )


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
        case "closed":
            return [and_(not_(OF.is_open), _within(reader.held, by_deadline))]


def _mine(reader: Reader, by_deadline: bool) -> list[Condition]:
    units = sorted({(held.first, held.unit) for held in reader.held})
    of_units = (
        and_(OF.unit_area == first, OF.unit == unit) if unit else OF.unit_area == first for first, unit in units
    )
    watching = [held for held in reader.held if held.role in SUPERVISORS]
    branches = [
        and_(OF.is_open, OF.turn == "holder", OF.holder == reader.name),
        and_(OF.is_open, OF.turn == "author", OF.author == reader.name),
        and_(OF.is_open, OF.turn == "unit", or_(false(), *of_units)),
        and_(OF.is_open, OF.turn == "asked", OF.id.in_(_asked(units))),
        and_(OF.is_open, OF.turn == "anyone", _within(reader.held, True)),
    ]
    if watching:
        branches.append(and_(OF.is_open, OF.turn == "supervisor", _within(watching, True)))
    return branches


def _asked(units: Sequence[tuple[int, str]]) -> Select[Any]:
    """The ids of items that wait for the answer of one of these units: area and name, or any unit of the area."""
    of = models.ItemAsked
    pairs = (and_(of.unit_area == area, of.unit == unit) if unit else of.unit_area == area for area, unit in units)
    return select(of.item_id).where(of.answered.is_(False), or_(false(), *pairs))


def _within(held: Sequence[Held], by_deadline: bool) -> Condition:
    """by_deadline: an expression in place of the column, so that the database reads an index of deadlines."""
    area = OF.area + 0 if by_deadline else OF.area
    ranges = sorted({(grant.first, grant.end) for grant in held})
    return or_(false(), *(and_(area >= first, area < end) for first, end in ranges))

"""Recipients of notifications: accounts responsible by role for an area or a party of an item."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select

from data.areas.levels import SPANS, end_of
from data.desk import models
from data.desk.identity.roles import BUSINESS
from data.desk.items.item import Item
from data.desk.store import Desk
from data.workflow.model import Party
from data.workflow.parties import SUPERVISORS


@dataclass(frozen=True)
class Holder:
    """An account that holds a role on an area today. unit: of the grant; empty: any unit of the area."""

    account_id: int
    name: str
    role: str
    area: int
    unit: str = ""


def areas_above(code: int) -> list[int]:
    """The codes of areas that may cover an area, itself first, then upwards."""
    return sorted({code // span * span for span in SPANS.values()}, key=lambda one: (end_of(one) - one, one))


def holders(desk: Desk, codes: Collection[int], day: date, roles: Iterable[str] = BUSINESS) -> list[Holder]:
    """The accounts that are not locked and hold one of the roles on exactly one of the areas on a day."""
    account, grant = models.Account, models.Grant
    query = (
        select(account.id, account.name, grant.role, grant.area, grant.unit)
        .join(grant, grant.account_id == account.id)
        .where(
            account.disabled.is_(False), grant.area.in_(codes), grant.role.in_(tuple(roles)),
            or_(grant.first_day.is_(None), grant.first_day <= day),
            or_(grant.last_day.is_(None), grant.last_day >= day),
        )
    )  # fmt: skip
    with desk.read() as session:
        rows = session.execute(query.order_by(account.id, grant.area))
        return [Holder(id, name, role, int(area), unit) for id, name, role, area, unit in rows if area is not None]


def responsible(desk: Desk, area: int, day: date, roles: Iterable[str]) -> list[Holder]:
    """The accounts with one of the roles on an area, or else on the nearest area above that has any."""
    above = areas_above(area)
    accounts = holders(desk, above, day, roles)
    nearest = next((code for code in above if any(one.area == code for one in accounts)), None)
    return [one for one in accounts if one.area == nearest]


def of_item(desk: Desk, item: Item, parties: Collection[Party], actors: Collection[str], day: date) -> set[int]:
    """The accounts of parties to an item. actors: the names of those who have acted on it.

    Of those who could supervise it these are the ones who have acted on it, else those of the nearest area.
    """
    accounts: set[int] = set()
    names = {name for party, name in (("author", item.author), ("holder", item.holder)) if party in parties and name}
    if names:
        accounts |= named(desk, names)
    if "unit" in parties and item.unit_area is not None:
        accounts |= {one.account_id for one in holders(desk, [item.unit_area], day) if one.unit in ("", item.unit)}
    if "asked" in parties:
        waiting = [one for one in item.asked if not one.answered]
        there = holders(desk, {one.area for one in waiting}, day)
        accounts |= {h.account_id for h in there for one in waiting if h.area == one.area and h.unit in ("", one.unit)}
    if "anyone" in parties:
        accounts |= {one.account_id for one in holders(desk, [item.area], day)}
    if "supervisor" in parties:
        watching = [one for one in holders(desk, areas_above(item.area), day, SUPERVISORS) if one.name != item.holder]
        acted = {one.account_id for one in watching if one.name in actors}
        nearest = max((one.area for one in watching), key=lambda code: code - end_of(code), default=None)
        accounts |= acted or {one.account_id for one in watching if one.area == nearest}
    return accounts


def named(desk: Desk, names: Collection[str]) -> set[int]:
    """The ids of accounts that are not locked, by their names."""
    query = select(models.Account.id).where(models.Account.name.in_(names), models.Account.disabled.is_(False))
    with desk.read() as session:
        return set(session.scalars(query))

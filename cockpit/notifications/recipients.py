"""Recipients that an alert rule names: roles, units and accounts; without any it is who may acknowledge the alert."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from cockpit.access.policy import MATRIX, Can
from cockpit.access.visitors import grants
from data.areas.levels import end_of
from data.desk.identity import accounts
from data.desk.items import lists
from data.desk.items.item import Item
from data.desk.items.lists import Reader
from data.desk.notifications import recipients as desk_recipients
from data.desk.store import Desk
from data.editions.edition import AnyEdition
from metrics import directory
from metrics.alerting.rules import Recipients, Rule


def of_rule(desk: Desk, edition: AnyEdition, named: Recipients, area: int, day: date) -> set[int]:
    """The accounts that a rule names for an alert of an area, of those who may see the area's numbers.

    A role is that of the area, or of the nearest area above that has anybody with it. A unit is the nearest one.
    """
    by_role = desk_recipients.responsible(desk, area, day, named.roles) if named.roles else []
    accounts = {one.account_id for one in by_role}
    for unit in named.units:
        codes = directory.areas_of_unit(edition, unit)
        above = [code for code in codes if code <= area < end_of(code)]
        there = desk_recipients.holders(desk, [max(above)] if above else codes, day)
        own = [one for one in there if one.unit == unit]
        accounts |= {one.account_id for one in own or there if one.unit in ("", unit)}
    accounts |= desk_recipients.named(desk, named.accounts) if named.accounts else set()
    return {id for id in accounts if may_look(desk, id, area, day)}


def may_look(desk: Desk, account: int, area: int, day: date) -> bool:
    """Whether an account that is not locked may see the numbers of an area on a day."""
    held = grants(accounts.grants_of(desk, account, day, by_provider=True))
    return accounts.is_active(desk, account) and held.may(Can.LOOK, area, end_of(area))


def watchers(desk: Desk, item: Item, subscribed: Mapping[int, bool], day: date) -> dict[int, bool]:
    """The accounts that subscribed to an item and may still see it, each with whether it is to be mailed as well."""
    return {id: by_mail for id, by_mail in subscribed.items() if may_see(desk, id, item, day)}


def may_see(desk: Desk, account: int, item: Item, day: date) -> bool:
    """Whether an account that is not locked may open an item on a day."""
    held = grants(accounts.grants_of(desk, account, day, by_provider=True)).held
    reader = Reader(accounts.name_of(desk, account) or "", tuple(one for one in held if Can.ACT in MATRIX[one.role]))
    return accounts.is_active(desk, account) and lists.may_see(reader, item)


def faults(desk: Desk | None, edition: AnyEdition | None, rules: Iterable[Rule]) -> Iterator[str]:
    """Units that the directory does not have, and accounts that the desk does not have, each with file and rule."""
    for rule in rules:
        at = f"{rule.file}: rules.{rule.id}.recipients"
        named = rule.recipients or Recipients.model_construct()
        for unit in named.units:
            if edition is not None and not directory.areas_of_unit(edition, unit):
                yield f'{at}.units: the directory has no unit "{unit}": use the name that it has there'
        for name in named.accounts:
            if desk is not None and not desk_recipients.named(desk, [name]):
                yield f'{at}.accounts: there is no account "{name}" that is open: name another, or a role'

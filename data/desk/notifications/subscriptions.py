"""Subscriptions: an account is notified when a metric of an area turns red, and of what happens to an item."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, update

from data.desk import clock
from data.desk.errors import Refused
from data.desk.items import models as item_models
from data.desk.items.item import Item, to_item
from data.desk.notifications import models
from data.desk.store import Desk

MOST = 100
"""Subscriptions of one account."""
OF = models.Subscription


@dataclass(frozen=True)
class Subscription:
    """was_red: whether the metric was red in the last edition that was looked at. by_mail: also by mail."""

    id: int
    account_id: int
    metric: str
    area: int
    was_red: bool
    by_mail: bool = True


def add(
    desk: Desk, account_id: int, metric: str, area: int, *, is_red: bool, by_mail: bool = True,
    now: datetime | None = None,
) -> None:  # fmt: skip
    """Subscribe; where one is subscribed already the channel changes. Refused above MOST.

    is_red: whether the metric is red now.
    """
    with desk.begin() as session:
        known = session.scalar(select(OF).where(OF.account_id == account_id, OF.metric == metric, OF.area == area))
        if known:
            known.by_mail = by_mail
            return
        if (session.scalar(select(func.count()).select_from(OF).where(OF.account_id == account_id)) or 0) >= MOST:
            raise Refused("subscription.most", "an account has at most {n} subscriptions: end one first", n=MOST)
        row = OF(
            account_id=account_id, metric=metric, area=area, was_red=is_red, by_mail=by_mail, made_at=now or clock.now()
        )
        session.add(row)


def remove(desk: Desk, account_id: int, id: int) -> None:
    """End a subscription of an account. Refused if it has none of this id."""
    with desk.begin() as session:
        gone = session.scalar(delete(OF).where(OF.account_id == account_id, OF.id == id).returning(OF.id))
        if gone is None:
            raise Refused("subscription.unknown", "there is no subscription {id} of yours", id=id)


def of_account(desk: Desk, account_id: int) -> list[Subscription]:
    with desk.read() as session:
        rows = session.scalars(select(OF).where(OF.account_id == account_id).order_by(OF.id))
        return [_subscription(row) for row in rows]


def listing(desk: Desk) -> list[Subscription]:
    """The subscriptions of all accounts."""
    with desk.read() as session:
        return [_subscription(row) for row in session.scalars(select(OF).order_by(OF.area, OF.metric, OF.id))]


def set_state(desk: Desk, red: Collection[int], not_red: Collection[int]) -> None:
    """Store what is red now, by the ids of subscriptions."""
    with desk.begin() as session:
        for ids, is_red in ((red, True), (not_red, False)):
            if ids:
                session.execute(update(OF).where(OF.id.in_(ids)).values(was_red=is_red))


def _subscription(row: models.Subscription) -> Subscription:
    return Subscription(row.id, row.account_id, row.metric, row.area, row.was_red, row.by_mail)


# --- items --------------------------------------------------------------------------------------------------------


def watch(desk: Desk, account_id: int, item_id: int, *, by_mail: bool = True, now: datetime | None = None) -> None:
    """Subscribe to an item; of what is subscribed already the channel changes. Refused above MOST."""
    of = models.ItemSubscription
    with desk.begin() as session:
        known = session.get(of, (account_id, item_id))
        if known:
            known.by_mail = by_mail
            return
        if (session.scalar(select(func.count()).select_from(of).where(of.account_id == account_id)) or 0) >= MOST:
            raise Refused("subscription.most", "an account has at most {n} subscriptions: end one first", n=MOST)
        session.add(of(account_id=account_id, item_id=item_id, by_mail=by_mail, made_at=now or clock.now()))


def unwatch(desk: Desk, account_id: int, item_id: int) -> None:
    """End the subscription of an account to an item; without one nothing changes."""
    of = models.ItemSubscription
    with desk.begin() as session:
        session.execute(delete(of).where(of.account_id == account_id, of.item_id == item_id))


def watchers(desk: Desk, item_ids: Collection[int]) -> dict[int, dict[int, bool]]:
    """By item the accounts that subscribed to it, each with whether it is to be mailed as well."""
    of, accounts = models.ItemSubscription, dict[int, dict[int, bool]]()
    with desk.read() as session:
        for row in session.scalars(select(of).where(of.item_id.in_(item_ids)).order_by(of.account_id)):
            accounts.setdefault(row.item_id, {})[row.account_id] = row.by_mail
    return accounts


def watched(desk: Desk, account_id: int) -> list[tuple[Item, bool]]:
    """The items that an account subscribed to, the newest subscription first, each with whether it is mailed."""
    of, item = models.ItemSubscription, item_models.Item
    query = select(item, of.by_mail).join(of, of.item_id == item.id).where(of.account_id == account_id)
    with desk.read() as session:
        rows = session.execute(query.order_by(of.made_at.desc(), item.id.desc()))
        return [(to_item(row), by_mail) for row, by_mail in rows]

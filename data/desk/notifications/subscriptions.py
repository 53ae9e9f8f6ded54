"""Subscriptions: an account is notified when a metric of an area turns red."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, update

from data.desk import clock
from data.desk.errors import Refused
from data.desk.notifications import models
from data.desk.store import Desk

MOST = 100
"""Subscriptions of one account."""
OF = models.Subscription


@dataclass(frozen=True)
class Subscription:
    """was_red: whether the metric was red in the last edition that was looked at."""

    id: int
    account_id: int
    metric: str
    area: int
    was_red: bool


def add(desk: Desk, account_id: int, metric: str, area: int, *, is_red: bool, now: datetime | None = None) -> None:
    """Subscribe; what is subscribed already stays. is_red: whether the metric is red now. Refused above MOST."""
    with desk.begin() as session:
        if session.scalar(select(OF.id).where(OF.account_id == account_id, OF.metric == metric, OF.area == area)):
            return
        if (session.scalar(select(func.count()).select_from(OF).where(OF.account_id == account_id)) or 0) >= MOST:
            raise Refused("subscription.most", "an account has at most {n} subscriptions: end one first", n=MOST)
        row = OF(account_id=account_id, metric=metric, area=area, was_red=is_red, made_at=now or clock.now())
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
    return Subscription(row.id, row.account_id, row.metric, row.area, row.was_red)

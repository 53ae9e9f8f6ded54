"""Open items by the instants at which a colour or a deadline concerns somebody."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select

from data.desk.items import models
from data.desk.items.item import Item, to_item
from data.desk.store import Desk
from data.workflow.model import COLOURS

OF = models.Item
MOST = 2_000
TIMES = {colour: getattr(OF, f"{colour}_at") for colour in COLOURS}


def crossed(desk: Desk, since: datetime, now: datetime, ahead: Iterable[timedelta]) -> list[Item]:
    """Open items that reached a colour, or came so close to their deadline, after `since`, or have changed after it.

    ahead: spans before the deadline; zero is the deadline itself. Times are naive UTC.
    """
    moments = [and_(time > since, time <= now) for time in TIMES.values()]
    moments += [and_(OF.due_at > since + span, OF.due_at <= now + span) for span in ahead]
    condition = or_(OF.changed_at > since, *moments)
    with desk.read() as session:
        rows = session.scalars(select(OF).where(OF.is_open, condition).order_by(OF.id).limit(MOST))
        return [to_item(row) for row in rows]


def has_changed(desk: Desk, since: datetime) -> bool:
    """Whether any item, open or not, has changed after an instant."""
    with desk.read() as session:
        return session.scalar(select(OF.id).where(OF.changed_at > since).limit(1)) is not None


def due_before(desk: Desk, at: datetime, kinds: Collection[str]) -> list[Item]:
    """Open items whose deadline is at an instant or before it, of some kinds; of all without any."""
    where = [OF.is_open, OF.due_at <= at, *([OF.kind.in_(kinds)] if kinds else [])]
    with desk.read() as session:
        return [to_item(row) for row in session.scalars(select(OF).where(*where).order_by(OF.due_at).limit(MOST))]


def actors(desk: Desk, ids: Collection[int]) -> dict[int, set[str]]:
    """The names of those who have acted on items, by item."""
    accounts: dict[int, set[str]] = {id: set() for id in ids}
    event = models.ItemEvent
    with desk.read() as session:
        for item, actor in session.execute(select(event.item_id, event.actor).where(event.item_id.in_(ids)).distinct()):
            accounts[item].add(actor)
    return accounts

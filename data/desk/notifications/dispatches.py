"""The queue of messages to other systems: claimed by one process at a time, sent at least once, retried, given up.

A process that claims messages has a lease on them. If it dies before it has marked them as sent, they are claimed
again when the lease is over, under the same keys: a receiver discards what it has already.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Literal, cast

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from data.desk import clock
from data.desk.errors import Refused
from data.desk.notifications import models
from data.desk.notifications.store import INSERT
from data.desk.store import Desk
from data.messages import Message, restored

State = Literal["waiting", "sent", "dead"]
LEASE = timedelta(minutes=2)
FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=30), timedelta(hours=4)
"""Wait before the second attempt; doubled each time, up to LONGEST_RETRY."""
MOST_TRIES = 14
"""Then a message is dead: about a day after the first attempt."""
KEPT = timedelta(days=30)
"""Retention of sent messages."""
MOST_AT_ONCE = 20
"""Messages that are sent as one."""
OF = models.Dispatch


@dataclass(frozen=True)
class New:
    """A message to send. key: unique; the same key again is not stored. content: JSON values. due_at: naive UTC."""

    key: str
    channel: str
    content: dict[str, Any]
    account_id: int | None = None
    sequence: str = ""
    due_at: datetime | None = None


@dataclass(frozen=True)
class Dispatch:
    """A stored message. fault: why the last attempt failed; empty if none did. Times are naive UTC."""

    id: int
    key: str
    channel: str
    account_id: int | None
    batch: str
    content: dict[str, Any]
    state: State
    tries: int
    fault: Message | str
    made_at: datetime
    due_at: datetime
    sent_at: datetime | None


def put(desk: Desk, messages: Iterable[New], *, now: datetime | None = None) -> None:
    """Queue messages, in the order given."""
    now = now or clock.now()
    rows = [
        {
            "key": one.key, "channel": one.channel, "account_id": one.account_id, "sequence": one.sequence, "batch": "",
            "content": json.dumps(one.content, ensure_ascii=False), "state": "waiting", "tries": 0, "fault": "",
            "made_at": now, "due_at": one.due_at or now,
        }
        for one in messages
    ]  # fmt: skip
    with desk.begin() as session:
        for row in rows:
            session.execute(cast(Any, INSERT[desk.dialect])(OF).values(row).on_conflict_do_nothing())


def claim(desk: Desk, channel: str, *, together: bool = False, now: datetime | None = None) -> list[Dispatch]:
    """Take a lease on the next due message of a channel; nothing if none is due.

    together: take all due messages to the same account, which are then sent as one; after a failure the same ones.
    """
    now = now or clock.now()
    with desk.begin() as session:
        query = select(OF).where(_claimable(channel, now)).order_by(OF.due_at, OF.id).limit(1)
        first = session.scalar(query.with_for_update(skip_locked=True))
        if first is None:
            return []
        rows = _batch(session, first, now) if together else [first]
        batch = first.batch or sha256("\n".join(row.key for row in rows).encode()).hexdigest()
        for row in rows:
            row.batch, row.leased_until = batch, now + LEASE
        session.flush()
        return [_dispatch(row) for row in rows]


def is_due(desk: Desk, channels: Sequence[str], *, now: datetime | None = None) -> list[str]:
    """The channels that have something to send."""
    now = now or clock.now()
    due = (OF.state == "waiting", OF.channel.in_(channels), OF.due_at <= now, _is_free(now))
    with desk.read() as session:
        return list(session.scalars(select(OF.channel).where(*due).distinct()))


def sent(desk: Desk, ids: Sequence[int], *, now: datetime | None = None) -> None:
    """Mark messages as sent."""
    with desk.begin() as session:
        values = {"state": "sent", "sent_at": now or clock.now(), "leased_until": None, "fault": ""}
        session.execute(update(OF).where(OF.id.in_(ids), OF.state == "waiting").values(**values, tries=OF.tries + 1))


def failed(desk: Desk, ids: Sequence[int], fault: Message, *, now: datetime | None = None) -> None:
    """Store why an attempt failed, and when the next one is due; after MOST_TRIES a message is dead."""
    now = now or clock.now()
    with desk.begin() as session:
        for row in session.scalars(select(OF).where(OF.id.in_(ids), OF.state == "waiting")):
            row.tries, row.fault, row.leased_until = row.tries + 1, fault.stored(), None
            row.due_at = now + retry_after(row.tries)
            if row.tries >= MOST_TRIES:
                row.state = "dead"


def retry_after(tries: int) -> timedelta:
    """The wait after so many failed attempts."""
    return min(FIRST_RETRY * (1 << min(tries - 1, 20)), LONGEST_RETRY)


def listing(desk: Desk, state: State, channels: str = "", *, most: int = 200) -> list[Dispatch]:
    """Messages in a state, the oldest first. channels: beginning of the channel's id."""
    where = (OF.state == state, OF.channel.startswith(channels, autoescape=True))
    with desk.read() as session:
        return [_dispatch(row) for row in session.scalars(select(OF).where(*where).order_by(OF.id).limit(most))]


def find(desk: Desk, id: int) -> Dispatch | None:
    with desk.read() as session:
        row = session.get(OF, id)
        return _dispatch(row) if row else None


def retry(desk: Desk, id: int, *, now: datetime | None = None) -> Dispatch:
    """Send a message again that was given up or waits for its next attempt. Refused for any other."""
    with desk.begin() as session:
        row = _unsent(session, id)
        row.state, row.tries, row.due_at, row.leased_until = "waiting", 0, now or clock.now(), None
        return _dispatch(row)


def give_up(desk: Desk, id: int) -> None:
    """Delete a message that was not sent. Refused for any other."""
    with desk.begin() as session:
        session.delete(_unsent(session, id))


def _unsent(session: Session, id: int) -> models.Dispatch:
    row = session.get(OF, id, with_for_update=True)
    if row is None or row.state == "sent":
        raise Refused("dispatch.unknown", "there is no message {id} that waits to be sent", id=id)
    return row


def count(desk: Desk, state: State) -> int:
    with desk.read() as session:
        return session.scalar(select(func.count()).select_from(OF).where(OF.state == state)) or 0


def _claimable(channel: str, now: datetime) -> ColumnElement[bool]:
    """Due, not leased, and none of its sequence before it is still to be sent."""
    before = aliased(OF)
    earlier = exists().where(before.sequence == OF.sequence, before.id < OF.id, before.state != "sent")
    in_turn = or_(OF.sequence == "", ~earlier)
    return and_(OF.state == "waiting", OF.channel == channel, OF.due_at <= now, _is_free(now), in_turn)


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(OF.leased_until.is_(None), OF.leased_until < now)


def _batch(session: Session, first: models.Dispatch, now: datetime) -> list[models.Dispatch]:
    """The messages that are sent with the first one: those of its batch, or else what is due to the same account."""
    same = [OF.state == "waiting", OF.channel == first.channel, OF.account_id.is_not_distinct_from(first.account_id)]
    if first.batch:
        same.append(OF.batch == first.batch)
    else:
        same += [OF.batch == "", OF.due_at <= now, _is_free(now)]
    query = select(OF).where(*same).order_by(OF.id).limit(MOST_AT_ONCE)
    return list(session.scalars(query.with_for_update(skip_locked=True)))


def _dispatch(row: models.Dispatch) -> Dispatch:
    return Dispatch(
        row.id, row.key, row.channel, row.account_id, row.batch, json.loads(row.content), cast(State, row.state),
        row.tries, restored(row.fault), row.made_at, row.due_at, row.sent_at,
    )  # fmt: skip


def discard(desk: Desk, ids: Sequence[int]) -> None:
    """Delete messages that nobody waits for any more."""
    with desk.begin() as session:
        session.execute(delete(OF).where(OF.id.in_(ids)))


def delete_old(desk: Desk, *, now: datetime | None = None) -> None:
    """Delete what was sent longer than KEPT ago."""
    with desk.begin() as session:
        session.execute(delete(OF).where(OF.state == "sent", OF.sent_at < (now or clock.now()) - KEPT))

"""Announce an occasion: to accounts in the cockpit and by mail, and to the groups whose channels cover its area."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from cockpit.notifications import channels
from cockpit.settings import Settings
from data.desk import clock
from data.desk.notifications import choices, dispatches, store
from data.desk.notifications.dispatches import New
from data.desk.notifications.hours import Hours
from data.desk.notifications.store import Kind, Notice, Severity
from data.desk.store import Desk
from data.messages import Message


@dataclass(frozen=True)
class Occasion:
    """Something that accounts and groups are notified of once. key: identifies it. area: the one that it is about.

    to_groups: whether the groups of channels learn of it; a part of something that they learn of is not sent to them.
    unmailed: accounts that get no mail of it, as they chose for what they subscribed to.
    """

    key: str
    kind: Kind
    message: Message
    area: int
    link: str = ""
    severity: Severity = "none"
    to_groups: bool = True
    unmailed: frozenset[int] = frozenset()


def announce(
    desk: Desk, config: Settings, occasions: Iterable[tuple[Occasion, Collection[int]]], *, now: datetime | None = None
) -> None:
    """Store notifications for accounts, and queue mails and messages to groups; a second time it changes nothing.

    Call it in the transaction of what happened: both are stored or neither.
    """
    now, listed = now or clock.now(), list(occasions)
    notices = [
        Notice(account, one.key, one.kind, one.message, one.link, one.severity)
        for one, accounts in listed
        for account in sorted(accounts)
    ]
    configured = channels.usable(config)
    with desk.begin():
        added = store.add(desk, notices, now=now)
        messages = [new for one, _accounts in listed for new in _to_groups(configured, one)]
        if configured.mail:
            by_key = {one.key: one for one, _accounts in listed}
            messages += _mails(desk, config, configured.mail.id, [(id, by_key[key]) for id, key in added], now)
        dispatches.put(desk, messages, now=now)


def _to_groups(configured: channels.Channels, one: Occasion) -> list[New]:
    covering = (c for c in configured.channels if one.to_groups and one.kind in c.kinds and c.covers(one.area))
    return [New(f"{channel.id}/{one.key}", channel.id, content(one)) for channel in covering]


def _mails(
    desk: Desk, config: Settings, channel: str, added: list[tuple[int, Occasion]], now: datetime
) -> Iterable[New]:
    chosen = choices.of_accounts(desk, {id for id, _one in added})
    for id, one in added:
        choice = chosen.get(id)
        if choice and choice.mail and one.kind in choice.kinds and id not in one.unmailed:
            due = released(choice.hours, now, config.zone)
            yield New(f"{channel}/{id}/{one.key}", channel, content(one), account_id=id, due_at=due)


def released(hours: Hours, now: datetime, zone: str) -> datetime:
    """When a message of now may be sent to somebody with these hours; naive UTC."""
    place = ZoneInfo(zone)
    local = now.replace(tzinfo=UTC).astimezone(place).replace(tzinfo=None)
    release = hours.release(local)
    return now if release == local else release.replace(tzinfo=place).astimezone(UTC).replace(tzinfo=None)


def content(one: Occasion) -> dict[str, Any]:
    """The data of an occasion for a channel, as JSON values."""
    return {
        "message": one.message.stored(), "kind": one.kind, "area": one.area, "link": one.link,
        "severity": one.severity,
    }  # fmt: skip

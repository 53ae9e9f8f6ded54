"""Notification preferences of an account outside the cockpit: mail address, kinds, and hours."""

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import time
from typing import Any

from sqlalchemy import select

from data.desk import models, preferences
from data.desk.errors import Refused
from data.desk.notifications.hours import Hours, of_text
from data.desk.notifications.store import KINDS
from data.desk.store import Desk

NAME = "notifications"
"""Of the preference."""
ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
LONGEST_ADDRESS = 200
NO_HOURS = Hours()


@dataclass(frozen=True)
class Choices:
    """mail: where mails go; empty: none. kinds: what is mailed. deadlines: whether to notify of deadlines ahead."""

    mail: str = ""
    kinds: tuple[str, ...] = KINDS
    deadlines: bool = True
    hours: Hours = NO_HOURS


def read(desk: Desk, account_id: int) -> Choices:
    return _choices(preferences.read(desk, account_id, NAME))


def of_accounts(desk: Desk, ids: Collection[int]) -> dict[int, Choices]:
    """The choices of several accounts; those who have made none are left out."""
    of = models.Preference
    with desk.read() as session:
        rows = session.execute(select(of.account_id, of.value).where(of.account_id.in_(ids), of.name == NAME))
        return {id: _choices(json.loads(value)) for id, value in rows}


def write(desk: Desk, account_id: int, choices: Choices, domains: Collection[str]) -> None:
    """Store the choices. Refused for an address that is none, or whose domain is not among `domains`."""
    if choices.mail:
        domain = choices.mail.rpartition("@")[2].lower()
        if len(choices.mail) > LONGEST_ADDRESS or not ADDRESS.fullmatch(choices.mail):
            raise Refused("choices.mail", "this is not a mail address")
        if domain not in domains:
            raise Refused(
                "choices.domain", "mails go to addresses of {domains} only", domains=tuple(sorted(domains)) or ("–",)
            )
    hours = choices.hours
    if (hours.quiet_from is None) != (hours.quiet_to is None):
        raise Refused("choices.quiet", "quiet hours have a beginning and an end")
    preferences.write(desk, account_id, NAME, _packed(choices))


def stop_mail(desk: Desk, account_id: int) -> None:
    """Send no more mails to an account; what is shown in the cockpit stays."""
    stored = preferences.read(desk, account_id, NAME) or {}
    preferences.write(desk, account_id, NAME, {**stored, "mail": ""})


def _packed(choices: Choices) -> dict[str, Any]:
    hours = choices.hours
    return {
        "mail": choices.mail, "kinds": list(choices.kinds), "deadlines": choices.deadlines,
        "quiet": [_clock(hours.quiet_from), _clock(hours.quiet_to)], "digest": _clock(hours.digest),
    }  # fmt: skip


def _choices(stored: Any) -> Choices:
    if not isinstance(stored, dict):
        return Choices()
    first, end = stored.get("quiet") or ("", "")
    kinds = tuple(kind for kind in stored.get("kinds", KINDS) if kind in KINDS)
    hours = Hours(of_text(first), of_text(end), of_text(stored.get("digest") or ""))
    return Choices(str(stored.get("mail", "")), kinds, bool(stored.get("deadlines", True)), hours)


def _clock(at: time | None) -> str:
    return f"{at:%H:%M}" if at else ""

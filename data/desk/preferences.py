"""Preferences of an account for its own screens, by name. They affect neither other accounts nor rights."""

import json
from typing import Any

from sqlalchemy import delete, func, select

from data.desk.errors import Refused
from data.desk.models import Preference
from data.desk.store import Desk

LONGEST = 20_000
"""Maximum characters of one preference."""
MOST = 200
"""Preferences of one account."""


def read(desk: Desk, account_id: int, name: str) -> Any:
    """The value decoded from JSON; None if not set."""
    with desk.read() as session:
        stored = session.scalar(
            select(Preference.value).where(Preference.account_id == account_id, Preference.name == name)
        )
    return None if stored is None else json.loads(stored)


def write(desk: Desk, account_id: int, name: str, value: Any) -> None:
    """Set the value; None removes it. Raises Refused if it is too long, or the account has too many."""
    text = json.dumps(value, ensure_ascii=False)
    if len(text) > LONGEST:
        raise Refused("preference.long", "this is too much to be kept: choose less")
    with desk.begin() as session:
        session.execute(delete(Preference).where(Preference.account_id == account_id, Preference.name == name))
        if value is not None:
            count = session.scalar(
                select(func.count()).select_from(Preference).where(Preference.account_id == account_id)
            )
            if (count or 0) >= MOST:
                raise Refused("preference.many", "{n} choices of yours are kept already: reset some", n=MOST)
            session.add(Preference(account_id=account_id, name=name, value=text))

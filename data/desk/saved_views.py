"""Screens that an account saved under a name: the address of a page, for the account itself alone."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from data.desk import typed
from data.desk.errors import Refused
from data.desk.models import SavedView as Stored
from data.desk.store import Desk

MOST = 100
"""Views of one account."""
LONGEST_NAME = 60
LONGEST_ADDRESS = 4000
"""Characters."""


@dataclass(frozen=True)
class SavedView:
    """A saved screen. address: relative, as the caller checked it."""

    id: int
    name: str
    address: str


def listing(desk: Desk, account_id: int) -> tuple[SavedView, ...]:
    """The views of an account by name."""
    with desk.read() as session:
        rows = session.scalars(select(Stored).where(Stored.account_id == account_id).order_by(Stored.name, Stored.id))
        return tuple(SavedView(row.id, row.name, row.address) for row in rows)


def add(desk: Desk, account_id: int, name: str, address: str) -> int:
    """Save an address and return the view's id. Refused for a bad or used name, a long address, or too many views."""
    name = _name(name)
    if len(address) > LONGEST_ADDRESS:
        raise Refused("view.long", "this screen's address is too long to save: remove filters or chosen rows")
    with desk.begin() as session:
        count = session.scalar(select(func.count()).select_from(Stored).where(Stored.account_id == account_id))
        if (count or 0) >= MOST:
            raise Refused("view.many", "{n} views are saved already: delete some", n=MOST)
        row = Stored(account_id=account_id, name=name, address=address)
        session.add(row)
        _flush(session, name)
        return row.id


def rename(desk: Desk, account_id: int, id: int, name: str) -> None:
    """Give a view of the account another name. Refused for a bad or used name, or if the account has no such view."""
    name = _name(name)
    with desk.begin() as session:
        _own(session, account_id, id).name = name
        _flush(session, name)


def remove(desk: Desk, account_id: int, id: int) -> None:
    """Delete a view of the account. Refused if it has no such view."""
    with desk.begin() as session:
        session.delete(_own(session, account_id, id))


def _own(session: Session, account_id: int, id: int) -> Stored:
    row = session.get(Stored, id) if 0 < id < 2**31 else None
    if row is None or row.account_id != account_id:
        raise Refused("view.unknown", "you have no saved view {id}", id=id)
    return row


def _flush(session: Session, name: str) -> None:
    try:
        session.flush()
    except IntegrityError:
        raise Refused("view.twice", "you have a view with this name already: {name}", name=name) from None


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name or len(name) > LONGEST_NAME or not typed.is_line(name) or typed.is_hidden(text):
        raise Refused("view.name", "the name of a view has 1 to {n} characters, in one line", n=LONGEST_NAME)
    return name

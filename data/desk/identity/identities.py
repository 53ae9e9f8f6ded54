"""Identities of a provider: their accounts and provider-granted roles."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select

from data.desk import models
from data.desk.errors import Refused
from data.desk.identity.accounts import Account, held_by, keep_apart, row_of, to_account
from data.desk.store import Desk

Role = tuple[str, int | None]
"""A role, and the code of the area it is held on; None for an administrator."""


@dataclass(frozen=True)
class Changed:
    """Roles that the provider added and removed since the last login through it."""

    added: tuple[Role, ...] = ()
    removed: tuple[Role, ...] = ()


def account_of(desk: Desk, issuer: str, subject: str) -> Account | None:
    """The account linked to an identity; None if there is none or it is locked."""
    with desk.read() as session:
        of = select(models.Account).join(models.Identity, models.Identity.account_id == models.Account.id)
        row = session.scalar(of.where(models.Identity.issuer == issuer, models.Identity.subject == subject))
        return to_account(row) if row and not row.disabled else None


def link(desk: Desk, name: str, issuer: str, subject: str) -> None:
    """Link an identity to an account. Raises Refused if either is linked already.

    A provider that gives a name to somebody else must not give away the account with it.
    """
    with desk.begin() as session:
        if not check_free(desk, name, issuer, subject):
            session.add(models.Identity(account_id=row_of(session, name).id, issuer=issuer, subject=subject))


def check_free(desk: Desk, name: str, issuer: str, subject: str) -> bool:
    """Whether the identity is linked to the account. Raises Refused if either is linked to another one."""
    with desk.read() as session:
        row = row_of(session, name)
        of = models.Identity.issuer == issuer
        identity = session.scalar(select(models.Identity).where(of, models.Identity.subject == subject))
        if identity and identity.account_id != row.id:
            raise Refused("identity.taken", "this identity stands for another account")
        other = session.scalar(select(models.Identity).where(of, models.Identity.account_id == row.id))
        if other and other.subject != subject:
            raise Refused("identity.other", 'another identity stands for the account "{name}"', name=name)
        return identity is not None


def unlink(desk: Desk, name: str) -> None:
    """Remove the account's identities and its provider-granted roles."""
    with desk.begin() as session:
        row = row_of(session, name)
        for identity in session.scalars(select(models.Identity).where(models.Identity.account_id == row.id)):
            session.delete(identity)
        for grant in session.scalars(held_by(row.id)):
            if grant.by_provider:
                session.delete(grant)


def give(desk: Desk, name: str, roles: Collection[Role]) -> Changed:
    """Replace the provider-granted roles; roles granted here stay.

    Refused, and nothing is changed, for roles that exclude each other.
    """
    with desk.begin() as session:
        row = row_of(session, name)
        grants = session.scalars(held_by(row.id)).all()
        own = {(grant.role, grant.area) for grant in grants if not grant.by_provider}
        before = {(grant.role, grant.area): grant for grant in grants if grant.by_provider}
        wanted = [role for role in dict.fromkeys(roles) if role not in own]
        titles = {title for title, _area in (*own, *wanted)}
        for title in titles:
            keep_apart(name, title, titles)
        removed = [role for role in before if role not in wanted]
        added = [role for role in wanted if role not in before]
        for role in removed:
            session.delete(before[role])
        session.add_all(models.Grant(account_id=row.id, role=role, area=area, by_provider=True) for role, area in added)
    return Changed(tuple(added), tuple(removed))


def tied(desk: Desk, account_id: int) -> bool:
    """Whether an account has an identity."""
    with desk.read() as session:
        return session.scalar(select(models.Identity).where(models.Identity.account_id == account_id)) is not None

"""Encrypt the desk's secrets with a key of the home (`data.vault`), and replace the keys."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, select, update

from data import keyring, vault
from data.desk.auditing import audit
from data.desk.auditing.custody import AUDIT_KEY, Custody
from data.desk.errors import DeskError
from data.desk.models import Account
from data.desk.store import Desk
from data.errors import DataError

MARK = "fernet:"
"""Prefix of encrypted values; secrets of earlier versions lack it."""


def seal(custody: Custody, secret: str) -> str:
    """Encrypt a secret for storage."""
    with _as_desk_error():
        return MARK + vault.encrypt(custody.keys, secret)


def unseal(custody: Custody, stored: str) -> str:
    """Decrypt a stored secret. Raises DeskError if the key does not match."""
    if not stored.startswith(MARK):
        return stored
    with _as_desk_error():
        return vault.decrypt(custody.keys, stored.removeprefix(MARK))


def ticket(custody: Custody, content: str) -> str:
    """Encrypted, authenticated text for a browser to hold."""
    with _as_desk_error():
        return vault.encrypt(custody.keys, content)


def of_ticket(custody: Custody, ticket: str, seconds: int) -> str | None:
    """The text of a ticket; None if it is invalid or older than `seconds`."""
    with _as_desk_error():
        try:
            return vault.decrypt(custody.keys, ticket, seconds=seconds)
        except vault.WrongKey:
            return None


def seal_all(connection: Connection, custody: Custody) -> None:
    """Encrypt secrets that an earlier version stored in plain text."""
    of = Account.__table__.c
    plain = select(of.id, of.totp_secret).where(of.totp_secret.is_not(None), of.totp_secret.not_like(f"{MARK}%"))
    for id, secret in connection.execute(plain).all():
        connection.execute(update(Account).where(of.id == id).values(totp_secret=seal(custody, secret)))


def rotate(desk: Desk) -> int:
    """Replace the keys of the home: of the audit, and of all secrets, which are re-encrypted. Returns how many.

    Runs in the transaction of the caller, who holds `vault.locked`. The old key of secrets is removed once that is
    committed; those of the audit stay and prove the rows of before. A process that is killed on the way leaves keys
    that read everything: the next run completes it.
    """
    folder = desk.custody.keys
    file = folder / vault.KEY
    keyring.read_or_make(file)
    with desk.begin() as session:
        if not desk.custody.audit_key:  # the environment gives that one
            audit.replace_key(desk, folder / AUDIT_KEY)
        keyring.add_key(file)
        count = vault.encrypt_again(folder)
        for row in session.scalars(select(Account).where(Account.totp_secret.is_not(None)).with_for_update()):
            row.totp_secret = seal(desk.custody, unseal(desk.custody, row.totp_secret or ""))
            count += 1
        desk.after_commit(lambda: _drop_old(file))
    return count


def _drop_old(file: Path) -> None:
    keyring.keep_newest(file)


@contextmanager
def _as_desk_error() -> Iterator[None]:
    try:
        yield
    except DataError as error:
        raise DeskError.of(error) from None

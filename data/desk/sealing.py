"""Secrets that the desk keeps are encrypted with a key of the home (Fernet: AES-128-CBC and HMAC-SHA256)."""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import Connection, select, update

from data import keyring
from data.desk.custody import Custody
from data.desk.errors import DeskError
from data.desk.models import Account
from data.desk.store import Desk
from data.errors import DataError

MARK = "fernet:"
"""Begins whatever is encrypted: a secret of an earlier version does not."""


def seal(custody: Custody, secret: str) -> str:
    """A secret as it is kept."""
    return MARK + _fernet(custody).encrypt(secret.encode()).decode()


def unseal(custody: Custody, kept: str) -> str:
    """The secret of what is kept. Raises DeskError where the key is another."""
    if not kept.startswith(MARK):
        return kept
    try:
        return _fernet(custody).decrypt(kept.removeprefix(MARK)).decode()
    except InvalidToken:
        raise DeskError("the key of the desk's secrets is another: put keys/secrets.key back from a backup") from None


def ticket(custody: Custody, content: str) -> str:
    """A text that a browser keeps for a while and can neither read nor change."""
    return _fernet(custody).encrypt(content.encode()).decode()


def of_ticket(custody: Custody, held: str, seconds: int) -> str | None:
    """The text of a ticket; None for one that is older than so many seconds or not ours."""
    try:
        return _fernet(custody).decrypt(held.encode(), ttl=seconds).decode()
    except InvalidToken:
        return None


def seal_all(connection: Connection, custody: Custody) -> None:
    """Encrypt what an earlier version kept as it was."""
    of = Account.__table__.c
    plain = select(of.id, of.totp_secret).where(of.totp_secret.is_not(None), of.totp_secret.not_like(f"{MARK}%"))
    for id, secret in connection.execute(plain).all():
        connection.execute(update(Account).where(of.id == id).values(totp_secret=seal(custody, secret)))


def rotate(desk: Desk) -> int:
    """Encrypt all secrets with a new key, and remove the old one. How many there were.

    A process that is killed on the way leaves both keys: the next run completes it.
    """
    file = desk.custody.keys / "secrets.key"
    _fernet(desk.custody)
    keyring.add_key(file)
    count = 0
    with desk.begin() as session:
        for row in session.scalars(select(Account).where(Account.totp_secret.is_not(None)).with_for_update()):
            row.totp_secret = seal(desk.custody, unseal(desk.custody, row.totp_secret or ""))
            count += 1
    keyring.keep_newest(file)
    return count


def _fernet(custody: Custody) -> MultiFernet:
    """Read anew each time: a running server uses the key that a command has just made."""
    try:
        ring, _made = keyring.read_or_make(custody.keys / "secrets.key")
    except DataError as error:
        raise DeskError(str(error)) from None
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in ring.keys])

"""The second factor: codes of RFC 6238 from an app on a phone. A code works once."""

from datetime import UTC, datetime

import pyotp
from sqlalchemy import select

from data.desk import models
from data.desk.errors import Refused
from data.desk.store import Desk

STEP = 30
ISSUER = "Governance Cockpit"


def start(desk: Desk, account_id: int) -> str:
    """A new secret, not asked for yet: the otpauth:// address that an app reads. Refused while one is asked for."""
    with desk.begin() as session:
        row = session.get_one(models.Account, account_id)
        if row.totp_confirmed:
            raise Refused(f"{row.name} has a second factor: it is taken away before another is set up")
        row.totp_secret, row.totp_confirmed, row.totp_step = pyotp.random_base32(), False, 0
        return _address(row)


def pending(desk: Desk, account_id: int) -> str:
    """The address of a secret that waits to be confirmed. Refused if none does."""
    with desk.read() as session:
        row = session.get_one(models.Account, account_id)
        if not row.totp_secret or row.totp_confirmed:
            raise Refused("no second factor is being set up: begin again")
        return _address(row)


def secret_of(address: str) -> str:
    """The letters that somebody types whose app cannot read a picture."""
    return pyotp.parse_uri(address).secret


def confirm(desk: Desk, account_id: int, code: str, now: datetime) -> None:
    """Ask for codes from now on; Refused unless the app already gives the right one."""
    with desk.begin() as session:
        row = session.get_one(models.Account, account_id)
        if not row.totp_secret or not accepts(row, code, now):
            raise Refused("this is not the code that the app shows now")
        row.totp_confirmed = True


def off(desk: Desk, name: str) -> None:
    """No second factor any more, for somebody who lost the phone."""
    with desk.begin() as session:
        row = session.scalar(select(models.Account).where(models.Account.name == name))
        if row is None:
            raise Refused(f'there is no account "{name}"')
        row.totp_secret, row.totp_confirmed, row.totp_step = None, False, 0


def _address(row: models.Account) -> str:
    return pyotp.TOTP(row.totp_secret or "").provisioning_uri(name=row.name, issuer_name=ISSUER)


def accepts(row: models.Account, code: str, now: datetime) -> bool:
    """Whether a code is right now, one step early or late, and newer than the last one used; then it is used up."""
    at = now.replace(tzinfo=UTC).timestamp()
    totp = pyotp.TOTP(row.totp_secret or "", interval=STEP)
    for step in (int(at) // STEP + shift for shift in (-1, 0, 1)):
        if step > row.totp_step and pyotp.utils.strings_equal(totp.at(step * STEP), code.strip()):
            row.totp_step = step
            return True
    return False

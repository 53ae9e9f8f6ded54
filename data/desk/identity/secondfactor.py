"""The second factor: codes of RFC 6238 from an app on a phone. A code works once."""

import hashlib
import secrets
from datetime import UTC, datetime

import pyotp
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from data.desk import models
from data.desk.auditing import sealing
from data.desk.errors import Refused
from data.desk.store import Desk

STEP = 30
RECOVERY, LETTERS = 10, "abcdefghjkmnpqrstuvwxyz23456789"
ISSUER = "Governance Cockpit"


def start(desk: Desk, account_id: int) -> str:
    """Create a pending secret; returns its otpauth:// URI. Raises Refused if a second factor is active."""
    with desk.begin() as session:
        row = session.get_one(models.Account, account_id, with_for_update=True)  # keys may be replaced meanwhile
        if row.totp_confirmed:
            raise Refused(
                "factor.exists", "{name} has a second factor: it is taken away before another is set up", name=row.name
            )
        secret = pyotp.random_base32()
        row.totp_secret, row.totp_confirmed, row.totp_step = sealing.seal(desk.custody, secret), False, 0
        return _address(desk, row)


def pending(desk: Desk, account_id: int) -> str:
    """URI of the pending secret. Raises Refused if there is none."""
    with desk.read() as session:
        row = session.get_one(models.Account, account_id)
        if not row.totp_secret or row.totp_confirmed:
            raise Refused("factor.none", "no second factor is being set up: begin again")
        return _address(desk, row)


def secret_of(address: str) -> str:
    """The secret in Base32, for typing."""
    return pyotp.parse_uri(address).secret


def confirm(desk: Desk, account_id: int, code: str, now: datetime) -> list[str]:
    """Activate the pending secret; returns recovery codes. Raises Refused for a wrong code."""
    with desk.begin() as session:
        row = session.get_one(models.Account, account_id)
        if not row.totp_secret or not accepts(desk, row, code, now):
            raise Refused("factor.code", "this is not the code that the app shows now")
        row.totp_confirmed = True
        return new_codes(desk, account_id)


def new_codes(desk: Desk, account_id: int) -> list[str]:
    """Replace the recovery codes by RECOVERY new ones. Only hashes are stored."""
    made = ["-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4)) for _ in range(RECOVERY)]
    with desk.begin() as session:
        session.execute(delete(models.RecoveryCode).where(models.RecoveryCode.account_id == account_id))
        session.add_all(models.RecoveryCode(account_id=account_id, code=_hashed(code)) for code in made)
    return made


def codes_left(desk: Desk, account_id: int) -> int:
    """Number of unused recovery codes."""
    of = models.RecoveryCode
    with desk.read() as session:
        unused = select(func.count()).where(of.account_id == account_id, of.used_at.is_(None))
        return session.scalar(unused) or 0


def uses_recovery(session: Session, account_id: int, code: str, now: datetime) -> bool:
    """Use up a recovery code. Returns whether it was valid."""
    of = models.RecoveryCode
    same = of.account_id == account_id, of.code == _hashed(code), of.used_at.is_(None)
    return session.scalar(update(of).where(*same).values(used_at=now).returning(of.id)) is not None


def off(desk: Desk, name: str) -> None:
    """Remove the second factor, for a lost phone."""
    with desk.begin() as session:
        row = session.scalar(select(models.Account).where(models.Account.name == name))
        if row is None:
            raise Refused("account.unknown", 'there is no account "{name}"', name=name)
        row.totp_secret, row.totp_confirmed, row.totp_step = None, False, 0
        session.execute(delete(models.RecoveryCode).where(models.RecoveryCode.account_id == row.id))


def _hashed(code: str) -> str:
    return hashlib.sha256(code.strip().lower().encode()).hexdigest()


def _address(desk: Desk, row: models.Account) -> str:
    return pyotp.TOTP(sealing.unseal(desk.custody, row.totp_secret or "")).provisioning_uri(
        name=row.name, issuer_name=ISSUER
    )


def accepts(desk: Desk, row: models.Account, code: str, now: datetime) -> bool:
    """Whether a code is right now, one step early or late, and newer than the last one used; then it is used up.

    A last one that is still to come was used before the clock was set back: it locks no user out.
    """
    present = int(now.replace(tzinfo=UTC).timestamp()) // STEP
    last = row.totp_step if row.totp_step <= present + 1 else 0
    totp = pyotp.TOTP(sealing.unseal(desk.custody, row.totp_secret or ""), interval=STEP)
    for step in (present + shift for shift in (-1, 0, 1)):
        if step > last and pyotp.utils.strings_equal(totp.at(step * STEP), code.strip()):
            row.totp_step = step
            return True
    return False

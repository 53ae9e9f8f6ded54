"""Secrets of second factors are encrypted at the desk, those of before too; the key can be replaced while serving."""

from pathlib import Path

import pyotp
import pytest
from sqlalchemy import text

from data import keyring
from data.desk import accounts, clock, sealing, secondfactor
from data.desk.custody import Custody
from data.desk.errors import DeskError
from data.desk.store import Desk, open_desk

PASSWORD = "Hongqi+2026+x"


def kept(desk: Desk) -> str:
    with desk.read() as session:
        return str(session.scalar(text("SELECT totp_secret FROM account")))


def test_a_secret_is_encrypted_and_its_key_can_be_replaced(desk: Desk) -> None:
    account = accounts.add(desk, "li", PASSWORD)
    secret = secondfactor.secret_of(secondfactor.start(desk, account.id))
    assert secret not in kept(desk)
    before, old = kept(desk), keyring.read(desk.custody.keys / "secrets.key")
    assert sealing.rotate(desk) == 1
    assert kept(desk) != before
    assert keyring.read(desk.custody.keys / "secrets.key").keys != old.keys
    secondfactor.confirm(desk, account.id, pyotp.TOTP(secret).now(), clock.now())
    assert accounts.named(desk, "li").has_totp
    (desk.custody.keys / "secrets.key").unlink()
    with pytest.raises(DeskError, match=r"secrets\.key"):
        accounts.sign_in(desk, "li", PASSWORD, totp="123456")


def test_a_secret_of_before_is_encrypted_when_the_desk_is_opened(address: str, custody: Custody) -> None:
    desk = open_desk(address, custody)
    account = accounts.add(desk, "li", PASSWORD)
    secret = pyotp.random_base32()
    with desk.begin() as session:
        session.execute(text(f"UPDATE account SET totp_secret = '{secret}'"))
    desk.close()
    desk = open_desk(address, custody)
    assert kept(desk).startswith(sealing.MARK)
    assert secondfactor.secret_of(secondfactor.pending(desk, account.id)) == secret
    desk.close()


def test_key_files_are_made_once_and_are_private(tmp_path: Path) -> None:
    ring, made = keyring.read_or_make(tmp_path / "keys" / "a.key")
    assert made
    assert keyring.read_or_make(tmp_path / "keys" / "a.key") == (ring, False)
    assert (tmp_path / "keys" / "a.key").stat().st_mode & 0o777 == 0o600
    assert keyring.add_key(tmp_path / "keys" / "a.key").keys[1:] == ring.keys

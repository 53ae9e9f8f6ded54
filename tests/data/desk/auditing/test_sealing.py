"""Secrets are encrypted; the keys of the home are replaced while it is served, and at any instant of a kill."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import text

from data import keyring, vault
from data.desk import clock
from data.desk.auditing import audit, chain, proof, sealing
from data.desk.auditing.custody import Custody
from data.desk.errors import DeskError
from data.desk.identity import accounts, secondfactor
from data.desk.store import Desk, open_desk
from data.errors import DataError
from tests.data.desk.auditing.test_audit import fill, tamper

PASSWORD = "Hongqi+2026+x"


def kept(desk: Desk) -> str:
    with desk.read() as session:
        return str(session.scalar(text("SELECT totp_secret FROM account")))


def rotate(desk: Desk) -> int:
    with vault.locked(desk.custody.keys), desk.begin():
        count = sealing.rotate(desk)
        fill(desk, 1)
    return count


def test_secrets_are_encrypted_and_their_key_can_be_replaced(desk: Desk) -> None:
    account = accounts.add(desk, "li", PASSWORD)
    secret = secondfactor.secret_of(secondfactor.start(desk, account.id))
    assert secret not in kept(desk)
    vault.put(desk.custody.keys, "hotline", "geheim")
    before, old = kept(desk), keyring.read(desk.custody.keys / "secrets.key")
    file = (desk.custody.keys / vault.SECRETS).read_text()
    assert rotate(desk) == 2
    assert kept(desk) != before
    assert (desk.custody.keys / vault.SECRETS).read_text() != file
    assert not set(keyring.read(desk.custody.keys / "secrets.key").keys) & set(old.keys)
    assert vault.secret(desk.custody.keys, "hotline") == "geheim"
    secondfactor.confirm(desk, account.id, pyotp.TOTP(secret).now(), clock.now())
    assert accounts.named(desk, "li").has_totp
    (desk.custody.keys / "secrets.key").unlink()
    with pytest.raises(DeskError, match=r"secrets\.key"):
        accounts.sign_in(desk, "li", PASSWORD, totp="123456")


def test_the_audit_of_before_is_proved_by_its_old_key(desk: Desk, address: str, custody: Custody) -> None:
    fill(desk, 3)
    other = open_desk(address, Custody(custody.keys, anchor=custody.anchor))  # of a server that runs on
    fill(other, 1)
    old = desk.custody.audit.keys[0]
    rotate(desk)
    fill(other, 2)
    rotate(other)
    fill(desk, 1)
    ring = desk.custody.audit
    assert (len(ring.keys), ring.since) == (3, (8, 5, 0))
    assert proof.verify(desk) == proof.verify(other) == proof.Verdict(9)
    assert ring.of(4).keys == (old,)
    assert old not in ring.of(5).keys
    other.close()


def test_a_stolen_old_key_forges_no_later_row(desk: Desk) -> None:
    fill(desk, 2)
    stolen = desk.custody.audit
    rotate(desk)
    fill(desk, 1)
    row = audit.entries(desk, limit=1)[0] | {"what": "harmless"}
    forged = chain.hash_of(row, stolen)
    tamper(desk, f"UPDATE audit SET what = 'harmless', hash = '{forged}' WHERE id = {row['id']}")
    assert f"row {row['id']} of" in str(proof.verify(desk).fault)


def test_a_key_of_the_environment_is_replaced_in_two_steps(address: str, custody: Custody) -> None:
    """First all servers take the new key; then its first row is said, and the old one proves no later row."""
    old, new = "the old key of the audit", "the new key of the audit"

    def at(keys: str) -> Desk:
        return open_desk(address, replace(custody, audit_key=keys))

    desk = at(old)
    fill(desk, 2)
    desk.close()
    both = at(f"{new}, {old}")
    fill(both, 2)
    assert proof.verify(both) == proof.Verdict(4)
    assert proof.first_of_newest_key(both) == 3
    row = audit.entries(both, limit=1)[0] | {"what": "harmless"}
    forged = chain.hash_of(row, keyring.of_text(old))
    both.close()
    bound = at(f"{new}@3,{old}")
    assert proof.verify(bound) == proof.Verdict(4)
    fill(bound, 1)
    assert proof.verify(bound) == proof.Verdict(5)
    assert sealing.rotate(bound) == 0  # secrets alone
    assert proof.verify(bound) == proof.Verdict(5)
    tamper(bound, f"UPDATE audit SET what = 'harmless', hash = '{forged}' WHERE id = {row['id']}")
    assert f"row {row['id']} of" in str(proof.verify(bound).fault)
    bound.close()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("short", "16 characters"), ("short@123456789012", "16 characters"), (f"{'k' * 16},", "16 characters"),
        (f"{'k' * 16},{'o' * 16}@3", "newest key stands first"),
        (f"{'k' * 16}@2,{'o' * 16}@3", "newest key stands first"),
    ],
)  # fmt: skip
def test_keys_that_cannot_be_are_refused(text: str, expected: str) -> None:
    with pytest.raises(DataError, match=expected):
        keyring.of_text(text)


def test_rolled_back_key_replacement_leaves_the_audit_intact(desk: Desk) -> None:
    fill(desk, 2)
    with pytest.raises(RuntimeError), desk.begin():
        sealing.rotate(desk)
        raise RuntimeError
    assert proof.verify(desk).ok
    fill(desk, 2)
    assert proof.verify(desk) == proof.Verdict(4)


KILLED = """
import sys
from pathlib import Path
from data import vault
from data.desk.auditing import sealing
from data.desk.auditing.custody import Custody
from data.desk.store import open_desk
from tests.data.desk.auditing.test_audit import fill
home = Path(sys.argv[1])
desk = open_desk(f"sqlite:///{home / 'desk.sqlite'}", Custody.of_home(home))
print("ready", flush=True)
while True:
    with vault.locked(desk.custody.keys), desk.begin():
        sealing.rotate(desk)
        fill(desk, 1)
"""


def test_a_kill_at_any_instant_loses_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    desk = open_desk(f"sqlite:///{home / 'desk.sqlite'}", Custody.of_home(home))
    account = accounts.add(desk, "li", PASSWORD)
    secret = secondfactor.secret_of(secondfactor.start(desk, account.id))
    vault.put(home / "keys", "hotline", "geheim")
    fill(desk, 1)  # a kill before the first head is anchored looks like an emptied anchor
    for round in range(6):
        with subprocess.Popen([sys.executable, "-c", KILLED, str(home)], stdout=subprocess.PIPE) as process:
            assert process.stdout
            assert process.stdout.readline() == b"ready\n"
            time.sleep(0.05 + 0.03 * round)
            os.kill(process.pid, signal.SIGKILL)
        assert secondfactor.secret_of(secondfactor.pending(desk, account.id)) == secret
        assert vault.secret(home / "keys", "hotline") == "geheim"
        assert proof.verify(desk).ok
    rotate(desk)
    assert len(keyring.read(home / "keys" / vault.KEY).keys) == 1
    assert proof.verify(desk).ok
    desk.close()


def test_plain_secret_of_an_earlier_version_is_encrypted_on_open(address: str, custody: Custody) -> None:
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

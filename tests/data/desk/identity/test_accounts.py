"""Accounts, passwords, locks, grants and second factors, on both kinds of desk."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pyotp
import pytest

from data.desk.errors import Refused
from data.desk.identity import accounts, passwords, roles, secondfactor, sessions
from data.desk.store import Desk

NOW = datetime(2026, 11, 20, 8)
GOOD, BETTER = "Hongqi-2026-x", "Baiyun+2027+x"
TOWN = 990101100000


def test_an_account_signs_in_with_its_password_alone(desk: Desk) -> None:
    accounts.add(desk, "wang", GOOD, title="王镇长", now=NOW)
    signed_in = accounts.sign_in(desk, "wang", GOOD, now=NOW)
    assert (signed_in.outcome, signed_in.account and signed_in.account.title) == ("ok", "王镇长")
    assert accounts.sign_in(desk, "wang", BETTER, now=NOW).outcome == "wrong"
    assert accounts.sign_in(desk, "nobody", GOOD, now=NOW).outcome == "wrong"


@pytest.mark.parametrize(
    "weak", ["Ab1-", "abcdefgh", "abcd1234", "ABCD1234", "x" * 300, "Wang-2026!-abcd", "Hongqi+2026"]
)
def test_a_weak_password_is_refused(desk: Desk, weak: str) -> None:
    with pytest.raises(Refused):
        accounts.add(desk, "wang", weak)
    assert accounts.listing(desk) == []


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("Password2026!", "common"), ("P@ssw0rd20261", "common"), ("Qwer1234!@#$", "common"),
        ("1qaz@WSX3edc", "common"), ("Admin@12345678", "common"), ("Woaini1314520!", "common"),
        ("Zhongguo@2026", "common"), ("Aa123456789!", "common"), ("Zhangwei@1988", "common"),
        ("Guanliyuan@2026", "common"), ("9-kR-Cockpit-tv2", "this product"), ("x7Wangq-Tv-93u", "account's name"),
        ("x7Wanq-Tv-9", "at least 12"),
    ],
)  # fmt: skip
def test_common_passwords_and_names_are_refused(password: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        passwords.check_strength(password, "wang")


def test_passwords_that_are_made_are_strong_at_any_length() -> None:
    for shortest in (8, 12, 15, 16, 30, 64):
        for _ in range(10):
            passwords.check_strength(passwords.made(shortest), "wang", shortest)


def test_an_old_password_is_changed_before_anything_else(desk: Desk) -> None:
    account = accounts.add(desk, "wang", GOOD, must_change=False, now=NOW)
    assert not accounts.expire_password(desk, account.id, 90, now=NOW + timedelta(days=89))
    assert accounts.expire_password(desk, account.id, 90, now=NOW + timedelta(days=90))
    assert accounts.named(desk, "wang").must_change
    accounts.set_password(desk, "wang", BETTER, by_self=True, now=NOW + timedelta(days=91))
    assert not accounts.expire_password(desk, account.id, 90, now=NOW + timedelta(days=180))
    assert not accounts.named(desk, "wang").must_change


def test_an_unknown_name_costs_as_much_as_a_wrong_password(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    accounts.add(desk, "wang", GOOD)
    hashes: list[bytes] = []
    real = passwords._low_priority.verify
    monkeypatch.setattr(
        passwords._low_priority, "verify", lambda stored, word: hashes.append(word) or real(stored, word)
    )
    assert accounts.sign_in(desk, "wang", "wrong").outcome == accounts.sign_in(desk, "wong", "wrong").outcome
    assert hashes == [b"wrong", b"wrong"]


def test_five_failures_lock_for_a_quarter_of_an_hour(desk: Desk) -> None:
    accounts.add(desk, "wang", GOOD)
    for _ in range(5):
        assert accounts.sign_in(desk, "wang", "wrong", now=NOW).outcome == "wrong"
    assert accounts.sign_in(desk, "wang", GOOD, now=NOW + timedelta(minutes=14)).outcome == "locked"
    assert accounts.sign_in(desk, "wang", GOOD, now=NOW + timedelta(minutes=15)).outcome == "ok"


def test_a_right_password_forgives_earlier_failures(desk: Desk) -> None:
    accounts.add(desk, "wang", GOOD)
    for _ in range(3):
        for _ in range(4):
            accounts.sign_in(desk, "wang", "wrong", now=NOW)
        assert accounts.sign_in(desk, "wang", GOOD, now=NOW).outcome == "ok"


def test_tries_at_once_are_all_counted(desk: Desk) -> None:
    accounts.add(desk, "wang", GOOD)
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda _: accounts.sign_in(desk, "wang", "wrong", now=NOW).outcome, range(20)))
    assert (outcomes.count("wrong"), outcomes.count("locked")) == (5, 15)


def test_the_last_five_passwords_are_not_used_again(desk: Desk) -> None:
    accounts.add(desk, "wang", GOOD)
    for i in range(4):
        accounts.set_password(desk, "wang", f"{BETTER}{i}", by_self=True)
    for used in (GOOD, f"{BETTER}3"):
        with pytest.raises(Refused, match="last 5"):
            accounts.set_password(desk, "wang", used, by_self=True)
    accounts.set_password(desk, "wang", f"{BETTER}4", by_self=True)
    accounts.set_password(desk, "wang", GOOD, by_self=True)


def test_password_set_by_another_must_be_changed(desk: Desk) -> None:
    assert accounts.add(desk, "wang", GOOD).must_change
    accounts.set_password(desk, "wang", BETTER, by_self=True)
    assert not accounts.named(desk, "wang").must_change
    accounts.set_password(desk, "wang", GOOD + "!", by_self=False)
    assert accounts.named(desk, "wang").must_change


def test_a_locked_account_neither_signs_in_nor_stays(desk: Desk) -> None:
    account = accounts.add(desk, "wang", GOOD)
    token = sessions.start(desk, account.id, now=NOW)
    accounts.lock(desk, "wang", now=NOW)
    day = timedelta(days=1)
    assert sessions.read(desk, token, idle=day, longest=day, now=NOW) is None
    assert accounts.sign_in(desk, "wang", GOOD, now=NOW).outcome == "locked"
    accounts.unlock(desk, "wang")
    assert accounts.sign_in(desk, "wang", GOOD, now=NOW).outcome == "ok"


def test_grants_hold_on_their_days(desk: Desk) -> None:
    account = accounts.add(desk, "wang", GOOD)
    first, last = date(2026, 11, 1), date(2026, 11, 30)
    accounts.grant(desk, "wang", "official", TOWN, first_day=first, last_day=last)
    by_day = [accounts.grants_of(desk, account.id, day) for day in (date(2026, 10, 31), first, last, date(2026, 12, 1))]
    assert [len(grants) for grants in by_day] == [0, 1, 1, 0]
    assert by_day[1][0] == accounts.Grant("official", TOWN, first, last)
    accounts.revoke(desk, "wang", "official", TOWN)
    assert accounts.grants_of(desk, account.id, first) == ()
    with pytest.raises(Refused):
        accounts.revoke(desk, "wang", "official", TOWN)


@pytest.mark.parametrize(("held", "requested"), [("leader", "audit_admin"), ("system_admin", "security_admin")])
def test_administrator_has_no_other_role(desk: Desk, held: str, requested: str) -> None:
    accounts.add(desk, "wang", GOOD)
    accounts.grant(desk, "wang", held, TOWN if held in roles.BUSINESS else None)
    with pytest.raises(Refused, match="watch each other"):
        accounts.grant(desk, "wang", requested)


@pytest.mark.parametrize(("role", "area"), [("leader", None), ("audit_admin", TOWN), ("king", TOWN), ("leader", -1)])
def test_invalid_grant_is_refused(desk: Desk, role: str, area: int | None) -> None:
    accounts.add(desk, "wang", GOOD)
    with pytest.raises(Refused):
        accounts.grant(desk, "wang", role, area)


def test_a_code_of_the_second_factor_works_once(desk: Desk) -> None:
    account = accounts.add(desk, "wang", GOOD)
    app = pyotp.parse_uri(secondfactor.start(desk, account.id))
    assert isinstance(app, pyotp.TOTP)

    def code(at: datetime) -> str:
        return app.at(at.replace(tzinfo=UTC))

    with pytest.raises(Refused):
        secondfactor.confirm(desk, account.id, "000000" if code(NOW) != "000000" else "111111", NOW)
    assert accounts.sign_in(desk, "wang", GOOD, now=NOW).outcome == "ok"
    secondfactor.confirm(desk, account.id, code(NOW), NOW)
    later = NOW + timedelta(seconds=60)
    assert accounts.sign_in(desk, "wang", GOOD, now=later).outcome == "totp"
    assert accounts.sign_in(desk, "wang", GOOD, totp=code(later), now=later).outcome == "ok"
    assert accounts.sign_in(desk, "wang", GOOD, totp=code(later), now=later).outcome == "totp"

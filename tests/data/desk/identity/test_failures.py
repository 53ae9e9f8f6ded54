"""How often an account may be tried and from where: guessing ends, and its owner gets in, on both kinds of desk."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from sqlalchemy import text

from data.desk.identity import accounts, failures, passwords, secondfactor
from data.desk.identity.accounts import SignIn
from data.desk.identity.failures import Place
from data.desk.store import Desk

NOW = datetime(2026, 11, 20, 8)
GOOD = "Hongqi-2026-x"
HOME, STRANGER = Place("10.1.2.3"), Place("10.9.9.9")
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The counting is tried, not the hashing."""
    quick = passwords.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "hasher", quick)


def tried(desk: Desk, place: Place, password: str = "wrong", now: datetime = NOW, **more: str) -> SignIn:
    return accounts.sign_in(desk, more.get("name", "wang"), password, place=place, now=now, totp=more.get("totp"))


def test_a_stranger_closes_an_account_to_themselves_alone(desk: Desk) -> None:
    accounts.add(desk, "wang", GOOD)
    outcomes = [tried(desk, STRANGER).outcome for _ in range(7)]
    assert outcomes == ["wrong"] * 5 + ["locked"] * 2
    assert tried(desk, STRANGER, GOOD).outcome == "locked", "a right guess does not help after that"
    assert tried(desk, HOME, GOOD).outcome == "ok"
    assert accounts.named(desk, "wang").locked_until is None, "what is old in this test is over today"


def test_owner_browser_is_distinguished_from_others_at_its_address(desk: Desk) -> None:
    """Behind a proxy that says nothing everybody has one address."""
    accounts.add(desk, "wang", GOOD)
    browser = Place(STRANGER.address, tried(desk, STRANGER, GOOD).device)
    assert browser.device
    for _ in range(6):
        tried(desk, STRANGER)
    assert tried(desk, STRANGER, GOOD).outcome == "locked"
    again = tried(desk, browser, GOOD)
    assert (again.outcome, again.device) == ("ok", "")
    for _ in range(5):
        assert tried(desk, browser).outcome == "wrong"
    assert tried(desk, browser, GOOD).outcome == "locked", "who holds the browser guesses no more than others"


def test_foreign_or_forged_device_token_is_ignored(desk: Desk) -> None:
    accounts.add(desk, "wang", GOOD)
    accounts.add(desk, "li", GOOD)
    other = tried(desk, HOME, GOOD, name="li").device
    for device in (other, "made-up", ""):
        tried(desk, Place(STRANGER.address, device))
        tried(desk, Place(STRANGER.address, device))
    assert tried(desk, Place(STRANGER.address, "one more"), GOOD).outcome == "locked"


def test_distributed_guessing_is_slowed_without_affecting_the_owner(desk: Desk) -> None:
    accounts.add(desk, "wang", GOOD)
    assert tried(desk, HOME, GOOD).outcome == "ok"
    crowd = [Place(f"10.7.{i // 4}.{i % 4}") for i in range(200)]
    later = [NOW + timedelta(seconds=i) for i in range(200)]
    outcomes = [tried(desk, place, now=now).outcome for place, now in zip(crowd, later, strict=True)]
    assert outcomes.count("wrong") <= failures.MOST_OF_STRANGERS + 200 / failures.SLOW.total_seconds() + 1
    assert tried(desk, HOME, GOOD, now=later[-1]).outcome == "ok"
    wait = tried(desk, Place("10.8.0.1"), GOOD, now=later[-1]).wait
    assert 0 < wait <= failures.SLOW.total_seconds()
    assert tried(desk, Place("10.8.0.1"), GOOD, now=later[-1] + failures.SLOW).outcome == "ok", "nobody is locked out"


def test_an_address_that_fails_with_many_accounts_waits_and_others_do_not(desk: Desk) -> None:
    accounts.add(desk, "wang", GOOD)
    known = Place(STRANGER.address, tried(desk, STRANGER, GOOD).device)
    for i in range(failures.MOST):
        assert tried(desk, STRANGER, name=f"n{i}", now=NOW + timedelta(seconds=i)).outcome == "wrong"
    last = NOW + timedelta(seconds=failures.MOST - 1)
    attempt = tried(desk, STRANGER, GOOD, now=last)
    assert (attempt.outcome, attempt.wait) == ("wait", (NOW + failures.SPAN - last).total_seconds())
    assert tried(desk, HOME, GOOD, now=last).outcome == "ok"
    assert tried(desk, known, GOOD, now=last).outcome == "ok", "a browser that is known at the same address"
    assert tried(desk, STRANGER, GOOD, now=NOW + failures.SPAN).outcome == "ok"


def test_codes_of_the_second_factor_are_counted_over_all_places(desk: Desk) -> None:
    account = accounts.add(desk, "wang", GOOD)
    app = pyotp.parse_uri(secondfactor.start(desk, account.id))
    assert isinstance(app, pyotp.TOTP)
    secondfactor.confirm(desk, account.id, app.at(NOW.replace(tzinfo=UTC)), NOW)
    now = NOW + MINUTE
    right = app.at(now.replace(tzinfo=UTC))
    wrong = f"{(int(right) + 1) % 10**6:06}"
    outcomes = [tried(desk, Place(f"10.7.0.{i // 4}"), GOOD, now, totp=wrong).outcome for i in range(30)]
    assert outcomes.count("totp") == failures.MOST_CODES
    assert tried(desk, STRANGER, GOOD, now, totp=right).outcome == "locked"
    later = now + failures.LONG_SPAN
    assert tried(desk, STRANGER, GOOD, later, totp=app.at(later.replace(tzinfo=UTC))).outcome == "ok"


def test_a_name_without_an_account_is_counted_like_any_other(desk: Desk) -> None:
    accounts.add(desk, "wang", GOOD)
    for name in ("wang", "nobody"):
        outcomes = [tried(desk, STRANGER, name=name).outcome for _ in range(7)]
        assert outcomes == ["wrong"] * 5 + ["locked"] * 2


def test_concurrent_attempts_are_counted_before_hashing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    accounts.add(desk, "wang", GOOD)
    hashed: list[str] = []
    real = passwords._low_priority.verify  # strangers' passwords are checked in a process of their own
    monkeypatch.setattr(
        passwords._low_priority, "verify", lambda stored, word: hashed.append(stored) or real(stored, word)
    )
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: tried(desk, STRANGER).outcome, range(60)))
    assert len(hashed) == failures.MOST_OF_PLACE


def test_an_administrator_and_a_new_password_open_it_again(desk: Desk) -> None:
    accounts.add(desk, "wang", GOOD)
    for unlock in (
        lambda: accounts.unlock(desk, "wang"),
        lambda: accounts.set_password(desk, "wang", "Baiyun+2027+x", by_self=False),
    ):
        for _ in range(5):
            accounts.sign_in(desk, "wang", "wrong", place=STRANGER)
        assert accounts.named(desk, "wang").locked_until
        assert {a.name: a.locked_until for a, _ in accounts.listing(desk)}["wang"]
        unlock()
        assert accounts.named(desk, "wang").locked_until is None


def test_failures_store_only_hashes(desk: Desk) -> None:
    accounts.add(desk, "wang", GOOD)
    device = tried(desk, HOME, GOOD).device
    tried(desk, Place(STRANGER.address, device))
    with desk.read() as session:
        rows = str(session.execute(text("SELECT * FROM failure")).all())
        rows += str(session.execute(text("SELECT * FROM known_place")).all())
    assert "wang" not in rows
    assert "10." not in rows
    assert device not in rows


def test_places_are_forgotten_in_time_and_are_not_without_end(desk: Desk) -> None:
    accounts.add(desk, "wang", GOOD)
    for i in range(failures.MOST_KNOWN + 10):
        tried(desk, Place(f"10.2.3.{i}"), GOOD, NOW + i * MINUTE)
    with desk.read() as session:
        assert session.scalar(text("SELECT count(*) FROM known_place")) <= failures.MOST_KNOWN + 2

"""A clock that is set back 26 hours locks nobody out, and lets nothing last longer than it should."""

from datetime import datetime, timedelta

import pyotp

from data.desk import reports
from data.desk.identity import accounts, failures, secondfactor, sessions, tokens
from data.desk.identity.failures import LOCK, MOST_OF_PLACE, Place
from data.desk.models import Failure
from data.desk.store import Desk

AHEAD = datetime(2026, 11, 28, 12)
NOW = AHEAD - timedelta(hours=26)
IDLE, LONGEST = timedelta(minutes=30), timedelta(hours=12)
PLACE = Place("198.51.100.7")
PASSWORD = "Hongqi+2026+lin"


def account(desk: Desk) -> int:
    return accounts.add(desk, "wang", PASSWORD, must_change=False).id


def test_a_lock_ends_within_its_time(desk: Desk) -> None:
    account(desk)
    for _ in range(MOST_OF_PLACE):
        assert accounts.sign_in(desk, "wang", "no", place=PLACE, now=AHEAD).outcome == "wrong"
    locked = accounts.sign_in(desk, "wang", PASSWORD, place=PLACE, now=NOW)
    assert locked.outcome == "locked"
    assert locked.wait <= LOCK.total_seconds()
    with desk.read() as session:
        assert failures.locks(session, ["wang"], NOW)["wang"] <= NOW + LOCK
    assert accounts.sign_in(desk, "wang", PASSWORD, place=PLACE, now=NOW + LOCK).outcome == "ok"


def test_lock_end_is_within_its_duration_before_any_attempt(desk: Desk) -> None:
    with desk.begin() as session:
        hashed = sessions.hashed("wang")
        for _ in range(MOST_OF_PLACE):
            session.add(Failure(account=hashed, address="a", place="p", known=False, code=False, at=AHEAD))
    with desk.read() as session:
        assert failures.locks(session, ["wang"], NOW)["wang"] == NOW + LOCK


def test_a_code_of_the_second_factor_works_once_after_it(desk: Desk) -> None:
    id = account(desk)
    totp = pyotp.TOTP(secondfactor.secret_of(secondfactor.start(desk, id)))
    secondfactor.confirm(desk, id, totp.at(_stamp(AHEAD)), AHEAD)
    code = totp.at(_stamp(NOW))
    signed = [accounts.sign_in(desk, "wang", PASSWORD, totp=code, place=PLACE, now=NOW).outcome for _ in range(2)]
    assert signed == ["ok", "totp"]
    last = totp.at(_stamp(NOW) - 30)
    assert accounts.sign_in(desk, "wang", PASSWORD, totp=last, place=PLACE, now=NOW).outcome == "totp", "older"


def test_sessions_survive_and_are_not_prolonged(desk: Desk) -> None:
    id = account(desk)
    token, other = (sessions.start(desk, id, now=AHEAD) for _ in range(2))
    limits = {"idle": IDLE, "longest": LONGEST}
    assert sessions.read(desk, token, now=NOW, **limits)
    sessions.touch(desk, {token}, now=NOW)
    assert sessions.alive(desk, {token, other}, now=NOW, **limits) == {token, other}
    assert sessions.alive(desk, {token, other}, now=NOW + IDLE, **limits) == set()
    for hours in range(13):
        sessions.touch(desk, {token}, now=NOW + timedelta(hours=hours))
    assert sessions.read(desk, token, now=NOW + LONGEST, **limits) is None


def test_tokens_hold(desk: Desk) -> None:
    token = tokens.issue(desk, "hotline", sources=("hotline",), expires_at=AHEAD + timedelta(days=1), now=AHEAD)
    assert tokens.read(desk, token, now=NOW)


def _stamp(at: datetime) -> int:
    return int((at - datetime(1970, 1, 1)).total_seconds())


def test_report_of_a_dead_worker_is_taken_over(desk: Desk, monkeypatch) -> None:
    monkeypatch.setattr(reports.clock, "now", lambda: AHEAD)
    report = reports.ask(desk, kind="brief", request="{}", edition="e", scope=((1, 2),), who="wang")
    assert report
    assert reports.take(desk, "gone")
    monkeypatch.setattr(reports.clock, "now", lambda: NOW)
    again = reports.take(desk, "other")
    assert again
    assert again.id == report.id

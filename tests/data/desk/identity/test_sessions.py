"""Sessions and tokens end when they should, on both kinds of desk."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from data.desk.errors import Refused
from data.desk.identity import accounts, sessions, tokens
from data.desk.store import Desk

NOW = datetime(2026, 11, 20, 8)
LIMITS = {"idle": timedelta(minutes=30), "longest": timedelta(hours=12)}


@pytest.fixture
def account(desk: Desk) -> accounts.Account:
    return accounts.add(desk, "wang", "Hongqi-2026-x", title="王镇长")


def test_a_session_ends_when_idle_and_lives_on_when_used(desk: Desk, account: accounts.Account) -> None:
    token = sessions.start(desk, account.id, address="10.1.2.3", now=NOW)
    session = sessions.read(desk, token, **LIMITS, now=NOW + timedelta(minutes=29))
    assert session
    assert (session.name, session.title, session.address) == ("wang", "王镇长", "10.1.2.3")
    assert sessions.read(desk, token, **LIMITS, now=NOW + timedelta(minutes=30)) is None
    sessions.touch(desk, {token}, now=NOW + timedelta(minutes=29))
    assert sessions.read(desk, token, **LIMITS, now=NOW + timedelta(minutes=58))


def test_a_session_ends_after_twelve_hours_however_much_it_is_used(desk: Desk, account: accounts.Account) -> None:
    token = sessions.start(desk, account.id, now=NOW)
    sessions.touch(desk, {token}, now=NOW + timedelta(hours=11, minutes=59))
    assert sessions.read(desk, token, **LIMITS, now=NOW + timedelta(hours=11, minutes=59, seconds=59))
    assert sessions.read(desk, token, **LIMITS, now=NOW + timedelta(hours=12)) is None


def test_only_the_hash_of_a_token_is_kept(desk: Desk, account: accounts.Account) -> None:
    token = sessions.start(desk, account.id)
    with desk.read() as session:
        assert session.execute(text("SELECT token_hash FROM session")).scalar_one() == sessions.hashed(token) != token


def test_signing_out_ends_every_session_of_the_account(desk: Desk, account: accounts.Account) -> None:
    other = accounts.add(desk, "li", "Hongqi-2026-x")
    own_tokens, theirs = (
        {sessions.start(desk, account.id, now=NOW) for _ in range(2)},
        sessions.start(desk, other.id, now=NOW),
    )
    assert sessions.alive(desk, {*own_tokens, theirs, "no token"}, **LIMITS, now=NOW) == {*own_tokens, theirs}
    sessions.end_all(desk, account.id, now=NOW)
    assert sessions.alive(desk, {*own_tokens, theirs}, **LIMITS, now=NOW) == {theirs}


def test_a_changed_password_ends_the_sessions(desk: Desk, account: accounts.Account) -> None:
    token = sessions.start(desk, account.id, now=NOW)
    accounts.set_password(desk, "wang", "Baiyun+2027+x", by_self=True, now=NOW)
    assert sessions.read(desk, token, **LIMITS, now=NOW) is None


def test_old_sessions_are_cleared_away(desk: Desk, account: accounts.Account) -> None:
    sessions.start(desk, account.id, now=NOW)
    sessions.start(desk, account.id, now=NOW + timedelta(days=2))
    with desk.read() as session:
        assert session.execute(text("SELECT count(*) FROM session")).scalar_one() == 1


def test_token_is_valid_until_it_expires_or_is_revoked(desk: Desk) -> None:
    until = NOW + timedelta(days=90)
    token = tokens.issue(desk, "hotline", sources=("hotline",), area=990101000000, expires_at=until, now=NOW)
    grant = tokens.read(desk, token, now=until - timedelta(seconds=1))
    assert grant
    assert (grant.system, grant.sources, grant.area) == ("hotline", ("hotline",), 990101000000)
    assert tokens.read(desk, token, now=until) is None
    assert tokens.read(desk, token + "x", now=NOW) is None
    tokens.revoke(desk, grant.id, now=NOW)
    assert tokens.read(desk, token, now=NOW) is None
    with pytest.raises(Refused):
        tokens.issue(desk, "hotline", expires_at=until, now=NOW)
    with pytest.raises(Refused, match="reports are of an area"):
        tokens.issue(desk, "hotline", sources=("hotline",), reports=True, expires_at=until, now=NOW)

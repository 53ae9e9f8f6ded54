"""Identities of a provider, and the roles it gives, on both kinds of desk."""

from datetime import date, timedelta

import pytest

from data.desk.errors import Refused
from data.desk.identity import accounts, identities, sessions
from data.desk.store import Desk

ISSUER = "https://id.example"
TOWN, DISTRICT = 990101100000, 990101000000
DAY = date(2026, 11, 20)


@pytest.fixture
def wang(desk: Desk) -> accounts.Account:
    accounts.add(desk, "li", "Hongqi-2026-x")
    return accounts.add(desk, "wang", "Hongqi-2026-x")


def held(desk: Desk, account: accounts.Account) -> set[tuple[str, int | None]]:
    return {(g.role, g.area) for g in accounts.grants_of(desk, account.id, DAY, by_provider=True)}


def test_identity_and_account_are_linked_one_to_one(desk: Desk, wang: accounts.Account) -> None:
    assert identities.account_of(desk, ISSUER, "42") is None
    identities.link(desk, "wang", ISSUER, "42")
    identities.link(desk, "wang", ISSUER, "42")
    assert identities.account_of(desk, ISSUER, "42") == wang
    assert identities.account_of(desk, "https://other.example", "42") is None
    with pytest.raises(Refused, match="another account"):
        identities.link(desk, "li", ISSUER, "42")
    with pytest.raises(Refused, match="another identity"):
        identities.link(desk, "wang", ISSUER, "43")
    accounts.lock(desk, "wang")
    assert identities.account_of(desk, ISSUER, "42") is None


def test_provider_roles_replace_its_earlier_ones_and_keep_local_grants(desk: Desk, wang: accounts.Account) -> None:
    accounts.grant(desk, "wang", "official", TOWN)
    first = identities.give(desk, "wang", [("official", TOWN), ("leader", DISTRICT), ("leader", DISTRICT)])
    assert (first.added, first.removed) == ((("leader", DISTRICT),), ())
    second = identities.give(desk, "wang", [("inspector", DISTRICT)])
    assert (second.added, second.removed) == ((("inspector", DISTRICT),), (("leader", DISTRICT),))
    assert held(desk, wang) == {("official", TOWN), ("inspector", DISTRICT)}
    assert [g.role for g in accounts.grants_of(desk, wang.id, DAY)] == ["official"]
    identities.unlink(desk, "wang")
    assert held(desk, wang) == {("official", TOWN)}


def test_provider_cannot_add_a_conflicting_administrator_role(desk: Desk, wang: accounts.Account) -> None:
    accounts.grant(desk, "wang", "official", TOWN)
    for roles in ([("audit_admin", None)], [("system_admin", None), ("audit_admin", None)]):
        with pytest.raises(Refused, match="no other role"):
            identities.give(desk, "wang", roles)
    assert held(desk, wang) == {("official", TOWN)}


def test_provider_session_does_not_require_a_password_change(desk: Desk, wang: accounts.Account) -> None:
    for by_provider in (True, False):
        token = sessions.start(desk, wang.id, by_provider=by_provider)
        session = sessions.read(desk, token, idle=timedelta(minutes=30), longest=timedelta(hours=12))
        assert session
        assert (session.by_provider, session.must_change) == (by_provider, not by_provider)

"""Resetting an administrator's password or factor takes two others, on both databases."""

from datetime import timedelta

import pytest

from cockpit.access.policy import Grants, Held
from cockpit.actions import accounts as actions
from cockpit.actions.action import OPERATOR, Actor, Forbidden
from data.desk import clock
from data.desk.auditing import audit
from data.desk.errors import Refused
from data.desk.identity import accounts, requests
from data.desk.store import Desk
from tests.cockpit.actions.test_actions import PASSWORD, desk, home  # noqa: F401

ADMIN = Grants((Held("system_admin", 0, 0),))
FIRST, SECOND = Actor("first", ADMIN), Actor("second", ADMIN)


@pytest.fixture
def admin(desk: Desk) -> str:  # noqa: F811
    accounts.add(desk, "audit", PASSWORD, must_change=False)
    accounts.grant(desk, "audit", "audit_admin")
    return "audit"


def test_reset_of_another_administrator_needs_confirmation(desk: Desk, admin: str) -> None:  # noqa: F811
    for act in (actions.set_password, actions.remove_factor):
        with pytest.raises(Forbidden):
            act(desk, FIRST, admin)
    assert accounts.sign_in(desk, admin, PASSWORD).outcome == "ok"
    actions.set_password(desk, FIRST, "li")
    actions.set_password(desk, OPERATOR, admin)
    assert accounts.sign_in(desk, admin, PASSWORD).outcome == "wrong"


def test_second_administrator_confirms_a_request(desk: Desk, admin: str) -> None:  # noqa: F811
    actions.ask(desk, FIRST, "set_password", admin)
    (waiting,) = requests.waiting(desk)
    for actor in (FIRST, Actor(admin, ADMIN)):
        with pytest.raises(Forbidden):
            actions.confirm(desk, actor, waiting.id)
    assert requests.waiting(desk) == [waiting], "what was refused is still to be decided"
    new = actions.confirm(desk, SECOND, waiting.id)
    assert accounts.sign_in(desk, admin, new).outcome == "ok"
    assert "asked for by first" in str(audit.entries(desk, limit=1)[0]["what"])
    with pytest.raises(Refused):
        actions.confirm(desk, SECOND, waiting.id)


def test_request_expires_or_is_withdrawn(desk: Desk, admin: str) -> None:  # noqa: F811
    requests.ask(desk, "remove_factor", admin, "first", now=clock.now() - timedelta(days=2))
    assert requests.waiting(desk) == []
    actions.ask(desk, FIRST, "remove_factor", admin)
    actions.withdraw(desk, FIRST, requests.waiting(desk)[0].id)
    assert requests.waiting(desk) == []

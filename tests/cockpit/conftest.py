"""Pages run for a signed-in user: a real session of a real desk in the served home."""

from functools import cache
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import make_url
from streamlit.components.v2 import manifest_scanner

from cockpit import settings
from cockpit.access import guard
from data.desk.identity import accounts, passwords, roles, sessions
from data.desk.store import open_desk
from tests.desks import sqlite_tables

EVERYWHERE = 990000000000
"""The province that the districts of the tests lie in."""
ROLES = ("leader", "data_officer")

# At every run of a page AppTest reads the metadata of all installed packages, to find components among them.
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)


@pytest.fixture(autouse=True)
def _signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever may see everything, unless a test says otherwise."""
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    monkeypatch.setattr(guard, "token", lambda: session_of(settings.current().desk_url))


@cache
def session_of(desk_url: str, held: tuple[str, ...] = ROLES, area: int = EVERYWHERE) -> str:
    """The token of a new session with these roles on an area."""
    config, file = settings.current(), make_url(desk_url).database
    if desk_url.startswith("sqlite:") and file and not Path(file).exists():
        sqlite_tables(Path(file))
    desk = open_desk(desk_url, config.custody if config.desk_url == desk_url else None)
    name = "-".join((*held, str(area)))
    account = accounts.add(desk, name, "Hongqi+2026+x", must_change=False)
    for role in held:
        accounts.grant(desk, name, role, area if role in roles.BUSINESS else None)
    token = sessions.start(desk, account.id, factor=True)
    desk.close()
    return token

"""A desk of each kind: SQLite in a folder, and a real PostgreSQL server."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from data.desk.auditing.custody import Custody
from data.desk.identity import passwords
from data.desk.store import Desk, open_desk
from tests.desks import postgres_tables, sqlite_tables
from tests.servers.postgres import Postgres


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    passwords._hash_of_no_account.cache_clear()


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty desk. Tests that take a `desk` get the tables with it, others test how they are made."""
    file, has_tables = tmp_path / "desk.sqlite", "desk" in request.fixturenames
    if request.param == "sqlite":
        return sqlite_tables(file) if has_tables else f"sqlite:///{file}"
    server: Postgres = request.getfixturevalue("postgres")
    name = f"d{abs(hash(request.node.nodeid)) % 10**12}"
    return postgres_tables(server, name) if has_tables else server.database(name)


@pytest.fixture
def custody(tmp_path: Path) -> Custody:
    """Keys and an anchor outside the desk."""
    return Custody(tmp_path / "keys", anchor=tmp_path / "outside" / "anchor.jsonl")


@pytest.fixture
def desk(address: str, custody: Custody) -> Iterator[Desk]:
    opened_desk = open_desk(address, custody)
    yield opened_desk
    opened_desk.close()


@pytest.fixture
def sqlite_desk(tmp_path: Path) -> Callable[[], Desk]:
    return lambda: open_desk(f"sqlite:///{tmp_path / 'desk.sqlite'}")

"""Migrated databases for desks, made once a process. Keys and audit chain are not made yet."""

import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy import create_engine

from data.desk.store import migrate
from tests.servers.postgres import Postgres

TEMPLATE = "migrated"


def sqlite_tables(file: Path) -> str:
    """The URL of a new SQLite file with all tables."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(0o600)
    file.write_bytes(_migrated())
    return f"sqlite:///{file}"


def postgres_tables(server: Postgres, name: str) -> str:
    """The URL of a new database of the server with all tables."""
    if not server.has_database(TEMPLATE):
        _migrate(server.database(TEMPLATE))
    return server.database(name, template=TEMPLATE)


@cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "desk.sqlite"
        _migrate(f"sqlite:///{file}")
        return file.read_bytes()


def _migrate(url: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        migrate(connection)
    engine.dispose()

"""A desk of each kind: SQLite in a folder, and a real PostgreSQL server where its programs are installed."""

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from data.desk import passwords
from data.desk.store import Desk, open_desk

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin")) if Path("/usr/lib/postgresql").is_dir() else []


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    passwords._nobody.cache_clear()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a running PostgreSQL server; its programs refuse to run as root."""
    if not PROGRAMS:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    bin, folder = PROGRAMS[-1], tmp_path_factory.mktemp("postgres")
    user = _unprivileged(folder)
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port = door.getsockname()[1]
    run = ["runuser", "-u", user, "--"] if user else []
    data = folder / "data"
    subprocess.run([*run, bin / "initdb", "-D", data, "-U", "desk", "-A", "trust", "-E", "UTF8"], check=True, **_QUIET)
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    subprocess.run([*run, bin / "pg_ctl", "-D", data, "-o", options, "-w", "start"], check=True, **_QUIET)
    yield f"postgresql+psycopg://desk@127.0.0.1:{port}"
    subprocess.run([*run, bin / "pg_ctl", "-D", data, "-m", "immediate", "stop"], check=False, **_QUIET)


_QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/"}


def _unprivileged(folder: Path) -> str | None:
    """The user to run the server as, given the folder; None where this one will do."""
    if os.getuid():
        return None
    user = next((u.pw_name for u in pwd.getpwall() if u.pw_name in ("postgres", "nobody")), "nobody")
    for parent in (folder, *folder.parents):
        if parent == Path("/tmp"):
            break
        parent.chmod(parent.stat().st_mode | 0o055)
    shutil.chown(folder, user)
    return user


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty desk."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'desk.sqlite'}"
    server: str = request.getfixturevalue("postgres")
    import psycopg

    name = f"d{abs(hash(request.node.nodeid)) % 10**12}"
    with psycopg.connect(server.replace("+psycopg", "") + "/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{server}/{name}"


@pytest.fixture
def desk(address: str) -> Iterator[Desk]:
    found = open_desk(address)
    yield found
    found.close()


@pytest.fixture
def sqlite_desk(tmp_path: Path) -> Callable[[], Desk]:
    return lambda: open_desk(f"sqlite:///{tmp_path / 'desk.sqlite'}")

"""A real PostgreSQL server for tests: Debian's programs, on a free port in a temporary folder."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import psycopg

ELSEWHERE = shutil.which("initdb")
PROGRAMS = [*([Path(ELSEWHERE).parent] if ELSEWHERE else []), *sorted(Path("/usr/lib/postgresql").glob("*/bin"))]
"""Folders of them, the one to take last."""


class Postgres:
    """A server that can be stopped and started again. `url` names it without a database."""

    def __init__(self) -> None:
        if not PROGRAMS:
            raise FileNotFoundError("PostgreSQL's programs are not here: .ci/programs installs them")
        # not below pytest's own folder, which every new run of pytest closes to other users
        self.bin, self.folder = PROGRAMS[-1], Path(tempfile.mkdtemp(prefix="cockpit-postgres-"))
        user = _unprivileged(self.folder)
        self._run = ["runuser", "-u", user, "--"] if user else []  # its programs refuse to run as root
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port = listener.getsockname()[1]
        self.url = f"postgresql+psycopg://desk@127.0.0.1:{self.port}"
        self._call("initdb", "-D", self.folder / "data", "-U", "desk", "-A", "trust", "-E", "UTF8")

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder} -c fsync=off"
        self._call("pg_ctl", "-D", self.folder / "data", "-l", self.folder / "log", "-o", options, "-w", "start")

    def stop(self) -> None:
        self._call("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "-w", "stop")

    def remove(self) -> None:
        """Stop it for good."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def database(self, name: str, template: str = "template1") -> str:
        """The URL of a new database, a copy of `template`: empty by default."""
        with self._administering() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return f"{self.url}/{name}"

    def has_database(self, name: str) -> bool:
        with self._administering() as connection:
            return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None

    def _administering(self) -> psycopg.Connection:
        return psycopg.connect(self.url.replace("+psycopg", "") + "/postgres", autocommit=True)

    def _call(self, program: str, *arguments: object) -> None:
        words = [*self._run, str(self.bin / program), *map(str, arguments)]
        done = subprocess.run(words, check=False, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if done.returncode:
            log = self.folder / "log"
            raise RuntimeError(f"{program} failed: {log.read_text()[-2000:] if log.exists() else done.returncode}")


def _unprivileged(folder: Path) -> str | None:
    """The user to run the server as, given the folder; None where this one will do."""
    if os.getuid():
        return None
    user = next((u.pw_name for u in pwd.getpwall() if u.pw_name in ("postgres", "nobody")), "nobody")
    shutil.chown(folder, user)
    return user

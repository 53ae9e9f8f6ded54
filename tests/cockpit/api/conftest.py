"""A real server of a small home, with a source that accepts pushes."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
import yaml

from data.desk import clock
from data.desk.identity import accounts, tokens
from data.desk.store import open_desk
from data.home import Home
from tests.factory import TOWNS, VILLAGES, areas, deliver, published
from tests.homes import Homes

ROOT = Path(__file__).parents[3]
START_SECONDS = 180
SOURCE = {
    "source": "tickets", "name": {"zh": "工单", "en": "Tickets"}, "fact": "cases", "push": True,
    "zone": "Asia/Shanghai", "key": "ticket_no", "area": "village_code",
    "columns": {
        "kind": "'hotline'", "category": "type", "registered_at": "created", "closed_at": "finished",
        "updated_at": "modified",
    },
}  # fmt: skip


def row(number: object, **changes: object) -> dict[str, object]:
    """A good row of SOURCE."""
    return {
        "ticket_no": str(number), "village_code": str(VILLAGES[0]), "type": "路灯", "created": "2026-11-20 08:00",
        "finished": None, "modified": "2026-11-20 08:00", **changes,
    }  # fmt: skip


def declare(home: Path) -> None:
    """The source file of SOURCE, in the folder that is looked in."""
    (home / "sources").mkdir(exist_ok=True)
    (home / "sources" / "tickets.yaml").write_text(yaml.safe_dump(SOURCE, allow_unicode=True), "utf-8")


def token_of(home: Path, *sources: str, area: int | None = None, system: str = "tickets") -> str:
    """A token for sources, and for an area if one is given."""
    desk = open_desk(f"sqlite:///{home.resolve() / 'desk.sqlite'}")
    made = tokens.issue(desk, system, sources=sources, area=area, expires_at=clock.now() + timedelta(days=1))
    desk.close()
    return made


@dataclass
class Served:
    """A home and the servers that serve it, each by its process."""

    home: Path
    address: str = ""
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def process(self) -> subprocess.Popen[bytes]:
        return self.processes[-1]

    def start(self, **variables: str) -> str:
        """One more server, on a free port; its address."""
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            port = listener.getsockname()[1]
        environment = {**os.environ, "COCKPIT_HOME": str(self.home), "COCKPIT_MEMORY": "1GB", **variables}
        command = [sys.executable, "-m", "cockpit", "serve", "--port", str(port)]
        with (self.home / "serve.log").open("ab") as log:
            self.processes.append(subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log))
        self.address = f"http://127.0.0.1:{port}"
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            try:
                if httpx.get(f"{self.address}/healthz").status_code == 200:
                    return self.address
            except httpx.TransportError:
                time.sleep(0.1)
        raise AssertionError((self.home / "serve.log").read_text())

    def stop(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes.clear()


def prepared(folder: Path) -> Path:
    """A home with areas, thirty cases, an account and the declared source."""
    home = Home(folder, memory="1GB")
    areas(home)
    at = datetime(2026, 11, 2, 9)
    cases = [
        {"key": f"{area}-{i}", "area": area, "registered_at": at + timedelta(hours=i)}
        for area in (*VILLAGES, *TOWNS)
        for i in range(6)
    ]
    deliver(home, "cases", cases)
    published(home, datetime(2026, 11, 22, 8))
    declare(home.root)
    desk = open_desk(f"sqlite:///{home.root.resolve() / 'desk.sqlite'}")
    accounts.add(desk, "wang", "Hongqi+2026+x", must_change=False)
    desk.close()
    return home.root


@pytest.fixture(scope="module")
def served(homes: Homes) -> Iterator[Served]:
    """A server that publishes within ten seconds and takes as many pushes as come."""
    server = Served(homes.copy(prepared))
    server.start(COCKPIT_PUBLISH_SECONDS="10", COCKPIT_PUSH_RATE="100000")
    yield server
    server.stop()

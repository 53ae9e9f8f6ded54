"""A server to measure: started by the command line, with signed-in viewers."""

import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import psutil

from bench.support.viewer import Place, Viewer
from data.desk.errors import Refused
from data.desk.identity import accounts, sessions
from data.desk.store import Desk, open_desk
from data.editions.edition import current
from data.editions.files import path_of, point
from data.home import Home
from metrics.areas import Area, children, root

ROLES = {"district": "leader", "town": "official", "village": "cadre"}
START_SECONDS = 120.0
SETTLING_SECONDS = 120.0
AT_REST = 0.05
"""Share of a processor."""
MOST_ACCOUNTS = 120
"""Accounts of a level at most; further viewers are further sessions of theirs."""


@dataclass
class Served:
    """A running server of a home."""

    home: Home
    address: str
    process: psutil.Process
    desk: Desk

    def viewers(self, count: int, levels: tuple[str, ...] = tuple(ROLES)) -> list[Viewer]:
        """So many viewers, the levels in turn; each looks at an area of its own grant, in a session of its own."""
        places = {level: self._places(level) for level in levels}
        made = []
        for i in range(count):
            level = levels[i % len(levels)]
            place = places[level][i // len(levels) % len(places[level])]
            account = self._account(level, place)
            made.append(Viewer(self.address, sessions.start(self.desk, account), Place(level, place.code, place.name)))
        return made

    def processes(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]

    def cpu(self) -> float:
        """Seconds of CPU used so far, user and system."""
        return sum(_cpu_seconds(process) for process in self.processes())

    def memory(self) -> int:
        """Bytes resident of all processes; pages that several share count once."""
        return sum(_proportional(process) for process in self.processes())

    @contextmanager
    def new_edition(self) -> Iterator[None]:
        """A new edition, and the one before again at the end: the same content in a file of another name.

        To a server it is as new as any: whatever it keeps is kept by an edition's name. The file's pages are in the
        system's memory, as they are of one that was written just now.
        """
        before = current(self.home)
        assert before
        id = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        file = path_of(self.home, id)
        os.link(before.path, file)
        point(self.home, id)
        try:
            yield
        finally:
            point(self.home, before.id)
            file.unlink()

    def settle(self) -> None:
        """Wait until it is at rest: after its start it makes the first screens ready."""
        until = time.monotonic() + SETTLING_SECONDS
        while time.monotonic() < until:
            before = self.cpu()
            time.sleep(1)
            if self.cpu() - before < AT_REST:
                return

    def _places(self, level: str) -> list[Area]:
        edition = current(self.home)
        assert edition
        top = root(edition)
        towns = children(edition, top)
        match level:
            case "district":
                return [top]
            case "town":
                return list(towns)
            case _:
                return [village for town in towns for village in children(edition, town)][:MOST_ACCOUNTS]

    def _account(self, level: str, place: Area) -> int:
        name = f"bench-{level}-{place.code}"
        try:
            return accounts.named(self.desk, name).id
        except Refused:
            account = accounts.add(self.desk, name, f"Hongqi+{place.code}", must_change=False)
            accounts.grant(self.desk, name, ROLES[level], place.code)
            return account.id


def _cpu_seconds(process: psutil.Process) -> float:
    """Of the process and of its children that have ended; 0 of a process that has just ended."""
    with suppress(psutil.Error):
        return sum(process.cpu_times()[:4])
    return 0.0


def _proportional(process: psutil.Process) -> int:
    """Bytes; 0 of a process that has just ended."""
    with suppress(psutil.Error):
        return int(process.memory_full_info().pss)
    return 0


@contextmanager
def served(home: Home) -> Iterator[Served]:
    """Serves a home until the end of the block."""
    desk = open_desk(f"sqlite:///{home.root.resolve() / 'desk.sqlite'}")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = [sys.executable, "-m", "cockpit", "serve", "--port", str(port), "--home", str(home.root), "--demo"]
    process = subprocess.Popen(command)
    try:
        server = Served(home, f"http://127.0.0.1:{port}", psutil.Process(process.pid), desk)
        _wait(server.address)
        server.settle()
        yield server
    finally:
        process.terminate()
        process.wait(30)
        desk.close()


def _wait(address: str) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            urllib.request.urlopen(f"{address}/readyz", timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > until:
                raise
            time.sleep(0.2)

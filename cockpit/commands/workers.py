"""Several processes that serve, each on a port of its own, and the one that starts them again when they end.

What stands in front keeps a session with one of them: docs/serving.md and docs/nginx.conf.
"""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click

from cockpit.errors import CockpitError

LOOK_SECONDS = 0.2
START_SECONDS = 120.0
STOP_SECONDS = 20.0
LASTING_SECONDS = 10.0
"""A worker that lived longer is started again at once, another one after a while."""
PATIENCE = (1.0, 30.0)
"""Seconds to wait before that: at first, and at most."""
PARENT_DIED = 1
"""Linux's PR_SET_PDEATHSIG."""


class Worker:
    """One process on one port."""

    def __init__(self, host: str, port: int, command: Sequence[str], environment: dict[str, str]) -> None:
        self.host, self.port, self.command, self.environment = host, port, list(command), environment
        self.patience, self.due = PATIENCE[0], 0.0
        self.start()

    def start(self) -> None:
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            self.command, env=self.environment, stdout=subprocess.DEVNULL, start_new_session=True,
            preexec_fn=_ends_with_its_parent if sys.platform == "linux" else None,
        )  # fmt: skip

    @property
    def answers(self) -> bool:
        """Whether its port is open, which it is once all is warm."""
        try:
            socket.create_connection((self.host, self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def look(self) -> None:
        """Start it again if it has ended."""
        code, now = self.process.poll(), time.monotonic()
        if code is None:
            return
        if not self.due:
            lasted = now - self.began > LASTING_SECONDS
            wait = 0.0 if lasted else self.patience
            self.patience = PATIENCE[0] if lasted else min(2 * self.patience, PATIENCE[1])
            self.due = now + wait
            how = f"signal {-code}" if code < 0 else f"status {code}"
            when = f"in {wait:g} s" if wait else "now"
            click.echo(f"the worker on port {self.port} ended with {how}: it is started again {when}", err=True)
        if now >= self.due:
            self.due = 0.0
            self.start()


def supervise(commands: Sequence[tuple[str, int, Sequence[str], dict[str, str]]], told: str) -> None:
    """Run a worker a command until SIGTERM or SIGINT; `told` is printed when all of them answer.

    commands: address, port, command and environment of each. CockpitError if one of them ends before it answers.
    """
    with _asked_to_stop() as stop:
        workers: list[Worker] = []
        try:
            workers += [Worker(*command) for command in commands]
            if _ready(workers, stop):
                click.echo(told)
            while not stop.wait(LOOK_SECONDS):
                for worker in workers:
                    worker.look()
        finally:
            _stop(workers)


def _ready(workers: list[Worker], stop: threading.Event) -> bool:
    until = time.monotonic() + START_SECONDS
    while not all(worker.answers for worker in workers):
        if ended := next((worker for worker in workers if worker.process.poll() is not None), None):
            raise CockpitError(f"the worker on port {ended.port} did not start: the lines above say why")
        if time.monotonic() > until:
            raise CockpitError(f"the workers did not start within {START_SECONDS:g} s")
        if stop.wait(LOOK_SECONDS):
            return False
    return True


def _stop(workers: list[Worker]) -> None:
    """All at once, within STOP_SECONDS."""
    for worker in workers:
        if worker.process.poll() is None:
            worker.process.terminate()
    until = time.monotonic() + STOP_SECONDS
    for worker in workers:
        with contextlib.suppress(subprocess.TimeoutExpired):
            worker.process.wait(max(0.0, until - time.monotonic()))
        if worker.process.poll() is None:
            worker.process.kill()
            worker.process.wait()


@contextmanager
def _asked_to_stop() -> Iterator[threading.Event]:
    """Set by SIGTERM and SIGINT."""
    stop = threading.Event()
    before = {name: signal.signal(name, lambda *_: stop.set()) for name in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def _ends_with_its_parent() -> None:
    """In the new process, before it begins: whoever kills the supervisor leaves no worker behind."""
    ctypes.CDLL(None).prctl(PARENT_DIED, signal.SIGTERM)
    if os.getppid() == 1:
        os._exit(1)

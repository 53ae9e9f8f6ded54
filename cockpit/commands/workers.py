"""Several server processes, each on its own port.

What stands in front keeps a session with one of them: docs/serving.md and docs/nginx.conf.
"""

import signal
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import click

from cockpit.errors import CockpitError
from cockpit.server import background
from cockpit.server.background import Background, Program

LOOK_SECONDS = 0.2
START_SECONDS = 120.0
STOP_SECONDS = 20.0
RETRY = (1.0, 30.0)


class Worker(Background):
    """One process on one port."""

    def __init__(self, host: str, port: int, command: Sequence[str], environment: Mapping[str, str]) -> None:
        super().__init__(Program(f"worker on port {port}", command, environment=environment, retry=RETRY, nice=0))
        self.host, self.port = host, port

    @property
    def answers(self) -> bool:
        """Whether its port is open, which it is once all is warm."""
        try:
            socket.create_connection((self.host, self.port), timeout=1).close()
        except OSError:
            return False
        return True


def supervise(commands: Sequence[tuple[str, int, Sequence[str], Mapping[str, str]]], ready: str) -> None:
    """Run a worker a command until SIGTERM or SIGINT; `ready` is printed when all of them answer.

    commands: address, port, command of each, and what is added to its environment. CockpitError if one of them ends
    before it answers.
    """
    with _stop_signal() as over:
        workers = [Worker(*command) for command in commands]
        try:
            if _ready(workers, over):
                click.echo(ready)
            while not over.wait(LOOK_SECONDS):
                for worker in workers:
                    worker.look()
        finally:
            background.stop(workers, STOP_SECONDS)


def _ready(workers: Sequence[Worker], over: threading.Event) -> bool:
    until = time.monotonic() + START_SECONDS
    for worker in workers:
        worker.look()
    while not all(worker.answers for worker in workers):
        if died := next((worker for worker in workers if worker.has_died or worker.deaths), None):
            raise CockpitError(
                "worker.not_started", "the worker on port {port} did not start: the lines above say why", port=died.port
            )
        if time.monotonic() > until:
            raise CockpitError("worker.slow", "the workers did not start within {seconds:g} s", seconds=START_SECONDS)
        if over.wait(LOOK_SECONDS):
            return False
    return True


@contextmanager
def _stop_signal() -> Iterator[threading.Event]:
    """Set by SIGTERM and SIGINT."""
    stop = threading.Event()
    before = {name: signal.signal(name, lambda *_: stop.set()) for name in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)

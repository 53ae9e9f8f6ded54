"""Background processes: start, watch, restart on failure, and stop with the server.

The publisher, the prober, the maker of reports and the workers of `serve --workers` are each a `Program`. A program's
own side of it is `end_with_parent`, and `give_way` where its start is not to be slow.

A child process has a process group of its own, so that Ctrl-C does not reach it, but never a session of its own: Linux
shares the processor between sessions first (autogroup), and a priority counts within a session only.
"""

import fcntl
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal

from data.errors import DataError

log = logging.getLogger(__name__)

ROOT = Path(__file__).parents[2]
LOOK_SECONDS = 1.0
LASTING_SECONDS = 10.0
"""A process that lived longer is restarted at once."""
STOP_SECONDS = 10.0
NICENESS = 10
PARENT = "COCKPIT_PARENT_PROCESS"
"""Environment variable with the id of the parent process."""

State = Literal["running", "idle", "failing"]


@dataclass(frozen=True)
class Program:
    """A command to keep running.

    wanted: called before each start; DataError or OSError is a failure to start. environment: added to the server's.
    retry: seconds until it is started again after a failure, at first and at most; doubled each time. rest: the same
    after an end with status 0. nice: less processor time than the server. lock: a file held while it runs, so that of
    all servers of a home one runs it; the process inherits it.
    """

    name: str
    command: Sequence[str]
    wanted: Callable[[], bool] = lambda: True
    environment: Mapping[str, str] = field(default_factory=dict)
    retry: tuple[float, float] = (2.0, 60.0)
    rest: float = 0.0
    nice: int = NICENESS
    lock: Path | None = None


def module(name: str) -> tuple[str, ...]:
    """Command that runs a module."""
    return (sys.executable, "-m", name)


class Background:
    """The process of a program. Call `look` regularly from one thread."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.deaths = 0
        """Number of failed ends and failed starts."""
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: BinaryIO | None = None
        self._began = self._due = 0.0
        self._delay = program.retry[0]
        self._failed = False

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def has_died(self) -> bool:
        """Whether it has ended since the last `look`."""
        return self._process is not None and self._process.poll() is not None

    @property
    def state(self) -> State:
        """`failing` from a failure until it runs again or is not wanted any more."""
        return "running" if self._process else "failing" if self._failed else "idle"

    def look(self) -> None:
        """Start or restart it if due."""
        if self._process:
            code = self._process.poll()
            if code is None:
                return
            self._ended(code)
        if time.monotonic() < self._due:
            return
        try:
            if self.program.wanted() and self._locked():
                self._start()
            self._failed = False
        except (DataError, OSError) as error:  # a full disk, too many processes: it may be over soon
            log.warning("the %s cannot be started: %s; tried again in %g s", self.program.name, error, self._fail())
        except Exception:
            log.exception("the %s cannot be started; tried again in %g s", self.program.name, self._fail())

    def terminate(self) -> None:
        """Send SIGTERM; see `wait`."""
        if self._process:
            self._process.terminate()

    def wait(self, until: float) -> None:
        """Wait for its end; kill it at `until` (time.monotonic())."""
        if self._process:
            try:
                self._process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        self._unlock()

    def _start(self) -> None:
        environment = {**os.environ, **self.program.environment, PARENT: str(os.getpid())}
        inherited = [self._lock.fileno()] if self._lock else []
        self._process = subprocess.Popen(
            self.program.command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            pass_fds=inherited, process_group=0,
        )  # fmt: skip
        self._began = time.monotonic()
        if self.program.nice:
            give_way(self.program.nice, self._process.pid)

    def _ended(self, code: int) -> None:
        self._process = None
        self._unlock()
        if not code:
            self._delay, self._due = self.program.retry[0], time.monotonic() + self.program.rest
            return
        lasted = time.monotonic() - self._began > LASTING_SECONDS
        wait = self._fail(at_once=lasted)
        how = f"signal {-code}" if code < 0 else f"status {code}"
        when = f"in {wait:g} s" if wait else "now"
        log.error("the %s ended with %s: it is started again %s", self.program.name, how, when)

    def _fail(self, *, at_once: bool = False) -> float:
        """Record a failure; returns seconds until the next attempt."""
        self.deaths, self._failed = self.deaths + 1, True
        wait, (first, most) = 0.0 if at_once else self._delay, self.program.retry
        self._delay = first if at_once else min(2 * self._delay, most)
        self._due = time.monotonic() + wait
        self._unlock()
        return wait

    def _locked(self) -> bool:
        """Take the lock file. False if another server holds it."""
        if self.program.lock is None:
            return True
        lock = self.program.lock.open("ab")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return False
        self._lock = lock
        return True

    def _unlock(self) -> None:
        if self._lock:
            self._lock.close()
            self._lock = None


class Watch:
    """A thread that keeps programs running from `start` to `stop`."""

    def __init__(self, programs: Iterable[Program]) -> None:
        self.processes = [Background(program) for program in programs]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="background", daemon=True)

    def start(self) -> None:
        watches.append(self)
        self._thread.start()

    def stop(self) -> None:
        """Stop all processes."""
        self._over.set()
        self._thread.join(2 * STOP_SECONDS)
        watches.remove(self)

    def _run(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            for process in self.processes:
                process.look()
        stop(self.processes)


watches: list[Watch] = []
"""Of this process."""


def watched() -> list[Background]:
    """Background processes of this server, for metrics and health."""
    return [process for watch in watches for process in watch.processes]


def stop(processes: Sequence[Background], seconds: float = STOP_SECONDS) -> None:
    """Terminate all in parallel; kill those still running after `seconds`."""
    until = time.monotonic() + seconds
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait(until)


def give_way(nice: int = NICENESS, pid: int = 0) -> None:
    """Lower the priority, and use the batch scheduler where there is one."""
    with suppress(ProcessLookupError):
        os.setpriority(os.PRIO_PROCESS, pid, max(nice, os.getpriority(os.PRIO_PROCESS, pid)))
        if hasattr(os, "SCHED_BATCH"):
            os.sched_setscheduler(pid, os.SCHED_BATCH, os.sched_param(0))


def end_with_parent() -> None:
    """Send SIGTERM to this process when its parent is gone, even if that was killed."""
    if parent := os.environ.pop(PARENT, ""):
        threading.Thread(target=_end_after, args=(int(parent),), name="parent", daemon=True).start()


def _end_after(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)

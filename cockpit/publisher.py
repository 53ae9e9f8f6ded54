"""The background publisher: a process of its own that brings pushes into editions, kept alive by the server.

Loading and publishing take processors and the interpreter's lock, which readers need. The process is started when
something waits and ends when nothing has for a while. Of all servers of a home one keeps it: whoever has the lock,
which the process inherits, so that never two of them run, whoever was killed.
"""

import fcntl
import logging
import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from cockpit import settings
from cockpit.settings import Settings
from data.errors import DataError
from data.home import Home
from data.pushes import Publisher
from data.spool import Spool

log = logging.getLogger(__name__)

ROOT = Path(__file__).parents[1]
LOOK_SECONDS = 1.0
IDLE_SECONDS = 60.0
PATIENCE = (2.0, 60.0)
"""Seconds to wait after a fault: at first, and at most."""
STOP_SECONDS = 10.0
NICENESS = 10


class Keeper:
    """Starts the publisher of a home when pushes wait, and again when it has ended with work left."""

    def __init__(self, config: Settings) -> None:
        self.config, self.spool = config, Spool(config.data)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="publisher", daemon=True)
        self._lock: BinaryIO | None = None
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the publisher wherever it is: what it had begun is begun anew at the next start."""
        self._over.set()
        self._thread.join(STOP_SECONDS)

    def _keep(self) -> None:
        patience = PATIENCE[0]
        while not self._over.wait(LOOK_SECONDS):
            try:
                if self._child is not None and (code := self._child.poll()) is not None:
                    self._child = None
                    if code:
                        log.error("the publisher ended with %s: it is started again in %g s", code, patience)
                        self._over.wait(patience)
                    patience = min(patience * 2, PATIENCE[1]) if code else PATIENCE[0]
                if self._child is None and self._work() and self._locked():
                    self._child = self._started()
                if self._child is None and self._lock and not self._work():
                    self._lock.close()
                    self._lock = None
            except (DataError, OSError) as error:
                log.warning("pushes are not being published: %s", error)
                self._over.wait(patience)
            except Exception:  # whatever it is, pushes are waiting
                log.exception("pushes are not being published")
                self._over.wait(patience)
        self._end()

    def _work(self) -> bool:
        return self.spool.exists and has_work(self.spool)

    def _locked(self) -> bool:
        """Whether this server keeps the publisher from now on."""
        if self._lock is None:
            lock = (self.spool.folder / "publisher.lock").open("ab")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.close()
                return False
            self._lock = lock
        return True

    def _started(self) -> subprocess.Popen[bytes]:
        """The process. It ends by itself when the pipe to it closes, so when this server is no more."""
        assert self._lock is not None
        paths = {"HOME": self.config.home, "CATALOG": self.config.catalog, "SOURCES": self.config.sources}
        named = {f"{settings.PREFIX}{name}": str(path.resolve()) for name, path in paths.items() if path}
        return subprocess.Popen(
            [sys.executable, "-m", "cockpit.publisher"], cwd=ROOT, env=os.environ | named, stdin=subprocess.PIPE,
            pass_fds=[self._lock.fileno()], start_new_session=True,
        )  # fmt: skip

    def _end(self) -> None:
        if self._child is not None:
            self._child.terminate()
            try:
                self._child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
        if self._lock is not None:
            self._lock.close()


def keep() -> Keeper:
    """Keep the publisher of this process's home from now on."""
    keeper = Keeper(settings.current())
    keeper.start()
    return keeper


def has_work(spool: Spool) -> bool:
    """Whether anything waits to be loaded or to be published."""
    return spool.next() is not None or bool(spool.loaded())


def counters(home: Home) -> dict[str, int]:
    """How many pushes are in each state, and how many of their rows were refused; of the last month."""
    spool = Spool(home)
    return dict(spool.counts().items(), refused_rows=spool.refused_rows())


def run(config: Settings) -> None:
    """Load and publish until nothing has waited for a while."""
    from metrics.catalog import load_usable

    catalog, faults = load_usable(config.catalog, config.three_rate_weights)
    for fault in faults:
        log.warning("left out of the catalog: %s", fault)
    rollups = catalog.rollups()
    publisher = Publisher(
        config.data, config.sources_folder, rollups, reject_limit=config.reject_limit, keep=config.keep_editions,
        seconds=config.publish_seconds,
    )  # fmt: skip
    publisher.spool.sweep()
    patience, idle_since = PATIENCE[0], time.monotonic()
    while time.monotonic() - idle_since < IDLE_SECONDS:
        try:
            if publisher.turn():
                patience, idle_since = PATIENCE[0], time.monotonic()
                continue
            if has_work(publisher.spool):
                idle_since = time.monotonic()
            time.sleep(LOOK_SECONDS / 2)
        except DataError as error:
            log.warning("%s: tried again in %g s", error, patience)
            time.sleep(patience)
            patience = min(patience * 2, PATIENCE[1])
            idle_since = time.monotonic()


def _end_with_the_server() -> None:
    """End at once when the server that started this process is gone."""
    with suppress(OSError):
        while os.read(sys.stdin.fileno(), 1):
            pass
    os._exit(0)


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="publisher: %(message)s")
    threading.Thread(target=_end_with_the_server, daemon=True).start()
    os.nice(NICENESS)
    try:
        run(settings.load())
    except Exception:
        log.exception("the publisher stops")
        os._exit(1)
    os._exit(0)  # at a normal exit DuckDB's binding lists what still lives


if __name__ == "__main__":
    main()

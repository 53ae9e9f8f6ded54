"""The process that makes reports: one a home, at low priority, one report after the other.

    python -m cockpit.reports.worker

The server starts it and ends it. What it was making when it died is made again by the next one.
"""

import fcntl
import logging
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit import settings
from cockpit.errors import CockpitError
from cockpit.i18n import using
from cockpit.reports.errors import explained
from cockpit.reports.progress import Listener
from cockpit.server.background import Program, end_with_parent, give_way, module
from cockpit.settings import Settings
from data.desk import reports
from data.desk.reports import Report
from data.desk.store import Desk, open_desk
from data.errors import DataError

if TYPE_CHECKING:
    from cockpit.reports.schedule import Turns

log = logging.getLogger("cockpit.reports")

AGAIN_SECONDS = 5.0
"""Until a worker is started again, or it is seen whether another server of the home still has one."""
LOOK_SECONDS = 1.0
"""Between two looks at an empty queue."""
WAIT_SECONDS = 5.0
"""Between two tries to be the one worker of a home, and after a fault of the desk."""
BEAT_SECONDS = 2.0


def program(config: Settings) -> Program:
    """Runs where no other server of the home has one. It gives way by itself, once it has opened the desk."""
    retry = (AGAIN_SECONDS, AGAIN_SECONDS)
    return Program(
        "report worker", module("cockpit.reports.worker"), lambda: not taken(config), retry=retry,
        rest=AGAIN_SECONDS, nice=0,
    )  # fmt: skip


def main() -> None:
    """Make reports until SIGTERM, or until the server that started this process is gone."""
    logging.basicConfig(format="%(name)s: %(message)s")
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    end_with_parent()
    config = settings.load(threads=1)
    with _alone(config, stop) as lock_held:
        if lock_held:
            _tidy(config)
            desk = _ready(config)
            give_way()
            _work(config, desk, stop)


def _tidy(config: Settings) -> None:
    """Remove files of a killed worker; if that fails, reports are made all the same."""
    from cockpit.reports import make

    try:
        make.remove_drafts(config)
    except OSError as error:
        log.warning("drafts of reports cannot be removed: %s", error)


def _ready(config: Settings) -> Desk | None:
    """The desk, opened and used once before this process gives way; None where it does not answer now.

    A process that waits for its turn in the middle of a transaction keeps all others from the desk: whatever is slow
    the first time is done by then.
    """
    try:
        desk = open_desk(config.desk_url, config.custody)
        reports.progress(desk, "", "", 0.0)
        return desk
    except DataError as error:
        log.error("%s", error)
        return None


def _work(config: Settings, desk: Desk | None, stop: threading.Event) -> None:
    turns = None
    while not stop.is_set():
        try:
            desk = desk or open_desk(config.desk_url, config.custody)
            turns = turns or _scheduled(desk, config)
            if not once(desk, config):
                stop.wait(LOOK_SECONDS)
        except DataError as error:
            log.error("%s", error)
            stop.wait(WAIT_SECONDS)
    if turns:
        turns.stop()


def _scheduled(desk: Desk, config: Settings) -> "Turns | None":
    """The turns of the schedule, missed ones caught up. A wrong file is an error of the log: reports go on."""
    if config.schedule is None:
        return None
    from cockpit.reports import schedule

    try:
        with using("en"):
            return schedule.start(desk, config)
    except CockpitError as error:
        log.error("%s", error)
        return schedule.NEVER


def once(desk: Desk, config: Settings) -> bool:
    """Make the next report and send what is to be sent. Whether there was one to make."""
    report = reports.take(desk, name(config))
    if report:
        one(desk, config, report)
    if config.smtp.get_secret_value():
        from cockpit.reports.delivery import mail

        mail.deliver(desk, config)
    return report is not None


def one(desk: Desk, config: Settings, report: Report) -> None:
    """Make one report; a fault is stored with it."""
    from cockpit.reports import make

    with using(make.request_of(report).lang):
        try:
            with _beating(desk, report) as beat:
                make.make(desk, config, report, beat)
        except Exception as error:
            if not isinstance(error, CockpitError):
                log.warning("report %s", report.id, exc_info=error)
            reports.fail(desk, report.id, explained(error))


@contextmanager
def _beating(desk: Desk, report: Report) -> Iterator[Listener]:
    """A callback for progress, written to the desk every few seconds so that all see that somebody is at it."""
    progress, done = ("", 0.0), threading.Event()

    def hear(step: str, share: float) -> None:
        nonlocal progress
        progress = (step, share)

    def beat() -> None:
        while not done.wait(BEAT_SECONDS):
            try:
                reports.progress(desk, report.id, *progress)
            except DataError as error:
                log.warning("%s", error)

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield hear
    finally:
        done.set()
        thread.join()


@contextmanager
def _alone(config: Settings, stop: threading.Event) -> Iterator[bool]:
    """Wait to be the one worker of this home; False if the server went first."""
    with _lock_file(config).open("w") as file:
        while not stop.is_set():
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                stop.wait(WAIT_SECONDS)
                continue
            yield True
            return
        yield False


def taken(config: Settings) -> bool:
    """Whether this home has a worker now."""
    with _lock_file(config).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def _lock_file(config: Settings) -> Path:
    folder = config.home / "reports"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / ".worker"


def name(config: Settings) -> str:
    """Name of the worker, the same for each home, so that the next worker finds what the last one left."""
    return f"{socket.gethostname()}:{config.root}"[:200]


if __name__ == "__main__":
    main()

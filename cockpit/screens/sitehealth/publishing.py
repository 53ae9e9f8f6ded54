"""Publish decisions on findings from a screen: in processes of their own, one after the other."""

import logging
import subprocess
import sys
import threading

from cockpit import settings
from cockpit.server.background import give_way

log = logging.getLogger(__name__)


class Publishing:
    """At most one process at a time; decisions that come while it runs share the next one.

    command: arguments of the command line.
    """

    def __init__(self, *command: str) -> None:
        self._command = command
        self._lock = threading.Lock()
        self._is_running = self._is_wanted = False

    def ask(self) -> None:
        """Publish soon what was decided."""
        with self._lock:
            self._is_wanted = True
            if self._is_running:
                return
            self._is_running = True
        threading.Thread(target=self._run, daemon=True, name="publish decisions").start()

    def _run(self) -> None:
        while self._take():
            try:
                _publish(self._command)
            except OSError as error:  # no process can be started now: the prober's next delivery publishes it
                log.error("decisions are not published at once: %s", error)

    def _take(self) -> bool:
        """Whether there is something to publish; else the thread ends."""
        with self._lock:
            self._is_running, self._is_wanted = self._is_wanted, False
            return self._is_running


def _publish(arguments: tuple[str, ...]) -> None:
    command = (sys.executable, "-m", "cockpit", *arguments, "--home", str(settings.current().home))
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, process_group=0)
    give_way(pid=process.pid)
    process.wait()


publish_in_background = Publishing("probe", "--deliver").ask
publish_decided_in_background = Publishing("publish", "--demo-time").ask

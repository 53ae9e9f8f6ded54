"""Send lines to a syslog collector over TLS: RFC 5424 messages, framed by RFC 5425, in the background."""

import atexit
import logging
import os
import queue
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

log = logging.getLogger(__name__)

PRIORITY = 13 * 8 + 5
"""Facility "log audit", severity "notice"."""
SECONDS = 5.0
RETRY_SECONDS = 5.0
MOST_WAITING = 10_000
"""Lines kept while the collector does not answer. The oldest go first: a newer head of the audit covers them."""


@dataclass(frozen=True)
class Collector:
    """Host and port; authorities to trust, the system's if None; our certificate and key, if required."""

    host: str
    port: int
    authorities: Path | None = None
    certificate: Path | None = None


class Syslog:
    """Connection opened on demand by its own thread."""

    def __init__(self, collector: Collector) -> None:
        self.collector = collector
        self._waiting: queue.Queue[str] = queue.Queue(MOST_WAITING)
        self._connection: ssl.SSLSocket | None = None
        threading.Thread(target=self._run, name="audit syslog", daemon=True).start()
        atexit.register(self.flush)

    def send(self, text: str) -> None:
        """Queue a line."""
        message = message_of(text)
        while True:
            try:
                self._waiting.put_nowait(message)
                return
            except queue.Full:
                self._drop_oldest()

    def flush(self, seconds: float = SECONDS) -> bool:
        """Wait until the queue is empty; False on timeout. Commands call it before they exit."""
        until = time.monotonic() + seconds
        while self._waiting.unfinished_tasks and time.monotonic() < until:
            time.sleep(0.02)
        return not self._waiting.unfinished_tasks

    def _drop_oldest(self) -> None:
        try:
            self._waiting.get_nowait()
            self._waiting.task_done()
        except queue.Empty:
            pass

    def _run(self) -> None:
        while True:
            message = self._waiting.get()
            while not self._sent(message):
                time.sleep(RETRY_SECONDS)
            self._waiting.task_done()

    def _sent(self, message: str) -> bool:
        body = message.encode()
        try:
            if self._connection and _is_closed(self._connection):
                self._close()
            self._connection = self._connection or self._open()
            self._connection.sendall(f"{len(body)} ".encode() + body)
            return True
        except (OSError, ValueError) as error:
            log.error("the audit's head was not sent to %s:%s: %s", self.collector.host, self.collector.port, error)
            self._close()
            return False

    def _close(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None

    def _open(self) -> ssl.SSLSocket:
        context = ssl.create_default_context(cafile=self.collector.authorities)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.collector.certificate:
            context.load_cert_chain(self.collector.certificate)
        plain = socket.create_connection((self.collector.host, self.collector.port), SECONDS)
        try:
            return context.wrap_socket(plain, server_hostname=self.collector.host)
        except BaseException:
            plain.close()
            raise


def message_of(text: str) -> str:
    """A line as a message of RFC 5424."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return f"<{PRIORITY}>1 {at} {socket.gethostname()} cockpit-audit {os.getpid()} head - {text}"


def _is_closed(connection: ssl.SSLSocket) -> bool:
    """Whether the collector has closed the connection; a collector sends nothing else."""
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except (ssl.SSLWantReadError, BlockingIOError):
        return False
    except OSError:
        return True
    finally:
        connection.settimeout(SECONDS)

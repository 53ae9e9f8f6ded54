"""POST to an address of the settings: it is resolved, checked, and then connected to; no redirect is followed."""

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from data.errors import DataError
from data.probe.network.addresses import Allowance
from data.system_errors import line_of, of_os

SECONDS, MOST_SECONDS = 10.0, 30.0
"""For each step, and for the whole."""
MOST_BYTES = 65_536
"""Of an answer."""
PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Answer:
    """Status and the first bytes of the body."""

    status: int
    body: bytes


class NotSent(DataError):
    """The message may not have arrived."""


def post(
    url: str, body: bytes, headers: Mapping[str, str], allowance: Allowance, authorities: Path | None = None
) -> Answer:
    """Post a body. Raises NotSent if the address is not allowed or does not answer in time. Follows no redirect."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    try:
        sock = _connected(host, port, allowance)
        if parts.scheme == "https":
            sock = _secured(sock, host, authorities)
        with sock, _limited(sock):
            return _exchange(sock, host, port, _target(url), body, headers)
    except (OSError, http.client.HTTPException, UnicodeError) as error:
        why = of_os(error) if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) else line_of(error)
        raise NotSent("http.no_answer", "{host} does not answer: {why}", host=host, why=why) from error


def _exchange(
    sock: socket.socket, host: str, port: int, target: str, body: bytes, headers: Mapping[str, str]
) -> Answer:
    connection = http.client.HTTPConnection(host, port)
    connection.sock = sock
    connection.request("POST", target, body, {"User-Agent": "cockpit", "Connection": "close", **headers})
    answer = connection.getresponse()
    return Answer(answer.status, answer.read(MOST_BYTES))


def _secured(sock: socket.socket, host: str, authorities: Path | None) -> socket.socket:
    trusted = ssl.create_default_context()
    if authorities:
        trusted.load_verify_locations(authorities)
    return trusted.wrap_socket(sock, server_hostname=host)


@contextlib.contextmanager
def _limited(sock: socket.socket) -> Iterator[None]:
    """End what takes longer than MOST_SECONDS: a blocked read returns."""

    def cut() -> None:
        with contextlib.suppress(OSError):  # it has ended meanwhile
            sock.shutdown(socket.SHUT_RDWR)

    over = threading.Timer(MOST_SECONDS, cut)
    over.daemon = True
    over.start()
    try:
        yield
    finally:
        over.cancel()


def _connected(host: str, port: int, allowance: Allowance) -> socket.socket:
    """A connection to the first address of the host. Raises NotSent unless all of them are allowed."""
    entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in entries))
    if refused := next((address for address in addresses if not allowance.allows(address)), None):
        raise NotSent(
            "http.address", "{host} has the address {address}, which is not allowed: name its network in `networks`",
            host=host, address=refused,
        )  # fmt: skip
    return socket.create_connection((addresses[0], port), SECONDS)


def _target(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

"""Connections to checked addresses: resolve once, check all addresses, connect, measure."""

import asyncio
import contextlib
import socket
import ssl
import time
from asyncio.staggered import staggered_race
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import zip_longest

from data.probe.network.addresses import Allowance
from data.probe.network.details import of_tls
from data.probe.network.failures import Failure
from data.probe.network.resolver import Names
from data.probe.slots import allow_files
from data.probe.web.response import Refusal

RESOLVING = 1_000
"""Names that are resolved at once: as many as there may be sites whose name server does not answer."""
NEXT_SECONDS, MOST_ADDRESSES = 0.3, 4
"""Delay before the next address of a host is tried in parallel, as in Chromium, and how many are tried."""


@dataclass
class Phases:
    """Seconds of each phase of a request, and details collected on the way."""

    seconds: dict[str, float] = field(default_factory=dict)
    address: str = ""
    certificate_ends: datetime | None = None
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    began: float = field(default_factory=time.monotonic)

    def mark(self, phase: str) -> None:
        """Add the time since the last mark to `phase`."""
        now = time.monotonic()
        self.seconds[phase] = round(self.seconds.get(phase, 0) + now - self.began, 4)
        self.began = now


phases: ContextVar[Phases] = ContextVar("phases")


class Backend:
    """Opens connections."""

    def __init__(self, allowance: Allowance) -> None:
        self.allowance = allowance
        self._names = Names(min(RESOLVING, allow_files() // 4))

    async def resolve(self, host: str, port: int, family: int = socket.AF_UNSPEC) -> list[str]:
        """The addresses of a name in the resolver's order, all of them allowed. Raises Refusal."""
        try:
            entries = await self._names.ask(host, port, family)
        except (OSError, UnicodeError) as error:
            raise Refusal(Failure.DNS, f"{getattr(error, 'strerror', None) or error}: {host}") from None
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in entries))
        if not addresses:
            raise Refusal(Failure.DNS, f"no address: {host}")
        if refused := [address for address in addresses if not self.allowance.allows(address)]:
            raise Refusal(Failure.FORBIDDEN, f"address not allowed: {host} → {refused[0]}")
        return addresses

    async def connect(self, host: str, port: int, secure: ssl.SSLContext | None = None) -> "Connection":
        """A connection to the first address that answers, encrypted by `secure` if given. Raises Refusal."""
        timing = phases.get()
        addresses = await self.resolve(host, port)
        timing.mark("dns")
        attempts = [partial(_connect_socket, address, port) for address in _alternating(addresses)[:MOST_ADDRESSES]]
        timing.address = addresses[0]
        sock, _which, problems = await staggered_race(attempts, NEXT_SECONDS)
        if sock is None:
            problem = next((p for p in problems if isinstance(p, OSError)), None)
            raise Refusal(*_of_os(problem or OSError("no connection")))
        timing.address = sock.getpeername()[0].split("%")[0]
        timing.mark("connect")
        return await _open_stream(sock, host, secure)


class Connection:
    """One open connection: bytes in and out. Raises Refusal where it breaks."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def read(self, most: int) -> bytes:
        """The next bytes, empty at the end."""
        try:
            return await self._reader.read(most)
        except ssl.SSLError as error:
            raise Refusal(Failure.TLS, error.reason or str(error)) from None
        except OSError as error:
            raise Refusal(*_of_os(error)) from None

    async def write(self, content: bytes) -> None:
        """Send. A server may answer and close before it has read everything, so a break is left to `read`."""
        self._writer.write(content)
        with contextlib.suppress(OSError):
            await self._writer.drain()

    def close(self) -> None:
        self._writer.transport.abort()  # do not wait for the peer's close


async def _open_stream(sock: socket.socket, host: str, secure: ssl.SSLContext | None) -> Connection:
    try:
        name = host if secure else None
        connection = Connection(*await asyncio.open_connection(sock=sock, ssl=secure, server_hostname=name))
    except ssl.SSLError as error:
        raise Refusal(Failure.TLS, of_tls(error, host)) from None
    except OSError as error:
        raise Refusal(*_of_os(error)) from None
    except BaseException:
        sock.close()
        raise
    if secure:
        timing = phases.get()
        timing.certificate_ends = _certificate_end(connection._writer.get_extra_info("ssl_object"))
        timing.mark("tls")
    return connection


def _alternating(addresses: list[str]) -> list[str]:
    """IPv6 and IPv4 in turn: a network that has lost one of them costs one attempt (RFC 8305)."""
    first = ":" in addresses[0]
    same = [address for address in addresses if (":" in address) == first]
    other = [address for address in addresses if (":" in address) != first]
    pairs = zip_longest(same, other)
    return [address for pair in pairs for address in pair if address]


async def _connect_socket(address: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, (address, port))
    except BaseException:
        sock.close()
        raise
    return sock


def _of_os(error: OSError) -> tuple[Failure, str]:
    """Failure class of an OSError."""
    text = error.strerror or str(error) or type(error).__name__
    if isinstance(error, ConnectionRefusedError):
        return Failure.REFUSED, text
    if isinstance(error, (ConnectionResetError, BrokenPipeError, ConnectionAbortedError)):
        return Failure.RESET, text
    return (Failure.TIMEOUT if isinstance(error, TimeoutError) else Failure.UNREACHABLE), text


def _certificate_end(secured: ssl.SSLObject | None) -> datetime | None:
    """Expiry of the peer's certificate, naive UTC; None without one."""
    certificate = secured.getpeercert() if secured else None
    with contextlib.suppress(KeyError, ValueError):
        ends = ssl.cert_time_to_seconds(str((certificate or {})["notAfter"]))
        return datetime.fromtimestamp(ends, UTC).replace(tzinfo=None)
    return None

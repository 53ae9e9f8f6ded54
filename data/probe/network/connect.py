"""Connections that go to the very address that was checked: resolve once, check every answer, connect, time it."""

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
"""When the next address of a host is tried beside one that does not answer, as in Chromium, and how many are tried."""


@dataclass
class Phases:
    """Seconds that a request spent in each phase, and what it met on the way."""

    seconds: dict[str, float] = field(default_factory=dict)
    address: str = ""
    certificate_ends: datetime | None = None
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    began: float = field(default_factory=time.monotonic)

    def mark(self, phase: str) -> None:
        """What has passed since the last mark belongs to `phase`."""
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
            found = await self._names.ask(host, port, family)
        except (OSError, UnicodeError) as error:
            raise Refusal(Failure.DNS, f"{getattr(error, 'strerror', None) or error}: {host}") from None
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if not addresses:
            raise Refusal(Failure.DNS, f"no address: {host}")
        if refused := [address for address in addresses if not self.allowance.allows(address)]:
            raise Refusal(Failure.FORBIDDEN, f"address not allowed: {host} → {refused[0]}")
        return addresses

    async def connect(self, host: str, port: int, secure: ssl.SSLContext | None = None) -> "Connection":
        """A connection to the first address that answers, encrypted by `secure` if given. Raises Refusal."""
        told = phases.get()
        addresses = await self.resolve(host, port)
        told.mark("dns")
        attempts = [partial(_connected, address, port) for address in _alternating(addresses)[:MOST_ADDRESSES]]
        told.address = addresses[0]
        made, _which, problems = await staggered_race(attempts, NEXT_SECONDS)
        if made is None:
            problem = next((p for p in problems if isinstance(p, OSError)), None)
            raise Refusal(*_of_os(problem or OSError("no connection")))
        told.address = made.getpeername()[0].split("%")[0]
        told.mark("connect")
        return await _opened(made, host, secure)


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
        self._writer.transport.abort()  # a peer that does not say goodbye keeps nobody waiting


async def _opened(made: socket.socket, host: str, secure: ssl.SSLContext | None) -> Connection:
    try:
        name = host if secure else None
        connection = Connection(*await asyncio.open_connection(sock=made, ssl=secure, server_hostname=name))
    except ssl.SSLError as error:
        raise Refusal(Failure.TLS, of_tls(error, host)) from None
    except OSError as error:
        raise Refusal(*_of_os(error)) from None
    except BaseException:
        made.close()
        raise
    if secure:
        told = phases.get()
        told.certificate_ends = _ends(connection._writer.get_extra_info("ssl_object"))
        told.mark("tls")
    return connection


def _alternating(addresses: list[str]) -> list[str]:
    """IPv6 and IPv4 in turn: a network that has lost one of them costs one attempt (RFC 8305)."""
    first = ":" in addresses[0]
    same = [address for address in addresses if (":" in address) == first]
    other = [address for address in addresses if (":" in address) != first]
    pairs = zip_longest(same, other)
    return [address for pair in pairs for address in pair if address]


async def _connected(address: str, port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setblocking(False)
        await asyncio.get_running_loop().sock_connect(made, (address, port))
    except BaseException:
        made.close()
        raise
    return made


def _of_os(error: OSError) -> tuple[Failure, str]:
    """The class of what the operating system has against a connection."""
    told = error.strerror or str(error) or type(error).__name__
    if isinstance(error, ConnectionRefusedError):
        return Failure.REFUSED, told
    if isinstance(error, (ConnectionResetError, BrokenPipeError, ConnectionAbortedError)):
        return Failure.RESET, told
    return (Failure.TIMEOUT if isinstance(error, TimeoutError) else Failure.UNREACHABLE), told


def _ends(secured: ssl.SSLObject | None) -> datetime | None:
    """When the peer's certificate ends, naive UTC."""
    told = secured.getpeercert() if secured else None
    with contextlib.suppress(KeyError, ValueError):
        ends = ssl.cert_time_to_seconds(str((told or {})["notAfter"]))
        return datetime.fromtimestamp(ends, UTC).replace(tzinfo=None)
    return None

"""Connections that go to the very address that was checked: resolve once, check every answer, connect, time it."""

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpcore2

from data.probe.addresses import Allowance
from data.probe.failures import Failure
from data.probe.names import Names
from data.probe.places import allow_files

RESOLVING = 1_000
"""Names that are resolved at once: as many as there may be sites whose name server does not answer."""


class Refusal(Exception):
    """A connection is not made, or breaks: the class of the failure, and what happened."""

    def __init__(self, failure: Failure, detail: str) -> None:
        super().__init__(detail)
        self.failure, self.detail = failure, detail


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


class Backend(httpcore2.AsyncNetworkBackend):
    """The network as httpcore2 sees it."""

    def __init__(self, allowance: Allowance) -> None:
        self.allowance = allowance
        self._names = Names(min(RESOLVING, allow_files() // 4))

    async def resolve(self, host: str, port: int, family: int = socket.AF_UNSPEC) -> list[str]:
        """The addresses of a name in the resolver's order, all of them allowed. Raises Refusal."""
        try:
            found = await self._names.ask(host, port, family)
        except (OSError, UnicodeError) as error:
            raise Refusal(Failure.DNS, f"{host}: {getattr(error, 'strerror', None) or error}") from None
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if not addresses:
            raise Refusal(Failure.DNS, f"{host}: no address")
        if refused := [address for address in addresses if not self.allowance.allows(address)]:
            raise Refusal(Failure.FORBIDDEN, f"{host} is {refused[0]}")
        return addresses

    async def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> "Stream":  # fmt: skip
        told = phases.get()
        addresses = await self.resolve(host, port)
        told.mark("dns")
        problem: OSError | None = None
        for address in addresses[:2]:  # a second one where the first does not answer at once
            told.address = address
            try:
                made = await _connected(address, port)
            except OSError as error:
                problem = error
                continue
            told.mark("connect")
            return Stream(made)
        assert problem is not None
        raise Refusal(*_of_os(problem))

    async def connect_unix_socket(self, path: str, *_more: Any, **_named: Any) -> "Stream":
        raise Refusal(Failure.FORBIDDEN, path)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Stream(httpcore2.AsyncNetworkStream):
    """One connection. It is opened for reading when it is known whether it will be encrypted."""

    def __init__(self, made: socket.socket) -> None:
        self._socket = made
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> "Stream":
        try:
            await self._open(ssl=ssl_context, server_hostname=server_hostname)
        except ssl.SSLError as error:
            raise Refusal(Failure.TLS, getattr(error, "verify_message", "") or error.reason or str(error)) from None
        except OSError as error:
            raise Refusal(*_of_os(error)) from None
        told = phases.get()
        told.certificate_ends = _ends(self.get_extra_info("ssl_object"))
        told.mark("tls")
        return self

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        await self._open()
        assert self._reader is not None
        try:
            return await self._reader.read(max_bytes)
        except ssl.SSLError as error:
            raise Refusal(Failure.TLS, error.reason or str(error)) from None
        except OSError as error:
            raise Refusal(*_of_os(error)) from None

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._open()
        assert self._writer is not None
        try:
            self._writer.write(buffer)
            await self._writer.drain()
        except OSError as error:
            raise Refusal(*_of_os(error)) from None

    async def aclose(self) -> None:
        if self._writer is None:
            self._socket.close()
        else:
            self._writer.transport.abort()  # a peer that does not say goodbye keeps nobody waiting

    def get_extra_info(self, info: str) -> Any:
        return self._writer.get_extra_info(info) if self._writer else None

    async def _open(self, **secure: Any) -> None:
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(sock=self._socket, **secure)


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
    with contextlib.suppress(AttributeError, KeyError, TypeError, ValueError):
        ends = ssl.cert_time_to_seconds(secured.getpeercert()["notAfter"])  # type: ignore[union-attr,index,arg-type]
        return datetime.fromtimestamp(ends, UTC).replace(tzinfo=None)
    return None

"""A zoo of real servers on loopback: each on an address of its own, good ones and every kind of bad one."""

import asyncio
import contextlib
import gzip
import socket
import ssl
import struct
import threading
import zlib
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NETWORK = "127.0.0.0/8"
Handler = Callable[[str, asyncio.StreamWriter], Awaitable[None]]
"""Answers a path by writing to the connection, which is closed then."""


@dataclass
class Zoo:
    """Starts servers.

    requests: the requested paths of each, in order; sent: method and body of each request; cookies: of all requests.
    """

    folder: Path
    loop: asyncio.AbstractEventLoop
    requests: dict[str, list[str]] = field(default_factory=dict)
    sent: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    cookies: list[str] = field(default_factory=list)
    count: int = 0
    servers: list[asyncio.Server] = field(default_factory=list)

    @property
    def host(self) -> str:
        """The address that the next server will have."""
        return f"127.0.{1 + self.count // 250}.{1 + self.count % 250}"

    def house(self, handler: Handler, *, secure: ssl.SSLContext | None = None, name: str = "") -> str:
        """The address of a new server, such as http://127.0.1.7:40123/. secure: with TLS by this context."""
        host = self.host
        self.count += 1
        return asyncio.run_coroutine_threadsafe(self._house(handler, host, secure, name), self.loop).result(10)

    async def _house(self, handler: Handler, host: str, secure: ssl.SSLContext | None, name: str) -> str:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError, ValueError):
                method, path = (await reader.readline()).decode("latin-1").split()[:2]
                length = 0
                self.cookies.append("")
                while line := (await reader.readline()).strip().lower():
                    length = int(line.split(b":")[1]) if line.startswith(b"content-length:") else length
                    self.cookies[-1] = line.decode() if line.startswith(b"cookie:") else self.cookies[-1]
                self.requests[url].append(path)
                self.sent[url].append((method, (await reader.readexactly(length)).decode()))
                await (missing if path == "/robots.txt" and handler not in KNOWS_ROBOTS else handler)(path, writer)
                await writer.drain()
            writer.close()

        server = await asyncio.start_server(serve, host, 0, ssl=secure, backlog=1000)
        self.servers.append(server)
        port = server.sockets[0].getsockname()[1]
        url = f"{'https' if secure else 'http'}://{name or host}:{port}/"
        self.requests[url], self.sent[url] = [], []
        return url

    def pages(self, url: str) -> list[str]:
        """The paths requested of a server, without robots.txt."""
        return [path for path in self.requests[url] if path != "/robots.txt"]


@contextmanager
def open_zoo(folder: Path) -> Iterator[Zoo]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    made = Zoo(folder, loop)
    yield made
    asyncio.run_coroutine_threadsafe(_end(made), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


async def _end(zoo: Zoo) -> None:
    for server in zoo.servers:
        server.close()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await asyncio.sleep(0.05)


# --- what they answer ---------------------------------------------------------------------------------------------


def answer(body: bytes | str, status: str = "200 OK", **headers: str) -> bytes:
    content = body.encode() if isinstance(body, str) else body
    lines = {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(content))}
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + content


def page(body: bytes | str, status: str = "200 OK", **headers: str) -> Handler:
    """The same page at every path."""

    async def handler(path: str, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(body, status, **headers))

    return handler


def site(pages: dict[str, str | Callable[[], str]]) -> Handler:
    """A page a path; 404 elsewhere. A callable is called for each request. robots.txt exists if it is among them."""

    async def handler(path: str, writer: asyncio.StreamWriter) -> None:
        content = pages.get(path)
        if content is None:
            await missing(path, writer)
        else:
            writer.write(answer(content() if callable(content) else content))

    if "/robots.txt" in pages:
        KNOWS_ROBOTS.append(handler)
    return handler


KNOWS_ROBOTS: list[Handler] = []


async def missing(path: str, writer: asyncio.StreamWriter) -> None:
    writer.write(answer("<p>not here</p>", "404 Not Found"))


async def hanging(path: str, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(3600)


def slow(seconds: float, body: str = "<p>at last</p>") -> Handler:
    async def handler(path: str, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(seconds)
        writer.write(answer(body))

    return handler


async def dripping(path: str, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    for _second in range(3600):
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


async def resetting(path: str, writer: asyncio.StreamWriter) -> None:
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def silent(path: str, writer: asyncio.StreamWriter) -> None:
    """Takes the request and hangs up."""


async def looping(path: str, writer: asyncio.StreamWriter) -> None:
    writer.write(answer("", "302 Found", Location=f"/{len(path)}{path[1:]}"[:60]))


async def turning(path: str, writer: asyncio.StreamWriter) -> None:
    """As many redirects as its path says: /3 -> /2 -> /1 -> the page."""
    left = int(path[1:] or 0)
    writer.write(answer("", "302 Found", Location=f"/{left - 1}") if left else answer("<p>here</p>"))


def leading(target: str) -> Handler:
    async def handler(path: str, writer: asyncio.StreamWriter) -> None:
        writer.write(answer("", "302 Found", Location=target))

    return handler


def bomb(size: int = 20_000_000, coding: str = "gzip") -> Handler:
    """A small answer that unpacks to `size` bytes."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS if coding == "gzip" else zlib.MAX_WBITS)
    packed = b"".join(squeeze.compress(b"0" * 1_000_000) for _ in range(size // 1_000_000)) + squeeze.flush()
    return page(packed, Content_Encoding=coding)


async def endless(path: str, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"<p>more</p>" * 6000)
        await writer.drain()


async def endless_chunks(path: str, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not writer.is_closing():
        writer.write((b"fa0\r\n" + b"x" * 4000 + b"\r\n") * 20)
        await writer.drain()


async def flooding(path: str, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while not writer.is_closing():
        writer.write(b"X-More: " + b"y" * 1000 + b"\r\n")
        await writer.drain()


def raw(content: bytes) -> Handler:
    async def handler(path: str, writer: asyncio.StreamWriter) -> None:
        writer.write(content)

    return handler


short = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n<p>cut</p>")
garbage = raw(b"\x00\xff\xfenothing of the web\r\n\r\n")
torn = raw(answer(gzip.compress(b"<p>whole</p>" * 500)[:-40], Content_Encoding="gzip"))
unasked = raw(answer(b"\x0b\x05\x80hello\x03", Content_Encoding="br"))
HOSTILE = "<div><a href='/x'>item 2026-11-01</a>" * 40_000 + "<p title='" + "&#x41;" * 100_000


def flapping(fails: set[int], body: str = "<p>open</p>") -> Handler:
    """Fails at the visits of these numbers, counted from 0; a second attempt belongs to the visit before it."""
    state = {"visit": -1, "again": False}

    async def handler(path: str, writer: asyncio.StreamWriter) -> None:
        if state["again"]:
            state["again"] = False
        else:
            state["visit"] += 1
            state["again"] = state["visit"] in fails
        writer.write(answer("", "503 Down") if state["visit"] in fails else answer(body))

    return handler


# --- certificates -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Authority:
    """Makes certificates; `file` is what trusts them."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def made(cls, folder: Path) -> "Authority":
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Zoo")])
        built = _certificate(name, name, key, -1, 3650).add_extension(x509.BasicConstraints(True, 0), critical=True)
        made = cls(folder, key, built.sign(key, hashes.SHA256()))
        made.file.write_bytes(made.certificate.public_bytes(serialization.Encoding.PEM))
        return made

    @property
    def file(self) -> Path:
        return self.folder / "authority.pem"

    def context(self, *hosts: str, since: int = -1, until: int = 90, signed: bool = True) -> ssl.SSLContext:
        """A server's context with a certificate for these hosts, valid from and to so many days from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])])
        names = [x509.IPAddress(ip_address(h)) if h[0].isdigit() else x509.DNSName(h) for h in hosts]
        issuer = self.certificate.subject if signed else name
        built = _certificate(name, issuer, key, since, until)
        built = built.add_extension(x509.SubjectAlternativeName(names), critical=False)
        certificate = built.sign(self.key if signed else key, hashes.SHA256())
        file = self.folder / f"{certificate.serial_number}.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(file)
        return made


def _certificate(
    name: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, since: int, until: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=since))
        .not_valid_after(now + timedelta(days=until, hours=1))
    )

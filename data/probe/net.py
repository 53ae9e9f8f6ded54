"""A guarded request: only to hosts and addresses that are allowed, within its limits, every failure with its class."""

import asyncio
import logging
import ssl
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpcore2
import httpx2

from data.probe.addresses import Allowance
from data.probe.connect import Backend, Phases, Refusal, phases
from data.probe.failures import Failure

log = logging.getLogger(__name__)

AGENT = "GovernanceCockpit-Prober/1.0"
HEADERS = {
    "User-Agent": AGENT,
    "Accept": "text/html,*/*;q=0.8",
    "Accept-Encoding": "gzip, deflate",
    "Accept-Language": "zh-CN,zh;q=0.9",
}
BLOCKING = (403, 412, 418, 429)
"""What protections answer whom they take for a machine."""
CHALLENGED, CHALLENGE = 521, "__jsl"
"""A protection that is common before government sites asks whether a browser comes: it sets this cookie."""
MOVED = (301, 302, 303, 307, 308)
CODED = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
Allowed = Callable[[str, int], bool]
"""Whether a host and port may be asked."""


@dataclass(frozen=True)
class Limits:
    """seconds: within which a page is open, read to its end. body: bytes, unpacked. redirects: followed at most."""

    seconds: float = 15.0
    body: int = 5_000_000
    redirects: int = 10


@dataclass(frozen=True)
class Ask:
    """One request, redirects followed unless told otherwise."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""
    follow: bool = True


@dataclass(frozen=True)
class Answer:
    """What came of a request. `failure` is None if it was answered with a page; `seconds` are all it took.

    picture: of the page where a browser had to show it, WebP.
    """

    url: str
    at: datetime
    seconds: float
    failure: Failure | None = None
    detail: str = ""
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    final: str = ""
    redirects: tuple[str, ...] = ()
    phases: Mapping[str, float] = field(default_factory=dict)
    address: str = ""
    certificate_ends: datetime | None = None
    picture: bytes = b""

    @property
    def ok(self) -> bool:
        return self.failure is None

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name.lower()), "")


class Transport(httpx2.AsyncHTTPTransport):
    """httpx over our own network: it connects to the address that was checked, and keeps no connection.

    One a request: a pool looks through all that are open whenever one is added, which the slow ones make long.
    """

    def __init__(self, backend: Backend, secure: ssl.SSLContext) -> None:
        self._pool = httpcore2.AsyncConnectionPool(secure, max_keepalive_connections=0, network_backend=backend)


class Net:
    """Asks, and never raises: whatever the other side does becomes an Answer. Keeps no connection open."""

    def __init__(
        self, allowance: Allowance | None = None, limits: Limits | None = None, *, authorities: Path | None = None
    ) -> None:
        self.limits = limits or Limits()
        self.backend = Backend(allowance or Allowance())
        self._secure = ssl.create_default_context()
        if authorities:
            self._secure.load_verify_locations(authorities)

    async def ask(self, ask: Ask, allowed: Allowed, at: datetime) -> Answer:
        """The answer to one request, told as of `at`."""
        told, began = Phases(), time.monotonic()
        phases.set(told)
        answer = Answer(ask.url, at, 0.0, final=ask.url)
        try:
            async with asyncio.timeout(self.limits.seconds):
                answer = await self._followed(ask, allowed, answer)
        except TimeoutError:
            waited = next((name for name in ("dns", "connect", "answer") if name not in told.seconds), "the page's end")
            answer = replace(answer, failure=Failure.TIMEOUT, detail=f"{self.limits.seconds:g} s, waiting for {waited}")
        except Refusal as refusal:
            answer = replace(answer, failure=refusal.failure, detail=refusal.detail)
        except (httpx2.RemoteProtocolError, httpx2.LocalProtocolError) as error:
            gone = "without sending a response" in str(error)
            answer = replace(answer, failure=Failure.RESET if gone else Failure.BROKEN, detail=_line(error))
        except (zlib.error, ValueError, httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
            answer = replace(answer, failure=Failure.BROKEN, detail=_line(error))
        except (OSError, httpx2.TransportError) as error:
            answer = replace(answer, failure=Failure.RESET, detail=_line(error))
        except Exception as error:  # the other side must not be able to end us
            log.exception("%s: an answer that is not understood", ask.url)
            answer = replace(answer, failure=Failure.BROKEN, detail=_line(error))
        told.mark("rest")
        return replace(
            answer, seconds=time.monotonic() - began, phases=dict(told.seconds), address=told.address,
            certificate_ends=told.certificate_ends, status=answer.status or told.status,
            headers=answer.headers or told.headers,
        )  # fmt: skip

    async def _followed(self, ask: Ask, allowed: Allowed, answer: Answer) -> Answer:
        url, seen = ask.url, []
        while True:
            host, port = place(url)
            if not host:
                raise ValueError(f"{url} is no address of the web")
            if not allowed(host, port):
                failure = Failure.FOREIGN if seen else Failure.FORBIDDEN
                return replace(answer, failure=failure, detail=url, redirects=tuple(seen), final=url)
            answer = await self._once(replace(ask, url=url), replace(answer, final=url, redirects=tuple(seen)))
            target = answer.header("location")
            if answer.status not in MOVED or not target or not ask.follow or answer.failure is Failure.BROKEN:
                return answer
            if len(seen) == self.limits.redirects:
                return replace(answer, failure=Failure.REDIRECTS, detail=f"more than {len(seen)}, the last to {target}")
            url = urljoin(url, target)
            seen.append(url)

    async def _once(self, ask: Ask, answer: Answer) -> Answer:
        told = phases.get()
        request = httpx2.Request(ask.method, ask.url, headers={**HEADERS, **ask.headers}, content=ask.content or None)
        response = await Transport(self.backend, self._secure).handle_async_request(request)
        try:
            told.mark("answer")
            headers = tuple((k.decode("latin-1").lower(), v.decode("latin-1")) for k, v in response.headers.raw)
            told.status, told.headers = response.status_code, headers
            answer = replace(answer, status=response.status_code, headers=headers)
            failure, detail = _of_status(answer)
            body, whole = await _read(response, answer.header("content-encoding"), self.limits.body)
            told.mark("body")
            if not whole and failure is None:
                failure, detail = Failure.TOO_LARGE, f"more than {self.limits.body:,} bytes"
            return replace(answer, body=body, failure=failure, detail=detail)
        finally:
            await response.aclose()


def place(url: str) -> tuple[str, int]:
    """Host and port of a URL; an empty host where there is none or it is not of the web."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError):
        return "", 0
    return (parts.hostname or "").rstrip("."), port


async def _read(response: httpx2.Response, coding: str, most: int) -> tuple[bytes, bool]:
    """The body unpacked, no more than `most` bytes of it, and whether that is all of it."""
    coding = coding.strip().lower()
    unpack = zlib.decompressobj(CODED[coding]) if coding in CODED else None
    if coding not in ("", "identity", *CODED):
        raise ValueError(f"content-encoding {coding} was not asked for")
    body, came = bytearray(), False
    assert isinstance(response.stream, httpx2.AsyncByteStream)
    async for chunk in response.stream:
        came = came or bool(chunk)
        while chunk:
            room = most + 1 - len(body)
            if unpack is None:
                body += chunk[:room]
                chunk = b""
            else:
                body += unpack.decompress(chunk, room)
                chunk = unpack.unconsumed_tail
            if len(body) > most:
                return bytes(body[:most]), False
    if unpack and not unpack.eof and came:
        raise ValueError("the compressed page ends too early")
    return bytes(body), True


def _of_status(answer: Answer) -> tuple[Failure | None, str]:
    status = answer.status
    told = f"HTTP {status}"
    if status in BLOCKING or (status == CHALLENGED and CHALLENGE in answer.header("set-cookie")):
        return Failure.BLOCKED, told
    if status >= 500:
        return Failure.SERVER, told
    return (Failure.CLIENT, told) if status >= 400 else (None, "")


def _line(error: object) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__

"""Guarded HTTP requests: allowed hosts and addresses only, limited, failures classified."""

import asyncio
import logging
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from ada_url import URL

from data.probe.checks.page import read
from data.probe.network.addresses import Allowance
from data.probe.network.connect import Backend, Phases, phases
from data.probe.network.failures import Failure
from data.probe.web import redirects
from data.probe.web.answer import Answer, Ask
from data.probe.web.cookies import Cookies
from data.probe.web.response import Refusal, read_body, read_head
from data.probe.web.unpack import is_packed, unpacked

log = logging.getLogger(__name__)

AGENT = "GovernanceCockpit-Prober/1.0"
HEADERS = {
    "User-Agent": AGENT,
    "Accept": "text/html,*/*;q=0.8",
    "Accept-Encoding": "gzip, deflate",
    "Accept-Language": "zh-CN,zh;q=0.9",
}
BLOCKING = (403, 412, 418, 429)
"""Status codes of bot protection."""
CHALLENGED, CHALLENGE = 521, "__jsl"
"""A protection that is common before government sites asks whether a browser comes: it sets this cookie."""
CIPHERS = "DEFAULT:@SECLEVEL=1"
"""What browsers still accept: the defaults of Python leave out key exchange by RSA, and SHA-1 in old suites."""
LEGACY_SERVERS = 0x4
"""OpenSSL's SSL_OP_LEGACY_SERVER_CONNECT, which Python names from 3.12 on: servers without RFC 5746."""
GONE = (400, 404)
SECRET = ("authorization", "cookie")
"""Headers of a described request that no other host gets."""
Allowed = Callable[[str, int], bool]
"""Whether requests to a host and port are allowed."""


@dataclass(frozen=True)
class Limits:
    """seconds: within which a page is open, read to its end. body: bytes, unpacked. redirects: followed at most."""

    seconds: float = 15.0
    body: int = 5_000_000
    redirects: int = 20


class Net:
    """HTTP client that returns an Answer for every outcome and never raises. Keeps no connection open."""

    def __init__(
        self, allowance: Allowance | None = None, limits: Limits | None = None, *, authorities: Path | None = None
    ) -> None:
        self.limits = limits or Limits()
        self.backend = Backend(allowance or Allowance())
        self._secure = _context(authorities)

    async def ask(self, ask: Ask, allowed: Allowed, at: datetime) -> Answer:
        """The answer to one request; its time is `at`."""
        timing, began = Phases(), time.monotonic()
        phases.set(timing)
        answer = Answer(ask.url, at, 0.0, final=ask.url)
        try:
            async with asyncio.timeout(self.limits.seconds):
                answer = await self._followed(ask, allowed, answer)
        except TimeoutError:
            waited = next(
                (name for name in ("dns", "connect", "answer") if name not in timing.seconds), "the page's end"
            )
            answer = replace(answer, failure=Failure.TIMEOUT, detail=f"waiting for {waited}: {self.limits.seconds:g} s")
        except Refusal as refusal:
            answer = replace(answer, failure=refusal.failure, detail=refusal.detail)
        except ValueError as error:
            answer = replace(answer, failure=Failure.BROKEN, detail=_line(error))
        except OSError as error:
            answer = replace(answer, failure=Failure.RESET, detail=error.strerror or _line(error))
        except Exception as error:  # no response may crash the prober
            log.exception("%s: an answer that is not understood", place(ask.url)[0])  # the rest may contain a key
            answer = replace(answer, failure=Failure.BROKEN, detail=_line(error))
        timing.mark("rest")
        return replace(
            answer, seconds=time.monotonic() - began, phases=dict(timing.seconds), address=timing.address,
            certificate_ends=timing.certificate_ends, status=answer.status or timing.status,
            headers=answer.headers or timing.headers,
        )  # fmt: skip

    async def _followed(self, ask: Ask, allowed: Allowed, answer: Answer) -> Answer:
        """The answer at the end of all redirects. Raises what `_once` does."""
        chain = _Chain(replace(ask, url=redirects.normal(ask.url)))
        while True:
            ask = chain.ask
            host, port = place(ask.url)
            if not host:
                raise ValueError(f"no address of the web: {ask.url}")
            if not allowed(host, port):
                failure = Failure.FOREIGN if chain.visited else Failure.FORBIDDEN
                return replace(answer, failure=failure, detail=ask.url, redirects=tuple(chain.visited), final=ask.url)
            answer = replace(answer, final=ask.url, redirects=tuple(chain.visited))
            answer = await self._once(ask, answer, chain.cookies.header(ask.url))
            if not chain.leads_on(answer, allowed):
                return answer
            if len(chain.visited) > self.limits.redirects:
                last = chain.visited.pop()
                detail = f"too many redirects: {len(chain.visited)} → {last}"
                return replace(answer, failure=Failure.REDIRECTS, detail=detail)

    async def _once(self, ask: Ask, answer: Answer, cookies: str) -> Answer:
        timing, url = phases.get(), URL(ask.url)
        host, port = place(ask.url)
        connection = await self.backend.connect(host, port, self._secure if url.protocol == "https:" else None)
        try:
            await connection.write(_request(ask, url, cookies))
            head = await read_head(connection)
            timing.mark("answer")
            timing.status, timing.headers = head.status, head.headers
            answer = replace(answer, status=head.status, headers=head.headers)
            most = self.limits.body
            coding = ",".join(answer.all_headers("content-encoding"))
            sent, complete = await read_body(
                connection, head, most, lambda sent: _ends_page(unpacked(sent, coding, most)), method=ask.method
            )
            timing.mark("body")
        finally:
            connection.close()
        if is_packed(sent) and answer.is_html and not coding:
            coding = "gzip"
        body = unpacked(sent, coding, most + 1)
        failure, detail = _of_status(answer)
        if failure is None and (len(body) > most or not complete):
            failure, detail = Failure.TOO_LARGE, f"larger than the limit: {most:,} B"
        return replace(answer, body=body[:most], failure=failure, detail=detail)


class _Chain:
    """One request on its way through redirects: where it is, what it has seen, and the cookies that it was given."""

    def __init__(self, ask: Ask) -> None:
        self.ask, self.visited, self.cookies = ask, list[str](), Cookies()
        self._spare = ""

    def leads_on(self, answer: Answer, allowed: Allowed) -> bool:
        """Whether an answer leads on; `ask` is the next request then."""
        cookies = self.cookies.keep(answer)
        if not self.ask.follow:
            return False
        if targets := redirects.locations(answer):
            self._spare = targets[1] if len(targets) > 1 else ""
            return self._to(targets[0], answer.status)
        if self._spare and answer.status in GONE:
            target, self._spare = self._spare, ""
            return self._to(target, 307)
        self._spare = ""
        target = redirects.refresh(answer) if answer.ok and self.ask.method == "GET" else ""
        if not target or (not allowed(*place(target)) and not read(answer).is_empty):
            return False
        if not cookies and target in (self.ask.url, *self.visited):
            return False  # a page that reloads itself, or two that take turns
        return self._to(target, 303)

    def _to(self, url: str, status: int) -> bool:
        ask = replace(self.ask, url=url)
        if place(url)[0] != place(self.ask.url)[0]:
            ask = replace(ask, headers={k: v for k, v in ask.headers.items() if k.lower() not in SECRET})
        if (status == 303 and ask.method != "HEAD") or (status in (301, 302) and ask.method == "POST"):
            ask = replace(ask, method="GET", content=b"")
        self.ask = ask
        self.visited.append(url)
        return True


def _request(ask: Ask, url: URL, cookies: str) -> bytes:
    """A request as it is sent. Raises ValueError for a header that would be two."""
    headers = {"Host": url.host, **HEADERS, **ask.headers, "Connection": "close"}
    if ask.content or ask.method in ("POST", "PUT"):
        headers["Content-Length"] = str(len(ask.content))
    lines = [
        f"{ask.method} {url.pathname}{url.search} HTTP/1.1",
        *(f"{name}: {text}" for name, text in headers.items()),
    ]
    if cookies:
        lines.append(f"Cookie: {cookies}")
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a header holds a line break")
    return b"".join(_sent(line) + b"\r\n" for line in [*lines, ""]) + ask.content


def _sent(line: str) -> bytes:
    """Bytes that came from a server go back as they came; other text is sent as UTF-8."""
    try:
        return line.encode("latin-1")
    except UnicodeError:
        return line.encode()


def _context(authorities: Path | None) -> ssl.SSLContext:
    """TLS as browsers offer it. authorities: PEM of further ones; an intermediate that servers forget may be in it."""
    context = ssl.create_default_context()
    context.set_ciphers(CIPHERS)
    context.options |= LEGACY_SERVERS
    if authorities:
        context.load_verify_locations(authorities)
    return context


def _ends_page(body: bytes) -> bool:
    return b"</html" in body[-2_000:].lower()


def place(url: str) -> tuple[str, int]:
    """Host and port of a URL; an empty host where there is none or it is not of the web."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError):
        return "", 0
    return (parts.hostname or "").rstrip("."), port


def _of_status(answer: Answer) -> tuple[Failure | None, str]:
    status = answer.status
    detail = f"HTTP {status}"
    if status in BLOCKING or (status == CHALLENGED and CHALLENGE in answer.header("set-cookie")):
        return Failure.BLOCKED, detail
    if status >= 500:
        return Failure.SERVER, detail
    return (Failure.CLIENT, detail) if status >= 400 else (None, "")


def _line(error: object) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__

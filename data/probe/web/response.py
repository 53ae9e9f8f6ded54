"""Head and body of an HTTP/1 response, read as browsers read them.

Browsers display what strict parsers refuse: lines that are no headers, a missing reason, bare line feeds, a length
that is not kept, chunks without an end. What Chromium refuses as well is Malformed.
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from data.probe.network.failures import Failure

MOST_HEAD = 262_144
"""Bytes of a head, as in Chromium."""
JUNK = 8
"""Bytes that may stand before a status line."""
PIECE = 65_536
IDLE_SECONDS = 1.0
"""A page whose end has come is whole when so long nothing follows, though the server holds the connection open."""
STATUS = re.compile(rb"(?:http(?:/(\d+)(?:\.(\d+))?)?|icy)(?=[\s]|$)[ \t]*(\d{1,3})?", re.IGNORECASE)
END = re.compile(rb"\r?\n\r?\n")
TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
SIZE = re.compile(rb"([0-9a-fA-F]{1,16})[ \t]*(?:;.*)?\r?\Z", re.DOTALL)
LONGEST_SIZE = 4_096
"""Bytes of the line before a chunk."""
BODILESS = (204, 304)
Headers = tuple[tuple[str, str], ...]


class Malformed(ValueError):
    """A response that browsers refuse as well."""


class Refusal(Exception):
    """A connection is not made, or breaks: the class of the failure, and what happened."""

    def __init__(self, failure: Failure, detail: str) -> None:
        super().__init__(detail)
        self.failure, self.detail = failure, detail


class Stream(Protocol):
    """Bytes of a connection; empty at its end. Raises Refusal where it breaks."""

    async def read(self, most: int) -> bytes: ...


@dataclass(frozen=True)
class Head:
    """Names are lower case, values Latin-1; `rest` are the bytes of the body that came with the head."""

    status: int
    version: tuple[int, int]
    headers: Headers
    rest: bytes

    def values(self, name: str) -> list[str]:
        """All values of a header, its lists taken apart."""
        values = (value for key, value in self.headers if key == name)
        return [part.strip() for value in values for part in value.split(",")]


async def read_head(stream: Stream) -> Head:
    """The final head; informational ones before it are left out. Raises Malformed, or Refusal without an answer."""
    buffer = b""
    while True:
        head, buffer = await _one_head(stream, buffer)
        if head.status >= 200 or head.status == 101:
            return head


async def _one_head(stream: Stream, buffer: bytes) -> tuple[Head, bytes]:
    searched = 0
    while True:
        start = _start(buffer)
        end = END.search(buffer, max(start, searched - 3)) if start >= 0 else None
        if end:
            return _head(buffer[start : end.start()], buffer[end.end() :])
        if len(buffer) > MOST_HEAD or (start < 0 and len(buffer.lstrip()) > JUNK + 4):
            raise Malformed("the head is too long" if start >= 0 else "the answer is not HTTP")
        searched = len(buffer)
        piece = await stream.read(PIECE)
        if not piece and start >= 0:
            return _head(buffer[start:], b"")  # cut off; what came is displayed
        if not piece:
            if buffer.strip():
                raise Malformed("the answer is not HTTP")
            raise Refusal(Failure.RESET, "Server disconnected without sending a response.")
        buffer += piece


def _start(buffer: bytes) -> int:
    """The position of the status line; -1 without one."""
    blank = len(buffer) - len(buffer.lstrip(b"\r\n"))
    match = STATUS.search(buffer[: blank + JUNK + 16], blank)
    return match.start() if match and match.start() <= blank + JUNK else -1


def _head(text: bytes, rest: bytes) -> tuple[Head, bytes]:
    first, *lines = re.split(rb"\r?\n", text)
    status = STATUS.match(first)
    assert status is not None
    version = (int(status[1] or 1), int(status[2] or 0))
    return Head(int(status[3] or 200), version, tuple(_headers(lines)), rest), rest


def _headers(lines: list[bytes]) -> list[tuple[str, str]]:
    """The headers among some lines. A line that begins with a blank goes on with the one before."""
    headers: list[list[bytes]] = []
    for line in lines:
        name, colon, value = line.partition(b":")
        if line[:1] in (b" ", b"\t"):
            if headers:
                headers[-1][1] += b" " + line.strip()
        elif colon and TOKEN.fullmatch(name.rstrip()):
            headers.append([name.rstrip().lower(), value.strip()])
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]


async def read_body(
    stream: Stream, head: Head, most: int, is_page: Callable[[bytes], bool], *, method: str = "GET"
) -> tuple[bytes, bool]:
    """The body as it was sent, without chunks, at most `most` bytes of it, and whether that is all of it.

    A body that ends too early is returned as received. is_page: whether the part received ends as a page does; called
    when nothing follows for a while. Raises Malformed, or Refusal where nothing of a body came.
    """
    if method == "HEAD" or head.status in BODILESS:
        return b"", True
    decode = _decoder(head)
    body = bytearray(decode.feed(head.rest))
    while not decode.done and len(body) <= most:
        try:
            piece = await _next(stream, partial(_shows_page, is_page, body))
        except Refusal:
            if not body:
                raise
            break  # browsers display what came before
        if not piece:
            break
        body += decode.feed(piece)
    return bytes(body[:most]), len(body) <= most


def _shows_page(is_page: Callable[[bytes], bool], body: bytearray) -> bool:
    return is_page(bytes(body))


async def _next(stream: Stream, is_complete: Callable[[], bool]) -> bytes:
    """The next bytes; empty at the end, or when nothing follows a whole page."""
    reading = asyncio.ensure_future(stream.read(PIECE))
    try:
        while not (await asyncio.wait([reading], timeout=IDLE_SECONDS))[0]:
            if is_complete():
                return b""
        return reading.result()
    finally:
        reading.cancel()


class _Plain:
    """A body of a length that is known, or up to the end of the connection."""

    def __init__(self, length: int | None) -> None:
        self.left, self.done = length, length == 0

    def feed(self, piece: bytes) -> bytes:
        if self.left is None:
            return piece
        piece = piece[: self.left]
        self.left -= len(piece)
        self.done = self.left == 0
        return piece


class _Chunks:
    """A body in chunks. Raises Malformed where the first one is none, unless the version knows no chunks."""

    def __init__(self, *, strict: bool) -> None:
        self.done, self._strict = False, strict
        self._buffer, self._left, self._any, self._plain = b"", 0, False, False

    def feed(self, piece: bytes) -> bytes:
        if self._plain:
            return piece
        buffer, at, body = self._buffer + piece, 0, bytearray()
        while at < len(buffer) and not self.done:
            if self._left:
                part = buffer[at : at + self._left]
                body += part
                at, self._left = at + len(part), self._left - len(part)
                continue
            size, after = _size(buffer, at)
            if after < 0:
                break  # the rest of the line is still to come
            if size is None:
                if self._any:
                    self.done = True  # browsers display what came before
                elif self._strict:
                    raise Malformed("the chunks of the answer cannot be read")
                else:
                    self._plain = True
                    return buffer
                break
            at, self._left, self._any, self.done = after, size, True, size == 0
        self._buffer = buffer[at:]
        return bytes(body)


def _size(buffer: bytes, at: int) -> tuple[int | None, int]:
    """The size in the line before a chunk, None if it is none, and where the chunk begins: -1 if it is to come."""
    while buffer[at : at + 1] in (b"\r", b"\n"):
        at += 1
    end = buffer.find(b"\n", at)
    if end < 0 and len(buffer) - at <= LONGEST_SIZE:
        return None, -1
    line = buffer[at : min(end if end >= 0 else len(buffer), at + LONGEST_SIZE)]
    said = SIZE.match(line)
    return (int(said[1], 16) if said else None), max(end + 1, at)


def _decoder(head: Head) -> _Plain | _Chunks:
    if "chunked" in (part.lower() for part in head.values("transfer-encoding")):
        return _Chunks(strict=head.version >= (1, 1))
    lengths = {part for part in head.values("content-length") if part.isascii() and part.isdecimal()}
    if len({int(length) for length in lengths}) > 1:
        raise Malformed("the answer states two lengths")
    return _Plain(int(lengths.pop()) if lengths else None)

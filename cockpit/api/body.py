"""The body of a push: which form it has, and its way to the disk with limits on size, rows and time."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from cockpit import settings
from cockpit.api.errors import BadRequest, BodyTimeout, ContentTooLarge, Stopping, TooOften, UnsupportedContent
from data.errors import Unavailable
from data.push.intake import ENCODINGS, Intake, Kind, Limits, Malformed, TooLarge, size_text
from data.push.spool import Spool
from data.system_errors import of_os

KINDS: dict[str, Kind] = {
    "application/json": "json",
    "application/x-ndjson": "ndjson",
    "application/ndjson": "ndjson",
    "application/jsonl": "ndjson",
    "text/csv": "csv",
}
PIECE = 1 << 20
IDLE_SECONDS, LONGEST_SECONDS = 30.0, 300.0
"""Time limits for a pause of the sender and for the whole body."""
DRAIN_SECONDS, DRAIN_BYTES = 10.0, 2_000_000_000
MOST_AT_ONCE = 16

ROW = {"ticket_no": "T1", "village_code": "990101001001", "created": "2026-11-20 08:00", "modified": "2026-11-20 08:00"}
DOCUMENT: dict[str, Any] = {
    "required": True,
    "description": "The rows, UTF-8 unless `charset` says gb18030; `Content-Encoding: gzip` is understood. Limits are "
    "settings of the server: by default 50 MB unpacked and 100,000 rows.",
    "content": {
        "application/json": {
            "schema": {"type": "array", "minItems": 1, "items": {"type": "object"}},
            "example": [ROW],
        },
        "application/x-ndjson": {
            "schema": {"type": "string", "description": "one JSON object a line"},
            "example": '{"ticket_no": "T1", "village_code": "990101001001", "created": "2026-11-20 08:00"}\n',
        },
        "text/csv": {
            "schema": {"type": "string", "description": "a line of column names, then a line a row"},
            "example": "ticket_no,village_code,created\nT1,990101001001,2026-11-20 08:00\n",
        },
    },
}


@dataclass(frozen=True)
class Form:
    """A body as its headers describe it. size: bytes as sent; None if not given."""

    kind: Kind
    encoding: str
    zipped: bool
    size: int | None


def form_of(request: Request) -> Form:
    """The form of a request's body. Raises UnsupportedContent and ContentTooLarge."""
    type_, _, rest = request.headers.get("content-type", "").partition(";")
    kind = KINDS.get(type_.strip().lower())
    if kind is None:
        raise UnsupportedContent(
            "body.type", "Content-Type {type} is not taken: send {known}", type=type_.strip()[:60] or "(none)",
            known=tuple(KINDS),
        )  # fmt: skip
    charset = re.search(r'charset\s*=\s*"?([\w-]+)', rest, re.IGNORECASE)
    encoding = charset[1].lower().replace("utf8", "utf-8") if charset else "utf-8"
    if encoding not in ENCODINGS:
        raise UnsupportedContent(
            "body.charset", "charset {charset} is not taken: send {known}", charset=encoding[:40],
            known=tuple(ENCODINGS),
        )  # fmt: skip
    packed = request.headers.get("content-encoding", "identity").strip().lower()
    if packed not in ("identity", "gzip", "x-gzip", ""):
        raise UnsupportedContent(
            "body.encoding", "Content-Encoding {encoding} is not taken: send gzip or none", encoding=packed[:40]
        ).sent_with({"Accept-Encoding": "gzip"})
    length_header = request.headers.get("content-length", "")
    size = int(length_header) if length_header.isdigit() else None
    limit = settings.current().push_bytes
    if size is not None and size > limit:
        raise ContentTooLarge(
            "body.announced_too_large", "the body has {size}, more than {limit}: send it in parts",
            size=size_text(size), limit=size_text(limit),
        )  # fmt: skip
    return Form(kind, encoding, packed in ("gzip", "x-gzip"), size)


_under_way = 0


@asynccontextmanager
async def received(request: Request, form: Form, spool: Spool) -> AsyncIterator[Intake]:
    """The body on disk, closed, in a file that is gone when the context ends, unless it was put in its place.

    Raises ApiError if it is refused, Unavailable if the disk takes no more.
    """
    global _under_way
    if _under_way >= MOST_AT_ONCE:
        raise TooOften("push.crowded", "too many bodies are under way: try again in {seconds} s", seconds=2).again_in(2)
    config = settings.current()
    limits = Limits(config.push_bytes, config.push_rows)
    _under_way += 1
    taken: Intake | None = None
    try:
        path = await run_in_threadpool(spool.incoming_path)
        taken = await run_in_threadpool(Intake, path, form.kind, limits, form.encoding, form.zipped)
        async for piece in _pieces(request):
            await run_in_threadpool(taken.feed, piece)
        await run_in_threadpool(taken.close)
        yield taken
    except TooLarge as error:
        raise ContentTooLarge.of(error) from None
    except Malformed as error:
        raise BadRequest.of(error) from None
    except ClientDisconnect:
        raise BadRequest("body.cut_off", "the sender left before the body was whole") from None
    except TimeoutError:
        raise BodyTimeout(
            "body.slow", "the body paused for {idle:g} s or took more than {longest:g} s", idle=IDLE_SECONDS,
            longest=LONGEST_SECONDS,
        ) from None  # fmt: skip
    except asyncio.CancelledError:  # the server stops and has waited long enough: the sender still gets an answer
        stopping = Stopping("server.stopping", "the server is being stopped: send it again")
        raise stopping.sent_with({"Retry-After": "10"}) from None
    except OSError as error:
        raise Unavailable("push.unwritable", "the push cannot be written to disk: {why}", why=of_os(error)) from error
    finally:
        _under_way -= 1
        if taken:
            taken.discard()


async def drain(request: Request) -> None:
    """Before a refusal to a sender that has the connection closed after the answer: read on for a moment and throw away
    what comes, or the sender meets a broken connection in place of the answer. Others the server does this for.
    """
    if request.headers.get("connection", "").lower() != "close":
        return
    read = 0
    with suppress(TimeoutError, ClientDisconnect, RuntimeError):
        async with asyncio.timeout(DRAIN_SECONDS):
            async for piece in request.stream():
                read += len(piece)
                if read > DRAIN_BYTES:
                    break


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    """The body in pieces of about PIECE bytes."""
    deadline, stream, buffer = time.monotonic() + LONGEST_SECONDS, request.stream(), bytearray()
    while True:
        wait = min(IDLE_SECONDS, deadline - time.monotonic())
        try:
            async with asyncio.timeout(wait):
                buffer += await anext(stream)
        except StopAsyncIteration:
            break
        if len(buffer) >= PIECE:
            yield bytes(buffer)
            buffer.clear()
    if buffer:
        yield bytes(buffer)

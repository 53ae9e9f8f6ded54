"""The body of a push: which form it has, and its way to the disk with limits on size, rows and time."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from fastapi import HTTPException, Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from cockpit import settings
from data.errors import Unavailable
from data.push.intake import ENCODINGS, Intake, Kind, Limits, Malformed, TooLarge, size_told
from data.push.spool import Spool

KINDS: dict[str, Kind] = {
    "application/json": "json",
    "application/x-ndjson": "ndjson",
    "application/ndjson": "ndjson",
    "application/jsonl": "ndjson",
    "text/csv": "csv",
}
PIECE = 1 << 20
IDLE_SECONDS, LONGEST_SECONDS = 30.0, 300.0
"""How long a sender may pause, and how long a body may take."""
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
    """What the headers say of a body. size: its bytes as sent, None if they do not tell."""

    kind: Kind
    encoding: str
    zipped: bool
    size: int | None


def form_of(request: Request) -> Form:
    """The form of a request's body. Raises HTTPException 415 and 413."""
    type_, _, rest = request.headers.get("content-type", "").partition(";")
    kind = KINDS.get(type_.strip().lower())
    if kind is None:
        raise HTTPException(415, f"Content-Type {type_.strip()[:60] or '(none)'} is not taken: send {', '.join(KINDS)}")
    named = re.search(r'charset\s*=\s*"?([\w-]+)', rest, re.IGNORECASE)
    encoding = named[1].lower().replace("utf8", "utf-8") if named else "utf-8"
    if encoding not in ENCODINGS:
        raise HTTPException(415, f"charset {encoding[:40]} is not taken: send {', '.join(ENCODINGS)}")
    packed = request.headers.get("content-encoding", "identity").strip().lower()
    if packed not in ("identity", "gzip", "x-gzip", ""):
        raise HTTPException(
            415, f"Content-Encoding {packed[:40]} is not taken: send gzip or none", {"Accept-Encoding": "gzip"}
        )
    given = request.headers.get("content-length", "")
    size = int(given) if given.isdigit() else None
    limit = settings.current().push_bytes
    if size is not None and size > limit:
        raise HTTPException(413, f"the body has {size_told(size)}, more than {size_told(limit)}: send it in parts")
    return Form(kind, encoding, packed in ("gzip", "x-gzip"), size)


_under_way = 0


@asynccontextmanager
async def received(request: Request, form: Form, spool: Spool) -> AsyncIterator[Intake]:
    """The body on disk, closed, in a file that is gone when the context ends, unless it was put in its place.

    Raises HTTPException if it is refused, Unavailable if the disk takes no more.
    """
    global _under_way
    if _under_way >= MOST_AT_ONCE:
        raise HTTPException(429, "too many bodies are under way: try again in 2 s", {"Retry-After": "2"})
    config = settings.current()
    limits = Limits(config.push_bytes, config.push_rows)
    _under_way += 1
    taken: Intake | None = None
    try:
        path = await run_in_threadpool(spool.coming)
        taken = await run_in_threadpool(Intake, path, form.kind, limits, form.encoding, form.zipped)
        async for piece in _pieces(request):
            await run_in_threadpool(taken.feed, piece)
        await run_in_threadpool(taken.close)
        yield taken
    except TooLarge as error:
        raise HTTPException(413, str(error)) from None
    except Malformed as error:
        raise HTTPException(400, str(error)) from None
    except ClientDisconnect:
        raise HTTPException(400, "the sender left before the body was whole") from None
    except TimeoutError:
        told = f"the body paused for {IDLE_SECONDS:g} s or took more than {LONGEST_SECONDS:g} s"
        raise HTTPException(408, told) from None
    except asyncio.CancelledError:  # the server stops and has waited long enough: the sender is told, as it is owed
        raise HTTPException(503, "the server is being stopped: send it again", {"Retry-After": "10"}) from None
    except OSError as error:
        raise Unavailable(f"the push cannot be written to disk: {error.strerror}") from error
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
    deadline, stream, held = time.monotonic() + LONGEST_SECONDS, request.stream(), bytearray()
    while True:
        wait = min(IDLE_SECONDS, deadline - time.monotonic())
        try:
            async with asyncio.timeout(wait):
                held += await anext(stream)
        except StopAsyncIteration:
            break
        if len(held) >= PIECE:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)

"""`push`: facts that a system sends, and what became of them row by row.

A body streams to the disk while it is checked; the sender is answered 202 when it lies there for good. Loading and
publishing is the work of another process (`cockpit.server.publisher`).
"""

import logging
import pathlib
import time
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Header, Path, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from cockpit import settings
from cockpit.access import district_wide
from cockpit.access.policy import Can
from cockpit.api import body
from cockpit.api.caller import Caller, Known
from cockpit.api.errors import ApiError, Conflicting, Forbidden, NotFound, TooOften
from cockpit.api.faults import RETRY_SECONDS, fault
from data.editions import edition as editions
from data.errors import DataError, Unavailable
from data.messages import plain
from data.push.intake import DEEPEST, LONGEST_ROW, size_text
from data.push.rate_limit import take
from data.push.spool import Conflict, Push, Sender, Spool, State
from data.sources.declared import declared
from data.sources.definition import Source

log = logging.getLogger(__name__)
router = APIRouter(tags=["push"])

MOST_WAITING, MOST_BODIES = 1000, 20
"""So many pushes wait to be loaded at most, and so many of the largest size in bytes."""
STORE_SECONDS, RECORDED_SECONDS = 2.0, 30.0
MOST_REJECTS = 1000

SourceName = Annotated[
    str, Path(max_length=40, pattern=r"^[a-z][a-z0-9_]*$", description="a declared source", examples=["hotline"])
]
PushId = Annotated[str, Path(max_length=60, description="what the push was answered with")]
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key", min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$",
        description="names this push: sent again with the same body, it is answered as before and loaded once",
    ),
]  # fmt: skip


class Accepted(BaseModel):
    """The push is on disk and will be loaded."""

    id: str = Field(examples=["20261122-080000-1f2e3d4c"])
    source: str
    state: State = Field(description="queued; of a push sent again what it has come to")
    rows: int = Field(description="rows in the body")
    size: int = Field(description="bytes of the body, unpacked")


class RefusedRow(BaseModel):
    """A row that was refused. row: its number: of an array from 1, of NDJSON and CSV the line."""

    row: int | None
    key: str | None
    reasons: list[str] = Field(examples=[["unknown area: 990199", "unparseable time: due_at"]])


class Verdict(BaseModel):
    """Outcome of a push. `accepted + rejected == read`; `accepted` includes `updated` and `unchanged`."""

    id: str
    source: str
    state: State = Field(
        description="queued; loaded, so in the next edition; published, so to be seen; held, as too many rows were "
        "refused; failed, as its content was refused as a whole"
    )
    received_at: datetime = Field(description="in the district's zone")
    ended_at: datetime | None = Field(description="when it was published, held or given up")
    rows: int
    read: int | None
    accepted: int | None
    updated: int | None
    unchanged: int | None
    rejected: int | None
    batch: int | None = Field(description="the delivery it has become")
    edition: str | None = Field(description="the first edition that shows it")
    fault: str | None = Field(description="why it failed; of a queued one why its last attempt did not succeed")
    fault_code: str | None = Field(description="the code of the fault, as of an error")
    fault_parameters: dict[str, Any] | None = Field(description="what the fault names")
    rejects: list[RefusedRow]


REFUSALS = {
    **fault(400, "the body is not what its headers say: broken JSON, a cut off gzip, not UTF-8, no row"),
    **fault(403, "the token is not for this source, or is no token of a system"),
    **fault(404, "the source is not declared"),
    **fault(408, "the body came too slowly"),
    **fault(409, "the Idempotency-Key stands for another body, or the home holds the demo district alone"),
    **fault(413, f"too many bytes or rows; a row longer than {size_text(LONGEST_ROW)} or nested deeper than {DEEPEST}"),
    **fault(415, "Content-Type is none of JSON, NDJSON and CSV, or Content-Encoding is not gzip"),
    **fault(429, "too many pushes of this token, or too many that wait to be loaded", Retry_After="seconds to wait"),
}  # fmt: skip


@router.post(
    "/push/{source}", status_code=202, response_model=Accepted, responses=REFUSALS,
    summary="Send facts of a source", openapi_extra={"requestBody": body.DOCUMENT},
)  # fmt: skip
async def send(request: Request, response: Response, caller: Known, source: SourceName, key: Key = None) -> Accepted:
    """Rows in the columns of the source's own mapping. 202 when they are on disk; `Location` is the outcome.

    A key that is known already is updated if the row is newer. A token with an area pushes rows of that area alone:
    others are refused row by row.
    """
    try:
        taken, again = await _taken(request, caller, source, key)
    except ApiError as refusal:
        log.warning("push to %s by %s refused: %s", source, caller.name, refusal)
        if not isinstance(refusal, TooOften):  # of those there may be many
            await run_in_threadpool(caller.note, "push", f"{source}: {refusal.status} {refusal}", "refused")
        await body.drain(request)
        raise
    summary = f"{source} {taken.id}: {taken.rows} rows, {taken.size} bytes" + (", sent again" if again else "")
    await run_in_threadpool(caller.note, "push", summary)
    response.headers["Location"] = f"{request.scope.get('root_path', '')}/push/{taken.id}"
    return Accepted(id=taken.id, source=taken.source, state=taken.state, rows=taken.rows, size=taken.size)


@router.get("/push/{id}", response_model=Verdict, summary="What became of a push, row by row")
def verdict(
    caller: Known,
    id: PushId,
    limit: Annotated[int, Query(ge=1, le=MOST_REJECTS, description="refused rows to list")] = 100,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> Verdict:
    """For the token that pushed it, and for who may see refused rows."""
    spool = Spool(settings.current().data)
    push = spool.find(id)
    own = push is not None and caller.token is not None and caller.token.id == push.token
    if push is not None and not own and not district_wide.may(caller.grants, Can.REJECTS):
        caller.note("refused", f"push {id}", "refused")
        push = None
    if push is None:
        raise NotFound("push.unknown", "there is no push {id} that you may see; pushes are kept for a month", id=id)
    rejects = [RefusedRow(row=r.row, key=r.key, reasons=r.reasons) for r in spool.rejects(push, limit, offset)]
    names = ("id", "source", "state", "rows", "read", "accepted", "updated", "unchanged", "rejected", "batch")
    return Verdict(
        **{name: getattr(push, name) for name in names}, edition=push.edition, rejects=rejects, **_fault(push),
        received_at=_local(push.received), ended_at=_local(push.ended) if push.ended else None,
    )  # fmt: skip


async def _taken(request: Request, caller: Caller, name: str, key: str | None) -> tuple[Push, bool]:
    """The push, on disk; and whether it was sent before. Raises ApiError if it is refused."""
    spool = Spool(settings.current().data)
    sender = await run_in_threadpool(_admitted, caller, name, spool)
    form = body.form_of(request)
    async with body.received(request, form, spool) as taken:
        try:
            return await run_in_threadpool(spool.accept, taken, sender, name, key)
        except Conflict as conflict:
            raise Conflicting.of(conflict) from None


def _admitted(caller: Caller, name: str, spool: Spool) -> Sender:
    """The sender, if its token may push to this source now."""
    config, token = settings.current(), caller.token
    if token is None:
        raise Forbidden(
            "push.no_token", "only systems push: send a token, from `python -m cockpit token issue SYSTEM --source S`"
        )
    rate = config.push_rate
    if wait := take(spool.folder, str(token.id), rate / 60, rate):
        seconds = _whole_seconds(wait)
        raise TooOften(
            "push.too_often", "this token pushes more often than {rate} times a minute: try again in {seconds} s",
            rate=rate, seconds=seconds,
        ).again_in(seconds)  # fmt: skip
    if name not in token.sources:
        raise Forbidden("push.other_source", "this token is not for the source {source}", source=name)
    source = _declared(name)
    if token.area is not None and not source.area:
        raise Forbidden(
            "push.no_area", "rows of {source} name no area, and this token is for an area: it needs one without",
            source=name,
        )  # fmt: skip
    _check_demo(name)
    count, size = spool.waiting()
    if count >= MOST_WAITING or size >= MOST_BODIES * config.push_bytes:
        seconds = _whole_seconds(RETRY_SECONDS)
        raise TooOften(
            "push.queue_full", "{count} pushes wait to be loaded: try again in {seconds} s", count=count,
            seconds=seconds,
        ).again_in(seconds)  # fmt: skip
    return Sender(token.id, token.system, token.area)


def _declared(name: str) -> Source:
    """A source by its name. One that is known from the store alone is asked for there only now and then: while somebody
    reads the store, nothing can be loaded.
    """
    config = settings.current()
    at, known = _recorded.get((config.home, name), (0.0, None))
    if known and time.monotonic() - at < RECORDED_SECONDS and not (config.sources_folder / f"{name}.yaml").exists():
        return known
    try:
        source_ = declared(config.data, config.sources_folder, name, wait=STORE_SECONDS)
    except Unavailable:
        raise
    except DataError as error:
        log.error("%s", error)
        raise Unavailable(
            "source.wrong", "the source {source} is declared wrongly: ask the data officer to mend its file",
            source=name,
        ) from None  # fmt: skip
    if source_ is None:
        raise NotFound(
            "source.undeclared", "there is no source {source}: its file {source}.yaml goes into the folder of sources",
            source=name,
        )  # fmt: skip
    _recorded[config.home, name] = (time.monotonic(), source_)
    return source_


_recorded: dict[tuple[pathlib.Path, str], tuple[float, Source]] = {}


def _check_demo(name: str) -> None:
    """A home that holds the demo district takes nothing but the demo's own sources."""
    from data.demo.deliveries import SOURCES  # here, as only a demonstration needs it

    edition = editions.current(settings.current().data, memory=settings.current().read_memory)
    if edition and edition.demo and name not in {source for source, *_ in SOURCES}:
        raise Conflicting(
            "home.demo", "this home holds the demo district, which is not mixed with other data: use another home"
        )


def _fault(push: Push) -> dict[str, Any]:
    message = plain(push.why) if push.fault else None
    if not isinstance(message, dict):
        return {"fault": message, "fault_code": None, "fault_parameters": None}
    return {"fault": message["message"], "fault_code": message["code"], "fault_parameters": message["parameters"]}


def _whole_seconds(seconds: float) -> int:
    """Seconds to wait, at least one."""
    return max(1, round(seconds + 0.5))


def _local(moment: float) -> datetime:
    return datetime.fromtimestamp(moment, ZoneInfo(settings.current().zone)).replace(microsecond=0)

"""Download of the audit log: all rows with their hash chain."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from cockpit.access import record, visitors
from cockpit.access.gate import visitor_of
from cockpit.access.policy import Can
from cockpit.access.signin.forms import spoken
from cockpit.access.signin.new_session import address_of
from cockpit.i18n import _, using
from cockpit.labels.wording import worded
from data.desk import clock
from data.desk.auditing import audit
from data.errors import DataError

PATH = "/files/audit.jsonl"


async def file(request: Request) -> Response:
    """Stream every row as JSON Lines. 403 without the right AUDIT, 503 while the desk does not answer."""
    visitor = visitor_of(request.scope)
    assert visitor, "the gate requires a session"
    what, address = "the entire audit", address_of(request)
    if not visitor.grants.may(Can.AUDIT):
        await run_in_threadpool(
            record.note, event="refused", result="refused", visitor=visitor, what=what, address=address
        )
        with using(spoken(request)):
            return PlainTextResponse(_("The audit is read by the audit administrator alone.") + "\n", 403)
    try:
        await run_in_threadpool(record.write, event="export", visitor=visitor, what=what, address=address)
    except DataError as error:
        with using(spoken(request)):
            return PlainTextResponse(f"{worded(error)}\n", 503)
    lines = audit.lines(visitors.desk())
    name = f"audit-{clock.now():%Y%m%d-%H%M%S}.jsonl"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse(lines, media_type="application/x-ndjson", headers=headers)


ROUTES = (Route(PATH, file),)

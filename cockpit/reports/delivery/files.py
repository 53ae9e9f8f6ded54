"""`/files/report/ID`: downloads a finished report; checks rights and writes the audit."""

from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from cockpit import settings
from cockpit.access import record, visitors
from cockpit.access.gate import visitor_of
from cockpit.access.policy import Grants
from cockpit.access.signin.forms import spoken
from cockpit.access.signin.new_session import address_of
from cockpit.errors import CockpitError
from cockpit.i18n import using
from cockpit.labels.wording import worded
from cockpit.reports import make
from cockpit.reports.delivery import access
from data.desk.errors import DeskError

PATH = "/files/report/{id}"


async def file(request: Request) -> Response:
    """The file as an attachment; 404 for one that is not there or not theirs to have."""
    visitor = visitor_of(request.scope)
    assert visitor, "the gate requires a session"
    id = request.path_params["id"]
    address = address_of(request)
    with using(spoken(request)):
        try:
            response, what = await run_in_threadpool(served, visitor.grants, id)
            await run_in_threadpool(record.write, event="export", visitor=visitor, what=what, address=address)
        except CockpitError as error:
            what = f"report {id}"
            await run_in_threadpool(
                record.note, event="refused", result="refused", visitor=visitor, what=what, address=address
            )
            return PlainTextResponse(f"{worded(error)}\n", 404)
        except DeskError as error:
            return PlainTextResponse(f"{worded(error)}\n", 503)
    return response


def served(grants: Grants, id: str) -> tuple[FileResponse, str]:
    """The file of a report, and what the audit says of it. Raises NotThere, ReportError or DeskError."""
    config = settings.current()
    report = access.find(visitors.desk(), config, grants, id)
    path, name = make.file_of(config, report), make.name_of(report, access.title(config, report))
    headers = {
        "Content-Disposition": f"attachment; filename=\"{path.name}\"; filename*=UTF-8''{quote(name)}",
        "Cache-Control": "no-store",
    }
    media = make.MEDIA[make.request_of(report).format]
    return FileResponse(path, media_type=media, headers=headers), f"report {id} sha256:{report.sha256}"


ROUTES = (Route(PATH, file),)

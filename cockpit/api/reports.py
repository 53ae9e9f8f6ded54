"""`/api/v1/reports`: ask for a report, see how far it is, fetch its file."""

from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import FileResponse

from cockpit import settings
from cockpit.access import visitors
from cockpit.access.policy import Can
from cockpit.actions import reports
from cockpit.actions.action import Actor
from cockpit.api.answers import ReportKindOut, ReportOut
from cockpit.api.caller import Caller, Known
from cockpit.api.errors import BadRequest, Forbidden, NotFound
from cockpit.api.times import of_desk
from cockpit.errors import CockpitError
from cockpit.i18n import using
from cockpit.reports import make
from cockpit.reports.delivery import access, files
from cockpit.reports.request import Request, kinds_of
from data.desk.reports import Report
from data.messages import plain
from metrics.scope import OutOfScope

router = APIRouter(tags=["reports"])

Id = Annotated[str, Path(max_length=20, description="a report, such as R20261126-3fa2c1aa")]


@router.get("/report-kinds", summary="The kinds of report")
def kinds(caller: Known) -> list[ReportKindOut]:
    """The report kinds with their sections, levels and formats."""
    return [
        ReportKindOut(
            id=k.id, name=dict(k.name), about=dict(k.about), levels=list(k.levels), formats=list(k.formats),
            metrics=list(k.metrics), choose=bool(k.choose), rows=k.rows, version=k.version,
        )
        for k in kinds_of(settings.current()).values()
    ]  # fmt: skip


@router.post("/reports", summary="Ask for a report", status_code=202)
def ask(caller: Known, requested: Request) -> ReportOut:
    """It is made when its turn comes: `status` goes from queued over running to draft, or to failed.

    For callers who may report on all of the areas, and tokens issued for reports; those that hold single cases are for
    people who may take rows away.
    """
    _need(caller)
    try:
        with using("en"):
            actor = Actor.holding(caller.name, caller.grants, caller.address)
            stored = reports.ask(visitors.desk(), actor, settings.current(), requested)
    except OutOfScope:
        caller.note("refused", f"report {requested.kind} {','.join(map(str, requested.areas))}", "refused")
        raise
    except CockpitError as error:
        raise BadRequest.of(error) from None
    return _fields(stored)


@router.get("/reports", summary="The newest reports")
def listed(caller: Known) -> list[ReportOut]:
    """The reports that the caller may read."""
    _need(caller)
    return [_fields(report) for report in access.listing(visitors.desk(), settings.current(), caller.grants)]


@router.get("/reports/{id}", summary="One report")
def one(caller: Known, id: Id) -> ReportOut:
    """Progress; once finished, the hash and the address of the file."""
    return _fields(_report(caller, id))


@router.get("/reports/{id}/file", summary="The file of a report", response_class=FileResponse)
def file(caller: Known, id: Id) -> FileResponse:
    """As an attachment; recorded. 404 until it is made."""
    _report(caller, id)
    try:
        with using("en"):
            response, what = files.served(caller.grants, id)
    except CockpitError as error:
        raise NotFound.of(error) from None
    caller.record("export", what)
    return response


def _need(caller: Caller) -> None:
    """403 for callers who may report on nothing: administrators, data officers, a token not issued for reports."""
    if not caller.grants.may(Can.REPORT) or (caller.token and not caller.token.reports):
        caller.note("refused", "reports", "refused")
        raise Forbidden("report.not_allowed", "reports are for roles on an area, and for a token issued with --reports")


def _report(caller: Caller, id: str) -> Report:
    _need(caller)
    try:
        with using("en"):
            return access.find(visitors.desk(), settings.current(), caller.grants, id)
    except CockpitError as error:
        caller.note("refused", f"report {id}", "refused")
        raise NotFound.of(error) from None


def _fault(report: Report) -> dict[str, Any]:
    message = plain(report.why)
    if not isinstance(message, dict):  # nothing, or a text that an older release stored
        return {"fault": message, "fault_code": None, "fault_parameters": None}
    return {"fault": message["message"], "fault_code": message["code"], "fault_parameters": message["parameters"]}


def _fields(report: Report) -> ReportOut:
    return ReportOut.model_validate({
        "id": report.id, "status": report.status, "share": report.share, "step": report.step, **_fault(report),
        "asked": make.request_of(report).model_dump(mode="json", by_alias=True), "edition": report.edition,
        "who": report.who, "asked_at": of_desk(report.asked_at),
        "done_at": of_desk(report.done_at) if report.done_at else None, "sha256": report.sha256,
        "size": report.size, "metrics": report.versions, "view": f"/?report={report.id}",
        "file": f"/api/v1/reports/{report.id}/file" if report.made else None,
    })  # fmt: skip

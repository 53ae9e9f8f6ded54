"""Access to reports: a user needs the right to report on all of its areas, and to export rows if it contains any."""

from cockpit.access.policy import Can, Grants
from cockpit.reports import make
from cockpit.reports.errors import ReportError
from cockpit.reports.kind import Kind
from cockpit.reports.request import kinds_of
from cockpit.settings import Settings
from data.desk import reports
from data.desk.reports import Report
from data.desk.store import Desk
from metrics.period import DAY

LISTED = 200


class NotThere(ReportError):
    """Report unknown or not granted; both look alike to the user."""


def takes(kind: Kind | None, report: Report) -> Can:
    """The rights that reading a report requires. A report whose kind no longer exists counts as one with rows."""
    return Can.REPORT if kind and not (kind.rows and make.request_of(report).rows) else Can.EXPORT


def may_read(config: Settings, grants: Grants, report: Report) -> bool:
    """Whether somebody may have a report."""
    need = takes(kinds_of(config).get(report.kind), report)
    return bool(report.ranges) and all(grants.may(need, first, end) for first, end in report.ranges)


def find(desk: Desk, config: Settings, grants: Grants, id: str) -> Report:
    """The report of an id. NotThere if there is none that they may have."""
    report = reports.find(desk, id)
    if report is None or not may_read(config, grants, report):
        raise NotThere("report.not_there", "there is no report {id} that you may see", id=id)
    return report


def listing(desk: Desk, config: Settings, grants: Grants) -> list[Report]:
    """The newest of those that somebody may have."""
    return [report for report in reports.listing(desk, limit=LISTED) if may_read(config, grants, report)]


def title(config: Settings, report: Report) -> str:
    """The name of its file: kind, first and last day."""
    request, kind = make.request_of(report), kinds_of(config).get(report.kind)
    name = kind.name[request.lang] if kind else report.kind
    return f"{name}-{request.start}-{request.end - DAY}"

"""Actions on reports: request one, and change the state of a finished one."""

from cockpit.access.policy import Can
from cockpit.actions.action import Actor, Forbidden, action
from cockpit.reports import make, request
from cockpit.reports.delivery import access
from cockpit.reports.request import Request
from cockpit.settings import Settings
from data.desk import reports
from data.desk.errors import Refused
from data.desk.reports import DRAFT, FINAL, QUEUED, Report
from data.desk.store import Desk

ASK = action("reports.ask", "export", Can.REPORT)
MOVE = action("reports.move", "act", None)


def ask(
    desk: Desk, actor: Actor, config: Settings, requested: Request, *, status: str = QUEUED, worker: str = ""
) -> Report:
    """Keep a request, to be made when its turn comes. Raises ReportError or OutOfScope; then nothing is kept."""
    checked = request.check(requested, config, actor.grants)  # reads the edition: before the desk's transaction
    with ASK.by(desk, actor, f"report {requested.kind} {requested.format}") as entry:
        report = make.keep(desk, config, checked, actor.name, status=status, worker=worker)
        assert report is not None  # only a turn of a schedule may be kept already
        entry.what = f"report {report.id} {requested.kind} {requested.format} {checked.edition} asked for"
        return report


def move(desk: Desk, actor: Actor, config: Settings, id: str, to: str) -> Report:
    """Change a report's state. Its author may make a draft final; all else takes the right to export on its areas."""
    with MOVE.by(desk, actor, f"report {id} {to}"):
        report = access.find(desk, config, actor.grants, id)
        if not may_move(actor, report, to):
            raise Forbidden("action.no_right", "You may not do this here: it takes a right that you do not hold.")
        try:
            return reports.move(desk, id, to, actor.name)
        except Refused as error:
            raise Refused(
                "report.state_changed", "Somebody has changed its state meanwhile: look at it again."
            ) from error


def may_move(actor: Actor, report: Report, to: str) -> bool:
    """Whether the actor may bring a report that they may read into a state."""
    own_draft = report.who == actor.name and report.status == DRAFT and to == FINAL
    return own_draft or all(actor.grants.may(Can.EXPORT, first, end) for first, end in report.ranges)

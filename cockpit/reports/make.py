"""Makes a report: from the request at the desk to a file in the store with its hash, atomically."""

import hashlib
import os
import re
import shutil
from collections.abc import Sequence
from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

from cockpit.access.policy import Grants, Held
from cockpit.reports import request
from cockpit.reports.errors import ReportError
from cockpit.reports.model import Document
from cockpit.reports.progress import Listener, listening
from cockpit.reports.request import CheckedRequest, Request
from cockpit.reports.sections import content
from cockpit.reports.writers import fonts
from cockpit.settings import Settings
from data.desk import reports as desk_reports
from data.desk.reports import Report
from data.desk.store import Desk
from data.editions import files as edition_files
from data.editions.scoped import Scope
from data.processes import is_alive

SUFFIX = {"docx": "docx", "pdf": "pdf", "xlsx": "xlsx", "csv": "csv.zip"}
MEDIA = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "application/zip",
}  # fmt: skip
UNSAFE = re.compile(r'[\\/:*?"<>|\s]+')
READING, WRITING = 0.05, 0.3
"""Shares of the work done when reading begins, and when writing does."""


def silent(step: str, share: float) -> None:
    """A listener that ignores progress."""


def ask(
    desk: Desk,
    config: Settings,
    report_request: Request,
    grants: Grants,
    requester: str,
    *,
    status: str = desk_reports.QUEUED,
    worker: str = "",
) -> tuple[Report | None, CheckedRequest]:
    """Check a request and store it at the desk; its edition is pinned.

    Raises ReportError or OutOfScope; then nothing is stored.
    """
    checked = request.check(report_request, config, grants)
    return keep(desk, config, checked, requester, status=status, worker=worker), checked


def keep(
    desk: Desk,
    config: Settings,
    checked: CheckedRequest,
    requester: str,
    *,
    plan: str | None = None,
    slot: str | None = None,
    mail: Sequence[str] = (),
    status: str = desk_reports.QUEUED,
    worker: str = "",
) -> Report | None:
    """Store a checked request at the desk with its edition. None if this turn of a schedule is stored already."""
    fixed = checked.request.model_copy(update={"edition": checked.edition})
    edition_files.pin(config.data, checked.edition)
    return desk_reports.ask(
        desk, kind=fixed.kind, request=fixed.stored(), edition=checked.edition, scope=_scope(checked), who=requester,
        plan=plan, slot=slot, mail=mail, status=status, worker=worker,
    )  # fmt: skip


def _scope(checked: CheckedRequest) -> Scope:
    """The requested areas: the scope that making it needs."""
    return tuple((view.area.code, view.area.end) for view in checked.views)


def make(desk: Desk, config: Settings, report: Report, progress: Listener = silent) -> Report:
    """Make a requested report into the store. Raises ReportError; then there is no file."""
    report_request = request_of(report)
    folder = store(config)
    folder.mkdir(parents=True, exist_ok=True)
    progress("reading", READING)
    document = build(config, report)
    progress("writing", WRITING)
    name = f"{report.id}.{SUFFIX[report_request.format]}"
    draft = folder / f".{name}-{os.getpid()}"
    try:
        with listening(lambda step, share: progress(step, WRITING + (1 - WRITING) * share)):
            write(document, report_request.format, draft, config)
        digest, size = sha256(draft), draft.stat().st_size
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        os.replace(draft, folder / name)
    finally:
        draft.unlink(missing_ok=True)
    versions = {definition.id: definition.version for definition in document.provenance.definitions}
    return desk_reports.finish(desk, report.id, file=name, sha256=digest, size=size, definitions=versions)


def remove_drafts(config: Settings) -> None:
    """Remove what processes that were killed left of reports, before this one makes any; those that live go on."""
    for file in store(config).glob(".R*-*"):
        pid = file.name.rpartition("-")[2]
        if pid.isdigit() and (int(pid) == os.getpid() or not is_alive(int(pid))):
            file.unlink(missing_ok=True)


def again(config: Settings, report: Report, path: Path) -> str:
    """Make a report again from its record, outside the store; its hash. Raises ReportError if a definition changed."""
    document = build(config, report)
    now = {definition.id: definition.version for definition in document.provenance.definitions}
    changed = [name for name, version in report.versions.items() if now.get(name) != version]
    if changed:
        raise ReportError(
            "report.other_definitions",
            "{id} was made with other definitions of {metrics}: it cannot be made again",
            id=report.id,
            metrics=tuple(changed),
        )
    draft = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        write(document, request_of(report).format, draft, config)
        digest = sha256(draft)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    return digest


def build(config: Settings, report: Report) -> Document:
    """The document of a report at the desk; of the same report always the same."""
    grants = Grants(tuple(Held("inspector", first, end) for first, end in report.ranges))
    checked = request.check(request_of(report), config, grants)
    at = report.asked_at.replace(tzinfo=UTC).astimezone(ZoneInfo(config.zone)).replace(tzinfo=None, microsecond=0)
    return content.build(checked, id=report.id, who=report.who, made_at=at)


def write(document: Document, format: str, path: Path, config: Settings) -> None:
    """One file of a document. The libraries of a format are slow to import: each is imported on first use."""
    match format:
        case "docx":
            from cockpit.reports.writers import word

            word.write(document, fonts.faces(config.fonts), path)
        case "pdf":
            from cockpit.reports.writers import pdf

            path.write_bytes(pdf.write(document, fonts.faces(config.fonts)))
        case "xlsx":
            from cockpit.reports.writers import workbook

            config.data.scratch.mkdir(parents=True, exist_ok=True)
            workbook.write(document, path, config.data.scratch)
        case _:
            from cockpit.reports.writers import table

            table.write(document, path)


def request_of(report: Report) -> Request:
    return Request.model_validate_json(report.asked)


def store(config: Settings) -> Path:
    """The folder of all reports."""
    return config.home / "reports"


def file_of(config: Settings, report: Report) -> Path:
    """The file of a report that is made. Raises ReportError if it is not, or if its file is gone."""
    path = store(config) / report.file
    if not report.made or not report.file:
        raise ReportError("report.no_file", "report {id} is not made: it has no file", id=report.id)
    if not path.is_file():
        raise ReportError(
            "report.file_gone",
            "the file of report {id} is gone: make it again with `python -m cockpit report again`",
            id=report.id,
        )
    return path


def copy(config: Settings, report: Report, to: Path) -> None:
    """Copy a report's file atomically."""
    draft = to.with_name(f".{to.name}-{os.getpid()}")
    try:
        shutil.copyfile(file_of(config, report), draft)
        os.replace(draft, to)
    finally:
        draft.unlink(missing_ok=True)


def name_of(report: Report, title: str) -> str:
    """The name of a downloaded file: `临江区治理运行情况专报-R20261126-3fa2c1aa.docx`."""
    return f"{UNSAFE.sub('-', title)[:60]}-{report.id}.{SUFFIX[request_of(report).format]}"


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

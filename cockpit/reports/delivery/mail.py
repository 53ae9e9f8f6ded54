"""Reports that go out by SMTP, to the addresses of the schedule and to no others."""

import logging
import smtplib
import time
from email.header import Header
from email.message import Message as Mail
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import formatdate
from pathlib import Path

from cockpit import smtp
from cockpit.i18n import _, language, using
from cockpit.labels import format
from cockpit.reports import make
from cockpit.reports.errors import ReportError
from cockpit.reports.request import kinds_of
from cockpit.settings import Settings
from data.desk import reports
from data.desk.reports import Report
from data.desk.store import Desk
from data.errors import DataError, Problem
from data.messages import Message
from data.system_errors import line_of, of_os

log = logging.getLogger("cockpit.reports")

AGAIN_SECONDS = 600.0
"""Before a report that could not be sent is tried again."""
_tried: dict[str, float] = {}


def deliver(desk: Desk, config: Settings) -> None:
    """Send what is made and has not gone; a fault is stored with the report and sending is retried later."""
    waiting = [one for one in reports.to_mail(desk) if time.monotonic() > _tried.get(one.id, 0.0)]
    for report in waiting:
        _tried[report.id] = time.monotonic() + AGAIN_SECONDS
        try:
            send(config, report)
        except (OSError, smtplib.SMTPException, ReportError, DataError) as error:
            log.error("report %s was not sent: %s", report.id, error)
            reports.mailed(desk, report.id, fault=_why(error))
        else:
            reports.mailed(desk, report.id)


def _why(error: OSError | smtplib.SMTPException | Problem) -> Message:
    if isinstance(error, Problem):
        return error.message
    known = isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException)
    why = of_os(error) if known else line_of(error)[:300]
    return Message("report.not_sent", "the mail was not sent: {why}", why=why)


def send(config: Settings, report: Report) -> None:
    """One report as an attachment. Raises OSError or SMTPException."""
    with smtp.connected(config) as server:
        server.send_message(message(config, report))


def message(config: Settings, report: Report) -> Mail:
    """Subject, a few lines with the id and the hash, and the file; sent again it has the same Message-ID."""
    request, file = make.request_of(report), make.file_of(config, report)
    with using(request.lang):
        kind, period = kinds_of(config)[report.kind].name[language()], format.period_in_words(request.period)
        mail = MIMEMultipart()
        mail["Subject"] = Header(f"{kind} {period} {report.id}", "utf-8").encode()
        mail["From"], mail["To"] = config.mail_from, ", ".join(report.mail.split(","))
        mail["Date"] = formatdate()
        mail["Message-ID"] = f"<{report.id}@{config.mail_from.partition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence note answers it
        mail["X-Auto-Response-Suppress"] = "All"  # what Exchange reads in its place
        text = _(
            "{kind}, {period}, from edition {edition}.\nReport {id}, SHA-256 {sha256}.\n"
            "It opens again at /?report={id}.",
            kind=kind, period=period, edition=report.edition, id=report.id, sha256=report.sha256,
        )  # fmt: skip
        mail.attach(MIMEText(text, "plain", "utf-8"))
        mail.attach(_attachment(file, make.MEDIA[request.format], make.name_of(report, f"{kind}-{request.start}")))
    return mail


def _attachment(file: Path, media: str, name: str) -> MIMEApplication:
    """The file under its name, given twice: Outlook reads the RFC 2047 words in Content-Type, others RFC 2231.

    Python's newer mail classes would write both as RFC 2231, which older versions of Outlook show as `ATT00001`.
    """
    part = MIMEApplication(file.read_bytes(), media.partition("/")[2])
    part.set_param("name", Header(name, "utf-8").encode(linesep=""))
    part.add_header("Content-Disposition", "attachment", filename=("utf-8", "", name))
    return part

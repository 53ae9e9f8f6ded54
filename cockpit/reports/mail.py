"""Reports that go out by SMTP, to the addresses of the schedule and to no others."""

import logging
import smtplib
import ssl
import time
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from cockpit import format
from cockpit.i18n import _, language, using
from cockpit.reports import make
from cockpit.reports.errors import ReportError
from cockpit.reports.request import kinds_of
from cockpit.settings import Settings
from data.desk import reports
from data.desk.reports import Report
from data.desk.store import Desk

log = logging.getLogger("cockpit.reports")

TIMEOUT_SECONDS = 20
AGAIN_SECONDS = 600.0
"""Before a report that could not be sent is tried again."""
PORTS = {"smtp": 25, "smtps": 465}
_tried: dict[str, float] = {}


def deliver(desk: Desk, config: Settings) -> None:
    """Send what is made and has not gone; a fault is kept with the report and tried again later."""
    waiting = [one for one in reports.to_mail(desk) if time.monotonic() > _tried.get(one.id, 0.0)]
    for report in waiting:
        _tried[report.id] = time.monotonic() + AGAIN_SECONDS
        try:
            send(config, report)
        except (OSError, smtplib.SMTPException, ReportError) as error:
            log.error("report %s was not sent: %s", report.id, error)
            reports.mailed(desk, report.id, fault=str(error) or type(error).__name__)
        else:
            reports.mailed(desk, report.id)


def send(config: Settings, report: Report) -> None:
    """One report as an attachment. Raises OSError or SMTPException."""
    where = urlsplit(config.smtp.get_secret_value())
    with _connected(where.scheme, where.hostname or "", where.port or PORTS[where.scheme]) as server:
        if where.username:
            server.login(unquote(where.username), unquote(where.password or ""))
        server.send_message(message(config, report))


def message(config: Settings, report: Report) -> EmailMessage:
    """Subject, a few lines with the id and the hash, and the file."""
    asked, file = make.request_of(report), make.file_of(config, report)
    with using(asked.lang):
        kind = kinds_of(config)[report.kind].name[language()]
        made = EmailMessage()
        made["Subject"] = f"{kind} {format.period_in_words(asked.period)} {report.id}"
        made["From"], made["To"] = config.mail_from, ", ".join(report.mail.split(","))
        made["Message-ID"] = f"<{report.id}@cockpit>"
        made.set_content(
            _(
                "{kind}, {period}, from edition {edition}.\nReport {id}, SHA-256 {sha256}.\n"
                "It opens again at /?report={id}.",
                kind=kind, period=format.period_in_words(asked.period), edition=report.edition, id=report.id,
                sha256=report.sha256,
            )
        )  # fmt: skip
        main, _slash, sub = make.MEDIA[asked.format].partition("/")
        made.add_attachment(
            file.read_bytes(), maintype=main, subtype=sub, filename=make.name_of(report, f"{kind}-{asked.start}")
        )
    return made


def _connected(scheme: str, host: str, port: int) -> smtplib.SMTP:
    """A connection, encrypted wherever the server offers it."""
    if scheme == "smtps":
        return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context())
    server = smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)
    server.ehlo()
    if server.has_extn("starttls"):
        server.starttls(context=ssl.create_default_context())
        server.ehlo()
    return server

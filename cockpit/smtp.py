"""The mail server of the settings (COCKPIT_SMTP)."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

from cockpit.settings import Settings

TIMEOUT_SECONDS = 20
PORTS = {"smtp": 25, "smtps": 465}


@contextmanager
def connected(config: Settings) -> Iterator[smtplib.SMTP]:
    """A connection, encrypted wherever the server offers it, and signed in. Raises OSError or SMTPException."""
    where = urlsplit(config.filled(config.smtp))
    with _connected(where.scheme, where.hostname or "", where.port or PORTS[where.scheme]) as server:
        if where.username:
            server.login(unquote(where.username), unquote(where.password or ""))
        yield server


def _connected(scheme: str, host: str, port: int) -> smtplib.SMTP:
    if scheme == "smtps":
        return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context())
    server = smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)
    server.ehlo()
    if server.has_extn("starttls"):
        server.starttls(context=ssl.create_default_context())
        server.ehlo()
    return server

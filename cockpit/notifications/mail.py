"""Notifications by mail: one mail for what is due to an account, with a link that ends them (RFC 8058)."""

from collections.abc import Sequence
from email.header import Header
from email.mime.text import MIMEText
from email.utils import formatdate

from cockpit import smtp
from cockpit.i18n import _, ngettext, using
from cockpit.labels.wording import worded
from cockpit.notifications import unsubscribing
from cockpit.notifications.channels import Channels
from cockpit.settings import Settings
from data.desk.identity import accounts
from data.desk.notifications import choices, dispatches
from data.desk.notifications.dispatches import Dispatch
from data.desk.store import Desk
from data.messages import restored


def send(desk: Desk, config: Settings, configured: Channels, messages: Sequence[Dispatch]) -> None:
    """Send the messages of one account as a mail; discard them where the account has no address any more.

    Raises OSError or SMTPException.
    """
    account = messages[0].account_id
    assert account is not None, "a mail goes to an account"
    address = choices.read(desk, account).mail if accounts.is_active(desk, account) else ""
    if not address:
        dispatches.discard(desk, [one.id for one in messages])
        return
    with using(config.language):
        mail = message(config, configured, account, address, messages)
    with smtp.connected(config) as server:
        server.send_message(mail)


def message(
    config: Settings, configured: Channels, account: int, address: str, messages: Sequence[Dispatch]
) -> MIMEText:
    """The mail, in the language spoken. Sent again it has the same Message-ID."""
    lines = [" ".join(worded(restored(one.content["message"])).split()) for one in messages]
    links = [configured.link(one.content["link"]) for one in messages]
    listed = "\n\n".join("\n".join(filter(None, pair)) for pair in zip(lines, links, strict=True))
    end = configured.link(unsubscribing.path(config, account))
    text = _("{listed}\n\nNo more of these mails: {address}", listed=listed, address=end)
    mail = MIMEText(text, "plain", "utf-8")
    subject = lines[0] if len(lines) == 1 else ngettext("{n} notification", "{n} notifications", len(lines))
    mail["Subject"] = Header(f"{_('Governance Cockpit')}: {subject[:200]}", "utf-8").encode()
    mail["From"], mail["To"] = config.mail_from, address
    mail["Date"] = formatdate()
    mail["Message-ID"] = f"<{messages[0].batch}@{config.mail_from.partition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["List-Unsubscribe"] = f"<{end}>"
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return mail

"""The one-click roles of a demonstration: accounts without a password, each with one role on a fitting area."""

import secrets
from html import escape

from cockpit import editions, settings
from cockpit.i18n import _
from data.areas.levels import LEVELS
from data.desk.errors import Refused
from data.desk.identity import accounts
from data.desk.identity.accounts import Account
from data.desk.identity.roles import BUSINESS
from data.desk.store import Desk
from metrics import areas
from metrics.areas import Area

DEPTH = {"official": 1, "cadre": 2}
"""Levels between the top and a role's area."""


def account(desk: Desk, role: str) -> Account:
    """The demo account of a role, created on first use with a random password."""
    name = f"demo-{role}"
    try:
        return accounts.named(desk, name)
    except Refused:
        accounts.add(desk, name, f"{secrets.token_urlsafe(24)}aA1-", title=title(role), must_change=False)
        accounts.grant(desk, name, role, area(role).code if role in BUSINESS else None)
        return accounts.named(desk, name)


def area(role: str) -> Area:
    """The area a role is shown on: the top, or the first below it that has areas of its own."""
    edition = editions.current(settings.current())
    place = areas.root(edition)
    for _step in range(DEPTH.get(role, 0)):
        lower = areas.children(edition, place)
        place = next((a for a in lower if a.level == LEVELS[-1] or areas.children(edition, a)), place)
    return place


def title(role: str) -> str:
    return titles()[role]


def titles() -> dict[str, str]:
    """The roles in words."""
    return {
        "leader": _("Leader"), "official": _("Official"), "cadre": _("Village cadre"), "inspector": _("Inspector"),
        "data_officer": _("Data officer"), "system_admin": _("System administrator"),
        "security_admin": _("Security administrator"), "audit_admin": _("Audit administrator"),
    }  # fmt: skip


def buttons(action: str) -> str:
    """One button a role, with what it is allowed to see. action: where a click is sent."""
    scopes = {
        "leader": _("the whole district, rows and files"),
        "official": _("one town and its villages"),
        "cadre": _("one village and what it has to do"),
        "inspector": _("the whole district, files are recorded"),
        "data_officer": _("deliveries and refused rows, no cases"),
        "system_admin": _("accounts, no business data"),
        "security_admin": _("grants, no business data"),
        "audit_admin": _("the audit, no business data"),
    }
    each = "".join(
        f'<button name="role" value="{role}">{escape(title(role))}<small>{escape(what)}</small></button>'
        for role, what in scopes.items()
    )
    head = escape(_("Demonstration: choose a role"))
    return f'<h2>{head}</h2><form class="roles" method="post" action="{escape(action)}">{each}</form>'

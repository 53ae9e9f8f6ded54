"""A change of the settings is in the audit: they are compared when a server starts with what they were before."""

from typing import TYPE_CHECKING

from pydantic import SecretStr
from sqlalchemy import make_url

from data.desk import audit
from data.desk.store import Desk

if TYPE_CHECKING:
    from cockpit.settings import Settings

OPERATOR = "operator"
"""Who the audit names for what is done on the server's own machine."""


def note(desk: Desk, settings: "Settings") -> None:
    """Write down the settings that are not the defaults, if they are not those of the last start. Raises DeskError."""
    told = in_words(settings)
    before = audit.entries(desk, event="settings", limit=1)
    if not before or before[0]["what"] != told:
        audit.write(desk, who=OPERATOR, role="", scope="", event="settings", what=told)


def in_words(settings: "Settings") -> str:
    """`COCKPIT_PORT=8600 …`, no secret among them; `defaults` where nothing else is set."""
    changed = (
        f"COCKPIT_{name.upper()}={_told(name, value)}"
        for name, value in settings
        if value != type(settings).model_fields[name].get_default(call_default_factory=True)
    )
    return (" ".join(changed) or "defaults")[: audit.LONGEST["what"]]


def _told(name: str, value: object) -> str:
    if isinstance(value, SecretStr):
        return "…"
    if name == "desk":
        return make_url(str(value)).render_as_string(hide_password=True)
    return str(value)

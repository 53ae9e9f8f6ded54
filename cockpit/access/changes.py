"""Audit changes of settings and definition files: each start compares them with the last start."""

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import SecretStr
from sqlalchemy import make_url

from data.desk.auditing import audit
from data.desk.store import Desk

if TYPE_CHECKING:
    from cockpit.settings import Settings

OPERATOR = "operator"
"""Actor in the audit for actions on the server's own machine."""


def note(desk: Desk, settings: "Settings") -> None:
    """Audit the settings that differ from the defaults if they changed since the last start. Raises DeskError."""
    description = describe(settings)
    previous = audit.entries(desk, event="settings", limit=1)
    if not previous or previous[0]["what"] != description:
        audit.write(desk, who=OPERATOR, role="", scope="", event="settings", what=description)


def describe(settings: "Settings") -> str:
    """`COCKPIT_PORT=8600 … catalog=sha256:…` without secrets; `defaults` if nothing is set."""
    changed = (
        f"COCKPIT_{name.upper()}={_display_value(name, value)}"
        for name, value in settings
        if value != type(settings).model_fields[name].get_default(call_default_factory=True)
    )
    return (" ".join([*changed, *_contents(settings)]) or "defaults")[: audit.LONGEST["what"]]


def _contents(settings: "Settings") -> Iterator[str]:
    """`catalog=sha256:…` for each folder or file of definitions."""
    definitions = {
        "catalog": settings.catalog, "sources": settings.sources_folder, "reports": settings.reports,
        "workflows": settings.workflows,
        "schedule": settings.schedule, "calendar": settings.calendar,
    }  # fmt: skip
    for name, path in definitions.items():
        if path and (files := [path] if path.is_file() else sorted(path.rglob("*"))):
            total = hashlib.sha256()
            for file in (file for file in files if file.is_file()):
                file_hash = hashlib.sha256(file.read_bytes()).hexdigest()
                total.update(f"{file.relative_to(path.parent)}\0{file_hash}\n".encode())
            yield f"{name}=sha256:{total.hexdigest()}"


def _display_value(name: str, value: object) -> str:
    if isinstance(value, SecretStr):
        return "…"
    if name == "desk":
        return make_url(str(value)).render_as_string(hide_password=True)
    return str(value)

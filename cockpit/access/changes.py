"""Audit changes of settings and definition files: each start compares them with the last start."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr
from sqlalchemy import make_url

from data.desk.auditing import audit
from data.desk.store import Desk

if TYPE_CHECKING:
    from cockpit.settings import Settings

OPERATOR = "operator"
"""Actor in the audit for actions on the server's own machine."""
OF_STATE = ("home", "audit_anchor")
"""Paths that the product itself writes to."""


def note(desk: Desk, settings: "Settings") -> None:
    """Audit the settings that differ from the defaults if they changed since the last start. Raises DeskError."""
    description = describe(settings)
    previous = audit.entries(desk, event="settings", who=OPERATOR, limit=1)
    if not previous or previous[0]["what"] != description:
        audit.write(desk, who=OPERATOR, role="", scope="", event="settings", what=description)


def describe(settings: "Settings") -> str:
    """`catalog=sha256:… COCKPIT_PORT=8600 …` without secrets; `defaults` if nothing is set.

    The hashes stand first and in full: long settings are cut at the end, and their own hash says that they changed.
    """
    changed = " ".join(
        f"COCKPIT_{name.upper()}={_display_value(name, value)}"
        for name, value in settings.values().items()
        if value != type(settings).model_fields[name].get_default(call_default_factory=True)
    )
    hashes = " ".join(_contents(settings))
    longest = audit.LONGEST["what"] - len(hashes) - 1
    if len(changed) > longest:
        digest = f"… sha256:{hashlib.sha256(changed.encode()).hexdigest()}"
        changed = changed[: longest - len(digest)] + digest
    return " ".join(filter(None, (hashes, changed))) or "defaults"


def definitions(settings: "Settings") -> dict[str, Path]:
    """The folders and files that a district defines the product by, by name of their setting."""
    values = settings.values().items()
    paths = {name: value for name, value in values if isinstance(value, Path) and name not in OF_STATE}
    return paths | {"sources": settings.sources_folder}


def _contents(settings: "Settings") -> Iterator[str]:
    """`catalog=sha256:…` for each folder or file of definitions."""
    for name, path in definitions(settings).items():
        if files := [path] if path.is_file() else sorted(path.rglob("*")):
            total = hashlib.sha256()
            for file in (file for file in files if file.is_file()):
                with file.open("rb") as content:
                    file_hash = hashlib.file_digest(content, "sha256").hexdigest()
                total.update(f"{file.relative_to(path.parent)}\0{file_hash}\n".encode())
            yield f"{name}=sha256:{total.hexdigest()}"


def _display_value(name: str, value: object) -> str:
    if isinstance(value, SecretStr):
        return "…"
    if name == "desk":
        return make_url(str(value)).render_as_string(hide_password=True)
    return str(value)

"""Rows of the audit: `write` for what must not happen unrecorded, `note` for what is shown or refused."""

import logging
from typing import Any

from cockpit.access import visitors
from cockpit.access.visitors import Visitor
from data.desk import audit
from data.errors import DataError

log = logging.getLogger(__name__)


def note(**row: Any) -> None:
    """A row of the audit if it can be written. A desk that is gone is an error of the log, never of a reader's screen.

    row: what `write` takes.
    """
    try:
        write(**row)
    except DataError as error:
        visitor = row.get("visitor")
        log.error("not in the audit: %s of %s: %s", row["event"], visitor.name if visitor else row.get("who"), error)


def write(
    *,
    event: str,
    visitor: Visitor | None = None,
    who: str = "",
    role: str = "",
    scope: str = "",
    what: str = "",
    result: str = "ok",
    address: str = "",
) -> None:
    """A row of the audit, in the transaction under way if there is one. DeskError if it cannot be written."""
    audit.write(
        visitors.desk(),
        who=visitor.name if visitor else who,
        role=",".join(visitor.grants.roles) if visitor else role,
        scope=scope or (visitor.grants.codes if visitor else ""),
        event=event,
        what=what,
        result=result,
        address=address or (visitor.session.address if visitor else ""),
    )

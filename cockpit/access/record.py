"""Audit rows: `write` for actions that must be recorded, `note` for views and refusals."""

import logging

from cockpit.access import visitors
from cockpit.access.visitors import Visitor
from data.desk.auditing import audit
from data.errors import DataError

log = logging.getLogger(__name__)


def note(
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
    """A row of the audit if it can be written. A desk that is gone is an error of the log, never of a reader's screen.

    It takes what `write` takes.
    """
    try:
        write(event=event, visitor=visitor, who=who, role=role, scope=scope, what=what, result=result, address=address)
    except DataError as error:
        log.error("not in the audit: %s of %s: %s", event, visitor.name if visitor else who, error)


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

"""What is written into the audit, and by whom."""

import logging

from cockpit.access import visitors
from cockpit.access.policy import Grants
from cockpit.access.visitors import Visitor
from data.desk import audit
from data.errors import DataError

log = logging.getLogger(__name__)


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
    """One row of the audit. A desk that cannot be written to is an error of the log, never of a reader's screen."""
    try:
        audit.write(
            visitors.desk(),
            who=visitor.name if visitor else who,
            role=",".join(visitor.grants.roles) if visitor else role,
            scope=scope or (scope_of(visitor.grants) if visitor else ""),
            event=event,
            what=what,
            result=result,
            address=address or (visitor.session.address if visitor else ""),
        )
    except DataError as error:
        log.error("not in the audit: %s of %s: %s", event, visitor.name if visitor else who, error)


def scope_of(grants: Grants) -> str:
    """The codes that grants begin at, for people."""
    return ",".join(dict.fromkeys(str(h.first) for h in grants.held if h.first < h.end))

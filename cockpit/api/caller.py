"""Who calls the API: a visitor's browser with its session, or a system with its token."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, HTTPException, Request

from cockpit.access import record, visitors
from cockpit.access.gate import visitor_of
from cockpit.access.policy import Grants, Held
from data.desk import tokens
from data.schema import end_of

BEARER = "bearer "
SYSTEM = "official"
"""What a token may do in its area: look, down to the case."""


@dataclass(frozen=True)
class Caller:
    """name: for the audit."""

    name: str
    grants: Grants
    address: str

    def note(self, event: str, what: str, result: str = "ok") -> None:
        """A row of the audit."""
        role = ",".join(self.grants.roles)
        record.write(who=self.name, role=role, event=event, what=what, result=result, address=self.address)


def caller(request: Request) -> Caller:
    """Whoever calls. 401 for nobody, and for a token that is unknown, expired or revoked."""
    address = request.client.host if request.client else ""
    if visitor := visitor_of(request.scope):
        return Caller(visitor.name, visitor.grants, address)
    given = request.headers.get("authorization", "")
    found = tokens.read(visitors.desk(), given[len(BEARER) :]) if given.lower().startswith(BEARER) else None
    if found is None:
        raise HTTPException(401, "sign in, or send a valid token: Authorization: Bearer ck_…")
    held = (Held(SYSTEM, found.area, end_of(found.area)),) if found.area else ()
    return Caller(f"system:{found.system}", Grants(held), address)


Known = Annotated[Caller, Depends(caller)]

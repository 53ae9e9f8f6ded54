"""The caller of the API: a browser with its session, or a system with its token."""

import math
from collections import Counter
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.routing import APIRoute
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from cockpit.access import record, visitors
from cockpit.access.gate import fault_of, visitor_of
from cockpit.access.policy import Grants, Held
from cockpit.api.errors import TooOften, Unauthorized, UnknownParameter
from cockpit.api.guesses import guesses
from cockpit.serving import slow_queries
from data.areas.levels import end_of
from data.desk.identity import tokens
from data.desk.identity.tokens import Token
from metrics.errors import did_you_mean

SYSTEM = "official"
"""Rights of a token in its area: look, down to the case; reports only if it was issued for them."""

bearer = HTTPBearer(
    auto_error=False, scheme_name="token", description="A system's token, `ck_…`, from `python -m cockpit token issue`."
)
cookie = APIKeyCookie(
    name=visitors.COOKIE, auto_error=False, scheme_name="session", description="The session of a browser, from /login."
)


@dataclass(frozen=True)
class Caller:
    """name: for the audit. token: None for a visitor."""

    name: str
    grants: Grants
    address: str
    token: Token | None = None

    def note(self, event: str, what: str, result: str = "ok") -> None:
        """A row of the audit if it can be written: for what is refused, or kept elsewhere as well."""
        role, scope = self._rights
        record.note(event=event, who=self.name, role=role, scope=scope, what=what, result=result, address=self.address)

    def record(self, event: str, what: str) -> None:
        """A row of the audit for what is about to be given away. DeskError if it cannot be written."""
        role, scope = self._rights
        record.write(event=event, who=self.name, role=role, scope=scope, what=what, address=self.address)

    @property
    def _rights(self) -> tuple[str, str]:
        return ",".join(self.grants.roles), self.grants.codes


def caller(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
    _session: Annotated[str | None, Depends(cookie)],
) -> Caller:
    """The caller. 401 without credentials, and for a token that is unknown, expired or revoked; 429 for guesses.

    DataError where a session cannot be looked up.
    """
    address = request.client.host if request.client else ""
    if credentials is None and (visitor := visitor_of(request.scope)):
        return Caller(visitor.name, visitor.grants, address)
    if credentials is None and (fault := fault_of(request.scope)):
        raise fault  # the session may hold: not to be answered as if nobody were signed in
    if credentials and (wait := guesses.wait(address, credentials.credentials)):
        raise TooOften(
            "token.too_many_wrong", "too many wrong tokens from this address: try again in {seconds} s",
            seconds=math.ceil(wait),
        ).again_in(wait)  # fmt: skip
    token = tokens.read(visitors.desk(), credentials.credentials) if credentials else None
    if credentials is None or token is None:
        raise Unauthorized("caller.unknown", "sign in, or send a valid token: Authorization: Bearer ck_…").sent_with(
            {"WWW-Authenticate": "Bearer"}
        )
    guesses.holds(address, credentials.credentials)
    grants_held = (Held(SYSTEM, token.area, end_of(token.area)),) if token.area is not None else ()
    return Caller(f"system:{token.system}", Grants(grants_held), address, token)


def check_parameters(request: Request) -> None:
    """Refuse a query parameter that the path does not have or that is repeated: it would be ignored silently."""
    route = request.scope.get("route")
    if not isinstance(route, APIRoute):
        return
    known, waiting = set[str](), [route.dependant]
    for dependant in waiting:
        known |= {field.alias for field in dependant.query_params}
        waiting += dependant.dependencies
    for name, times in Counter(name for name, _value in request.query_params.multi_items()).items():
        if name not in known:
            raise UnknownParameter(
                "parameter.unknown", 'there is no parameter "{name}".{near}', name=name[:60],
                near=did_you_mean(name, known),
            )  # fmt: skip
        if times > 1:
            raise UnknownParameter(
                "parameter.repeated", 'the parameter "{name}" is given {n} times: give it once', name=name, n=times
            )


async def asking(request: Request, caller: Annotated[Caller, Depends(caller)]) -> Caller:
    """The caller, for whom the queries of this request run. Raises UnknownParameter."""
    check_parameters(request)
    slow_queries.asks(slow_queries.Asker(caller.name))
    return caller


Known = Annotated[Caller, Depends(asking)]

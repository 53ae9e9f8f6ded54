"""Sign-in through an identity provider: OpenID Connect code flow with PKCE, state and nonce.

The provider authenticates; grants come from the desk, or from groups that a setting maps to roles.
State between redirect and callback lies in a cookie limited to the callback path.
"""

import json
import logging
from functools import cache
from typing import Any
from urllib.parse import quote, unquote

import httpx2
from authlib.integrations.base_client import MismatchingStateError, OAuthError
from authlib.integrations.starlette_client import OAuth, StarletteOAuth2App
from joserfc.errors import JoseError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from cockpit import settings
from cockpit.access import cookies, record
from cockpit.access.signin import linking
from cockpit.access.signin.forms import inside, page, spoken
from cockpit.access.signin.identity import Unconfirmed, Ungranted, admit, has_factor
from cockpit.access.signin.login import sign_in, unavailable_message
from cockpit.access.signin.new_session import address_of, begin
from cockpit.errors import CockpitError
from cockpit.i18n import LANGUAGES, _, using
from data.errors import DataError

log = logging.getLogger(__name__)

BACK = "/login/provider/back"
COOKIE, COOKIE_SECONDS = "cockpit_provider", 600
PATIENCE = 5.0
"""Timeout of a request to the provider, in seconds."""
SIGNED_BY = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""Accepted signature algorithms: asymmetric only."""


class Untrusted(CockpitError):
    """The callback is not a valid response of the provider."""


async def leave(request: Request) -> Response:
    """Redirect to the provider."""
    if not settings.current().oidc_issuer:
        return PlainTextResponse("not found\n", 404)
    with using(spoken(request)):
        flow: dict[str, Any] = {"next": inside(request.query_params.get("next", "/"))}
        flow["lang"] = request.query_params.get("lang", "")
        try:
            back = str(request.url.replace(path=BACK, query=""))
            answer: Response = await (await _verified_client()).authorize_redirect(_with_flow(request, flow), back)
        except Exception as fault:
            return await _failed_page(request, flow["next"], fault)
        cookies.put(request, answer, COOKIE, quote(json.dumps(flow)), COOKIE_SECONDS, path=BACK)
        return answer


async def back(request: Request) -> Response:
    """Callback: start a session, or show the error."""
    if not settings.current().oidc_issuer:
        return PlainTextResponse("not found\n", 404)
    flow = _read_flow(request)
    target = inside(str(flow.get("next", "/")))
    with using(flow["lang"] if flow.get("lang") in LANGUAGES else spoken(request)):
        try:
            claims = await _claims(request, flow)
            account = await run_in_threadpool(admit, claims, settings.current())
            answer = await begin(
                request, account, target, lang=str(flow.get("lang", "")), by_provider=True, factor=has_factor(claims)
            )
        except Unconfirmed as unconfirmed:
            answer = await _to_confirm(request, target, unconfirmed)
        except Exception as fault:
            answer = await _failed_page(request, target, fault)
    cookies.drop(request, answer, COOKIE, path=BACK)
    return answer


ROUTES = (Route("/login/provider", leave), Route(BACK, back))


async def _claims(request: Request, flow: dict[str, Any]) -> dict[str, Any]:
    """Claims of the ID token, completed from the userinfo endpoint if needed."""
    config, client = settings.current(), await _verified_client()
    audience = {"essential": True, "value": config.oidc_client_id}
    issuer = {"essential": True, "value": client.server_metadata["issuer"]}
    claimed = {"iss": issuer, "aud": audience}
    token = await client.authorize_access_token(_with_flow(request, flow), claims_options=claimed)  # type: ignore[no-untyped-call]  # by its stub
    claims = dict(token.get("userinfo") or {})
    if not claims.get("sub"):
        raise Untrusted("provider.no_token", "the provider gave no ID token")
    needed = {config.oidc_claim, *([config.oidc_roles_claim] if config.oidc_roles_claim else [])}
    if needed - claims.keys() and client.server_metadata.get("userinfo_endpoint"):
        more = dict(await client.userinfo(token=token))
        if more.get("sub") != claims["sub"]:
            raise Untrusted("provider.other_subject", "the provider answered for another user")
        claims = {**more, **claims}
    return claims


async def _verified_client() -> StarletteOAuth2App:
    """The client, with the provider's metadata loaded and verified."""
    config = settings.current()
    client = _client(config)
    metadata = await client.load_server_metadata()
    if str(metadata.get("issuer", "")).rstrip("/") != config.oidc_issuer.rstrip("/"):
        raise Untrusted(
            "provider.other_issuer",
            "the provider calls itself {issuer}, COCKPIT_OIDC_ISSUER {expected}",
            issuer=metadata.get("issuer"),
            expected=config.oidc_issuer,
        )
    algorithms = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
    metadata["id_token_signing_alg_values_supported"] = [name for name in algorithms if name in SIGNED_BY]
    return client


@cache
def _client(config: settings.Settings) -> StarletteOAuth2App:
    client: StarletteOAuth2App = OAuth().register(
        "provider",
        client_id=config.oidc_client_id,
        client_secret=config.filled(config.oidc_client_secret) or None,
        server_metadata_url=f"{config.oidc_issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": config.oidc_scopes, "code_challenge_method": "S256", "timeout": PATIENCE},
    )
    return client


def _with_flow(request: Request, flow: dict[str, Any]) -> Request:
    """A request whose `session`, where Authlib remembers, is `flow`; the real one has a session of Streamlit's own."""
    return Request({**request.scope, "session": flow}, request.receive)


def _read_flow(request: Request) -> dict[str, Any]:
    """State stored by `leave`; empty if this browser did not start the flow."""
    try:
        values = json.loads(unquote(cookies.read(request.scope, COOKIE) or "{}"))
    except ValueError:
        return {}
    return values if isinstance(values, dict) else {}


async def _to_confirm(request: Request, target: str, fault: Unconfirmed) -> Response:
    """Page where the account's owner confirms the identity."""
    what, address = f"provider: {fault}", address_of(request)
    await run_in_threadpool(
        record.note, event="login_failed", who=fault.name, what=what, result="unconfirmed", address=address
    )
    try:
        return await run_in_threadpool(linking.ask, request, fault, target)
    except DataError as error:
        return await _failed_page(request, target, error)


async def _failed_page(request: Request, target: str, fault: Exception) -> Response:
    """Login page with the error; password sign-in still works."""
    text, status, result = _reason(fault)
    if status == 500:
        raise fault
    log.warning("sign-in through the provider: %s", fault)
    who, what = fault.name if isinstance(fault, Ungranted) else "", f"provider: {fault}"
    address = address_of(request)
    await run_in_threadpool(record.note, event="login_failed", who=who, what=what, result=result, address=address)
    return page(sign_in(target, text), status)


def _reason(fault: Exception) -> tuple[str, int, str]:
    """Message, HTTP status and audit result."""
    if isinstance(fault, Ungranted):
        text = _("You are known, but nothing has been granted to you here. Whoever manages grants can change that.")
        return text, 403, "ungranted"
    if isinstance(fault, httpx2.HTTPError):
        text = _("The provider of identities does not answer. Try again, or sign in with an account of the cockpit.")
        return text, 503, "unreachable"
    if isinstance(fault, DataError):
        return unavailable_message(fault), 503, "desk"
    if isinstance(fault, MismatchingStateError):
        return _("This sign-in took too long, or was not begun in this browser: begin again."), 400, "untrusted"
    if isinstance(fault, OAuthError | JoseError | Untrusted | RuntimeError | ValueError | KeyError):
        text = _("The provider of identities did not sign you in. Begin again, or ask the administrator.")
        return text, 400, "untrusted"
    return "", 500, ""

"""Start a session after authentication."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cockpit.access import cookies, pages, record, visitors
from cockpit.access.gate import token_of, watch
from cockpit.access.signin import browsers
from cockpit.access.visitors import COOKIE
from cockpit.address import link
from cockpit.i18n import LANGUAGES
from data.desk.identity import accounts, sessions
from data.desk.identity.accounts import Account
from data.desk.identity.failures import KNOWN, Place

DEVICE, DEVICE_SECONDS = "cockpit_device", int(KNOWN.total_seconds())
"""Cookie of a known browser: failed attempts from elsewhere do not lock it out."""


def address_of(request: Request) -> str:
    return request.client.host if request.client else ""


def place_of(request: Request) -> Place:
    """Origin of a login attempt: address and device cookie."""
    return Place(address_of(request), (cookies.read(request.scope, DEVICE) or "")[:100])


async def begin(
    request: Request, account: Account, target: str, *, lang: str = "", device: str = "", by_provider: bool = False,
    factor: bool = False, demo: bool = False, what: str = "",
) -> Response:  # fmt: skip
    """Start a session with a new id and redirect to `target`. Raises DeskError.

    lang: language chosen on the login page, kept by the first page.
    device: new device token for the browser; empty if it is known already.
    by_provider, factor, demo: of the session. what: for the audit.
    """
    old = token_of(request.scope)
    browser = browsers.family(request.headers.get("user-agent", ""))
    token = await run_in_threadpool(
        _start, account, address_of(request), old, by_provider=by_provider, factor=factor, demo=demo, what=what,
        browser=browser,
    )  # fmt: skip
    if old:
        watch.end(old)
    if account.must_change and not by_provider:
        target = "/password"
    elif target.partition("?")[0] == "/" and (visitor := await run_in_threadpool(visitors.known.of, token)):
        target = target.replace("/", link(pages.landing(visitor.grants), {}), 1)
    if lang in LANGUAGES and "lang=" not in target:
        target += f"{'&' if '?' in target else '?'}lang={lang}"
    answer = RedirectResponse(target, 303)
    cookies.put(request, answer, COOKIE, token)
    if device:
        cookies.put(request, answer, DEVICE, device, DEVICE_SECONDS)
    return answer


def _start(
    account: Account, address: str, old: str | None, *, by_provider: bool, factor: bool, demo: bool, what: str,
    browser: str,
) -> str:  # fmt: skip
    """Token of a new session. Session and audit row are one transaction."""
    desk = visitors.desk()
    with desk.begin():
        if old:
            sessions.end(desk, old)
        token = sessions.start(
            desk, account.id, address=address, by_provider=by_provider, factor=factor, demo=demo, browser=browser
        )
        grants = visitors.grants(accounts.grants_of(desk, account.id, visitors.today(), by_provider=by_provider))
        record.write(
            who=account.name, role=",".join(grants.roles), scope=grants.codes, event="login",
            what="by the provider of identities" if by_provider else what, address=address,
        )  # fmt: skip
    return token

"""Signing in and out, and the change of a password: plain pages that need no script."""

import logging
from html import escape
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from cockpit import settings
from cockpit.access import demo, record, visitors
from cockpit.access.entry import address_of, begin
from cockpit.access.forms import alert, field, form_of, here, inside, page, read_form, same_origin, spoken
from cockpit.access.gate import token_of, visitor_of, watch
from cockpit.access.visitors import COOKIE, Visitor
from cockpit.i18n import LANGUAGES, _, language, using
from cockpit.wording import worded
from data.desk import accounts, failures, sessions
from data.desk.accounts import Account, SignIn
from data.desk.errors import DeskError, Refused
from data.desk.roles import ROLES
from data.errors import DataError
from metrics.errors import MetricsError

log = logging.getLogger(__name__)


async def login(request: Request) -> Response:
    """The form; with POST, its answer: a new session, or why not."""
    with using(spoken(request)):
        target = inside(request.query_params.get("next", "/"))
        if request.method == "GET":
            return page(sign_in(target))
        if not same_origin(request):
            return page(sign_in(target, _("The form came from elsewhere: sign in here.")), 403)
        form, address = await read_form(request), address_of(request)
        try:
            wait, found = await run_in_threadpool(_try, form, address)
            if found.outcome == "ok" and found.account:
                return await begin(request, found.account, target, lang=request.query_params.get("lang", ""))
        except DataError as error:
            return page(sign_in(target, trouble(error)), 503)
        if wait:
            text = _("Too many failures from this address: try again in {n} minutes.", n=int(wait // 60) + 1)
            return page(sign_in(target, text), 429, {"Retry-After": str(int(wait) + 1)})
        return page(sign_in(target, _refusal(found.outcome), form.get("name", "")), 401)


async def demo_login(request: Request) -> Response:
    """One click, one role: only where the cockpit serves a demonstration."""
    if not settings.current().demo:
        return HTMLResponse("not found\n", 404)
    with using(spoken(request)):
        form = await read_form(request)
        if not same_origin(request) or form.get("role") not in ROLES:
            return page(sign_in("/", _("The form came from elsewhere: sign in here.")), 403)
        target = inside(request.query_params.get("next", "/"))
        try:
            account = await run_in_threadpool(lambda: demo.account(visitors.desk(), form["role"]))
            return await begin(request, account, target, lang=request.query_params.get("lang", ""))
        except (DataError, MetricsError) as error:
            return page(sign_in(target, trouble(error)), 503)


async def logout(request: Request) -> Response:
    """End every session of the account, here and elsewhere."""
    if not same_origin(request):
        with using(spoken(request)):
            return page(alert(_("The form came from elsewhere: sign in here.")), 403)
    visitor = visitor_of(request.scope)
    if visitor:
        try:
            await run_in_threadpool(_end_all, visitor, address_of(request))
        except DataError as error:
            with using(spoken(request)):
                return page(alert(worded(str(error))), 503)
    if token := token_of(request.scope):
        watch.end(token)
    gone = RedirectResponse("/login", 303)
    gone.delete_cookie(COOKIE)
    return gone


async def password(request: Request) -> Response:
    """A new password for oneself; needs the old one, and ends all other sessions."""
    visitor = visitor_of(request.scope)
    assert visitor, "the gate lets nobody else through"
    with using(spoken(request)):
        if request.method == "GET":
            return page(_new_password(visitor.name))
        if not same_origin(request):
            return page(_new_password(visitor.name, _("The form came from elsewhere: sign in here.")), 403)
        form = await read_form(request)
        try:
            account = await run_in_threadpool(_change, visitor, form, address_of(request))
        except (Refused, DataError) as error:
            return page(_new_password(visitor.name, worded(str(error))), 400)
        return await begin(request, account, "/", lang=request.query_params.get("lang", ""))


async def session(request: Request) -> Response:
    """Whether the session still holds: a page asks now and then, and goes to the login page when it does not."""
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


ROUTES = (
    Route("/login", login, methods=["GET", "POST"]),
    Route("/login/demo", demo_login, methods=["POST"]),
    Route("/logout", logout, methods=["POST"]),
    Route("/password", password, methods=["GET", "POST"]),
    Route("/session", session),
)


def _try(form: dict[str, str], address: str) -> tuple[float, SignIn]:
    """Seconds that this address has to wait first, or how the sign-in went; a failure is counted and recorded."""
    desk, name = visitors.desk(), form.get("name", "")
    if wait := failures.wait(desk, address):
        return wait, SignIn("wait")
    found = accounts.sign_in(desk, name, form.get("password", ""), totp=form.get("totp") or None)
    if found.outcome != "ok":
        failures.note(desk, address)
        record.note(who=name[:60], event="login_failed", result=found.outcome, address=address)
    return 0.0, found


def _end_all(visitor: Visitor, address: str) -> None:
    """End every session of the account, with its row of the audit."""
    with visitors.desk().begin():
        sessions.end_all(visitors.desk(), visitor.session.account_id)
        record.write(visitor=visitor, event="logout", address=address)


def _change(visitor: Visitor, form: dict[str, str], address: str) -> Account:
    """The account with its new password. Refused where the old one is not right or the new one is not fit."""
    desk, name = visitors.desk(), visitor.name
    found = accounts.sign_in(desk, name, form.get("old", ""), totp=form.get("totp") or None)
    if found.outcome not in ("ok", "totp") or not found.account:
        raise Refused(_("The old password is not right."))
    if form.get("new") != form.get("again"):
        raise Refused(_("The two new passwords differ."))
    with desk.begin():
        accounts.set_password(desk, name, form.get("new", ""), by_self=True)
        record.write(visitor=visitor, event="password", address=address)
    return accounts.named(desk, name)


def trouble(error: Exception) -> str:
    """Why nobody can sign in now. Where the desk lies is for the log: whoever reads this has not shown who they are."""
    if not isinstance(error, DeskError):
        return worded(str(error))
    log.error("%s", error)
    return _("The desk does not answer, so nobody can sign in now. Try again in a minute, or tell whoever runs it.")


def _refusal(outcome: str) -> str:
    if outcome == "totp":
        return _("The code of the second factor is missing or not right.")
    # the same for all three, so that nobody learns which names have an account
    return _("Name or password is not right, or five failures have locked the account for 15 minutes.")


def sign_in(target: str, problem: str = "", name: str = "") -> str:
    """The ways to sign in: a role of the demonstration, the provider of identities, an account with its password."""
    config = settings.current()
    asked = f"next={quote(target)}"
    fields = field("name", _("Account"), name, autocomplete="username") + field(
        "password", _("Password"), kind="password", autocomplete="current-password"
    )
    fields += field("totp", _("Code of the second factor, if you use one"), autocomplete="one-time-code", needed=False)
    form = form_of(f"/login?{asked}", fields, _("Sign in"))
    other = next(lang for lang in LANGUAGES if lang != language())
    switch = f'<p class="quiet"><a href="/login?lang={other}&amp;next={quote(target)}">{LANGUAGES[other]}</a></p>'
    ways = demo.buttons(here(f"/login/demo?{asked}")) if config.demo else ""
    if config.oidc_issuer:
        through = escape(_("Sign in with {provider}", provider=config.oidc_name or _("the unified identity")))
        leave = escape(here(f"/login/provider?{asked}"))
        ways += f'<p><a class="button" href="{leave}">{through}</a></p>'
    head = escape(_("With an account"))
    return alert(problem) + ways + (f"<h2>{head}</h2>" if ways else "") + form + switch


def _new_password(name: str, problem: str = "") -> str:
    fields = (
        field("old", _("Old password"), kind="password", autocomplete="current-password")
        + field("new", _("New password"), kind="password", autocomplete="new-password")
        + field("again", _("New password again"), kind="password", autocomplete="new-password")
    )
    rule = _("At least 8 characters of 3 kinds: small letters, capitals, digits, others.")
    return alert(problem) + f"<p>{escape(name)}</p>" + form_of("/password", fields, _("Change password"), rule)

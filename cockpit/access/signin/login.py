"""Login, logout and password change: plain pages without scripts, but for one after signing out."""

import logging
from dataclasses import replace
from functools import partial
from html import escape
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from cockpit import settings
from cockpit.access import cookies, record, visitors
from cockpit.access.gate import token_of, visitor_of, watch
from cockpit.access.signin import demo, login_queue
from cockpit.access.signin.forms import alert, field, form_of, here, inside, page, read_form, spoken
from cockpit.access.signin.login_precheck import busy
from cockpit.access.signin.new_session import address_of, begin, place_of
from cockpit.access.visitors import COOKIE, Visitor
from cockpit.i18n import LANGUAGES, _, language, ngettext, using
from cockpit.labels.wording import worded
from data.desk.errors import DeskError, Refused
from data.desk.identity import accounts, sessions
from data.desk.identity.accounts import Account, SignIn
from data.desk.identity.failures import Place
from data.desk.identity.roles import ROLES
from data.errors import DataError, Problem
from metrics.errors import MetricsError

log = logging.getLogger(__name__)

MARK = "X-Cockpit-Grants"
"""The header of `/session` that nav.js compares with what the page was drawn under."""


async def login(request: Request) -> Response:
    """Login form; POST starts a session or shows the error."""
    with using(spoken(request)):
        target = inside(request.query_params.get("next", "/"))
        if request.method == "GET":
            return page(sign_in(target))
        form = await read_form(request)
        try:
            attempt = await login_queue.run(place_of(request), _attempt, form)
            if attempt.outcome == "ok" and attempt.account:
                lang = request.query_params.get("lang", "")
                what = "by a recovery code" if attempt.recovered else ""
                factor = attempt.account.has_totp
                return await begin(
                    request, attempt.account, target, lang=lang, device=attempt.device, factor=factor, what=what
                )
        except login_queue.Crowded as error:
            return page(sign_in(target, busy(), form.get("name", "")), 503, {"Retry-After": str(error.seconds)})
        except DataError as error:
            return page(sign_in(target, unavailable_message(error)), 503)
        if attempt.outcome == "wait":
            return page(sign_in(target, refusal(attempt)), 429, {"Retry-After": str(int(attempt.wait) + 1)})
        return page(sign_in(target, refusal(attempt), form.get("name", "")), 401)


async def demo_login(request: Request) -> Response:
    """Sign in as a role with one click; 404 unless in demo mode."""
    if not settings.current().demo:
        return HTMLResponse("not found\n", 404)
    with using(spoken(request)):
        form = await read_form(request)
        if form.get("role") not in ROLES:
            return page(sign_in("/", _("There is no such role: choose one of these.")), 403)
        target = inside(request.query_params.get("next", "/"))
        try:
            account = await run_in_threadpool(lambda: demo.account(visitors.desk(), form["role"]))
            return await begin(request, account, target, lang=request.query_params.get("lang", ""), demo=True)
        except (DataError, MetricsError) as error:
            return page(sign_in(target, unavailable_message(error)), 503)


async def logout(request: Request) -> Response:
    """End this session (`only=this`), or every session of the account, here and elsewhere.

    What the account typed and did not send leaves this device; it stays when a session ends in another way.
    """
    visitor, token = visitor_of(request.scope), token_of(request.scope)
    if visitor:
        only = token if (await read_form(request)).get("only") == "this" else None
        try:
            await run_in_threadpool(_sign_out, visitor, address_of(request), only)
        except DataError as error:
            with using(spoken(request)):
                return page(alert(worded(error)), 503, title=_("Account"), visitor=visitor, at="/account")
    if token:
        watch.end(token)
    with using(spoken(request)):
        gone = _signed_out(visitor.session.account_id) if visitor else RedirectResponse("/login", 303)
    cookies.drop(request, gone, COOKIE)
    return gone


async def password(request: Request) -> Response:
    """Change the own password; requires the old one and ends all other sessions."""
    visitor = visitor_of(request.scope)
    assert visitor, "the gate requires a session"
    with using(spoken(request)):
        try:
            known = await run_in_threadpool(accounts.named, visitors.desk(), visitor.name)
        except DataError as error:
            return page(alert(worded(error)), 503, title=_("Change password"), visitor=visitor)
        answer = partial(page, title=_("Change password"), visitor=visitor)
        ask = partial(_new_password, visitor.name, known.has_totp)
        if request.method == "GET":
            return answer(ask())
        form = await read_form(request)
        try:
            account = await login_queue.run(place_of(request), _change, visitor, form)
        except login_queue.Crowded as error:
            return answer(ask(busy()), 503, {"Retry-After": str(error.seconds)})
        except (Refused, DataError) as error:
            return answer(ask(worded(error)), 400)
        lang = request.query_params.get("lang", "")
        return await begin(request, account, "/", lang=lang, factor=account.has_totp)


async def session(request: Request) -> Response:
    """Session check that pages poll: 204 while the session is valid.

    The header carries the fingerprint of the grants; a page drawn under another one reloads.
    """
    visitor = visitor_of(request.scope)
    assert visitor, "the gate requires a session"
    return Response(status_code=204, headers={"Cache-Control": "no-store", MARK: visitor.grants.mark})


ROUTES = (
    Route("/login", login, methods=["GET", "POST"]),
    Route("/login/demo", demo_login, methods=["POST"]),
    Route("/logout", logout, methods=["POST"]),
    Route("/password", password, methods=["GET", "POST"]),
    Route("/session", session),
)


def _attempt(place: Place, form: dict[str, str]) -> SignIn:
    """Check the credentials and audit a failure."""
    name = form.get("name", "")
    attempt = accounts.sign_in(
        visitors.desk(), name, form.get("password", ""), totp=form.get("totp") or None, place=place
    )
    note_failure(place, name, attempt)
    return _with_expiry(attempt, place)


def note_failure(place: Place, name: str, attempt: SignIn, *, what: str = "") -> None:
    """Audit a failed sign-in; of unchecked ones only the first per waiting time."""
    if attempt.outcome != "ok" and (
        not attempt.wait or login_queue.is_first_refusal(name, place.address, attempt.wait)
    ):
        record.note(who=name[:60], event="login_failed", what=what, result=attempt.outcome, address=place.address)


def _with_expiry(attempt: SignIn, place: Place) -> SignIn:
    """The sign-in, with `must_change` set if the password is older than COCKPIT_PASSWORD_DAYS."""
    days, account = settings.current().password_days, attempt.account
    if attempt.outcome != "ok" or account is None or not days or account.must_change:
        return attempt
    with visitors.desk().begin():
        if not accounts.expire_password(visitors.desk(), account.id, days):
            return attempt
        what = f"the password is older than {days} days"
        record.write(who=account.name, event="password", what=what, address=place.address)
    return replace(attempt, account=replace(account, must_change=True))


def _signed_out(account: int) -> Response:
    """A page that forgets the drafts of an account on the device and goes on to the login form."""
    from cockpit.components.navigation import drafts
    from cockpit.server.shell import FORGET

    script = f'<script data-forget="{drafts.key_of(account)}">{FORGET}</script>'
    onwards = f'<meta http-equiv="refresh" content="0;url=/login"><p><a href="/login">{escape(_("Sign in"))}</a></p>'
    return page(script + onwards, title=_("Signed out"))


def _sign_out(visitor: Visitor, address: str, only: str | None) -> None:
    """End every session of the account, or that of the token `only`, with its row of the audit."""
    with visitors.desk().begin():
        if only:
            sessions.end(visitors.desk(), only)
        else:
            sessions.end_all(visitors.desk(), visitor.session.account_id)
        record.write(visitor=visitor, event="logout", address=address)


def _change(place: Place, visitor: Visitor, form: dict[str, str]) -> Account:
    """Set the new password; returns the account. Raises Refused for a wrong old or an unfit new password."""
    desk, name = visitors.desk(), visitor.name
    attempt = accounts.sign_in(desk, name, form.get("old", ""), totp=form.get("totp") or None, place=place)
    if attempt.outcome != "ok":
        what = "change of the password"
        record.note(event="login_failed", visitor=visitor, what=what, result=attempt.outcome, address=place.address)
    if attempt.wait:
        minutes = int(attempt.wait // 60) + 1
        raise Refused("password.wait", "Too many failures: try again in {n} min.", n=minutes)
    if attempt.outcome == "totp":
        raise Refused("factor.wrong", "The code of the second factor is missing or not right.")
    if attempt.outcome != "ok":
        raise Refused("password.old_wrong", "The old password is not right.")
    if form.get("new") != form.get("again"):
        raise Refused("password.differ", "The two new passwords differ.")
    with desk.begin():
        shortest = settings.current().password_length
        accounts.set_password(desk, name, form.get("new", ""), by_self=True, shortest=shortest)
        record.write(visitor=visitor, event="password", address=place.address)
    return accounts.named(desk, name)


def unavailable_message(error: Problem) -> str:
    """Message while signing in is impossible. Details go to the log only, since the reader is not authenticated."""
    if not isinstance(error, DeskError):
        return worded(error)
    log.error("%s", error)
    return _("The desk does not answer, so nobody can sign in now. Try again in a minute, or tell the administrator.")


def refusal(attempt: SignIn) -> str:
    """Message for a failed sign-in."""
    if attempt.outcome == "wait":
        return ngettext(
            "Too many failures from this address: try again in {n} minute.",
            "Too many failures from this address: try again in {n} minutes.",
            int(attempt.wait // 60) + 1,
        )
    if attempt.outcome == "totp":
        return _("The code of the second factor is missing or not right.")
    # one message for all three outcomes, so that it does not reveal which names have an account
    return _("Name or password is not right, or five failures have locked the account for 15 minutes.")


def sign_in(target: str, problem: str = "", name: str = "") -> str:
    """Body of the login page: demo roles, identity provider, account and password."""
    config = settings.current()
    query = f"next={quote(target)}"
    fields = field("name", _("Account"), name, autocomplete="username") + field(
        "password", _("Password"), kind="password", autocomplete="current-password"
    )
    fields += field(
        "totp",
        _("Code of the second factor, or a recovery code, if you use one"),
        autocomplete="one-time-code",
        needed=False,
    )
    form = form_of(f"/login?{query}", fields, _("Sign in"))
    other = next(lang for lang in LANGUAGES if lang != language())
    switch = f'<p class="quiet"><a href="/login?lang={other}&amp;next={quote(target)}">{LANGUAGES[other]}</a></p>'
    alternatives = demo.buttons(here(f"/login/demo?{query}")) if config.demo else ""
    if config.oidc_issuer:
        provider_label = escape(_("Sign in with {provider}", provider=config.oidc_name or _("the unified identity")))
        leave = escape(here(f"/login/provider?{query}"))
        alternatives += f'<p><a class="button" href="{leave}">{provider_label}</a></p>'
    head = escape(_("With an account"))
    return alert(problem) + alternatives + (f"<h2>{head}</h2>" if alternatives else "") + form + switch


def _new_password(name: str, has_totp: bool, problem: str = "") -> str:
    fields = (
        field("old", _("Old password"), kind="password", autocomplete="current-password")
        + field("new", _("New password"), kind="password", autocomplete="new-password")
        + field("again", _("New password again"), kind="password", autocomplete="new-password")
    )
    if has_totp:
        fields += field("totp", _("Code of the second factor, or a recovery code"), autocomplete="one-time-code")
    rule = _(
        "At least {n} characters of 3 kinds: small letters, capitals, digits, others; no common password, no name.",
        n=settings.current().password_length,
    )
    return alert(problem) + f"<p>{escape(name)}</p>" + form_of("/password", fields, _("Change password"), rule)

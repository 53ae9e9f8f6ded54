"""Setup page of the own second factor: scan a QR code, confirm with a code."""

from functools import partial
from hashlib import sha256
from html import escape

import segno
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cockpit.access import record, visitors
from cockpit.access.gate import token_of, visitor_of
from cockpit.access.signin import login_queue
from cockpit.access.signin.forms import alert, field, form_of, here, page, read_form, spoken
from cockpit.access.signin.login_precheck import busy
from cockpit.access.signin.new_session import place_of
from cockpit.access.visitors import Visitor
from cockpit.i18n import _, ngettext, using
from cockpit.labels.wording import worded
from data.desk import clock
from data.desk.auditing import sealing
from data.desk.errors import Refused
from data.desk.identity import accounts, secondfactor, sessions
from data.desk.identity.failures import Place
from data.errors import DataError

PATH = "/account/factor"
TICKET_SECONDS = 900
"""Validity of the setup ticket that the password issues."""
WHITE = "#ffffff"
"""Background of the QR code in any theme: apps do not read light on dark."""


async def factor(request: Request) -> Response:
    """State of the second factor; POST starts the setup with the password and completes it with a code."""
    visitor = visitor_of(request.scope)
    assert visitor, "the gate requires a session"
    with using(spoken(request)):
        answer = partial(page, title=_("Second factor"), visitor=visitor)
        form: dict[str, str] = {}
        if request.method == "POST":
            form = await read_form(request)
        try:
            body = await login_queue.run(place_of(request), _step, visitor, token_of(request.scope) or "", form)
        except login_queue.Crowded as error:
            return answer(alert(busy()) + _back(), 503, {"Retry-After": str(error.seconds)})
        except (Refused, DataError) as error:
            return answer(alert(worded(error)) + _back(), 503)
        return answer(body)


ROUTES = (Route(PATH, factor, methods=["GET", "POST"]),)


def _step(place: Place, visitor: Visitor, token: str, form: dict[str, str]) -> str:
    if visitor.session.by_provider:
        return _of_provider(visitor)
    if accounts.named(visitors.desk(), visitor.name).has_totp:
        return _renew_codes(place, visitor, form)
    if "code" in form:
        return _confirm(place, visitor, token, form)
    if "password" in form:
        if not _is_right(place, visitor, form):
            return _to_begin(_("The password is not right."))
        secondfactor.start(visitors.desk(), visitor.session.account_id)
        return _to_confirm(visitor, _setup_ticket(visitor, token))
    return _to_begin(compulsory=visitor.lacks_factor)


def _of_provider(visitor: Visitor) -> str:
    text = _("You sign in through the unified identity: a second factor is set up there.")
    if visitor.lacks_factor:
        text = _("Your role takes a second factor: sign in to the unified identity with one, then come back.")
        return _paragraph(text) + form_of("/logout", "", _("Sign out everywhere"))
    return _paragraph(text) + _back()


def _setup_ticket(visitor: Visitor, token: str) -> str:
    """Ticket for the code form: this session has entered the password."""
    return sealing.ticket(visitors.desk().custody, _ticket_subject(visitor, token))


def _ticket_subject(visitor: Visitor, token: str) -> str:
    return f"second factor of {visitor.session.account_id} in {sha256(token.encode()).hexdigest()}"


def _confirm(place: Place, visitor: Visitor, token: str, form: dict[str, str]) -> str:
    """Turn the second factor on if the code is right. The page shows the secret, so it requires the setup ticket."""
    desk, what, ticket = visitors.desk(), f"{visitor.name} second factor on", form.get("begun", "")
    if sealing.of_ticket(desk.custody, ticket, TICKET_SECONDS) != _ticket_subject(visitor, token):
        return _to_begin(_("Begin again with your password: it was given too long ago, or elsewhere."))
    try:
        with desk.begin():
            codes = secondfactor.confirm(desk, visitor.session.account_id, form["code"], clock.now())
            sessions.prove_factor(desk, token)
            record.write(visitor=visitor, event="account", what=what, address=place.address)
    except Refused:
        _note_failure(place, visitor, "totp")
        return _to_confirm(visitor, ticket, _("This is not the code that the app shows now."))
    visitors.known.forget(token)
    return _paragraph(_("From the next sign-in on you are asked for a code of your app.")) + _codes(codes) + _back()


def _renew_codes(place: Place, visitor: Visitor, form: dict[str, str]) -> str:
    """Number of recovery codes left; password and code issue new ones."""
    desk, account, problem = visitors.desk(), visitor.session.account_id, ""
    if "totp" in form:
        if _is_right(place, visitor, form):
            with desk.begin():
                codes = secondfactor.new_codes(desk, account)
                what = f"{visitor.name} new recovery codes"
                record.write(visitor=visitor, event="account", what=what, address=place.address)
            return _codes(codes) + _back()
        problem = _("The password or the code is not right.")
    intro = _paragraph(_("Signing in asks for a code of your app. The system administrator can take that away."))
    left = _paragraph(
        ngettext("{n} recovery code is left.", "{n} recovery codes are left.", secondfactor.codes_left(desk, account))
    )
    fields = field("password", _("Password"), kind="password", autocomplete="current-password") + field(
        "totp", _("The code that the app shows now"), autocomplete="one-time-code"
    )
    return alert(problem) + intro + left + form_of(PATH, fields, _("New recovery codes")) + _back()


def _is_right(place: Place, visitor: Visitor, form: dict[str, str]) -> bool:
    """Whether password and, if needed, code are right. Failures are audited."""
    totp, password = form.get("totp") or None, form.get("password", "")
    attempt = accounts.sign_in(visitors.desk(), visitor.name, password, totp=totp, place=place)
    if attempt.outcome != "ok":
        _note_failure(place, visitor, attempt.outcome)
    return attempt.outcome == "ok"


def _note_failure(place: Place, visitor: Visitor, result: str) -> None:
    record.note(event="login_failed", visitor=visitor, what="second factor", result=result, address=place.address)


def _codes(codes: list[str]) -> str:
    how = _("Each of these recovery codes replaces the app once. Print them now: they are not shown again.")
    return _paragraph(how) + "<p>" + "<br>".join(f"<code>{escape(code)}</code>" for code in codes) + "</p>"


def _to_begin(problem: str = "", *, compulsory: bool = False) -> str:
    what = _(
        "A second factor is a code of six digits that an app on your phone shows, required in addition to the password."
    )
    password = field("password", _("Password"), kind="password", autocomplete="current-password")
    must = _paragraph(_("Your role takes a second factor: set it up to go on.")) if compulsory else ""
    return alert(problem) + must + _paragraph(what) + form_of(PATH, password, _("Set up")) + _back()


def _to_confirm(visitor: Visitor, ticket: str, problem: str = "") -> str:
    address = secondfactor.pending(visitors.desk(), visitor.session.account_id)
    picture = segno.make(address, error="m").svg_inline(scale=5, border=4, dark="#000000", light=WHITE)
    how = _("Let an authenticator app read this picture, or type the letters below into it.")
    code = f'<input type="hidden" name="begun" value="{escape(ticket)}">' + field(
        "code", _("The code that the app shows now"), autocomplete="one-time-code"
    )
    letters = f"<p><code>{escape(secondfactor.secret_of(address))}</code></p>"
    return (
        alert(problem) + _paragraph(how) + f"<p>{picture}</p>" + letters + form_of(PATH, code, _("Confirm")) + _back()
    )


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _back() -> str:
    account = escape(_("Account"))
    return f'<p class="quiet"><a href="{here("/account")}">{account}</a></p>'

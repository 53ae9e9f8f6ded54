"""A second factor for oneself: an app reads the picture, and shows that it did by a code."""

from html import escape

import segno
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cockpit.access import record, tries, visitors
from cockpit.access.entry import place_of
from cockpit.access.forms import alert, field, form_of, here, page, read_form, spoken
from cockpit.access.gate import visitor_of
from cockpit.access.login import busy
from cockpit.access.visitors import Visitor
from cockpit.i18n import _, using
from cockpit.wording import worded
from data.desk import accounts, clock, secondfactor
from data.desk.errors import Refused
from data.desk.failures import Place
from data.errors import DataError

PATH = "/account/factor"
WHITE = "#ffffff"
"""The picture's ground on any screen: apps do not read light on dark."""


async def factor(request: Request) -> Response:
    """How it stands; with POST, a password begins and a code of the app ends the setting up."""
    visitor = visitor_of(request.scope)
    assert visitor, "the gate lets nobody else through"
    with using(spoken(request)):
        form: dict[str, str] = {}
        if request.method == "POST":
            form = await read_form(request)
        try:
            told = await tries.run(place_of(request), _step, visitor, form)
        except tries.Crowded as error:
            return page(alert(busy()) + _back(), 503, {"Retry-After": str(error.seconds)})
        except (Refused, DataError) as error:
            return page(alert(worded(str(error))) + _back(), 503)
        return page(told)


ROUTES = (Route(PATH, factor, methods=["GET", "POST"]),)


def _step(place: Place, visitor: Visitor, form: dict[str, str]) -> str:
    desk, account, address = visitors.desk(), visitor.session.account_id, place.address
    if visitor.session.by_provider:
        return _said(_("You sign in through the unified identity: a second factor is set up there.")) + _back()
    if accounts.named(desk, visitor.name).has_totp:
        return (
            _said(_("Signing in asks for a code of your app. The system administrator can take that away.")) + _back()
        )
    if "code" in form:
        try:
            with desk.begin():
                secondfactor.confirm(desk, account, form["code"], clock.now())
                record.write(visitor=visitor, event="account", what=f"{visitor.name} second factor on", address=address)
        except Refused:
            return _to_confirm(visitor, _("This is not the code that the app shows now."))
        return _said(_("From the next sign-in on you are asked for a code of your app.")) + _back()
    if "password" in form:
        if accounts.sign_in(desk, visitor.name, form["password"], place=place).outcome != "ok":
            record.note(visitor=visitor, event="login_failed", what="second factor", result="wrong", address=address)
            return _to_begin(_("The password is not right."))
        secondfactor.start(desk, account)
        return _to_confirm(visitor)
    return _to_begin()


def _to_begin(problem: str = "") -> str:
    what = _("A second factor is a code of six digits that an app on your phone shows, asked for beside the password.")
    password = field("password", _("Password"), kind="password", autocomplete="current-password")
    return alert(problem) + _said(what) + form_of(PATH, password, _("Set up")) + _back()


def _to_confirm(visitor: Visitor, problem: str = "") -> str:
    address = secondfactor.pending(visitors.desk(), visitor.session.account_id)
    picture = segno.make(address, error="m").svg_inline(scale=5, border=4, dark="#000000", light=WHITE)
    how = _("Let an authenticator app read this picture, or type the letters below into it.")
    code = field("code", _("The code that the app shows now"), autocomplete="one-time-code")
    letters = f"<p><code>{escape(secondfactor.secret_of(address))}</code></p>"
    return alert(problem) + _said(how) + f"<p>{picture}</p>" + letters + form_of(PATH, code, _("Confirm")) + _back()


def _said(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _back() -> str:
    account = escape(_("Account"))
    return f'<p class="quiet"><a href="{here("/account")}">{account}</a></p>'

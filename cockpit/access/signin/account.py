"""The page of the own account: identity, rights, and sign-out."""

from datetime import UTC, datetime
from html import escape
from zoneinfo import ZoneInfo

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cockpit import editions, settings
from cockpit.access import shortcuts, visitors
from cockpit.access.gate import token_of, visitor_of
from cockpit.access.policy import Held
from cockpit.access.signin import demo
from cockpit.access.signin.forms import alert, form_of, here, page, read_form, spoken
from cockpit.access.signin.new_session import address_of
from cockpit.access.visitors import Visitor
from cockpit.actions import own
from cockpit.actions.action import Actor
from cockpit.i18n import _, using
from cockpit.labels import format
from cockpit.labels.wording import worded
from data.desk.auditing import audit
from data.desk.errors import Refused
from data.desk.identity import sessions
from data.desk.identity.sessions import Open
from data.errors import DataError
from metrics import areas
from metrics.errors import MetricsError

PATH, SESSIONS, SHORTCUT = "/account", "/account/sessions", "/account/shortcut"
THIS_ONE = '<input type="hidden" name="only" value="this">'
"""Asks `/logout` to end this session alone."""


async def account(request: Request) -> Response:
    """Name, roles and areas, the open sessions; links to change the password and to leave."""
    visitor = visitor_of(request.scope)
    assert visitor, "the gate requires a session"
    with using(spoken(request)):
        content = await run_in_threadpool(_content, visitor, token_of(request.scope) or "")
        return page(content, title=_("Account"), visitor=visitor)


async def end(request: Request) -> Response:
    """End one of the own sessions, or all but this one."""
    visitor, token = visitor_of(request.scope), token_of(request.scope) or ""
    assert visitor, "the gate requires a session"
    with using(spoken(request)):
        form = await read_form(request)
        try:
            await run_in_threadpool(_end, visitor, token, address_of(request), form.get("id"))
        except Refused as error:
            content = await run_in_threadpool(_content, visitor, token, worded(error))
            return page(content, 409, title=_("Account"), visitor=visitor, at=PATH)
        except DataError as error:
            return page(alert(worded(error)), 503, title=_("Account"), visitor=visitor, at=PATH)
        return RedirectResponse(here(PATH), 303)


async def shortcut(request: Request) -> Response:
    """Switch the key that opens the search on or off."""
    visitor = visitor_of(request.scope)
    assert visitor, "the gate requires a session"
    with using(spoken(request)):
        form = await read_form(request)
        by = visitors.desk(), Actor.holding(visitor.name, visitor.grants, address_of(request))
        try:
            await run_in_threadpool(own.set_shortcut, *by, visitor.session.account_id, form.get("slash") == "on")
        except DataError as error:
            return page(alert(worded(error)), 503, title=_("Account"), visitor=visitor, at=PATH)
        return RedirectResponse(here(PATH), 303)


ROUTES = (
    Route(PATH, account), Route(SESSIONS, end, methods=["POST"]), Route(SHORTCUT, shortcut, methods=["POST"]),
)  # fmt: skip


def _end(visitor: Visitor, token: str, address: str, id: str | None) -> None:
    by = visitors.desk(), Actor.holding(visitor.name, visitor.grants, address), visitor.session.account_id
    if id is None:
        own.end_other_sessions(*by, token)
    else:
        own.end_session(*by, id)


def _content(visitor: Visitor, token: str, problem: str = "") -> str:
    rows = "".join(f"<li>{escape(_role(grant))}</li>" for grant in visitor.grants.held)
    none = escape(_("No role has been granted to you yet."))
    factor, change = escape(_("Second factor")), escape(_("Change password"))
    notifications = escape(_("Notifications"))
    notified = f'<a href="{here("/account/notifications")}">{notifications}</a>'
    own_ways = f'<a href="{here("/password")}">{change}</a> · <a href="{here("/account/factor")}">{factor}</a>'
    return (
        alert(problem)
        + f"<p><strong>{escape(visitor.session.title or visitor.name)}</strong> {escape(visitor.name)}</p>"
        + (f"<ul>{rows}</ul>" if rows else f"<p>{none}</p>")
        + f'<p class="quiet">{notified}{"" if visitor.session.by_provider else f" · {own_ways}"}</p>'
        + form_of("/logout", THIS_ONE, _("Sign out"))
        + _shortcut(visitor)
        + _sessions(visitor, token)
        + form_of("/logout", "", _("Sign out everywhere"), quiet=True)
    )


def _shortcut(visitor: Visitor) -> str:
    """The key that opens the search, and a button that switches it."""
    on = shortcuts.uses_slash(visitor.session.account_id)
    hidden = f'<input type="hidden" name="slash" value="{"off" if on else "on"}">'
    text = _("The key / opens the search: on") if on else _("The key / opens the search: off")
    head, button = _("Keyboard"), _("Switch it off") if on else _("Switch it on")
    return f"<h2>{escape(head)}</h2><p>{escape(text)}</p>{form_of(SHORTCUT, hidden, button, quiet=True)}"


def _sessions(visitor: Visitor, token: str) -> str:
    """The open sessions, each with a button that ends it; this one is ended by signing out."""
    idle, longest = visitors.limits()
    try:
        open_sessions = sessions.of_account(
            visitors.desk(), visitor.session.account_id, token, idle=idle, longest=longest
        )
    except DataError as error:
        return alert(worded(error))
    head = escape(_("Your open sessions"))
    others = form_of(SESSIONS, "", _("End all others"), quiet=True) if len(open_sessions) > 1 else ""
    return f"<h2>{head}</h2>" + "".join(map(_session, open_sessions)) + others


def _session(one: Open) -> str:
    browser = one.browser or _("Unknown browser")
    lines = (
        browser + (_(" (this one)") if one.own else ""),
        _("From {address}", address=audit.masked(one.address) or "–"),
        _("Since {time}, last used {last}", time=_time(one.started_at), last=_time(one.seen_at)),
    )
    hidden = f'<input type="hidden" name="id" value="{escape(one.id)}">'
    button = "" if one.own else form_of(SESSIONS, hidden, _("End"), quiet=True)
    return "<p>" + "<br>".join(map(escape, lines)) + f"</p>{button}"


def _time(at: datetime) -> str:
    zone = ZoneInfo(settings.current().zone)
    return format.stamp(at.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None))


def _role(grant: Held) -> str:
    title = demo.titles()[grant.role]
    if grant.first == grant.end:
        return title
    try:
        return f"{title} · {areas.area(editions.current(settings.current()), grant.first).name}"
    except (DataError, MetricsError):
        return f"{title} · {grant.first}"

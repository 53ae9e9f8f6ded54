"""Notification settings of the own account: mail, quiet hours, digest; and the unsubscribe link of a mail."""

from contextlib import suppress
from dataclasses import replace
from html import escape

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cockpit import editions, settings
from cockpit.access import visitors
from cockpit.access.gate import visitor_of
from cockpit.access.policy import Grants
from cockpit.access.signin.forms import alert, field, form_of, here, page, read_form, spoken
from cockpit.access.signin.new_session import address_of
from cockpit.access.visitors import Visitor
from cockpit.actions import own
from cockpit.actions.action import Actor
from cockpit.address import link
from cockpit.i18n import _, language, using
from cockpit.labels.wording import worded
from cockpit.notifications import channels, unsubscribing
from cockpit.view_state import catalog_of
from data.desk.errors import Refused
from data.desk.identity import accounts
from data.desk.notifications import choices, subscriptions
from data.desk.notifications.choices import Choices
from data.desk.notifications.hours import Hours, of_text
from data.desk.notifications.store import KINDS
from data.desk.notifications.subscriptions import Subscription
from data.errors import DataError
from metrics import areas
from metrics.errors import MetricsError

PATH = "/account/notifications"
SUBSCRIPTIONS = f"{PATH}/subscriptions"
UNSUBSCRIBE = f"/{unsubscribing.PATH}"
HOURS = ("quiet_from", "quiet_to", "digest")
"""Times of day in the form, by the names of `Hours`."""


async def chosen(request: Request) -> Response:
    """The choices as a form; POST changes them. 400 for what is refused."""
    visitor = visitor_of(request.scope)
    assert visitor, "the gate requires a session"
    with using(spoken(request)):
        form = await read_form(request) if request.method == "POST" else None
        try:
            if form is not None:
                await run_in_threadpool(_change, visitor, address_of(request), form)
                return RedirectResponse(here(PATH), 303)
            content, status = await run_in_threadpool(_content, visitor), 200
        except Refused as error:
            content, status = alert(worded(error)) + await run_in_threadpool(_content, visitor, form), 400
        except DataError as error:
            content, status = alert(worded(error)), 503
        return page(content, status, title=_("Notifications"), visitor=visitor, at=PATH)


async def unsubscribe(request: Request) -> Response:
    """Asks with GET, so that a program that follows links changes nothing; ends the mails with POST (RFC 8058)."""
    with using(spoken(request)):
        token = request.query_params.get("token", "")
        try:
            return await run_in_threadpool(_unsubscribe, token, request.method == "POST", address_of(request))
        except DataError as error:
            return page(alert(worded(error)), 503)


async def end(request: Request) -> Response:
    """End one of the own subscriptions; one that has ended already stays so."""
    visitor = visitor_of(request.scope)
    assert visitor, "the gate requires a session"
    with using(spoken(request)):
        form = await read_form(request)
        try:
            with suppress(Refused):
                await run_in_threadpool(_end, visitor, address_of(request), form.get("id", ""))
        except DataError as error:
            return page(alert(worded(error)), 503, title=_("Notifications"), visitor=visitor, at=PATH)
        return RedirectResponse(here(PATH), 303)


ROUTES = (
    Route(SUBSCRIPTIONS, end, methods=["POST"]),
    Route(PATH, chosen, methods=["GET", "POST"]),
    Route(UNSUBSCRIBE, unsubscribe, methods=["GET", "POST"]),
)


def _unsubscribe(token: str, done: bool, address: str) -> Response:
    account_id = unsubscribing.account_of(settings.current(), token)
    name = accounts.name_of(visitors.desk(), account_id) if account_id is not None else None
    if account_id is None or name is None:
        return page(alert(_("This link is not valid. Sign in and choose under Account what you are notified of.")), 400)
    if not done:
        form = form_of(f"{UNSUBSCRIBE}?token={token}", "", _("Send me no more of these mails"))
        return page(form, title=_("Notifications"))
    own.unsubscribe(visitors.desk(), Actor.holding(name, Grants(), address), account_id)
    done_text = escape(_("You get no more of these mails."))
    return page(f"<p>{done_text}</p>", title=_("Notifications"))


def _change(visitor: Visitor, address: str, form: dict[str, str]) -> None:
    desk, account, mail = visitors.desk(), visitor.session.account_id, channels.usable(settings.current()).mail
    choice = replace(choices.read(desk, account), deadlines=bool(form.get("deadlines")))
    if mail:
        hours = Hours(*(of_text(form.get(name, "")) for name in HOURS))
        kinds = tuple(kind for kind in KINDS if form.get(f"kind_{kind}"))
        choice = Choices(form.get("mail", "").strip(), kinds, choice.deadlines, hours)
    actor = Actor.holding(visitor.name, visitor.grants, address)
    own.choose_notifications(desk, actor, account, choice, mail.domains if mail else ())


def _end(visitor: Visitor, address: str, given: str) -> None:
    id = int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else 0
    actor = Actor.holding(visitor.name, visitor.grants, address)
    own.end_subscription(visitors.desk(), actor, visitor.session.account_id, id)


def _content(visitor: Visitor, typed: dict[str, str] | None = None) -> str:
    """typed: a form that was refused, shown as it was filled in."""
    stored = choices.read(visitors.desk(), visitor.session.account_id)
    return _choices(_filled(stored) if typed is None else typed) + _subscriptions(visitor)


def _filled(choice: Choices) -> dict[str, str]:
    """The form of stored choices."""
    clocks = {name: getattr(choice.hours, name) for name in HOURS}
    boxes = {f"kind_{kind}": "1" for kind in choice.kinds} | ({"deadlines": "1"} if choice.deadlines else {})
    return {"mail": choice.mail} | boxes | {name: f"{at:%H:%M}" if at else "" for name, at in clocks.items()}


def _subscriptions(visitor: Visitor) -> str:
    """The metrics that the account is notified of when they turn red, each with a button that ends it."""
    subscribed = subscriptions.of_account(visitors.desk(), visitor.session.account_id)
    head = escape(_("When these turn red"))
    none = escape(_("None yet: the page that explains a number has a button for it."))
    return f"<h2>{head}</h2>" + ("".join(map(_subscription, subscribed)) or f"<p>{none}</p>") + _watched(visitor)


def _watched(visitor: Visitor) -> str:
    """The items that the account subscribed to; a subscription ends on the item's page."""
    watched_items = subscriptions.watched(visitors.desk(), visitor.session.account_id)
    head = escape(_("Items that you are notified of"))
    lines = (
        f'<p><a href="{escape(here(link("item", {"item": item.number})))}">{escape(item.number)}</a>'
        f"{_channel(by_mail)}</p>"
        for item, by_mail in watched_items
    )
    return f"<h2>{head}</h2>{''.join(lines)}" if watched_items else ""


def _channel(by_mail: bool) -> str:
    text = escape(_("in the cockpit and by mail") if by_mail else _("in the cockpit"))
    return f" <small>{text}</small>"


def _subscription(one: Subscription) -> str:
    config = settings.current()
    metric = catalog_of(config).metrics.get(one.metric)
    try:
        place = areas.area(editions.current(config), one.area).name
    except (DataError, MetricsError):
        place = str(one.area)
    text = escape(f"{metric.name[language()] if metric else one.metric} · {place}")
    address = escape(here(link("passport", {"metric": one.metric, "area": one.area})))
    hidden = f'<input type="hidden" name="id" value="{one.id}">'
    named = f'<p><a href="{address}">{text}</a>{_channel(one.by_mail)}</p>'
    return named + form_of(SUBSCRIPTIONS, hidden, _("End"), quiet=True)


def _choices(form: dict[str, str]) -> str:
    deadlines = _box("deadlines", _("A day before a deadline of mine"), bool(form.get("deadlines")))
    mail = channels.usable(settings.current()).mail
    if mail is None:
        text = _("Mails are not set up here: notifications are shown in the cockpit.")
        return form_of(PATH, deadlines, _("Save"), text)
    words = {
        "alert": _("Alerts"), "item": _("Work items"), "deadline": _("Deadlines"),
        "subscription": _("Subscriptions"), "answer": _("Answers to other systems"),
    }  # fmt: skip
    kinds = "".join(
        _box(f"kind_{kind}", _("By mail: {kind}", kind=words[kind]), bool(form.get(f"kind_{kind}"))) for kind in KINDS
    )
    where, labels = ", ".join(mail.domains), (_("Quiet from"), _("Quiet until"), _("One mail a day at"))
    clocks = "".join(
        field(name, label, form.get(name, ""), kind="time", needed=False)
        for name, label in zip(HOURS, labels, strict=True)
    )
    address = field("mail", _("Mail address"), form.get("mail", ""), kind="email", autocomplete="email", needed=False)
    note = _("Addresses of {domains}. Without an address there are no mails.", domains=where)
    return form_of(PATH, deadlines + address + kinds + clocks, _("Save"), note)


def _box(name: str, label: str, checked: bool) -> str:
    return (
        f'<label class="box"><input type="checkbox" name="{name}" value="1"{" checked" if checked else ""}> '
        f"{escape(label)}</label>"
    )

"""Tie an identity of the provider to an account that exists: its owner confirms it once with the account's password.

What the provider said is kept in an encrypted cookie until then; the identity signs in again once it is tied.
"""

import json
from dataclasses import asdict, dataclass
from html import escape
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cockpit import settings
from cockpit.access import cookies, record, visitors
from cockpit.access.signin import login_queue
from cockpit.access.signin.forms import alert, field, form_of, here, inside, page, read_form, spoken
from cockpit.access.signin.identity import Unconfirmed
from cockpit.access.signin.login import note_failure, refusal, unavailable_message
from cockpit.access.signin.login_precheck import busy
from cockpit.access.signin.new_session import place_of
from cockpit.i18n import LANGUAGES, _, language, using
from cockpit.labels.wording import worded
from data.desk.auditing import sealing
from data.desk.errors import Refused
from data.desk.identity import accounts, identities
from data.desk.identity.accounts import SignIn
from data.desk.identity.failures import Place
from data.errors import DataError

PATH = "/login/provider/link"
COOKIE, SECONDS = "cockpit_link", 600


@dataclass(frozen=True)
class Link:
    """An identity that waits for the owner of an account. next, lang: where the sign-in goes on, and how."""

    name: str
    issuer: str
    subject: str
    next: str
    lang: str


def ask(request: Request, attempt: Unconfirmed, target: str) -> Response:
    """The page that says what to do; the browser keeps what is to be confirmed. Raises DeskError."""
    link = Link(attempt.name, attempt.issuer, attempt.subject, target, language())
    answer = page(_form(link), 403)
    ticket = sealing.ticket(visitors.desk().custody, json.dumps(asdict(link)))
    cookies.put(request, answer, COOKIE, ticket, SECONDS, path=PATH, samesite="strict")
    return answer


async def confirm(request: Request) -> Response:
    """With POST: tie the two if the password is right, then sign in through the provider again."""
    try:
        link = _link(request)
    except DataError as error:
        with using(spoken(request)):
            return page(alert(unavailable_message(error)), 503)
    if link is None:
        return RedirectResponse(here("/login"), 303)
    with using(link.lang if link.lang in LANGUAGES else spoken(request)):
        if request.method == "GET":
            return page(_form(link))
        form = await read_form(request)
        try:
            attempt = await login_queue.run(place_of(request), _tie, link, form)
        except login_queue.Crowded as error:
            return page(_form(link, busy()), 503, {"Retry-After": str(error.seconds)})
        except Refused as error:
            return page(_form(link, worded(error)), 409)
        except DataError as error:
            return page(_form(link, unavailable_message(error)), 503)
        if attempt.outcome != "ok":
            status = 429 if attempt.outcome == "wait" else 401
            return page(_form(link, refusal(attempt)), status)
        answer = RedirectResponse(f"/login/provider?{urlencode({'next': inside(link.next), 'lang': link.lang})}", 303)
        cookies.drop(request, answer, COOKIE, path=PATH)
        return answer


ROUTES = (Route(PATH, confirm, methods=["GET", "POST"]),)


def _link(request: Request) -> Link | None:
    """The pending link of this browser; None if there is none or it expired."""
    ticket = cookies.read(request.scope, COOKIE)
    content = sealing.of_ticket(visitors.desk().custody, ticket, SECONDS) if ticket else None
    link = Link(**json.loads(content)) if content else None
    return link if link and link.issuer == settings.current().oidc_issuer else None


def _tie(place: Place, link: Link, form: dict[str, str]) -> SignIn:
    """Sign in as the account's owner and, on success, link the identity. Raises Refused if either is linked already."""
    desk = visitors.desk()
    totp = form.get("totp") or None
    attempt = accounts.sign_in(desk, link.name, form.get("password", ""), totp=totp, place=place)
    note_failure(place, link.name, attempt, what=f"tie to {link.issuer} {link.subject}")
    if attempt.outcome == "ok":
        with desk.begin():
            identities.link(desk, link.name, link.issuer, link.subject)
            what = f"{link.name} is tied to {link.issuer} {link.subject}, confirmed by the account's password"
            what += " and second factor" if attempt.account and attempt.account.has_totp else ""
            record.write(who=link.name, event="account", what=what, address=place.address)
    return attempt


def _form(link: Link, problem: str = "") -> str:
    provider = settings.current().oidc_name or _("the unified identity")
    texts = (
        _("{provider} knows you, and there is an account {name} here already.", provider=provider, name=link.name),
        _("Confirm once with the password of this account that it is yours. From then on you sign in without it."),
        _("If you do not know the password, ask the system administrator. If the account is not yours, do not go on."),
    )
    fields = field("password", _("Password"), kind="password", autocomplete="current-password") + field(
        "totp", _("Code of the second factor, or a recovery code, if you use one"), autocomplete="one-time-code",
        needed=False,
    )  # fmt: skip
    paragraphs = "".join(f"<p>{escape(text)}</p>" for text in texts)
    other = escape(_("Sign in another way"))
    back = f'<p class="quiet"><a href="{escape(here("/login"))}">{other}</a></p>'
    return alert(problem) + paragraphs + form_of(PATH, fields, _("It is my account: tie it")) + back

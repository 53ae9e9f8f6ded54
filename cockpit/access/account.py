"""One's own account: who one is, what one may see, and the way out."""

from html import escape

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cockpit import editions, settings
from cockpit.access import demo, pages
from cockpit.access.forms import form_of, here, page, spoken
from cockpit.access.gate import visitor_of
from cockpit.access.policy import Held
from cockpit.access.visitors import Visitor
from cockpit.address import link
from cockpit.i18n import _, using
from data.errors import DataError
from metrics import areas
from metrics.errors import MetricsError


async def account(request: Request) -> Response:
    """Name, roles and areas; links to change the password and to leave."""
    visitor = visitor_of(request.scope)
    assert visitor, "the gate lets nobody else through"
    with using(spoken(request)):
        return page(await run_in_threadpool(_told, visitor))


ROUTES = (Route("/account", account),)


def _told(visitor: Visitor) -> str:
    rows = "".join(f"<li>{escape(_role(held))}</li>" for held in visitor.grants.held)
    none = escape(_("No role has been granted to you yet."))
    factor, change, home = escape(_("Second factor")), escape(_("Change password")), escape(_("Cockpit"))
    begin = escape(here(link(pages.landing(visitor.grants), {})))
    own = f'<a href="{here("/password")}">{change}</a> · <a href="{here("/account/factor")}">{factor}</a> · '
    return (
        f"<p><strong>{escape(visitor.session.title or visitor.name)}</strong> {escape(visitor.name)}</p>"
        + (f"<ul>{rows}</ul>" if rows else f"<p>{none}</p>")
        + form_of("/logout", "", _("Sign out everywhere"))
        + f'<p class="quiet">{"" if visitor.session.by_provider else own}<a href="{begin}">{home}</a></p>'
    )


def _role(held: Held) -> str:
    title = demo.titles()[held.role]
    if held.first == held.end:
        return title
    try:
        return f"{title} · {areas.area(editions.current(settings.current()), held.first).name}"
    except (DataError, MetricsError):
        return f"{title} · {held.first}"

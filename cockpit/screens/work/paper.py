"""The form of an item on paper: matter, unit, deadline, course and lines to sign, as a page that a browser prints."""

from html import escape

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cockpit import editions, settings
from cockpit.access import record, visitors
from cockpit.access.gate import visitor_of
from cockpit.access.signin.forms import alert, page, spoken
from cockpit.access.signin.new_session import address_of
from cockpit.access.visitors import Visitor
from cockpit.actions.action import Actor
from cockpit.actions.items import reader
from cockpit.i18n import _, language, using
from cockpit.labels import format
from cockpit.labels.names import area_name
from cockpit.labels.wording import worded
from cockpit.screens.work import shared
from cockpit.screens.work.fields import field_value, step_name
from data.desk.errors import Refused
from data.desk.items import store
from data.desk.items.item import Item
from data.desk.items.lists import may_see
from data.errors import DataError
from data.workflow.replay import replay

PATH = "/files/item-form"


async def serve(request: Request) -> Response:
    """GET with `item`: its form; recorded. 404 for what the visitor may not see, 503 without a desk."""
    visitor = visitor_of(request.scope)
    assert visitor, "the gate lets nobody else through"
    number = request.query_params.get("item", "")[:60]
    with using(spoken(request)):
        try:
            return await run_in_threadpool(_form, visitor, number, address_of(request))
        except Refused as error:
            return page(alert(worded(error)), 404)
        except DataError as error:
            return page(alert(worded(error)), 503)


def _form(visitor: Visitor, number: str, address: str) -> Response:
    known, item = shared.rules(), store.find(visitors.desk(), number)
    actor = Actor.holding(visitor.name, visitor.grants, address)
    if item is None or item.kind not in known.flows or not may_see(reader(actor), item):
        raise Refused("item.unknown", "there is no item {number} that you may see", number=number)
    record.write(visitor=visitor, event="export", what=f"form of {number}", address=address)
    return page(body(item), title=f"{shared.kind_name(item)} {item.number}")


def body(item: Item) -> str:
    """The form as HTML. Accounts are not on it: it goes to units."""
    known = shared.rules()
    flow, events = known.flow(item.kind), store.events(visitors.desk(), known, item.id)
    snapshot = replay(flow, events, known.calendar)
    edition = editions.current(settings.current())
    lines = [
        (_("Title"), item.title),
        (_("Area"), area_name(edition, item.area)),
        (_("Responsible unit"), item.unit or ""),
        (_("State"), shared.state_name(item)),
        (_("Begun at"), shared.stamp(item.opened_at)),
        *((flow.clocks[id].name[language()], format.stamp(clock.deadline))
          for id, clock in snapshot.clocks.items() if clock.deadline),
        *((field.name[language()], field_value(field, snapshot.fields[id]))
          for id, field in flow.fields.items()
          if id in snapshot.fields and field.type not in ("unit", "point", "asked")),
    ]  # fmt: skip
    about = "".join(f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in lines if text)
    course = "".join(
        f"<tr><td>{format.stamp(event.at)}</td><td>{escape(step_name(flow, event))}</td></tr>" for event in events
    )
    signs = "".join(f"<td>{escape(name)}：</td>" for name in (_("Issued by"), _("Handled by"), _("Date")))
    history = _("History")
    note = escape(_("Draft without seal. Printed from the governance cockpit."))
    return (
        f"<table>{about}</table><h2>{escape(history)}</h2><table>{course}</table>"
        f"<table><tr>{signs}</tr></table><p><small>{note}</small></p>"
    )


ROUTES = (Route(PATH, serve),)

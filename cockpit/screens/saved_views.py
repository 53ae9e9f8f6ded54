"""The visitor's own saved views, for the menu of the header: read with GET, changed with POST."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cockpit.access import visitors
from cockpit.access.gate import visitor_of
from cockpit.access.signin.forms import read_form, spoken
from cockpit.access.visitors import Visitor
from cockpit.actions import own
from cockpit.actions.action import Actor
from cockpit.components.base import plain
from cockpit.components.navigation.header import VIEWS
from cockpit.i18n import using
from cockpit.labels.wording import worded
from data.desk import saved_views
from data.desk.errors import Refused
from data.errors import DataError

NO_STORE = {"Cache-Control": "no-store"}


async def serve(request: Request) -> Response:
    """The views of the account as JSON: id, name and relative address.

    POST of a form changes them first: `do` is `save` (name, address), `rename` (id, name) or `delete` (id). 400 with
    `detail` for what is refused, 503 without a desk.
    """
    visitor = visitor_of(request.scope)
    assert visitor, "the gate requires a session"
    form = await read_form(request) if request.method == "POST" else {}
    with using(spoken(request)):
        try:
            return JSONResponse({"views": await run_in_threadpool(_answer, visitor, form)}, headers=NO_STORE)
        except Refused as error:
            return JSONResponse({"detail": worded(error)}, 400, NO_STORE)
        except DataError as error:
            return JSONResponse({"detail": worded(error)}, 503, NO_STORE)


def _answer(visitor: Visitor, form: dict[str, str]) -> list[dict[str, object]]:
    desk, account = visitors.desk(), visitor.session.account_id
    if form:
        _change(visitor, form)
    return [plain(view) for view in saved_views.listing(desk, account)]


def _change(visitor: Visitor, form: dict[str, str]) -> None:
    desk, account, actor = visitors.desk(), visitor.session.account_id, Actor.of(visitor)
    given, name = form.get("id", ""), form.get("name", "")
    id = int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else 0
    match form.get("do"):
        case "save":
            own.save_view(desk, actor, account, name, form.get("address", ""))
        case "rename":
            own.rename_view(desk, actor, account, id, name)
        case "delete":
            own.delete_view(desk, actor, account, id)
        case _:
            raise Refused("view.change", "a view can be saved, renamed or deleted")


ROUTES = (Route(VIEWS, serve, methods=["GET", "POST"]),)

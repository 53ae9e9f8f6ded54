"""Tools of the rows page: the choice of columns, own rows, filter menus and actions on selected rows."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cockpit.access import visitors
from cockpit.access.gate import visitor_of
from cockpit.access.policy import Can
from cockpit.access.signin.forms import read_form, spoken
from cockpit.access.visitors import Visitor
from cockpit.actions import own
from cockpit.actions.action import Actor
from cockpit.components.lists.rowbar import Menu
from cockpit.filters import UNIT
from cockpit.i18n import N_, _, language, using
from cockpit.labels import words
from cockpit.labels.movers import group_name
from cockpit.labels.wording import worded
from cockpit.panels import answers
from cockpit.panels.picks import MOST_PICKED
from cockpit.view import BadParameter, home
from cockpit.view_state import View
from data.desk import preferences
from data.desk.errors import Refused
from data.desk.items.links import LinkKind
from data.errors import DataError
from data.schema import FACTS
from data.workflow.fields import LONGEST_TITLE
from metrics.areas import Area
from metrics.cases.casefile import unit_of
from metrics.engine.plan import filters
from metrics.query import Query

COLUMNS = "/columns.json"
MOST_OFFERED = 60
"""Groups that a menu offers; the others are found by the search."""
OFFERED = (UNIT, "category")
"""The columns that rows are filtered by from a menu."""
MOST_COLUMNS = 40
_NAME = re.compile(r"[a-z_]{1,60}")


# --- the selected rows --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RowAction:
    """Something to do with selected rows.

    kind: what the browser does with the address that `href` gives, once it names the rows in `pick`: `open` goes
    there, `file` saves what is there, `copy` copies it, `walk` opens the first row's page with the others behind it.
    href: empty where the action does not apply to the visitor or these rows.
    """

    name: str
    text: str
    kind: str
    href: Callable[[View, Mapping[str, str | None]], str]


def _export(view: View, parameters: Mapping[str, str | None]) -> str:
    from cockpit.screens.listing import download

    if not view.grants.may(Can.EXPORT, view.area.code, view.area.end):
        return ""
    return download.PATH + view.permalink("rows", **parameters).removeprefix("/rows")


def link_kind(view: View) -> LinkKind | None:
    """The kind of link of an item about these rows; None for rows from which no item can begin."""
    kinds: dict[str, LinkKind] = {"cases": "case", "sites": "site"}
    return kinds.get(kind_of(view))


def _order(view: View, parameters: Mapping[str, str | None]) -> str:
    if link_kind(view) is None or not view.grants.may(Can.ACT, view.area.code, view.area.end):
        return ""
    title = f"{view.area.name} {view.metric.name[language()]}"
    return view.href("start", kind="order", origin="row", title=title[:LONGEST_TITLE])


ROW_ACTIONS = (
    RowAction("walk", N_("Open one after another"), "walk", lambda view, parameters: view.href("rows", **parameters)),
    RowAction("list", N_("Show only these"), "open", lambda view, parameters: view.href("rows", **parameters)),
    RowAction("copy", N_("Copy link"), "copy", lambda view, parameters: view.permalink("rows", **parameters)),
    RowAction("order", N_("Begin an order"), "open", _order),
    RowAction("export", N_("Export the selected"), "file", _export),
)
"""Every action on selected rows, in the order of the bar. A new one is a row here; its page reads `pick`."""


def read_picks(text: str) -> tuple[tuple[str, str], ...]:
    """Source and key of each row of the parameter `pick`. BadParameter for what names none, or too many."""
    picks = []
    for one in text.split(","):
        source, slash, key = one.partition("/")
        if not (source and slash and key):
            raise BadParameter("pick", one[:MOST_OFFERED], _("A selected row is named by its source and key."))
        picks.append((unquote(source), unquote(key)))
    if len(picks) > MOST_PICKED:
        raise BadParameter("pick", str(len(picks)), _("At most {n} rows can be selected.", n=MOST_PICKED))
    return tuple(dict.fromkeys(picks))


# --- whose rows ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Own:
    """The area and the unit of the visitor's account."""

    area: Area
    unit: str


def own_of(view: View) -> Own | None:
    """The visitor's own, inside the view's area: of the unit that a grant names, else of the area's in the directory.

    None without a unit.
    """
    place = home(view.edition, view.grants)
    lower = place if view.area.code <= place.code < view.area.end else view.area
    granted = next((held.unit for held in view.grants.held if held.unit and held.first <= place.code < held.end), "")
    directory = None if granted else unit_of(view.edition, place.code)
    unit = granted or (directory.name if directory else "")
    related = lower is place or place.code <= view.area.code < place.end
    return Own(lower, unit) if unit and related else None


# --- columns and menus --------------------------------------------------------------------------------------------


def read_columns(text: str, known: Sequence[str]) -> tuple[str, ...]:
    """The columns that an address names, of the known ones. BadParameter for another."""
    names = tuple(dict.fromkeys(name for name in text.split(",") if name))
    for name in names:
        if name not in known:
            raise BadParameter("cols", name[:MOST_OFFERED], _("These rows have no such column."))
    return names


def remembered(view: View, known: Sequence[str]) -> tuple[str, ...]:
    """The columns that the visitor chose for rows of this kind, of the known ones; empty by default."""
    from cockpit.access import guard

    name = kind_of(view)
    if not _NAME.fullmatch(name):
        return ()
    return tuple(one for one in _stored(guard.enter(), name) if one in known)


def _stored(visitor: Visitor, name: str) -> list[str]:
    try:
        stored = preferences.read(visitors.desk(), visitor.session.account_id, f"rows.columns.{name}")
    except DataError:
        return []
    return [str(one) for one in stored] if isinstance(stored, list) else []


def kind_of(view: View) -> str:
    """The kind of rows that the metric counts: a fact, or a domain with a view of its own."""
    domain = view.catalog.domain(view.metric)
    return domain.id if domain.view else domain.fact


def label(view: View, name: str) -> str:
    domain = view.catalog.domain(view.metric)
    return words.column(name, domain.fact)


def fact_columns(view: View) -> tuple[str, ...]:
    """Every column that rows of the metric's fact may show."""
    fact = FACTS[view.catalog.domain(view.metric).fact]
    state = ("state",) if fact.name == "cases" else ()
    return (*state, *(column.name for column in fact.exported))


def menus(view: View, query: Query) -> list[Menu]:
    """A menu of the groups of each offered column that these rows can be filtered by."""
    known, where = filters(view.catalog, view.metric), dict(query.where)
    result = []
    for by in OFFERED:
        if by not in known:
            continue
        others = query.filtered([(name, value) for name, value in query.where if name != by])
        groups = [part.group for part in answers.parts(others.of(view.metric.id, by=by)) if part.now.n]
        items = [
            (
                group_name(view, by, group) if group else words.NOT_GIVEN,
                view.here(**{by: group or words.NOT_GIVEN, "page": None, "pick": None}),
                where.get(by) == group,
            )
            for group in groups[:MOST_OFFERED]
        ]
        if len(items) > 1 or by in where:
            clear = [(_("All"), view.here(**{by: None, "page": None, "pick": None}), by not in where)]
            result.append(
                Menu(words.column(by), group_name(view, by, where[by]) if by in where else "", (*clear, *items))
            )
    return result


# --- remembering columns ------------------------------------------------------------------------------------------


async def serve(request: Request) -> Response:
    """POST of `kind` and `columns`, comma-separated: the columns the visitor wants for rows of a kind; none: default.

    204 when they are kept, 400 for what is refused, 503 without a desk.
    """
    visitor = visitor_of(request.scope)
    assert visitor, "the gate lets nobody else through"
    form = await read_form(request)
    with using(spoken(request)):
        try:
            await run_in_threadpool(_keep, visitor, form.get("kind", ""), form.get("columns", ""))
        except Refused as error:
            return JSONResponse({"detail": worded(error)}, 400)
        except DataError as error:
            return JSONResponse({"detail": worded(error)}, 503)
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


def _keep(visitor: Visitor, kind: str, columns: str) -> None:
    names = [name for name in columns.split(",") if name]
    if not all(map(_NAME.fullmatch, (kind, *names))) or len(names) > MOST_COLUMNS:
        raise Refused("columns.unknown", "these are no columns of rows")
    own.choose_columns(visitors.desk(), Actor.of(visitor), visitor.session.account_id, kind, names)


ROUTES = (Route(COLUMNS, serve, methods=["POST"]),)

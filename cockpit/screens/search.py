"""Search in the header's box and on its own page: results by kind, with their pages."""

import contextlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cockpit import settings
from cockpit.access import guard, record, visitors
from cockpit.access.gate import visitor_of
from cockpit.access.policy import Can
from cockpit.access.signin.forms import spoken
from cockpit.access.signin.new_session import address_of
from cockpit.access.visitors import Visitor
from cockpit.actions import items
from cockpit.actions.action import Actor
from cockpit.components.base import plain
from cockpit.components.lists.table import Cell, Column, table
from cockpit.components.navigation import header
from cockpit.filters import NAMES
from cockpit.i18n import _, language, using
from cockpit.labels import format, words
from cockpit.labels.names import area_name
from cockpit.labels.wording import worded
from cockpit.screens.shared import case_href
from cockpit.screens.work.shared import kind_name, state_name
from cockpit.serving import search_limit, slow_queries
from cockpit.view import BadParameter, home, read
from cockpit.view_state import View
from data.desk import clock
from data.desk.errors import DeskError
from data.desk.items import lists
from data.desk.items.item import Item as WorkItem
from data.errors import DataError, TooMany
from metrics.availability.extent import extent
from metrics.errors import MetricsError
from metrics.period import DAY, Period
from metrics.search import KINDS, AreaResult, CaseResult, SearchResults, SiteResult, search

PATH = "/search.json"
IN_BOX, ON_PAGE = 5, 50
"""Most results shown of a kind."""
SECONDS_OF_PAGE = 2.0


@dataclass(frozen=True)
class Item:
    """One result: `note` distinguishes it from others of its name, `state` is that of a case."""

    text: str
    href: str
    note: str = ""
    state: str = ""


@dataclass(frozen=True)
class Group:
    """Search results of one kind. more: the address of further results, if any."""

    kind: str
    title: str
    items: list[Item] = field(default_factory=list)
    more: str = ""


class Result(NamedTuple):
    """The groups that hold something; note: what to know of them, such as that time ran out."""

    groups: list[Group]
    note: str = ""


async def serve(request: Request) -> Response:
    """`?q=text` with the parameters of a page: what is found within the visitor's areas, as JSON, never kept.

    400 for a text that is too long, 429 with Retry-After for too many searches, 503 while nothing can be searched.
    """
    visitor = visitor_of(request.scope)
    assert visitor, "the gate requires a session"
    with using(spoken(request)):
        if wait := await run_in_threadpool(search_limit.wait_of, visitor.name):
            return _answer({"detail": _too_often(wait)}, 429, wait)
        try:
            return await run_in_threadpool(_searched, dict(request.query_params), visitor, address_of(request))
        except TooMany as error:
            return _answer({"detail": worded(error)}, 429, slow_queries.RETRY_SECONDS)
        except BadParameter as error:
            return _answer({"detail": error.hint}, 400)
        except MetricsError as error:
            return _answer({"detail": worded(error)}, 400)
        except DataError as error:
            return _answer({"detail": worded(error)}, 503)


def _searched(parameters: Mapping[str, str], visitor: Visitor, address: str) -> Response:
    """The results, once the audit has a row of the cases among them. DeskError if it cannot be written."""
    slow_queries.asks(slow_queries.Asker(visitor.name))
    grants = visitor.grants
    view, text = read(parameters, settings.current(), grants), parameters.get("q", "")
    with using(view.lang):
        results = search(view.edition, view.catalog, text, limit=IN_BOX) if grants.may(Can.LOOK) else SearchResults()
        if results.cases:
            record.write(visitor=visitor, event="drill", what=_what(results), address=address)
        groups, note = result(view, text, results, _items(view, visitor, text, IN_BOX))
        return _answer({"groups": plain(groups), "note": note, "href": view.href("search", q=text)})


def _what(results: SearchResults) -> str:
    return f"search {len(results.cases)} cases"


def result(view: View, text: str, results: SearchResults, items: Sequence[WorkItem] = ()) -> Result:
    """The search results as labels and addresses. items: of the desk, which editions count as cases later."""
    numbers = {item.number for item in items}
    cases = tuple(case for case in results.cases if case.key not in numbers)
    results = replace(results, cases=cases)
    groups = [Group("items", title("items"), [_work_item(view, item) for item in items])] + [
        Group(
            kind,
            title(kind),
            [ITEMS[kind](view, one) for one in getattr(results, kind)],
            _more(view, kind, text, results),
        )
        for kind in KINDS
    ]
    note = "" if results.is_complete else _("Not all cases could be looked at in time. Type more of the text.")
    return Result([group for group in groups if group.items], note)


def shown(view: View, text: str) -> None:
    """The page: all kinds, up to ON_PAGE of each."""
    header.title(_("Search: {text}", text=text) if text.strip() else _("Search"), level=1)
    if not text.strip():
        header.notice(_("Type a name, its pinyin or initials, a number, or part of a title or place."))
        return
    try:
        results = search(view.edition, view.catalog, text, limit=ON_PAGE, seconds=SECONDS_OF_PAGE)
    except MetricsError as error:
        header.notice(worded(error), state="red")
        return
    if results.cases:
        guard.note("drill", _what(results))
    groups, note = result(view, text, results, _items(view, guard.enter(), text, ON_PAGE))
    if note:
        header.notice(note, links=[(_("All cases with this text"), _rows(view, text))])
    if not groups:
        header.notice(_("Nothing is found within what you may see."))
    for group in groups:
        note = _("The first {n}", n=format.number(len(group.items))) if group.kind in results.more else ""
        links = [(_("All of them"), group.more)] if group.more and group.kind == "cases" else []
        header.title(group.title, note=note, links=links)
        columns = [Column(group.title, lead=True), Column(_("About"))]
        rows: list[list[Cell | str]] = [
            [Cell(item.text, item.href, state=item.state), Cell(item.note)] for item in group.items
        ]
        table(columns, rows, key=f"found-{group.kind}")


def title(kind: str) -> str:
    """The name of a kind."""
    return {
        "areas": _("Areas found"), "cases": _("Cases found"), "units": _("Units found"),
        "metrics": _("Metrics found"), "sites": _("Sites found"), "items": _("Work items found"),
    }[kind]  # fmt: skip


def _items(view: View, visitor: Visitor, text: str, most: int) -> list[WorkItem]:
    """Work items by number or part of the title, open ones first; none while the desk does not answer."""
    if not text.strip():
        return []
    reader, only, now = items.reader(Actor.of(visitor)), lists.Filter(text=text.strip()), clock.now()
    found: list[WorkItem] = []
    with contextlib.suppress(DeskError):
        for part in ("all", "closed"):
            if len(found) < most:
                found += lists.items(visitors.desk(), reader, part, now, only, most=most - len(found))
    return found


def _work_item(view: View, item: WorkItem) -> Item:
    notes = (item.number, kind_name(item), state_name(item), area_name(view.edition, item.area), item.unit)
    return Item(item.title, view.href("item", item=item.number), " · ".join(filter(None, notes)))


def _more(view: View, kind: str, text: str, results: SearchResults) -> str:
    """The address of further results of a kind: the row page for cases, else the search page."""
    if kind not in results.more:
        return ""
    return _rows(view, text) if kind == "cases" else view.href("search", q=text)


def _rows(view: View, text: str) -> str:
    """All cases that hold the text, of the visitor's own area and all time."""
    days = extent(view.edition)
    period = Period(days[0], days[1] + DAY) if days else None
    all_cases = view.catalog.id_of("intake")
    return view.href("rows", metric=all_cases, area=home(view.edition, view.grants), period=period, q=text.strip())


def _area(view: View, match: AreaResult) -> Item:
    return Item(match.area.name, view.href(area=match.area), " ▸ ".join(match.above) or words.level(match.area.level))


def _case(view: View, case: CaseResult) -> Item:
    text = case.title or case.category or case.key
    state = _("open") if case.is_open else _("closed")
    notes = (case.key, case.place, area_name(view.edition, case.area), format.day(case.registered_at), state)
    return Item(text, case_href(view, case.source, case.key), " · ".join(filter(None, notes)))


def _unit(view: View, unit: str) -> Item:
    place = home(view.edition, view.grants)
    return Item(
        unit,
        view.href("cockpit", **(dict.fromkeys(NAMES) | {"unit": unit}), metric=None, area=place),
        _("its own cockpit"),
    )


def _metric(view: View, metric: Any) -> Item:
    return Item(metric.name[language()], view.href("passport", metric=metric), metric.code or "")


def _site(view: View, site: SiteResult) -> Item:
    notes = " · ".join(filter(None, (site.unit, site.url)))
    return Item(site.name, view.href("site", source=site.source, key=site.key), notes)


ITEMS: dict[str, Callable[[View, Any], Item]] = {
    "areas": _area, "cases": _case, "units": _unit, "metrics": _metric, "sites": _site,
}  # fmt: skip


def _too_often(wait: float) -> str:
    return _("too many searches: try again in {seconds} s", seconds=math.ceil(wait))


def _answer(answer: Mapping[str, Any], status: int = 200, wait: float = 0.0) -> Response:
    headers = {"Cache-Control": "no-store"} | ({"Retry-After": str(math.ceil(wait))} if wait else {})
    return JSONResponse(answer, status, headers)


ROUTES = (Route(PATH, serve),)

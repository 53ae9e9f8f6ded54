"""Items and what they are about: from a case, a site, an alert or a number to its items, and back."""

from collections.abc import Sequence
from contextlib import nullcontext
from functools import lru_cache
from urllib.parse import parse_qsl, urlsplit

import streamlit as st

from cockpit import filters
from cockpit.access import visitors
from cockpit.access.policy import Can
from cockpit.actions import items as actions
from cockpit.actions.origins import KINDS, key_reference, number_reference
from cockpit.components.base import unprinted
from cockpit.components.lists.record import Item as Line
from cockpit.components.lists.record import record
from cockpit.components.navigation import actions as ways
from cockpit.components.navigation import header
from cockpit.i18n import _, language
from cockpit.labels.names import area_name
from cockpit.panels.items import about as items_about
from cockpit.screens.admin import desk
from cockpit.screens.listing import row_tools
from cockpit.screens.work import shared
from cockpit.view import BadParameter
from cockpit.view_state import View
from data.desk import clock
from data.desk.items import lists, store
from data.desk.items.item import Item
from data.desk.items.links import Link, LinkKind, of_item
from data.desk.store import Desk
from data.workflow.fields import LONGEST_TITLE
from data.workflow.model import START, Workflow
from metrics import areas
from metrics.errors import MetricsError
from metrics.rows import fact

MOST_REMARKS = 20
"""Notes and instructions that are shown where they began; the newest."""


def of_address(view: View, flow: Workflow) -> tuple[str, tuple[Link, ...], int]:
    """How an item begins, what it is about and its area, as the address says; freely if this kind does not begin so.

    Parameters: `origin`; `ref`, the reference of one thing; `pick`, selected rows, whose common area it gets.
    """
    origin, given = st.query_params.get("origin", "free"), st.query_params
    if origin == "free" or origin not in flow.origins:
        return "free", (), view.area.code
    if origin == "row":
        return _of_rows(view, given.get("pick", ""))
    if not given.get("ref"):
        return "free", (), view.area.code
    (kind,) = KINDS[origin]
    address = {"red": lambda: view.permalink(**_unit(given["ref"])), "area": view.permalink}.get(origin, str)()
    return origin, (Link(kind, given["ref"], address),), view.area.code


def unit_of_address(flow: Workflow) -> dict[str, str]:
    """The responsible unit that the address names, as the field of this kind: the holder of a red, or the red's own."""
    field = next((id for id in sum(flow.inputs(START), ()) if flow.fields[id].type == "unit"), "")
    given = st.query_params
    named = given.get("holder") or (_unit(given.get("ref", "")) if given.get("origin") == "red" else {}).get("unit")
    return {field: named} if field and named else {}


def _unit(reference: str) -> dict[str, str]:
    """The unit of a number's reference as a filter of the cockpit."""
    unit = reference.split(" ", 2)[2:]
    return {"unit": unit[0]} if unit else {}


def _of_rows(view: View, text: str) -> tuple[str, tuple[Link, ...], int]:
    kind = row_tools.link_kind(view)
    try:
        picks = row_tools.read_picks(text) if kind and text else ()
    except BadParameter:
        picks = ()
    name = {"case": "cases", "site": "assets"}.get(kind or "", "")
    places = []
    for source, key in picks:
        try:
            row = fact(view.edition, name, source, key)
        except MetricsError:
            row = None
        if row is None:
            return "free", (), view.area.code
        places.append(areas.area(view.edition, int(row["area"])))
    if not kind or not places:
        return "free", (), view.area.code
    common = places[0] if len(set(places)) == 1 else areas.common(view.edition, places)
    links = tuple(Link(kind, key_reference(source, key)) for source, key in picks)
    return "row", links, common.code if common else view.area.code


def shown(view: View, links: Sequence[Link]) -> None:
    """Show the subject of a new item."""
    if links:
        record([line(view, link) for link in links], key="about")


def line(view: View, link: Link) -> Line:
    """Something that an item is about, with the way to it."""
    words = {"metric": _("About the number"), "case": _("About the case"), "site": _("About the site"),
             "alert": _("About the alert"), "area": _("About the area")}  # fmt: skip
    may = view.grants.may(Can.LOOK)
    return Line(words[link.kind], _named(view, link), href=_address(view, link) if may else "")


def _named(view: View, link: Link) -> str:
    if link.kind == "area" and link.reference.isdecimal():
        return area_name(view.edition, int(link.reference))
    if link.kind != "metric":
        return link.reference.partition("/")[2] or link.reference
    metric, code, *unit = link.reference.split(" ", 2)
    if metric not in view.catalog.metrics or not code.isdecimal():
        return link.reference
    place = area_name(view.edition, int(code))
    return " ".join((place, *unit, view.catalog.metrics[metric].name[language()]))


def _address(view: View, link: Link) -> str:
    """The page that the author saw; that of the newest edition where the link was stored without an address."""
    if link.address:
        return link.address
    source, _slash, key = link.reference.partition("/")
    match link.kind:
        case "case" | "site":
            return view.href(link.kind, source=source, key=key)
        case "alert":
            return view.href("alerts", alert=link.reference)
        case "area":
            return view.href(area=int(link.reference))
    return ""


def about_number(view: View) -> None:
    """As `about`, for the metric of the view in its area, or of the unit that the view is filtered by."""
    unit = filters.unit_of(view.query.where)
    name = f"{unit or view.area.name} {view.metric.name[language()]}"
    reference = number_reference(view.metric.id, view.area.code, unit)
    about(view, "metric", reference, area=view.area.code, title=name)


def about_area(view: View) -> None:
    """As `about`, for the area of the view as a whole."""
    about(view, "area", str(view.area.code), area=view.area.code, title=view.area.name)


def about(view: View, kind: LinkKind, reference: str, *, area: int, title: str, more: bool = True) -> None:
    """The items about something, and the kinds that may be begun about it, for who may act on items there.

    more: whether another item may begin from it.
    """
    if not view.grants.may(Can.ACT):
        return
    with desk.answering():
        items = visible(items_about(kind, reference))
        origin = {"metric": "red"}.get(kind, kind)
        begin = [
            (
                _("Begin: {kind}", kind=flow.name[language()]),
                view.href("start", kind=id, area=area, origin=origin, ref=reference, title=title[:LONGEST_TITLE]),
            )
            for id, flow in shared.startable(area).items()
            if more and origin in flow.origins
        ]
        if not items and not begin:
            return
        with nullcontext() if items else unprinted(f"about {kind}"):
            _items(view, items, kind, reference, begin)


def _items(view: View, items: Sequence[Item], kind: LinkKind, reference: str, begin: Sequence[tuple[str, str]]) -> None:
    """The items about something; the ways to begin another, and without items all of it, are not printed."""
    header.title(_("Work items"), note=_("about it"))
    known = shared.rules()
    remarks = [item for item in items if known.flow(item.kind).remark]
    if remarks:
        record(
            [_remark(view, known.flow(item.kind), item, reference) for item in remarks[:MOST_REMARKS]],
            key=f"remarks {kind}",
        )
    if others := [item for item in items if item not in remarks]:
        record([_line(view, item) for item in others], key=f"items about {kind}")
    if begin:
        with unprinted(f"begin about {kind}"):
            ways.actions(begin, key=f"begin about {kind}")


def _remark(view: View, flow: Workflow, item: Item, reference: str) -> Line:
    """What was noted or instructed, with its author and the data that the author saw."""
    text, address = _beginning(visitors.desk(), item.id, flow.remark or "", reference)
    edition = dict(parse_qsl(urlsplit(address).query)).get("edition", "")
    data = _("on the data of {edition}", edition=edition) if edition else ""
    note = " · ".join(filter(None, (text, item.author, shared.stamp(item.opened_at), data)))
    now = clock.now()
    return Line(
        f"{shared.kind_name(item)} {shared.state_name(item)}", item.number, href=view.href("item", item=item.number),
        state=shared.mark(item, now) if item.is_open else "", note=note,
    )  # fmt: skip


@lru_cache(maxsize=1024)
def _beginning(desk: Desk, item_id: int, remark: str, reference: str) -> tuple[str, str]:
    """The remark that an item began with, and the address of what it is about. Neither ever changes."""
    text = str(store.events(desk, shared.rules(), item_id)[0].fields.get(remark, ""))
    return text, next((link.address for link in of_item(desk, item_id) if link.reference == reference), "")


def _line(view: View, item: Item) -> Line:
    now = clock.now()
    left = shared.time_left(item.due_at, now) if item.due_at else ""
    note = " · ".join(filter(None, (item.title, item.unit or "", left)))
    return Line(
        f"{shared.kind_name(item)} {shared.state_name(item)}", item.number, href=view.href("item", item=item.number),
        state=shared.mark(item, now) if item.is_open else "", note=note,
    )  # fmt: skip


def visible(items: Sequence[Item]) -> list[Item]:
    """The items that the visitor may open."""
    reader = actions.reader(shared.actor())
    return [item for item in items if lists.may_see(reader, item)]

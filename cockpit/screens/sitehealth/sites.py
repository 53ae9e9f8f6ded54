"""The list of government sites: each with its veto lights and what is left until the next veto."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from cockpit.components.lists.table import Cell, Column, table
from cockpit.components.navigation import actions, header, searchbox
from cockpit.i18n import _, ngettext
from cockpit.labels import format, words
from cockpit.labels import site_verdicts as verdicts
from cockpit.labels.names import area_name
from cockpit.screens import shared
from cockpit.screens.admin import desk
from cockpit.view_state import View
from metrics import sites
from metrics.sites import LIMITS, Limit

AMBER = 0.6
"""From this share of the way to a veto on, a light is amber."""
SHOWN = ("site_open", "home_updated", "stale_listed", "blank", "unanswered", "guides")
Site = Mapping[str, Any]


def listed(view: View) -> None:
    """The sites of the area that the address asks for, worst first, by pages."""
    every = sites.sites(view.edition, view.area.code)
    if not every:
        _none(view)
        return
    vetoed = [row for row in every if row["vetoes"] is not None and len(row["vetoes"])]
    near = [row for row in every[len(vetoed) :] if sites.near_veto(row)]
    note = ngettext("{n} site", "{n} sites", len(every)) + _(": {vetoed} vetoed, {near} near a veto",
                    vetoed=format.number(len(vetoed)), near=format.number(len(near)))  # fmt: skip
    links = [
        (_("Deductions"), view.href("deductions")),
        (_("Passport"), view.href("passport", metric=view.catalog.id_of("site_score"))),
    ]
    header.title(_("Government sites"), note=note, links=links, level=1)
    shared.is_lacked(view, view.catalog.metrics[view.catalog.id_of("site_score")])
    chosen = _chosen(every, vetoed, near)
    search = st.query_params.get("q", "").strip()
    left, box = st.columns([4, 4], vertical_alignment="center")
    with left:
        actions.actions(filters(view), copy=view.permalink("sites", show=st.query_params.get("show")))
    with box:
        searchbox.searchbox(_("Site, unit or address"), view.here(q=None, page=None), value=search)
    matches = [row for row in chosen if search.lower() in _words(row)] if search else chosen
    if not matches:
        header.notice(_("No site is like that."), links=[(_("All sites"), view.href("sites"))])
        return
    shown, pages = desk.some(matches)
    limits = [limit for limit in LIMITS if limit.rule in SHOWN and any(_known(row, limit) for row in every)]
    headings = [Column(_("Site"), lead=True), Column(_("Verdict")), Column(_("Unit or area"))]
    columns = [*headings, *(Column(words.limit(limit.rule)) for limit in limits), Column(_("Score"), number=True)]
    table(columns, [_row(view, row, limits) for row in shown], pages=pages, key="sites")


def _known(row: Site, limit: Limit) -> bool:
    return row["vetoes"] is not None and sites.observed(row, limit.rule) is not None


def _none(view: View) -> None:
    header.title(_("Government sites"), note=view.area.name, level=1)
    above = [(view.top.name, view.href("sites", area=view.top))] if view.area.code != view.top.code else []
    header.notice(
        _("No government site is registered here. Load a register of sites, and their checks appear on this page."),
        links=[*above, (_("Cockpit"), view.href())],
    )


def _chosen(every: Sequence[Site], vetoed: Sequence[Site], near: Sequence[Site]) -> Sequence[Site]:
    """The sites of the filter that the address names."""
    return {"vetoed": vetoed, "near": near}.get(st.query_params.get("show", ""), every)


def filters(view: View) -> list[tuple[str, str]]:
    """Links to the filters; the one that holds leads nowhere."""
    shown = st.query_params.get("show", "")
    offered = (("", _("All sites")), ("vetoed", _("Vetoed")), ("near", _("Near a veto")))
    return [(text, view.here(show=name or None, page=None)) for name, text in offered if name != shown]


def _words(row: Site) -> str:
    return " ".join(str(row[name] or "") for name in ("name", "unit", "url", "key")).lower()


def _row(view: View, row: Site, limits: list[Limit]) -> list[Cell | str]:
    name = Cell(str(row["name"]), href_of(view, row))
    score = Cell(format.number(row["score"], 1)) if row["score"] is not None else Cell("")
    where = str(row["unit"] or area_name(view.edition, row["area"]))
    return [name, verdict(row), where, *(light(row, limit) for limit in limits), score]


def href_of(view: View, row: Site) -> str:
    return view.href("site", source=row["source"], key=row["key"])


def verdict(row: Site) -> Cell:
    """Vetoed and for what, or how near, or fine."""
    text, state = verdicts.verdict(row)
    note = _("last visit uncertain") if row["uncertain"] and row["vetoes"] is not None else ""
    return Cell(text, state=state, note=note)


def light(row: Site, limit: Limit) -> Cell:
    """A rule's number with its state, empty where nothing is known."""
    if not _known(row, limit):
        return Cell("")
    value = sites.observed(row, limit.rule) or 0.0
    colour = state(row, limit, value)
    return Cell(number(row, limit, value), state=colour, quiet=colour == "green")


def state(row: Site, limit: Limit, value: float) -> str:
    if limit.rule in row["vetoes"]:
        return "red"
    return "amber" if value >= AMBER * limit.limit else "green"


def number(row: Site, limit: Limit, value: float) -> str:
    """`6 of 140`, `13 days`, `4`."""
    if limit.rule == "site_open":
        return _("{down} of {visits}", down=format.number(row["down"]), visits=format.number(row["visits"]))
    if limit.unit == "days":
        return ngettext("{n} day", "{n} days", int(value))
    return format.number(value)

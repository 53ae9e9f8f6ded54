"""The facts behind a number: exactly those it counted."""

import streamlit as st

from cockpit import view as views
from cockpit.access import guard
from cockpit.components.lists.table import table
from cockpit.components.navigation import actions, header, searchbox
from cockpit.i18n import _
from cockpit.screens import shared
from cockpit.screens.listing import download, rows
from cockpit.screens.work import origins

view = views.current("rows")
header.header(view)

if rows.has_rows(view) and shared.is_available(view, "rows"):
    chosen = rows.chosen(view)
    listing = rows.find(view, chosen)
    guard.note("drill", f"{view.metric.id} {view.area.code} {view.period.start} {view.period.end}")
    header.title(listing.title, level=1)
    if listing.fault:
        header.notice(_("The number cannot be computed: {why}. These are the rows it counts.", why=listing.fault))
    if listing.chips:
        header.chips(listing.chips)
    doors, search, file = st.columns([4, 4, 1], vertical_alignment="center")
    with doors:
        links = [(_("Passport"), view.href("passport")), (_("Why"), view.href("why")), (_("Cockpit"), view.href())]
        actions.actions(
            [*rows.due_links(view, chosen), *rows.mine_links(view, chosen), *links],
            copy=view.permalink("rows", **chosen.parameters),
        )
    if rows.searchable(view):
        with search:
            searchbox.searchbox(
                _("Number, title, place or unit"), view.here(q=None, page=None), value=chosen.selection.search
            )
    if listing.count:
        # the right to export decides on the file alone: who may see a number may see its rows
        if export := download.href(view, chosen):
            with file:
                actions.actions([(_("Download CSV"), export)], key="export")
            if listing.count > download.MOST_IN_FILE:
                header.notice(_("The file holds the first {n} rows.", n=f"{download.MOST_IN_FILE:,}"))
        rows.tools(view, chosen)
        table(listing.columns, listing.rows, pages=listing.pages, picks=rows.picks(view, chosen, listing), key="rows")
    else:
        header.notice(_("Nothing was counted here. Take a filter away or choose another period."))
    origins.about_number(view)

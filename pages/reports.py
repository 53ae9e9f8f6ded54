"""Reports: ask for one, look at it first, follow it while it is made, and find those that were made."""

from cockpit import view as views
from cockpit.access import guard
from cockpit.access.policy import Can
from cockpit.components import header
from cockpit.i18n import _
from cockpit.screens import desk, reports

visitor = guard.enter(Can.REPORT)
view = views.current(Can.REPORT)
header.header(view)

with desk.answering():
    if found := reports.chosen(visitor):
        reports.one(visitor, view, found)
    else:
        header.title(_("Reports"), note=_("Period and comparison are those above"), level=1)
        desk.told()
        asked = reports.builder(view)
        if asked:
            reports.buttons(visitor, asked)
        reports.queue(visitor)
        if asked:
            reports.preview(view, asked)
        header.title(_("Made before"), note=_("Newest first"))
        reports.history(visitor, view)

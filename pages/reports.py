"""Reports: request one, preview it, follow its progress, and open earlier ones."""

from cockpit import view as views
from cockpit.access import guard
from cockpit.components.navigation import header
from cockpit.i18n import _
from cockpit.screens import builder, reports
from cockpit.screens.admin import desk

visitor = guard.open_page("reports")
view = views.current("reports")
header.header(view)

with desk.answering():
    if report := reports.chosen(visitor):
        reports.one(visitor, view, report)
    else:
        header.title(_("Reports"), note=builder.when(view), level=1)
        desk.show_outcome()
        request = builder.builder(view)
        if request:
            builder.buttons(visitor, request)
        reports.queue(visitor)
        if request:
            builder.preview(view, request)
        header.title(_("Made before"), note=_("Newest first"))
        reports.history(visitor, view)

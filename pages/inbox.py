"""The inbox: work items that wait for the visitor, for others, and those overdue."""

from cockpit import view as views
from cockpit.components.navigation import header
from cockpit.screens.work import inbox

view = views.current("inbox")
header.header(view)

inbox.draw(view)

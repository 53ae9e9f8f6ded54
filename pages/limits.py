"""Limits and targets of metrics: proposals, what applies, and the forms that propose and decide."""

from cockpit import view as views
from cockpit.components.navigation import header
from cockpit.screens.admin import limits

view = views.current("limits")
header.header(view)

limits.listed(view)
limits.deciding(view)
limits.proposing(view)

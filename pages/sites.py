"""The government sites of an area: veto lights, and what is left until the next veto."""

from cockpit import view as views
from cockpit.components.navigation import header
from cockpit.screens.sitehealth import sites

view = views.current("sites")
header.header(view)

sites.listed(view)

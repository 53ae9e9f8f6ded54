"""Schemes of assessment: what is in force, proposals, and the forms that propose and decide."""

from cockpit import view as views
from cockpit.components.navigation import header
from cockpit.screens.assessing import proposing, schemes

view = views.current("schemes")
header.header(view)

schemes.listed(view)
schemes.deciding(view)
proposing.form(view)

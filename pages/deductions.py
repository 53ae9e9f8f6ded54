"""What costs a site points: the table of deductions, with what is confirmed and what is yet to be."""

from cockpit import view as views
from cockpit.components.navigation import header
from cockpit.screens.admin import deductions

view = views.current("deductions")
header.header(view)

deductions.listed(view)
deductions.form(view)

"""The table of deductions, with confirmed and proposed entries."""

from cockpit import view as views
from cockpit.components.navigation import header
from cockpit.screens.admin import deductions

view = views.current("deductions")
header.header(view)

deductions.listed(view)
deductions.form(view)

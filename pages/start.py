"""Begin a work item in an area."""

from cockpit import view as views
from cockpit.components.navigation import header
from cockpit.screens.work import forms

view = views.current("start")
header.header(view)

forms.begin(view)

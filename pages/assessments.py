"""Assessments by a scheme: drafts, explanation, objections, approval and publication."""

from cockpit import view as views
from cockpit.components.navigation import header
from cockpit.screens.assessing import assessments

view = views.current("assessments")
header.header(view)

assessments.draw(view)

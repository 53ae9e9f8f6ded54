"""The time-and-space map: what was open where on any day."""

from cockpit import view as views
from cockpit.components.navigation import header
from cockpit.screens.timemap import screen

view = views.current("map")
header.header(view)

screen.draw(view)

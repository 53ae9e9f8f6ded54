"""Which metrics stand as tiles on the visitor's cockpit."""

from cockpit import view as views
from cockpit.components.navigation import header
from cockpit.screens import tiles

view = views.current("tiles")
header.header(view)

tiles.choose(view)

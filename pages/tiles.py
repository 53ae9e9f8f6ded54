"""Selection of the metrics on the visitor's tiles."""

from cockpit import view as views
from cockpit.components.navigation import header
from cockpit.screens import tiles

view = views.current("tiles")
header.header(view)

tiles.choose(view)

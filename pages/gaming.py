"""Gaming checks for inspectors: bursts at deadlines, returns, extensions, complaints after closing, few replies."""

from cockpit import view as views
from cockpit.components.navigation import header
from cockpit.screens.assessing import gaming

view = views.current("gaming")
header.header(view)

gaming.draw(view)

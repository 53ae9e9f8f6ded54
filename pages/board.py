"""Open work items of a kind, counted by unit and state."""

from cockpit import view as views
from cockpit.components.navigation import header
from cockpit.screens.work import board

view = views.current("board")
header.header(view)

board.draw(view)

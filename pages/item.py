"""One work item: its state, clocks, parties and events, and the next steps."""

from cockpit import view as views
from cockpit.components.navigation import header
from cockpit.screens.work import card

view = views.current("item")
header.header(view)

card.draw(view)

"""The visitor's own notifications: list, filter, mark as read."""

from cockpit import view as views
from cockpit.components.navigation import header
from cockpit.screens.notified import notifications

view = views.current("notifications")
header.header(view)

notifications.draw(view)

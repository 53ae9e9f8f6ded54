"""The register of assets: the list, and one asset with its edits and versions."""

from cockpit import view as views
from cockpit.components.navigation import header
from cockpit.screens.admin import registry

view = views.current("registry")
header.header(view)

if chosen := registry.chosen(view):
    registry.card(view, *chosen)
    registry.editing(view, *chosen)
else:
    registry.listed(view)

"""Alerts: the list, silences, and one alert with its history."""

from cockpit import view as views
from cockpit.components.navigation import header
from cockpit.screens import alerts

view = views.current("alerts")
header.header(view)

if chosen := alerts.chosen(view):
    alerts.card(view, chosen)
else:
    alerts.listed(view)
    alerts.silenced(view)

"""Notifications: what gives rise to them, and the channels that deliver them."""
